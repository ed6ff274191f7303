import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEditor } from "../context";
import type { NodeType } from "../model/catalogue";
import { droppedType, holdsType } from "../palette/drag";
import type { PlaceholderNode, StartNode } from "./flow";
import { TypeIcon } from "./icons";
import styles from "./start.module.css";

export const StartMarker = memo(function StartMarker({ data }: NodeProps<StartNode>) {
  const { t } = useTranslation("editor");
  const { view } = useEditor();
  return (
    <div className={styles.start}>
      <span className={styles.dot} aria-hidden />
      {t("canvas.start")}
      <Handle
        type="source"
        id="out"
        position={Position.Right}
        className={`${styles.handle} nodrag`}
        isConnectable={!data.readOnly}
        title={data.readOnly ? undefined : t("canvas.connect_start")}
        onClick={(event) => {
          if (data.readOnly) return;
          event.stopPropagation();
          view.getState().connectFrom("start");
        }}
      />
    </div>
  );
});

/** The first steps that most workflows begin with, by the names of their types. */
const FIRST = ["text_display", "menu", "request_input"];

/** The dotted place of the first node. */
export const Placeholder = memo(function Placeholder({ data }: NodeProps<PlaceholderNode>) {
  const { t } = useTranslation("editor");
  const { actions, types, view } = useEditor();
  const [over, setOver] = useState(false);
  const pick = (event: React.MouseEvent<HTMLElement>) => {
    event.stopPropagation();
    const { right, top } = event.currentTarget.getBoundingClientRect();
    view.getState().openPicker({ from: "start", x: right + 8, y: top });
  };
  const first = FIRST.map((name) => types.get(name)).filter((type): type is NodeType => type !== undefined);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only a place to drop on; the buttons in it do the same by clicks
    <div
      className={styles.placeholder}
      data-over={over || undefined}
      data-empty={data.empty || undefined}
      onDragOver={(event) => {
        if (data.readOnly || !holdsType(event)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        const type = droppedType(event, types);
        setOver(false);
        if (!type || data.readOnly) return;
        event.preventDefault();
        event.stopPropagation();
        void actions.add(type, "start");
      }}
    >
      <Handle
        type="target"
        id="in"
        position={Position.Left}
        className={styles.target}
        isConnectable={false}
      />
      {data.empty && !data.readOnly ? (
        <>
          <p className={styles.words}>{t("canvas.start_here")}</p>
          <div className={styles.offers}>
            {first.map((type) => (
              <button
                key={type.type}
                type="button"
                className={`${styles.offer} nodrag`}
                onClick={() => void actions.add(type, "start")}
              >
                <TypeIcon icon={type.icon} family={type.family} /> {type.title}
              </button>
            ))}
          </div>
          <button type="button" className={`${styles.more} nodrag`} onClick={pick}>
            <IconPlus size={14} aria-hidden /> {t("canvas.another_node")}
          </button>
        </>
      ) : (
        <Button
          variant="subtle"
          size="xs"
          className="nodrag"
          disabled={data.readOnly}
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={pick}
        >
          {t("canvas.first_step")}
        </Button>
      )}
    </div>
  );
});
