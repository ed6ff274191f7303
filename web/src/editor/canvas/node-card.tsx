import { Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconArrowRight, IconExclamationCircle, IconNote } from "@tabler/icons-react";
import { Handle, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { CARD, linesOf } from "../model/layout";
import { CardMenu } from "./card-menu";
import type { CardData, Mark } from "./cards";
import { ExitRow } from "./exit-row";
import type { CardNode } from "./flow";
import { TypeIcon } from "./icons";
import styles from "./node-card.module.css";
import { NodeCounts } from "./node-counts";
import { useProblemWords } from "./words";

/** The one card for all node types. It is drawn anew only when what it shows has changed. */
export const NodeCard = memo(
  function NodeCard({ id, data, selected }: NodeProps<CardNode>) {
    const { facts, node, number, marks } = data;
    const exits = facts.exits.map((exit) => exit.name).join("/");
    const update = useUpdateNodeInternals();
    // biome-ignore lint/correctness/useExhaustiveDependencies: handles are measured again when the exits change
    useEffect(() => update(id), [id, exits, update]);
    const family = facts.type?.family ?? "unknown";
    return (
      <article
        className={styles.card}
        data-family={family}
        data-selected={selected || undefined}
        data-running={data.running || undefined}
        data-visited={data.visited || undefined}
        data-mark={marks[""]?.severity}
        data-far-title={facts.heading}
      >
        <Handle
          type="target"
          id="in"
          position={Position.Left}
          className={styles.target}
          style={{ top: CARD.header / 2 - 1 }}
          isConnectable={!data.readOnly}
        />
        {data.readOnly && <NodeCounts number={number} />}
        <header className={styles.header}>
          <TypeIcon icon={facts.type?.icon} family={facts.type?.family} />
          <span className={styles.number}>{number}</span>
          <span className={styles.title}>{facts.heading}</span>
          {node.note && (
            <Tooltip label={node.note} multiline maw={280}>
              <IconNote size={14} className={styles.noteMark} aria-label={node.note} />
            </Tooltip>
          )}
          {marks[""] && <MarkIcon mark={marks[""]} />}
          {data.running && <RunningDot />}
          {!data.readOnly && <CardMenu number={number} />}
        </header>
        <div className={styles.far} aria-hidden>
          <TypeIcon icon={facts.type?.icon} family={facts.type?.family} size={44} />
          <span className={styles.farNumber}>{number}</span>
          <span className={styles.farTitle}>{facts.heading}</span>
        </div>
        <Body data={data} />
        {facts.exits.length > 0 && (
          <ul className={styles.exits}>
            {facts.exits.map((exit, index) => (
              <ExitRow
                key={exit.name}
                number={number}
                exit={exit}
                end={data.ends[index] ?? { kind: "nowhere" }}
                mark={marks[exit.name]}
                taken={data.taken.includes(exit.name)}
                readOnly={data.readOnly}
              />
            ))}
          </ul>
        )}
      </article>
    );
  },
  (a, b) => a.id === b.id && a.data === b.data && a.selected === b.selected,
);

function Body({ data }: { data: CardData }) {
  const { facts } = data;
  const { summary, sets } = facts;
  const options = facts.options.slice(0, CARD.maxOptions);
  if (!summary && sets.length === 0 && options.length === 0) return null;
  const lines = linesOf(summary);
  return (
    <div className={styles.body}>
      {summary && (
        <p className={styles.summary} data-lines={lines}>
          <Expressions text={summary} />
        </p>
      )}
      {options.map((option, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two options may read the same while they are written
        <div key={index} className={styles.option}>
          {index === CARD.maxOptions - 1 && facts.options.length > CARD.maxOptions
            ? `+ ${facts.options.length - index}`
            : option}
        </div>
      ))}
      {sets.length > 0 && (
        <p className={styles.sets}>
          <IconArrowRight size={13} aria-hidden /> <code>{sets.join(", ")}</code>
        </p>
      )}
    </div>
  );
}

/** A text in which expressions stand out. */
function Expressions({ text }: { text: string }) {
  return text.split(/(\{\{.*?\}\})/).map((part, index) =>
    part.startsWith("{{") ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no names but their places
      <span key={index} className={styles.expression}>
        {part.slice(2, -2).trim()}
      </span>
    ) : (
      part
    ),
  );
}

export function MarkIcon({ mark }: { mark: Mark }) {
  const words = useProblemWords();
  const text = mark.problems.map(words).join("\n");
  const Shape = mark.severity === "error" ? IconExclamationCircle : IconAlertTriangle;
  return (
    <Tooltip label={text} multiline maw={280} style={{ whiteSpace: "pre-line" }}>
      <Shape size={15} className={styles.mark} data-severity={mark.severity} aria-label={text} />
    </Tooltip>
  );
}

function RunningDot() {
  const { t } = useTranslation("editor");
  return <span className={styles.running} role="img" aria-label={t("card.running")} />;
}
