import { changeEnvironment, type Journey, open, setUp } from "./journey";

/** From the one-time link to a conversation with what was deployed. */
const journey: Journey = async (scene) => {
  const { page, context } = scene;
  await setUp(scene);
  const phone = page.getByRole("region", { name: "Preview" });
  const list = page.getByRole("complementary", { name: "First five things" });
  await list.waitFor();

  await phone.getByRole("button", { name: "Where is my order?" }).click();
  await phone.getByRole("textbox", { name: "Message" }).fill("1001");
  await phone.getByRole("button", { name: "Send" }).click();
  await phone.getByText(/Order 1001/).waitFor();
  await list.getByText("1 of 5").waitFor();

  await phone.getByRole("button", { name: "From node 1", exact: true }).first().click();
  await page
    .getByRole("region", { name: "Settings of node 1" })
    .getByRole("textbox", { name: "Body" })
    .click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Tell us.");
  await list.getByText("2 of 5").waitFor();

  await page.getByRole("button", { name: "Back to the nodes" }).click();
  await page.getByRole("button", { name: "Add Text display" }).click();
  const added = page.getByRole("region", { name: "Settings of node 12" });
  await added.getByRole("textbox", { name: "Text" }).fill("Have a good day.");
  await added.getByRole("combobox", { name: "Where “Next” leads" }).click();
  await page.getByRole("option", { name: "End" }).click();
  await phone.getByRole("button", { name: "From node 10", exact: true }).first().click();
  await page.getByRole("combobox", { name: "Where “No, thank you” leads" }).click();
  await page.getByRole("option", { name: "12 Text display" }).click();
  await list.getByText("3 of 5").waitFor();

  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Save version", exact: true }).click();
  await dialog.getByRole("button", { name: "Save version" }).click();
  await page.getByRole("button", { name: /^Deploy v\d+/ }).click();
  await dialog.getByRole("button", { name: /^Deploy v\d+/ }).click();
  await dialog.getByText("v2 is live", { exact: true }).waitFor();
  await dialog.getByRole("img", { name: "QR code of the web chat" }).waitFor();
  const opened = context.waitForEvent("page");
  await dialog.getByRole("link", { name: "Open the chat" }).click();

  const chat = await opened;
  await chat.getByText(/What can we do for you\? Tell us\./).waitFor();
  await chat.getByRole("button", { name: "Where is my order?" }).click();
  await chat.getByRole("textbox").fill("1001");
  await chat.keyboard.press("Enter");
  await chat.getByText(/Order 1001/).waitFor();
  await chat.getByRole("button", { name: "No, thank you" }).click();
  await chat.getByText("Have a good day.").waitFor();
  await chat.getByRole("button", { name: "Start again" }).waitFor();

  await dialog.getByRole("button", { name: "Back to the canvas" }).click();
  await list.getByText("All five done").waitFor();
  await changeEnvironment(page, "Production");
  await open(page, "Conversations");
  await page.getByRole("row").nth(1).getByRole("link").first().click();
  await page
    .getByRole("region", { name: "Transcript" })
    .getByText(/Order 1001/)
    .waitFor();
  await page.getByRole("region", { name: "Trace" }).getByText("Request input").first().waitFor();

  await open(page, "Workflows");
  await page.getByRole("link", { name: "Order status", exact: true }).click();
  await page.getByText("1 came", { exact: true }).first().waitFor();
  await chat.getByRole("button", { name: "Start again" }).click();
  await page.getByText("2 came", { exact: true }).waitFor();
  await chat.close();
};

export default journey;
