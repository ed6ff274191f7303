import { BaseEdge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import type { WayEdge } from "./edges";
import { below, forwards } from "./route";
import styles from "./way.module.css";

/** One way from an exit to a node. */
export const Way = memo(function Way(props: EdgeProps<WayEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, data, selected } = props;
  const ends = { sourceX, sourceY, targetX, targetY };
  const under = targetX < sourceX + 24;
  const path = under ? below(ends, data?.floor ?? 0, data?.lane ?? 0) : forwards(ends);
  return (
    <BaseEdge
      id={id}
      path={path}
      interactionWidth={16}
      className={styles.way}
      data-back={data?.back || under || undefined}
      data-taken={data?.taken || undefined}
      data-lit={data?.lit || selected || undefined}
      data-selected={selected || undefined}
      markerEnd={`url(#usher-arrow${data?.lit || selected ? "-lit" : data?.taken ? "-taken" : ""})`}
    />
  );
});

/** The arrow heads, drawn once for the whole canvas. */
export function ArrowHeads() {
  return (
    <svg className={styles.heads} aria-hidden="true">
      <defs>
        {["", "-lit", "-taken"].map((suffix) => (
          <marker
            key={suffix}
            id={`usher-arrow${suffix}`}
            className={styles.head}
            data-kind={suffix}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path
              d="M1 1 L7 4 L1 7"
              fill="none"
              strokeWidth="1.5"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
