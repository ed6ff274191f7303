import { Button, Skeleton } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EditorApi, Named } from "./api";
import styles from "./editor.module.css";
import type { Catalogue } from "./model/catalogue";
import { same } from "./model/diff";
import type { WorkflowDocument } from "./model/document";
import { browserShelf, type Shelved } from "./sync/shelf";

export type Opened = {
  document: WorkflowDocument;
  etag: string;
  /** The live version, in production. */
  live: number | null;
  catalogue: Catalogue;
  workflows: readonly Named[];
  /** What this browser had not been able to send when it was closed. */
  shelved: Shelved | null;
};

/** Reads all that the editor needs to draw itself, at once. */
export function useOpened(
  api: EditorApi,
  workspace: string,
  key: string,
  production: boolean,
  readOnly: boolean,
) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another try reads everything again
  useEffect(() => {
    let current = true;
    setError(null);
    open(api, workspace, key, production, readOnly).then(
      (read) => current && setOpened(read),
      (failure: unknown) => current && setError(failure ?? new Error()),
    );
    return () => {
      current = false;
    };
  }, [api, workspace, key, production, readOnly, tries]);

  return { opened, error, retry: useCallback(() => setTries((count) => count + 1), []) };
}

async function open(
  api: EditorApi,
  workspace: string,
  key: string,
  production: boolean,
  readOnly: boolean,
): Promise<Opened> {
  const [catalogue, workflows, read] = await Promise.all([
    api.catalogue(),
    api.workflows(),
    production
      ? api.live().then(({ version, document }) => ({ live: version, document, etag: "" }))
      : api.draft().then((draft) => ({ live: null, ...draft })),
  ]);
  const shelved = readOnly ? null : browserShelf(workspace, key).take();
  return {
    ...read,
    catalogue,
    workflows,
    shelved: shelved && !same(shelved.document, read.document) ? shelved : null,
  };
}

/** The final layout, empty, while it is being read. */
export function Skeletons({ readOnly }: { readOnly: boolean }) {
  const { t } = useTranslation("editor");
  return (
    <div className={styles.editor} role="status" aria-label={t("opening")}>
      <div className={styles.skeletonBar}>
        <Skeleton width={180} height={20} />
        <Skeleton width={64} height={20} radius={999} />
      </div>
      <div className={styles.middle}>
        <div className={styles.canvas}>
          <div className={styles.skeletonCards}>
            <Skeleton width={260} height={150} />
            <Skeleton width={260} height={110} />
          </div>
        </div>
        {!readOnly && (
          <div className={styles.side}>
            <div style={{ padding: 16 }}>
              <Skeleton height={20} mb={24} />
              {[0, 1, 2, 3, 4, 5].map((each) => (
                <Skeleton key={each} height={22} mb={14} />
              ))}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation("editor");
  return (
    <div className={styles.failed} role="alert">
      <p>
        <strong>{t("open_failed")}</strong>
      </p>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button variant="default" onClick={onRetry}>
        {t("retry")}
      </Button>
    </div>
  );
}
