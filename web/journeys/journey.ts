import type { BrowserContext, Page } from "playwright-core";
import type { Server } from "./server";

/** What a journey has: a server of its own, a browser without history, its first page. */
export interface Scene {
  server: Server;
  context: BrowserContext;
  page: Page;
}

export type Journey = (scene: Scene) => Promise<void>;

export const person = { name: "Ann Bell", email: "ann@example.com", password: "a few words in a row" };

/** Sets the installation up by its one-time link; ends on the example's canvas. */
export async function setUp({ page, server }: Scene): Promise<void> {
  await page.goto(server.setupLink);
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByLabel("Workspace").fill("Acme");
  await page.getByRole("button", { name: "Set up and open the example" }).click();
  await page.waitForURL(/\/w\/acme\/sandbox\/workflows\/[a-z-]+/);
}

/** Opens a page of the workspace by the navigation. */
export async function open(page: Page, section: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: section }).click();
  await page.getByRole("heading", { level: 1, name: section }).waitFor();
}

/** Changes the environment by the chip in the top bar. */
export async function changeEnvironment(page: Page, to: "Sandbox" | "Production"): Promise<void> {
  await page.getByRole("button", { name: /^Environment:/ }).click();
  await page.getByRole("menuitem", { name: new RegExp(`^${to}`) }).click();
  await page.waitForURL(new RegExp(`/${to.toLowerCase()}/`));
}
