import { createHmac } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { type Journey, open, setUp } from "./journey";
import type { Server } from "./server";

const appSecret = "the app's secret";
const number = "106540352242922";
const customer = "27825550101";

/** A message that the provider refuses is found among the dead letters, tried again and gone; what could not be read is dropped. */
const journey: Journey = async (scene) => {
  const { page, server } = scene;
  const provider = await Provider.start();
  try {
    await setUp(scene);
    const door = await addWhatsApp(page, server, provider);

    provider.refuses = true;
    await webhook(door, message("wamid.1", "hello"));
    await webhook(door, "{ this is no JSON");
    await open(page, "Operations");
    await page.getByText("Takes messages").waitFor();
    await page.getByRole("tab", { name: "Dead letters · 1" }).click();
    const letter = page.getByRole("row").filter({ hasText: `To ${customer}` });
    await letter.waitFor();

    provider.refuses = false;
    await letter.getByRole("button", { name: /^What to do with/ }).click();
    await page.getByRole("menuitem", { name: "Try again" }).click();
    await page.getByText("No dead letters.").waitFor();
    await provider.took(1);

    await page.getByRole("tab", { name: "Kept · 1" }).click();
    const kept = page.getByRole("row").filter({ hasText: "Part of a webhook" });
    await kept.getByRole("button", { name: /^What to do with/ }).click();
    await page.getByRole("menuitem", { name: "Show" }).click();
    await page.getByRole("dialog").getByText("{ this is no JSON").waitFor();
    await page.keyboard.press("Escape");
    await kept.getByRole("button", { name: /^What to do with/ }).click();
    await page.getByRole("menuitem", { name: "Drop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drop" }).click();
    await page.getByText("Nothing is kept.").waitFor();

    await open(page, "Audit log");
    await page.getByText("Kept dropped").waitFor();
    await page.getByText("Dead letters retried").waitFor();
    await open(page, "Deployments");
    await page.getByText("#1").first().waitFor();
  } finally {
    await provider.stop();
  }
};

/** Adds a WhatsApp channel that speaks to the stand-in, and a route to the example; gives its callback address. */
async function addWhatsApp(page: Page, server: Server, provider: Provider): Promise<string> {
  const headers = { "X-Usher-Request": "1" };
  const at = `${server.url}/api/v1/workspaces/acme/environments/sandbox`;
  const channel = await page.request.post(`${at}/channels`, {
    headers,
    data: {
      key: "whatsapp",
      kind: "whatsapp",
      name: "WhatsApp",
      settings: { phone_number_id: number, api_base: provider.url },
      secrets: { access_token: "EAAG-token", app_secret: appSecret },
    },
  });
  if (!channel.ok()) throw new Error(await channel.text());
  const drafts = await page.request.get(`${server.url}/api/v1/workspaces/acme/workflows`);
  const { items } = (await drafts.json()) as { items: { key: string }[] };
  const route = await page.request.post(`${at}/routes`, {
    headers,
    data: { name: "WhatsApp", channel: "whatsapp", workflow: items[0]?.key },
  });
  if (!route.ok()) throw new Error(await route.text());
  const { callback_url } = (await channel.json()) as { callback_url: string };
  return callback_url;
}

/** Posts a webhook, signed as Meta does. */
async function webhook(door: string, body: string) {
  const signature = createHmac("sha256", appSecret).update(body).digest("hex");
  const answer = await fetch(door, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Hub-Signature-256": `sha256=${signature}` },
    body,
  });
  if (!answer.ok) throw new Error(`the webhook was answered ${answer.status}: ${await answer.text()}`);
}

function message(id: string, text: string): string {
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550001", phone_number_id: number },
    contacts: [{ profile: { name: "Ann" }, wa_id: customer }],
    messages: [
      {
        from: customer,
        id,
        timestamp: String(Math.floor(Date.now() / 1000)),
        type: "text",
        text: { body: text },
      },
    ],
  };
  return JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "1", changes: [{ field: "messages", value }] }],
  });
}

/** A provider that takes messages, or refuses them as to somebody who cannot be reached. */
class Provider {
  refuses = false;
  private count = 0;

  private constructor(private readonly server: HttpServer) {}

  static async start(): Promise<Provider> {
    const server = createServer();
    const provider = new Provider(server);
    server.on("request", (request, response) => {
      request.resume().on("end", () => {
        response.setHeader("Content-Type", "application/json");
        response.statusCode = provider.refuses ? 400 : 200;
        response.end(JSON.stringify(provider.answer()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer() {
    if (this.refuses) {
      return { error: { message: "(#131026) Message undeliverable", type: "OAuthException", code: 131026 } };
    }
    this.count += 1;
    return {
      messaging_product: "whatsapp",
      contacts: [{ input: customer, wa_id: customer }],
      messages: [{ id: `wamid.out.${this.count}` }],
    };
  }

  /** Waits until so many messages were taken. */
  async took(wanted: number) {
    const until = Date.now() + 10_000;
    while (this.count < wanted) {
      if (Date.now() > until) throw new Error(`${this.count} of ${wanted} messages were taken`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export default journey;
