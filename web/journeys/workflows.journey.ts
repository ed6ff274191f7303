import { changeEnvironment, type Journey, open, setUp } from "./journey";

/** A workflow is made, renamed, duplicated, archived, restored and deleted; one that is in use is not. */
const journey: Journey = async (scene) => {
  const { page } = scene;
  await setUp(scene);
  await open(page, "Workflows");
  const dialog = page.getByRole("dialog");
  const row = (name: string) =>
    page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  const choose = async (name: string, what: string) => {
    await page.getByRole("button", { name: `What to do with ${name}`, exact: true }).click();
    await page.getByRole("menuitem", { name: what }).click();
  };

  await page.getByRole("button", { name: "New workflow" }).click();
  await dialog.getByLabel("Name").fill("Returns");
  await dialog.getByRole("button", { name: "Create workflow" }).click();
  await page.getByText("Start here: what does the customer read first?").waitFor();

  await open(page, "Workflows");
  await choose("Returns", "Rename");
  await dialog.getByLabel("Name").fill("Returns and refunds");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await row("Returns and refunds").getByText("Draft").waitFor();

  await choose("Returns and refunds", "Duplicate");
  await dialog.getByRole("button", { name: "Duplicate" }).click();
  await row("Copy of Returns and refunds").waitFor();
  await choose("Copy of Returns and refunds", "Archive");
  await row("Copy of Returns and refunds").waitFor({ state: "detached" });
  await page.getByText(/^Archived 1/).click();
  await choose("Copy of Returns and refunds", "Restore");
  await page.getByText(/^All/).click();
  await choose("Copy of Returns and refunds", "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await row("Copy of Returns and refunds").waitFor({ state: "detached" });

  await choose("Order status", "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByText("Route orders in production").waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await row("Order status").waitFor();

  await page.keyboard.press("Control+k");
  await page.keyboard.type("refunds");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/workflows\/returns$/);
  await changeEnvironment(page, "Production");
  await open(page, "Workflows");
  await row("Order status").getByText("Live v1").waitFor();
  if (await row("Returns and refunds").count()) throw new Error("production lists what is not live");
};

export default journey;
