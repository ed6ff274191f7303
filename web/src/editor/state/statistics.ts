/** What happened at the nodes in the last 24 hours, as it happens. */
import { createStore } from "zustand/vanilla";
import type { NodeHour } from "../../api/types";
import type { EditorApi } from "../api";

/** How often conversations came to a node, were given up there, and met an error; of all versions together. */
export type Tally = { entered: number; droppedOff: number; failed: number };

export type StatisticsState = { byNode: ReadonlyMap<number, Tally> };

export type StatisticsStore = ReturnType<typeof createStatistics>;

const HOUR = 3_600_000;
const SPAN = 24 * HOUR;

export function createStatistics(api: Pick<EditorApi, "watchStatistics">) {
  const store = createStore<StatisticsState>()(() => ({ byNode: new Map() }));
  const hours = new Map<string, NodeHour>();
  let stop = () => {};
  return {
    store,
    start: () => {
      stop = api.watchStatistics((told) => {
        for (const hour of told) hours.set(`${hour.hour} ${hour.version} ${hour.node}`, hour);
        store.setState({ byNode: tallies([...hours.values()], Date.now()) });
      });
    },
    stop: () => stop(),
  };
}

/** Sums what happened at each node in the 24 hours before `now`; an hour that they touch counts whole. */
export function tallies(hours: readonly NodeHour[], now: number): Map<number, Tally> {
  const byNode = new Map<number, Tally>();
  for (const { hour, node, entered, dropped_off, failed } of hours) {
    if (Date.parse(hour) + HOUR <= now - SPAN) continue;
    const before = byNode.get(node) ?? { entered: 0, droppedOff: 0, failed: 0 };
    byNode.set(node, {
      entered: before.entered + entered,
      droppedOff: before.droppedOff + dropped_off,
      failed: before.failed + failed,
    });
  }
  return byNode;
}
