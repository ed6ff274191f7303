import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { type Journey, setUp } from "./journey";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const pages = [
  "workflows",
  "conversations",
  "operations",
  "operations?tab=kept",
  "operations?tab=dead-letters",
  "deployments",
  "channels",
  "routes",
  "apis",
  "connections",
  "users",
  "api-keys",
  "audit",
  "settings",
];

/** Every page keeps to WCAG 2.2 AA as far as a machine can tell, light and dark. */
const journey: Journey = async (scene) => {
  const { page, server } = scene;
  await setUp(scene);
  const canvas = page.url();
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const urls = [canvas, ...pages.map((name) => `${server.url}/w/acme/sandbox/${name}`)];
    for (const url of urls) {
      await page.goto(url);
      await page.waitForLoadState("networkidle");
      for (const violation of await violations(page))
        found.push(`${colorScheme} ${new URL(url).pathname} ${violation}`);
    }
  }
  if (found.length > 0) throw new Error(`not accessible:\n${found.join("\n")}`);
};

/**
 * What axe finds on the page. The size of targets is not judged on the canvas, which is drawn at any scale: all that
 * can be done there can be done in the outline.
 */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (tags) => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run({ runOnly: tags });
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .filter(
          (node) =>
            id !== "target-size" || !document.querySelector(String(node.target[0]))?.closest(".react-flow"),
        )
        .map((node) => `${id}: ${node.target.join(" ")} ${node.html.slice(0, 120)}`),
    );
  }, rules);
}

export default journey;
