import { IconCheck, IconCornerDownLeft, IconFlag, IconPlus, IconRoute, IconX } from "@tabler/icons-react";
import { Handle, Position } from "@xyflow/react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEditor, useView } from "../context";
import type { Exit } from "../model/exits";
import { droppedType, holdsType } from "../palette/drag";
import type { ExitEnd, Mark } from "./cards";
import styles from "./exit-row.module.css";
import { MarkIcon } from "./node-card";
import { openOther } from "./open-other";
import { toneOf } from "./words";

type Props = {
  number: number;
  exit: Exit;
  end: ExitEnd;
  mark: Mark | undefined;
  taken: boolean;
  readOnly: boolean;
};

/** One way out of a node: its label, and at its end the handle, a pill, or a dotted plus where it leads nowhere. */
export const ExitRow = memo(function ExitRow({ number, exit, end, mark, taken, readOnly }: Props) {
  const { t } = useTranslation("editor");
  const { view } = useEditor();
  const focused = useView((state) => state.exit?.node === number && state.exit.exit === exit.name);
  const connecting = useView(
    ({ connecting: from }) =>
      from !== null && from !== "start" && from.node === number && from.exit === exit.name,
  );
  const tone = toneOf(exit.name);
  const label = exit.label || t("exit.unnamed");
  return (
    <li
      className={styles.row}
      data-tone={tone}
      data-focused={focused || undefined}
      data-connecting={connecting || undefined}
      data-taken={taken || undefined}
    >
      {tone === "yes" && <IconCheck size={14} stroke={2.4} aria-hidden />}
      {tone === "no" && <IconX size={14} stroke={2.4} aria-hidden />}
      <span className={styles.label}>{label}</span>
      {mark && end.kind !== "nowhere" && <MarkIcon mark={mark} />}
      <Handle
        type="source"
        id={exit.name}
        position={Position.Right}
        className={`${styles.handle} nodrag`}
        data-wired={end.kind !== "nowhere" || undefined}
        isConnectable={!readOnly}
        title={readOnly ? undefined : t("exit.connect", { exit: label })}
        onClick={(event) => {
          if (readOnly) return;
          event.stopPropagation();
          view.getState().connectFrom({ node: number, exit: exit.name });
        }}
      />
      <End number={number} exit={exit.name} label={label} end={end} readOnly={readOnly} />
    </li>
  );
});

type EndProps = { number: number; exit: string; label: string; end: ExitEnd; readOnly: boolean };

function End({ number, exit, label, end, readOnly }: EndProps) {
  const { t } = useTranslation("editor");
  const parts = useEditor();
  const pick = (event: React.MouseEvent<HTMLElement>) => {
    event.stopPropagation();
    const { right, top } = event.currentTarget.getBoundingClientRect();
    parts.view.getState().openPicker({ from: { node: number, exit }, x: right + 8, y: top });
  };
  switch (end.kind) {
    case "edge":
      return null;
    case "nowhere":
      return <Plus number={number} exit={exit} label={label} readOnly={readOnly} onPick={pick} />;
    case "workflow":
      return (
        <button
          type="button"
          className={`${styles.pill} nodrag`}
          title={t("exit.open_workflow", { name: end.name })}
          onClick={(event) => {
            event.stopPropagation();
            void openOther(parts, end.key);
          }}
        >
          <IconRoute size={12} aria-hidden />
          <span className={styles.pillText}>{end.node ? `${end.name} · ${end.node}` : end.name}</span>
        </button>
      );
    default: {
      const Shape = end.kind === "end" ? IconFlag : IconCornerDownLeft;
      const text = end.kind === "end" ? t("exit.end") : t(`exit.return_${end.answer}`);
      return (
        <button type="button" className={`${styles.pill} nodrag`} disabled={readOnly} onClick={pick}>
          <Shape size={12} aria-hidden />
          <span className={styles.pillText}>{text}</span>
        </button>
      );
    }
  }
}

type PlusProps = Omit<EndProps, "end"> & { onPick: (event: React.MouseEvent<HTMLElement>) => void };

function Plus({ number, exit, label, readOnly, onPick }: PlusProps) {
  const { t } = useTranslation("editor");
  const { actions, types } = useEditor();
  const [over, setOver] = useState(false);
  if (readOnly) return <span className={styles.stub} title={t("problem.leads_nowhere", { exit: label })} />;
  return (
    <button
      type="button"
      className={`${styles.plus} nodrag`}
      data-over={over || undefined}
      aria-label={t("exit.add_after", { exit: label, number })}
      title={t("exit.add_after", { exit: label, number })}
      onClick={onPick}
      onDragOver={(event) => {
        if (!holdsType(event)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        const type = droppedType(event, types);
        setOver(false);
        if (!type) return;
        event.preventDefault();
        event.stopPropagation();
        void actions.add(type, { node: number, exit });
      }}
    >
      <IconPlus size={13} stroke={2} aria-hidden />
    </button>
  );
}
