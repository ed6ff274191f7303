import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Editor } from ".";
import { catalogue } from "./fixtures/catalogue";
import { fakeServer } from "./fixtures/fake-api";
import { orderStatus } from "./fixtures/order-status";
import { emptyWorkflow, type WorkflowDocument } from "./model/document";

// A busy machine draws slowly; what never comes fails all the same.
configure({ asyncUtilTimeout: 15_000 });

class NoResize {
  observe() {}
  unobserve() {}
  disconnect() {}
}

function open(document: WorkflowDocument, more: Partial<Parameters<typeof Editor>[0]> = {}) {
  const server = fakeServer(document, catalogue);
  const onFirstStep = vi.fn();
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <Editor
          workspace="acme"
          workflowKey={document.key}
          environment="sandbox"
          readOnly={false}
          onDeploy={() => {}}
          onFirstStep={onFirstStep}
          api={server}
          {...more}
        />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { server, onFirstStep };
}

const outline = () => screen.findByRole("region", { name: "Outline" });

describe("the editor", { timeout: 60_000 }, () => {
  beforeEach(() => {
    localStorage.clear();
    vi.stubGlobal("ResizeObserver", NoResize);
    // Narrow, so that the outline stands in the canvas's place and the phone is closed.
    vi.stubGlobal("innerWidth", 700);
  });

  it("adds the first node by a click, keeps it, and undoes it to the removed ones", async () => {
    const { server, onFirstStep } = open(emptyWorkflow("new", "New workflow"));
    fireEvent.click(await screen.findByRole("button", { name: "Add Menu" }));
    expect(await screen.findByRole("region", { name: "Settings of node 1" })).toBeTruthy();
    await waitFor(() => expect(server.kept().document.start).toBe(1), { timeout: 15_000 });
    expect(server.kept().document.nodes["1"]?.settings.body).toBe("What can we do for you?");
    expect(onFirstStep).toHaveBeenCalledWith("step");

    fireEvent.click(screen.getByRole("button", { name: "Undo" }));
    fireEvent.click(screen.getByRole("tab", { name: /Removed nodes/ }));
    fireEvent.click(screen.getByRole("button", { name: "Restore node 1" }));
    expect(within(await outline()).getByText("Menu")).toBeTruthy();
  });

  it("shows options as exits, adds one under a name of its own, and drops the way of one that goes", async () => {
    const { server } = open(orderStatus);
    fireEvent.click(within(await outline()).getByRole("button", { name: /^1 Menu/ }));
    const form = await screen.findByRole("region", { name: "Settings of node 1" });
    fireEvent.click(within(form).getByRole("button", { name: "Remove item 1" }));
    fireEvent.click(within(form).getAllByRole("button", { name: "Add" })[0] as HTMLElement);
    await waitFor(() => expect(server.kept().document.nodes["1"]?.exits).toEqual({ talk: 8, no_match: 1 }), {
      timeout: 15_000,
    });
    expect(server.kept().document.nodes["1"]?.settings.options).toMatchObject([
      { name: "talk" },
      { name: "option_2" },
    ]);
  });

  it("joins typing in a field to one step, and undoes it from within the field", async () => {
    open(orderStatus);
    fireEvent.click(within(await outline()).getByRole("button", { name: /^2 Order number/ }));
    const title = (await screen.findByLabelText("Title")) as HTMLInputElement;
    fireEvent.change(title, { target: { value: "Order no" } });
    fireEvent.change(title, { target: { value: "Order no." } });
    expect(title.value).toBe("Order no.");
    fireEvent.keyDown(title, { key: "z", ctrlKey: true });
    expect(title.value).toBe("Order number");
  });

  it("lists problems, and a line goes to its node", async () => {
    open(orderStatus);
    fireEvent.click(await screen.findByRole("tab", { name: /Problems/ }));
    fireEvent.click(screen.getByText("“Too many attempts” leads nowhere."));
    expect(await screen.findByRole("region", { name: "Settings of node 2" })).toBeTruthy();
  });

  it("finds words and replaces them in one step", async () => {
    const { server } = open(orderStatus);
    await outline();
    fireEvent.keyDown(document.body, { key: "f", ctrlKey: true });
    fireEvent.change(await screen.findByLabelText("Find words"), { target: { value: "your order" } });
    fireEvent.change(screen.getByLabelText("Replace with"), { target: { value: "your parcel" } });
    expect(screen.getByText("1 place")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Replace all" }));
    await waitFor(() =>
      expect(server.kept().document.nodes["2"]?.settings.text).toBe("What is your parcel number?"),
    );
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
    await waitFor(() =>
      expect(server.kept().document.nodes["2"]?.settings.text).toBe("What is your order number?"),
    );
  });

  it("says that the systems to connect appear here while there are none", async () => {
    const server = fakeServer(orderStatus, { types: catalogue.types.filter((type) => !type.system) });
    open(orderStatus, { api: server });
    fireEvent.click(await screen.findByRole("tab", { name: /Integrations/ }));
    expect(screen.getByText("Systems that you connect appear here.")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Connect a system" }).getAttribute("href")).toContain(
      "/connections",
    );
  });

  it("changes nothing in production", async () => {
    const { server } = open(orderStatus, { environment: "production", readOnly: true });
    fireEvent.click(within(await outline()).getByRole("button", { name: /^2 Order number/ }));
    const title = (await screen.findByLabelText("Title")) as HTMLInputElement;
    expect(title.disabled).toBe(true);
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    expect(screen.queryByRole("button", { name: /^Add/ })).toBeNull();
    expect(screen.getByText("Live v11 · read-only")).toBeTruthy();
    expect(server.kept().document).toEqual(orderStatus);
  });

  it("shows the draft to those who may not change it, and does not call it production", async () => {
    const draft = { ...orderStatus, name: "The draft" };
    const { server } = open(draft, { readOnly: true });
    expect(await screen.findByRole("heading", { name: "The draft" })).toBeTruthy();
    expect(screen.getByText("Read-only")).toBeTruthy();
    expect(screen.queryByText(/^Live/)).toBeNull();
    expect(screen.queryByRole("button", { name: "Save version" })).toBeNull();
    expect(server.kept().document).toEqual(draft);
  });

  it("says why it could not open, and tries again", async () => {
    const server = fakeServer(orderStatus, catalogue);
    server.setOffline(true);
    open(orderStatus, { api: server });
    expect(await screen.findByText("The workflow could not be opened.")).toBeTruthy();
    server.setOffline(false);
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await outline()).toBeTruthy();
  });
});
