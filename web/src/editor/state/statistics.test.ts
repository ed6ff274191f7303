import { describe, expect, it } from "vitest";
import type { NodeHour } from "../../api/types";
import { createStatistics, tallies } from "./statistics";

const now = Date.parse("2026-03-02T10:30:00Z");

const at = (hour: string, node: number, entered: number, more: Partial<NodeHour> = {}): NodeHour => ({
  hour,
  version: 1,
  node,
  entered,
  left: {},
  dropped_off: 0,
  failed: 0,
  ...more,
});

describe("statistics", () => {
  it("sums hours and versions by node, and leaves out what is older than a day", () => {
    const hours = [
      at("2026-03-01T09:00:00Z", 1, 100),
      at("2026-03-01T10:00:00Z", 1, 5, { dropped_off: 1 }),
      at("2026-03-02T10:00:00Z", 1, 2, { failed: 3 }),
      at("2026-03-02T10:00:00Z", 1, 1, { version: 2, dropped_off: 1 }),
      at("2026-03-02T10:00:00Z", 4, 7),
    ];
    expect([...tallies(hours, now)]).toEqual([
      [1, { entered: 8, droppedOff: 2, failed: 3 }],
      [4, { entered: 7, droppedOff: 0, failed: 0 }],
    ]);
  });

  it("puts an hour that is told again in the place of the one before", () => {
    let tell: (hours: NodeHour[]) => void = () => {};
    let watched = false;
    const statistics = createStatistics({
      watchStatistics: (onHours) => {
        tell = onHours;
        watched = true;
        return () => {
          watched = false;
        };
      },
    });
    const entered = (node: number) => statistics.store.getState().byNode.get(node)?.entered;
    const hour = new Date().toISOString();
    statistics.start();
    tell([at(hour, 1, 5), at(hour, 2, 4)]);
    tell([at(hour, 1, 6)]);
    expect([entered(1), entered(2)]).toEqual([6, 4]);
    statistics.stop();
    expect(watched).toBe(false);
  });
});
