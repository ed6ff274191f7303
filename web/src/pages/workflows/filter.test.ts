import { expect, it } from "vitest";
import type { WorkflowItem } from "../../api/types";
import { counts, shown } from "./filter";

function workflow(key: string, more: Partial<WorkflowItem> = {}): WorkflowItem {
  return {
    key,
    name: key,
    description: "",
    kind: "standard",
    folder: null,
    archived: false,
    draft: { etag: '"1"', updated_at: "2026-01-01T00:00:00Z", updated_by: null },
    latest_version: null,
    live_version: null,
    state: "draft",
    ...more,
  };
}

const list = [
  workflow("order-status", { live_version: 2, description: "Where is my order?" }),
  workflow("support"),
  workflow("old", { archived: true, live_version: 1 }),
];
const keys = (found: WorkflowItem[]) => found.map(({ key }) => key);

it("keeps the archived ones apart", () => {
  expect(keys(shown(list, "all", ""))).toEqual(["order-status", "support"]);
  expect(keys(shown(list, "archived", ""))).toEqual(["old"]);
});

it("tells the live ones from those that are not", () => {
  expect(keys(shown(list, "live", ""))).toEqual(["order-status"]);
  expect(keys(shown(list, "draft", ""))).toEqual(["support"]);
});

it("searches names, keys and descriptions in any case", () => {
  expect(keys(shown(list, "all", " MY order"))).toEqual(["order-status"]);
  expect(keys(shown(list, "all", "refund"))).toEqual([]);
});

it("counts what each filter shows", () => {
  expect(counts(list)).toEqual({ all: 2, draft: 1, live: 1, archived: 1 });
});
