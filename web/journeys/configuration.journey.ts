import { type Journey, open, setUp } from "./journey";

/** A channel, a route and a connection are added; an API answers when it is tried; a connection brings its nodes. */
const journey: Journey = async (scene) => {
  const { page } = scene;
  await setUp(scene);
  const canvas = page.url();

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

  await page.goto(canvas);
  await page.getByRole("tab", { name: /^Integrations\s*0/ }).waitFor();
  await open(page, "Connections");
  await page.getByText("Systems that you connect appear here.").waitFor();
  await page.getByRole("button", { name: "Connect a system" }).first().click();
  await dialog.getByLabel("Subdomain").fill("acme");
  await dialog.getByLabel("E-mail").fill("ann@example.com");
  await dialog.getByLabel("Base address").fill("http://127.0.0.1:9");
  await dialog.getByLabel("API token").fill("token-of-an-agent");
  await dialog.getByRole("button", { name: "Save and test" }).click();
  await page
    .getByRole("row", { name: /Zendesk Support/ })
    .getByText("Fails")
    .waitFor();
  await page.goto(canvas);
  await page.getByRole("tab", { name: /^Integrations\s*2/ }).click();
  await page.getByRole("button", { name: "Add Create ticket" }).waitFor();
};

export default journey;
