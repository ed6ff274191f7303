import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { begin, useFirstSteps } from "../../app/first-steps";
import { answering, Refusal, renderPage } from "../../app/test-render";
import { DeployDialog } from "./deploy-dialog";

const W = "/workspaces/acme";
const read = {
  [`GET ${W}`]: { key: "acme", name: "Acme", approval_required: false },
  [`GET ${W}/workflows/order-status`]: { key: "order-status", name: "Order status", live_version: 1 },
};
const deploy = `POST ${W}/environments/production/deployments`;

const show = () =>
  renderPage(
    <DeployDialog workflowKey="order-status" version={2} onClose={vi.fn()} onOpenRoutes={vi.fn()} />,
  );

beforeEach(() => begin("acme", "order-status"));

it("asks once, deploys exactly this version, and ends with the chat and its code", async () => {
  const seen = answering({
    ...read,
    [deploy]: { number: 4 },
    [`GET ${W}/environments/production/routes`]: {
      items: [{ id: "r1", workflow: "order-status", url: "/chat/orders" }],
      next: null,
    },
  });
  await show();
  await screen.findByText("Deploy v2 of Order status");
  await screen.findByText(/takes the place of v1/);
  await userEvent.type(screen.getByLabelText(/What is new/), "Kinder words");
  await userEvent.click(screen.getByRole("button", { name: "Deploy v2" }));
  await screen.findByText("v2 is live");
  expect(screen.getByRole("link", { name: /Open the chat/ }).getAttribute("href")).toBe("/chat/orders");
  expect(screen.getByRole("img", { name: /QR code/ })).toBeDefined();
  expect(seen.bodies[seen.requests.indexOf(deploy)]).toEqual({
    workflows: { "order-status": 2 },
    note: "Kinder words",
  });
  expect(useFirstSteps.getState().progress?.done).toEqual(["deploy"]);
});

it("says what is missing when the server refuses, and ticks nothing", async () => {
  const errors = [
    { pointer: "/workflows/order-status", detail: "node 4 goes to “support”, which is not live" },
  ];
  answering({
    ...read,
    [deploy]: new Refusal(409, { code: "missing", detail: "something is missing", errors }),
  });
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Deploy v2" }));
  await screen.findByText("Something is missing.");
  expect(screen.getByText(/node 4 goes to/)).toBeDefined();
  expect(useFirstSteps.getState().progress?.done).toEqual([]);
});

it("offers to add a route where no chat leads to the workflow", async () => {
  answering({
    ...read,
    [deploy]: { number: 4 },
    [`GET ${W}/environments/production/routes`]: { items: [], next: null },
  });
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Deploy v2" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Add a route" })).toBeDefined());
});
