import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { setUp } from "./journey";
import { startServer } from "./server";

/*
 * Takes the pictures of the README from the real editor, with the example in the middle of a talk:
 *   USHER_BIN=../target/debug/usher tsx journeys/screenshots.ts FOLDER
 */

const folder = process.argv[2];
if (!folder) throw new Error("name the folder for the pictures");
mkdirSync(folder, { recursive: true });

const server = await startServer();
const browser = await chromium.launch({
  executablePath: process.env.USHER_TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    deviceScaleFactor: 1.5,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await setUp({ server, context, page });

  const phone = page.getByRole("region", { name: "Preview" });
  await phone.getByRole("button", { name: "Where is my order?" }).click();
  await phone.getByText("Your order number?").waitFor();
  await page
    .getByRole("complementary", { name: "First five things" })
    .getByRole("button", { name: "Dismiss the list" })
    .click();
  await page.mouse.move(0, 0);

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(folder, `editor-${colorScheme}.png`) });
  }
} finally {
  await browser.close();
  await server.remove();
}
