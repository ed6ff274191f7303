import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconRestore } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { TypeIcon } from "../canvas/icons";
import { useDraft, useEditor, useFacts, useProblems, useView } from "../context";
import { numbersOf } from "../model/document";
import type { DrawerTab } from "../state/view";
import { SyncLine } from "../sync/sync-line";
import styles from "./drawer.module.css";
import { Find } from "./find";
import { Log } from "./log";
import { Problems } from "./problems";

const TABS: DrawerTab[] = ["problems", "log", "removed", "find"];
const TABS_READ_ONLY: DrawerTab[] = ["find"];

/** The line at the bottom, and what opens above it: problems, the preview's log, the removed nodes. */
export function Drawer() {
  const { t } = useTranslation("editor");
  const { readOnly, view } = useEditor();
  const open = useView((state) => state.drawer);
  const problems = useProblems();
  const nodes = useFacts().numbers.length;
  const removed = useDraft((state) => Object.keys(state.document.removed).length);
  const tabs = readOnly ? TABS_READ_ONLY : TABS;
  const count = { problems: problems.length, log: 0, removed, find: 0 };
  return (
    <footer className={styles.drawer}>
      {open && (
        <div className={styles.content} role="tabpanel" id="drawer-panel" aria-label={t(`drawer.${open}`)}>
          {open === "problems" && <Problems problems={problems} />}
          {open === "log" && <Log />}
          {open === "removed" && <Removed />}
          {open === "find" && <Find />}
        </div>
      )}
      <div className={styles.line}>
        {tabs.length > 0 && (
          <>
            <Tooltip label={open ? t("drawer.close") : t("drawer.open")}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={open ? t("drawer.close") : t("drawer.open")}
                aria-expanded={open !== null}
                onClick={() => view.getState().show({ drawer: open ? null : (tabs[0] ?? null) })}
              >
                {open ? <IconChevronDown size={15} /> : <IconChevronUp size={15} />}
              </ActionIcon>
            </Tooltip>
            <div className={styles.tabs} role="tablist" aria-label={t("drawer.label")}>
              {tabs.map((tab) => (
                <button
                  key={tab}
                  type="button"
                  role="tab"
                  aria-selected={open === tab}
                  aria-controls={open === tab ? "drawer-panel" : undefined}
                  className={styles.tab}
                  onClick={() => view.getState().show({ drawer: open === tab ? null : tab })}
                >
                  {t(`drawer.${tab}`)}
                  {count[tab] > 0 && (
                    <span
                      className={styles.count}
                      data-severity={
                        tab === "problems"
                          ? problems.some((problem) => problem.severity === "error")
                            ? "error"
                            : "warning"
                          : undefined
                      }
                    >
                      {count[tab]}
                    </span>
                  )}
                </button>
              ))}
            </div>
          </>
        )}
        <span className={styles.fill} />
        <span className={styles.nodes}>{t("drawer.nodes", { count: nodes })}</span>
        {!readOnly && <SyncLine />}
      </div>
    </footer>
  );
}

function Removed() {
  const { t } = useTranslation("editor");
  const { actions, types } = useEditor();
  const removed = useDraft((state) => state.document.removed);
  const numbers = numbersOf(removed);
  if (numbers.length === 0) return <p className={styles.none}>{t("drawer.none_removed")}</p>;
  return (
    <ul className={styles.list}>
      {numbers.map((number) => {
        const node = removed[String(number)];
        const type = node && types.get(node.type);
        return (
          <li key={number} className={styles.entry}>
            <span className={styles.number}>{number}</span>
            <TypeIcon icon={type?.icon} family={type?.family} />
            <span className={styles.words}>{node?.title || type?.title || node?.type}</span>
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconRestore size={14} aria-hidden />}
              aria-label={t("drawer.restore_node", { number })}
              onClick={() => actions.restore(number)}
            >
              {t("drawer.restore")}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
