import { Tooltip } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import styles from "./controls.module.css";

/** Straight there: the default course zooms out and in again, and leaves another zoom behind when it is cut short. */
export const MOVE = { duration: 140, interpolate: "linear" as const };
export const FIT = { padding: 0.12, maxZoom: 1, ...MOVE };

export function Controls() {
  const { t } = useTranslation("editor");
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <Panel position="top-right" className={styles.controls}>
      <Tooltip label={t("canvas.zoom_out")}>
        <button type="button" aria-label={t("canvas.zoom_out")} onClick={() => zoomOut(MOVE)}>
          <IconMinus size={15} aria-hidden />
        </button>
      </Tooltip>
      <button
        type="button"
        className={styles.zoom}
        aria-label={t("canvas.zoom_full", { zoom })}
        onClick={() => zoomTo(1, MOVE)}
      >
        {zoom}%
      </button>
      <Tooltip label={t("canvas.zoom_in")}>
        <button type="button" aria-label={t("canvas.zoom_in")} onClick={() => zoomIn(MOVE)}>
          <IconPlus size={15} aria-hidden />
        </button>
      </Tooltip>
      <Tooltip label={t("canvas.fit")}>
        <button type="button" aria-label={t("canvas.fit")} onClick={() => fitView(FIT)}>
          <IconMaximize size={15} aria-hidden />
        </button>
      </Tooltip>
    </Panel>
  );
}
