import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Journey } from "./journey";
import { startServer } from "./server";

/*
 * Walks through the product as people do, each journey in a real browser over a server of its own:
 *   USHER_BIN=../target/debug/usher npm run journeys [NAME…]
 * A journey that fails leaves a picture of its last page in test-results/.
 */

const STEP = 15_000;
const here = import.meta.dirname;
const results = join(here, "..", "test-results");
const wanted = process.argv.slice(2);
const names = readdirSync(here)
  .filter((file) => file.endsWith(".journey.ts"))
  .map((file) => file.replace(".journey.ts", ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (names.length === 0) throw new Error(`no journey is named ${wanted.join(", ")}`);

const browser = await chromium.launch({
  executablePath: process.env.USHER_TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let failures = 0;
for (const name of names) {
  const { default: journey } = (await import(`./${name}.journey.ts`)) as { default: Journey };
  const began = Date.now();
  const failure = await walk(name, journey);
  console.log(`${failure ? "FAILED" : "ok"}  ${name}  ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (failure) {
    failures += 1;
    console.error(failure);
  }
}
await browser.close();
process.exitCode = failures === 0 ? 0 : 1;

/** Walks one journey; gives what went wrong, which may also be an error that the page itself threw. */
async function walk(name: string, journey: Journey): Promise<unknown> {
  const server = await startServer();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP);
  const thrown: Error[] = [];
  context.on("weberror", (error) => thrown.push(error.error()));
  try {
    await journey({ server, context, page });
    return thrown[0];
  } catch (error) {
    mkdirSync(results, { recursive: true });
    await page.screenshot({ path: join(results, `${name}.png`) }).catch(() => undefined);
    return thrown[0] ?? error;
  } finally {
    await context.close();
    await server.remove();
  }
}
