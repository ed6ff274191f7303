import { Button, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useFacts } from "../context";
import { replaceAll } from "../model/edits";
import { find } from "../model/find";
import styles from "./drawer.module.css";

/** How many places are listed; beyond, the words say too little. */
const MOST = 200;

/** Finds words in all texts, titles, notes and targets of the workflow, and replaces them in its settings. */
export function Find() {
  const { t } = useTranslation("editor");
  const { draft, readOnly, view } = useEditor();
  const document = useDraft((state) => state.document);
  const facts = useFacts();
  const [words, setWords] = useState("");
  const [by, setBy] = useState("");
  const found = useMemo(() => find(document, words), [document, words]);
  const replacing = useMemo(
    () => (words === "" ? null : replaceAll(document, words, by)),
    [document, words, by],
  );
  return (
    <div>
      <div className={styles.findLine}>
        <TextInput
          size="xs"
          w={220}
          autoFocus
          aria-label={t("find.words")}
          placeholder={t("find.words")}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        {!readOnly && (
          <>
            <TextInput
              size="xs"
              w={220}
              aria-label={t("find.by")}
              placeholder={t("find.by")}
              value={by}
              onChange={(event) => setBy(event.currentTarget.value)}
            />
            <Button
              size="xs"
              variant="default"
              disabled={replacing === null}
              onClick={() => draft.getState().perform(replacing)}
            >
              {t("find.replace_all")}
            </Button>
          </>
        )}
        {words !== "" && <span className={styles.where}>{t("find.count", { count: found.length })}</span>}
      </div>
      <ul className={styles.list}>
        {found.slice(0, MOST).map((each) => (
          <li key={`${each.node}${each.pointer}`}>
            <button type="button" className={styles.entry} onClick={() => view.getState().goTo(each.node)}>
              <span className={styles.number}>{each.node}</span>
              <span className={styles.step}>{facts.node(each.node)?.heading}</span>
              <span className={styles.words}>{each.text}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
