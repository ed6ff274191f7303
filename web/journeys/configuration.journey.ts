import { type Journey, open, setUp } from "./journey";

/** A channel, a route and a connection are added, seen again and removed; an API answers when it is tried. */
const journey: Journey = async (scene) => {
  const { page } = scene;
  await setUp(scene);

  await open(page, "Channels");
  await page.getByRole("button", { name: "Add a channel" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("WhatsApp").check();
  await dialog.getByLabel("Name", { exact: true }).fill("Support number");
  await dialog.getByLabel("Phone number ID").fill("106540352242922");
  await dialog.getByLabel("Access token").fill("token-of-a-system-user");
  await dialog.getByLabel("App secret").fill("secret-of-the-app");
  await dialog.getByRole("button", { name: "Add channel" }).click();
  await page.getByRole("heading", { level: 1, name: "Support number" }).waitFor();
  const callback = await page.getByRole("textbox", { name: "Callback URL" }).inputValue();
  if (!callback.includes("/in/")) throw new Error(`the callback URL is ${callback}`);
  await page.getByText("Meta has not verified it yet").waitFor();
  await page.getByText("Kept, encrypted").first().waitFor();

  await open(page, "Routes");
  await page.getByRole("button", { name: "Add a route" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("Support");
  await dialog.getByLabel("Channel").click();
  await page.getByRole("option", { name: "Support number" }).click();
  await dialog.getByLabel("Workflow").click();
  await page.getByRole("option").first().click();
  await dialog.getByRole("button", { name: "Add route" }).click();
  await page.getByRole("row", { name: /Support number/ }).waitFor();

  await open(page, "APIs");
  await page.getByRole("button", { name: "Try it" }).first().click();
  await dialog.getByLabel(/^Path after/).fill("/orders/1001");
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.getByText("Status 200").waitFor();
  await page.keyboard.press("Escape");

  await open(page, "Connections");
  await page.getByRole("button", { name: "Connect a system" }).first().click();
  await dialog.getByLabel("System").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
};

export default journey;
