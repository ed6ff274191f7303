import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { catalogue } from "../fixtures/catalogue";
import { fakeServer } from "../fixtures/fake-api";
import { orderStatus } from "../fixtures/order-status";
import { createDraftStore } from "../state/draft";
import { createKeeper } from "./keeper";
import type { Shelf, Shelved } from "./shelf";

function setUp() {
  const server = fakeServer(orderStatus, catalogue);
  const keep = vi.spyOn(server, "keep");
  const draft = createDraftStore(orderStatus, false);
  let onShelf: Shelved | null = null;
  const shelf: Shelf = {
    put: (shelved) => {
      onShelf = shelved;
    },
    take: () => onShelf,
    clear: () => {
      onShelf = null;
    },
  };
  const keeper = createKeeper(server, draft, shelf, server.kept().etag);
  keeper.start();
  const write = (title: string) => draft.getState().perform({ do: "title", number: 1, title }, "title");
  const there = () => server.kept().document.nodes["1"]?.title;
  const state = () => keeper.store.getState().state;
  return { server, keep, draft, shelf, keeper, write, there, state };
}

describe("keeping the draft", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sends once after typing rests, and says when it was kept", async () => {
    const { keep, keeper, write, there, state } = setUp();
    for (const title of ["H", "He", "Hel"]) write(title);
    expect(state()).toBe("keeping");
    await vi.advanceTimersByTimeAsync(1000);
    expect(keep).toHaveBeenCalledTimes(1);
    expect(there()).toBe("Hel");
    expect(state()).toBe("kept");
    expect(keeper.store.getState().keptAt).toBeInstanceOf(Date);
  });

  it("sends while typing goes on and on, and what came meanwhile after that", async () => {
    const { keep, write, there } = setUp();
    for (let count = 0; count < 20; count += 1) {
      write(`text ${count}`);
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(keep.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(keep.mock.calls.length).toBeLessThan(8);
    await vi.advanceTimersByTimeAsync(2000);
    expect(there()).toBe("text 19");
  });

  it("loses nothing offline: what was written lies on the shelf, and is sent when the server answers", async () => {
    const { server, shelf, write, there, state } = setUp();
    server.setOffline(true);
    write("written offline");
    await vi.advanceTimersByTimeAsync(1000);
    expect(state()).toBe("offline");
    write("and more");
    expect(shelf.take()?.document.nodes["1"]?.title).toBe("and more");
    server.setOffline(false);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(state()).toBe("kept");
    expect(there()).toBe("and more");
    expect(shelf.take()).toBeNull();
  });

  it("takes up at the next visit what lay on the shelf", async () => {
    const { keeper, server, there, state } = setUp();
    const mine = { ...orderStatus, name: "Mine" };
    keeper.recover({ document: mine, etag: server.kept().etag });
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.kept().document.name).toBe("Mine");
    expect(there()).toBeUndefined();
    expect(state()).toBe("kept");
  });

  it("stops at another's change and takes theirs, by choice", async () => {
    const { server, draft, keeper, write, state, there } = setUp();
    server.changeByAnother((document) => ({ ...document, name: "Theirs" }));
    write("mine");
    await vi.advanceTimersByTimeAsync(1000);
    expect(state()).toBe("changed_by_another");
    write("mine again");
    await vi.advanceTimersByTimeAsync(5000);
    expect(there()).toBeUndefined();
    void keeper.reload();
    await vi.advanceTimersByTimeAsync(100);
    expect(draft.getState().document.name).toBe("Theirs");
    expect(state()).toBe("kept");
    write("after that");
    await vi.advanceTimersByTimeAsync(1000);
    expect(there()).toBe("after that");
  });

  it("or keeps mine over theirs, and never lowers the next number", async () => {
    const { server, keeper, write, state } = setUp();
    server.changeByAnother((document) => ({ ...document, name: "Theirs", next_number: 40 }));
    write("mine");
    await vi.advanceTimersByTimeAsync(1000);
    void keeper.overwrite();
    await vi.advanceTimersByTimeAsync(1000);
    expect(state()).toBe("kept");
    expect(server.kept().document).toMatchObject({ name: "Order status", next_number: 40 });
    expect(server.kept().document.nodes["1"]?.title).toBe("mine");
  });
});
