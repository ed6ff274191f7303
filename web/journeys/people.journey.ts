import { type Journey, open, person, setUp } from "./journey";

const changed = "a new row of words";

/** A second user by invitation, who may look and not change; a new password; logging out and in again. */
const journey: Journey = async (scene) => {
  const { page, context, server } = scene;
  await setUp(scene);
  await open(page, "Users");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill("ben@example.com");
  await dialog.getByLabel("Role").click();
  await page.getByRole("option", { name: "Viewer" }).click();
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByRole("textbox", { name: "Invitation link" }).inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();

  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Your account" }).click();
  await dialog.getByLabel("Your name").fill("Ann Bell-Cole");
  await dialog.getByLabel("New password", { exact: true }).fill(changed);
  await dialog.getByLabel("Current password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your account is saved.").waitFor();

  await page.getByRole("button", { name: "Account of Ann Bell-Cole" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.waitForURL(/\/login/);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("No user has this e-mail").waitFor();
  await page.getByLabel("Password", { exact: true }).fill(changed);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Workflows" }).waitFor();

  await context.clearCookies();
  await page.goto(link);
  await page.getByLabel("Your name").fill("Ben Cole");
  await page.getByLabel("Password", { exact: true }).fill("another row of words");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("heading", { name: "Workflows" }).waitFor();
  await page.getByRole("link").filter({ hasText: "Order status" }).first().waitFor();
  if (await page.getByRole("button", { name: "New workflow" }).count())
    throw new Error("a viewer may make workflows");
  await page.goto(`${server.url}/w/acme/sandbox/users`);
  await page.getByRole("alert").waitFor();
};

export default journey;
