import { Modal, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { keptDetailQuery } from "../../api/queries";
import type { KeptItem } from "../../api/types";
import { usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { readable } from "../../components/readable";
import styles from "./operations.module.css";

/** Shows what was kept as it came. */
export function KeptDialog({ kept, onClose }: { kept: KeptItem; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const detail = useQuery(keptDetailQuery(workspace.key, environment, kept.id));
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("kept.detail")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <p className={styles.why}>{readable(kept.problem)}</p>
      {detail.isPending && <Skeleton height={200} />}
      {detail.isError && (
        <Failure what={t("kept.detail_failed")} error={detail.error} onRetry={() => detail.refetch()} />
      )}
      {detail.data && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <section className={styles.body} aria-label={t("kept.body")} tabIndex={0}>
            <pre>
              {typeof detail.data.body === "string"
                ? detail.data.body
                : JSON.stringify(detail.data.body, null, 2)}
            </pre>
          </section>
          {detail.data.cut && <p className={styles.when}>{t("kept.cut")}</p>}
        </>
      )}
    </Modal>
  );
}
