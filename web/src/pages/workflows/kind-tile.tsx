import { IconBoltFilled, IconSitemap } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { WorkflowKind } from "../../api/types";
import styles from "./workflows.module.css";

/** The kind of a workflow as an icon: a yellow bolt on a dark tile for those that an API call starts. */
export function KindTile({ kind }: { kind: WorkflowKind }) {
  const { t } = useTranslation();
  return (
    <span
      className={styles.tile}
      data-kind={kind}
      role="img"
      aria-label={t(`kinds.${kind}`)}
      title={t(`kinds.${kind}`)}
    >
      {kind === "dynamic_api" ? <IconBoltFilled size={16} /> : <IconSitemap size={16} stroke={1.75} />}
    </span>
  );
}
