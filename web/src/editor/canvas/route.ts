/** The course of an edge: smooth steps forwards, and below both cards on the way back. */
import { getSmoothStepPath, Position } from "@xyflow/react";

type Ends = { sourceX: number; sourceY: number; targetX: number; targetY: number };

const RADIUS = 8;
const STEP = 20;

export function forwards(ends: Ends): string {
  const [path] = getSmoothStepPath({
    ...ends,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    borderRadius: RADIUS,
  });
  return path;
}

/** Out to the right, down below the lower card, back to the left, and up to the target's left side. */
export function below({ sourceX, sourceY, targetX, targetY }: Ends, floor: number, lane: number): string {
  const apart = STEP + lane * 6;
  const y = floor + apart;
  return rounded([
    [sourceX, sourceY],
    [sourceX + apart, sourceY],
    [sourceX + apart, y],
    [targetX - apart, y],
    [targetX - apart, targetY],
    [targetX, targetY],
  ]);
}

export function rounded(points: readonly (readonly [number, number])[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first[0]} ${first[1]}`;
  rest.forEach(([x, y], index) => {
    const before = points[index];
    const after = points[index + 2];
    if (!before || !after) {
      path += `L${x} ${y}`;
      return;
    }
    const [ax, ay] = towards([x, y], before);
    const [bx, by] = towards([x, y], after);
    path += `L${ax} ${ay}Q${x} ${y} ${bx} ${by}`;
  });
  return path;
}

function towards([x, y]: readonly [number, number], [toX, toY]: readonly [number, number]): [number, number] {
  const length = Math.hypot(toX - x, toY - y);
  const share = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length;
  return [x + (toX - x) * share, y + (toY - y) * share];
}
