import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answering, Refusal, renderPage } from "../../app/test-render";
import { DraftsPage } from "./drafts-page";
import { LivePage } from "./live-page";

const list = "GET /workspaces/acme/workflows";
const item = (key: string, name: string, more: object = {}) => ({
  key,
  name,
  description: null,
  kind: "standard",
  folder: null,
  archived: false,
  draft: { etag: '"1"', updated_at: "2026-01-01T10:00:00Z", updated_by: "Ann" },
  latest_version: null,
  live_version: null,
  state: "draft",
  ...more,
});

it("says what belongs on an empty page and offers the first step", async () => {
  answering({ [list]: { items: [], next: null } });
  await renderPage(<DraftsPage />);
  await screen.findByText("Workflows appear here");
  expect(screen.getAllByRole("button", { name: "New workflow" })).toHaveLength(2);
});

it("says what failed and tries again", async () => {
  let broken = true;
  answering({
    [list]: () =>
      broken ? new Refusal(503, { detail: "the database is away" }) : { items: [item("a", "Returns")] },
  });
  await renderPage(<DraftsPage />);
  await screen.findByText("The database is away.");
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByRole("link", { name: "Returns" });
});

it("lists what points at a workflow that is not to be deleted", async () => {
  answering({
    [list]: { items: [item("order-status", "Order status", { live_version: 2 })] },
    "DELETE /workspaces/acme/workflows/order-status": new Refusal(409, {
      code: "in_use",
      detail: "in use",
      pointers: [
        { kind: "route", key: "chat", environment: "production" },
        { kind: "workflow", key: "order-status", node: 4 },
      ],
    }),
  });
  await renderPage(<DraftsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "What to do with Order status" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Delete" }));
  await within(dialog).findByText("Route chat in production");
  expect(within(dialog).getByText("Order status, node 4")).toBeDefined();
  expect(within(dialog).queryByRole("button", { name: "Delete" })).toBeNull();
});

it("shows in production what is live, and nothing to change it with", async () => {
  answering({
    "GET /workspaces/acme/environments/production/workflows": {
      items: [{ key: "order-status", name: "Order status", version: 2, deployed_at: "2026-01-01T10:00:00Z" }],
    },
  });
  await renderPage(<LivePage />, { environment: "production" });
  await screen.findByText("Live v2");
  expect(screen.queryAllByRole("button")).toEqual([]);
});

it("offers a viewer nothing to change", async () => {
  answering({ [list]: { items: [item("order-status", "Order status")] } });
  await renderPage(<DraftsPage />, { permissions: ["workflows.view"] });
  await screen.findByRole("link", { name: "Order status" });
  expect(screen.queryAllByRole("button")).toEqual([]);
});
