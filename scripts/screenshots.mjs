// Drives the editor as a newcomer would, and keeps what it looks like: `node screenshots.mjs FOLDER`.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const folder = process.argv[2];
const WINDOW = { width: 1440, height: 900 };

/** A loopback port that was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the server in demo mode and waits for its one-time link. */
async function start(data) {
  const port = await freePort();
  const server = spawn(
    process.env.USHER_BIN,
    ["--data", data, "--listen", `127.0.0.1:${port}`, "serve", "--demo"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const link = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).on("line", (line) => {
      const found = line.match(/https?:\S+\/setup\?token=\S+/);
      if (found) resolve(found[0]);
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    setTimeout(() => reject(new Error("the server printed no link within 30 s")), 30_000).unref();
  });
  return { server, link };
}

/** Sets the installation up and talks to the example until it has asked the order API. */
async function begin(page, link) {
  await page.goto(link);
  await page.getByLabel("Your name").fill("Ann Bell");
  await page.getByLabel("E-mail address").fill("ann@example.com");
  await page.getByLabel("Password", { exact: true }).fill("a few words in a row");
  await page.getByLabel("Workspace").fill("Acme");
  await page.getByRole("button", { name: "Set up and open the example" }).click();
  const phone = page.getByRole("region", { name: "Preview" });
  await phone.getByRole("button", { name: "Where is my order?" }).click();
  await phone.getByText("Your order number?").waitFor();
  await phone.getByRole("textbox", { name: "Message" }).fill("1001");
  await phone.getByRole("button", { name: "Send" }).click();
  await phone.getByText("Order 1001").waitFor();
}

async function picture(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
}

mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), "usher-screenshots."));
const { server, link } = await start(data);
const browser = await chromium.launch({
  executablePath: process.env.USHER_TEST_CHROMIUM,
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: WINDOW, deviceScaleFactor: 1 });
  page.setDefaultTimeout(15_000);
  await begin(page, link);
  await picture(page, "editor");
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill();
  rmSync(data, { recursive: true, force: true });
}
