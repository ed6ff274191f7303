import { type Journey, open, setUp } from "./journey";

/** The server goes away and comes back: it is said, nothing typed meanwhile is lost. */
const journey: Journey = async (scene) => {
  const { page, server } = scene;
  await setUp(scene);
  const phone = page.getByRole("region", { name: "Preview" });
  await phone.getByRole("button", { name: "From node 1", exact: true }).first().click();
  const body = page
    .getByRole("region", { name: "Settings of node 1" })
    .getByRole("textbox", { name: "Body" });
  await server.stop();
  await body.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Written offline.");
  await page.getByText("Offline. Your changes are kept in this browser.").waitFor();
  await server.start();
  await page.getByText(/^Draft kept/).waitFor();
  await page.reload();
  await page
    .getByText(/Written offline\./)
    .first()
    .waitFor();

  await open(page, "Conversations");
  await server.stop();
  await page.getByText(/^Offline\. The server cannot be reached/).waitFor();
  await server.start();
  await page.getByText(/^Offline\. The server cannot be reached/).waitFor({ state: "detached" });
};

export default journey;
