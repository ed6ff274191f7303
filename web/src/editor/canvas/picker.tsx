import {
  IconArrowRight,
  IconCornerDownLeft,
  IconFlag,
  IconRepeat,
  IconRoute,
  IconSearch,
} from "@tabler/icons-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useView } from "../context";
import { paletteGroups } from "../model/catalogue";
import type { Target } from "../model/document";
import type { Picker as Open } from "../state/view";
import { TypeIcon } from "./icons";
import styles from "./picker.module.css";

/** The menu at an exit that leads nowhere: the ends and ways first, then the node types. */
export function Picker() {
  const picker = useView((state) => state.picker);
  if (!picker) return null;
  const key = picker.from === "start" ? "start" : `${picker.from.node}/${picker.from.exit}`;
  return createPortal(<Menu key={key} picker={picker} />, document.body);
}

type Choice = { key: string; icon: React.ReactNode; label: string; hint?: string; choose: () => void };

function Menu({ picker }: { picker: Open }) {
  const { t } = useTranslation("editor");
  const { view } = useEditor();
  const [query, setQuery] = useState("");
  const [inWorkflows, setInWorkflows] = useState(false);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const close = () => view.getState().openPicker(null);
  const sections = useSections(picker, query, inWorkflows, () => {
    setInWorkflows(true);
    setQuery("");
    setAt(0);
  });
  const choices = sections.flatMap((section) => section.choices);
  const current = choices[Math.min(at, choices.length - 1)];

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(8, Math.min(picker.x, window.innerWidth - width - 8))}px`;
    element.style.top = `${Math.max(8, Math.min(picker.y, window.innerHeight - height - 8))}px`;
  }, [picker]);

  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) view.getState().openPicker(null);
    };
    window.addEventListener("pointerdown", outside, true);
    return () => window.removeEventListener("pointerdown", outside, true);
  }, [view]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
    else if (event.key === "Enter") current?.choose();
    else if (event.key === "ArrowDown") setAt(Math.min(at + 1, choices.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };

  return (
    <div ref={box} className={styles.menu} role="dialog" aria-label={t("picker.label")}>
      <div className={styles.search}>
        <IconSearch size={15} aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: the menu was opened to choose in it
          autoFocus
          value={query}
          placeholder={inWorkflows ? t("picker.find_workflow") : t("picker.find")}
          aria-label={inWorkflows ? t("picker.find_workflow") : t("picker.find")}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className={styles.list}>
        {sections.map((section) => (
          <div key={section.key}>
            {section.title && <div className={styles.heading}>{section.title}</div>}
            {section.choices.map((choice) => (
              <button
                key={choice.key}
                type="button"
                className={styles.choice}
                data-current={choice === current || undefined}
                onMouseMove={() => setAt(choices.indexOf(choice))}
                onClick={choice.choose}
              >
                {choice.icon}
                <span className={styles.label}>{choice.label}</span>
                {choice.hint && <span className={styles.hint}>{choice.hint}</span>}
              </button>
            ))}
          </div>
        ))}
        {choices.length === 0 && <p className={styles.none}>{t("picker.none")}</p>}
      </div>
    </div>
  );
}

type Section = { key: string; title?: string; choices: Choice[] };

function useSections(
  picker: Open,
  query: string,
  inWorkflows: boolean,
  openWorkflows: () => void,
): Section[] {
  const { t } = useTranslation("editor");
  const { actions, catalogue, view, workflows, workflowKey } = useEditor();
  const empty = useDraft((state) => Object.keys(state.document.nodes).length === 0);
  const { from } = picker;
  const fits = (label: string) => label.toLowerCase().includes(query.trim().toLowerCase());
  const lead = (target: Target) => () => actions.lead(from, target);

  if (inWorkflows) {
    const others = workflows.filter((workflow) => workflow.key !== workflowKey && fits(workflow.name));
    return [
      {
        key: "workflows",
        title: t("picker.workflows"),
        choices: others.map(({ key, name }) => ({
          key,
          icon: <IconRoute size={16} aria-hidden />,
          label: name,
          choose: lead({ workflow: key }),
        })),
      },
    ];
  }

  const ways: Choice[] = [];
  const way = (key: string, icon: React.ReactNode, label: string, choose: () => void) => {
    if (fits(label)) ways.push({ key, icon, label, choose });
  };
  if (from !== "start") {
    way("end", <IconFlag size={16} aria-hidden />, t("picker.end"), lead("end"));
    way("repeat", <IconRepeat size={16} aria-hidden />, t("picker.repeat"), lead(from.node));
    way("workflow", <IconRoute size={16} aria-hidden />, t("picker.go_to_workflow"), openWorkflows);
    way("yes", <IconCornerDownLeft size={16} aria-hidden />, t("picker.return_yes"), lead({ return: "yes" }));
    way("no", <IconCornerDownLeft size={16} aria-hidden />, t("picker.return_no"), lead({ return: "no" }));
  }
  if (!empty) {
    way("existing", <IconArrowRight size={16} aria-hidden />, t("picker.existing"), () =>
      view.getState().connectFrom(from),
    );
  }
  const families = (["user_facing", "action", "integration"] as const).flatMap((family): Section[] => {
    const types = paletteGroups(catalogue, family, query).flatMap((group) => group.types);
    if (types.length === 0) return [];
    return [
      {
        key: family,
        title: t(`family.${family}`),
        choices: types.map((type) => ({
          key: type.type,
          icon: <TypeIcon icon={type.icon} family={type.family} />,
          label: type.title,
          choose: () => void actions.add(type, from, picker.at),
        })),
      },
    ];
  });
  return [{ key: "ways", choices: ways }, ...families];
}
