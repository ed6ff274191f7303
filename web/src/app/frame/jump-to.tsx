import { Modal, VisuallyHidden } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { liveWorkflowsQuery, workflowsQuery } from "../../api/queries";
import { useMay, usePlace } from "../place";
import styles from "./jump-to.module.css";
import { type Jump, matching } from "./jumps";
import { sectionsFor } from "./sections";

/** The box that goes to a workflow or a page by its name, wholly by keyboard. */
export function JumpTo({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal.Root opened={opened} onClose={onClose} size={560} padding={0} yOffset="12vh" centered={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={t("jump.title")}>{opened && <Box onDone={onClose} />}</Modal.Content>
    </Modal.Root>
  );
}

function Box({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const list = useId();
  const navigate = useNavigate();
  const jumps = useJumps();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => matching(jumps, text), [jumps, text]);
  const current = Math.min(at, found.length - 1);

  function go(jump: Jump | undefined) {
    if (!jump) return;
    onDone();
    void navigate({ to: jump.to });
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((current + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(found[current]);
    }
  }

  return (
    <div className={styles.box}>
      <div className={styles.field}>
        <IconSearch size={18} aria-hidden />
        <input
          data-autofocus
          className={styles.input}
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={found[current] ? `${list}-${current}` : undefined}
          aria-label={t("jump.title")}
          placeholder={t("jump.placeholder")}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className={styles.list} role="listbox" id={list} aria-label={t("jump.title")}>
        {found.map((jump, index) => (
          <div
            key={jump.to}
            id={`${list}-${index}`}
            ref={index === current ? intoView : undefined}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={styles.option}
            onPointerMove={() => setAt(index)}
            onClick={() => go(jump)}
            onKeyDown={onKeyDown}
          >
            <span>{jump.name}</span>
            <span className={styles.sort}>{jump.sort}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>{t("jump.none", { text })}</p>}
      <VisuallyHidden role="status">{t("jump.count", { count: found.length })}</VisuallyHidden>
    </div>
  );
}

function intoView(element: HTMLElement | null) {
  element?.scrollIntoView({ block: "nearest" });
}

function useJumps(): Jump[] {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const sees = useMay("workflows.view");
  const drafts = useQuery({ ...workflowsQuery(workspace.key), enabled: sees && environment === "sandbox" });
  const live = useQuery({
    ...liveWorkflowsQuery(workspace.key, environment),
    enabled: sees && environment === "production",
  });
  const base = `/w/${encodeURIComponent(workspace.key)}/${environment}`;
  const workflows = (environment === "sandbox" ? drafts.data?.items : live.data?.items) ?? [];
  return [
    ...workflows.map(({ key, name }) => ({
      name,
      sort: t("jump.workflow"),
      to: `${base}/workflows/${encodeURIComponent(key)}`,
    })),
    ...sectionsFor(workspace.permissions).map(({ name }) => ({
      name: t(`sections.${name}`),
      sort: t("jump.page"),
      to: `${base}/${name}`,
    })),
  ];
}
