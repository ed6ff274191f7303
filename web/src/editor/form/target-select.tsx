import { Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { endOf } from "../canvas/cards";
import { useDraft, useEditor, useFacts } from "../context";
import type { Target, WorkflowDocument } from "../model/document";

const NEW = "new";

type Props = { number: number; exit: string; label: string };
type Option = { value: string; label: string };
type Words = (target: Target) => string;

/** One exit's target as a menu: the steps of this workflow, the ends, the other workflows. */
export function TargetSelect({ number, exit, label }: Props) {
  const { t } = useTranslation("editor");
  const { actions, readOnly, view } = useEditor();
  const target = useDraft((state) => state.document.nodes[String(number)]?.exits[exit]);
  const wordsOf = useWords(number);
  const listed = useGroups(number, wordsOf);
  const [open, setOpen] = useState(false);
  const value = target === undefined ? null : JSON.stringify(target);
  // The whole list only while it is open: there may be hundreds of steps, and a menu at every exit.
  const now = target === undefined ? [] : [{ value: value ?? "", label: wordsOf(target) }];
  return (
    <Select
      aria-label={t("form.target_of", { exit: label })}
      data={open ? listed(now[0]) : now}
      value={value}
      placeholder={t("target.nowhere")}
      searchable
      clearable
      disabled={readOnly}
      size="xs"
      maxDropdownHeight={320}
      comboboxProps={{ width: 260, position: "bottom-end" }}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onChange={(chosen) => {
        if (chosen === NEW) {
          const box = window.document.activeElement?.getBoundingClientRect();
          view
            .getState()
            .openPicker({ from: { node: number, exit }, x: (box?.left ?? 400) - 280, y: box?.top ?? 200 });
        } else {
          actions.lead({ node: number, exit }, chosen === null ? null : (JSON.parse(chosen) as Target));
        }
      }}
    />
  );
}

/** A target in words. */
function useWords(number: number): Words {
  const { t } = useTranslation("editor");
  const { draft, workflows } = useEditor();
  const facts = useFacts();
  return (target) => {
    if (typeof target === "number") {
      if (target === number) return t("target.repeat", { number });
      return `${target}  ${facts.node(target)?.heading ?? ""}`;
    }
    const end = endOf(draft.getState().document as WorkflowDocument, workflows, target);
    if (end.kind === "workflow") return end.node ? `${end.name} · ${end.node}` : end.name;
    return end.kind === "return" ? t(`target.return_${end.answer}`) : t("target.end");
  };
}

function useGroups(number: number, wordsOf: Words) {
  const { t } = useTranslation("editor");
  const { workflows, workflowKey } = useEditor();
  const facts = useFacts();
  return (now: Option | undefined) => {
    const option = (target: Target): Option => ({ value: JSON.stringify(target), label: wordsOf(target) });
    const others = workflows.filter((workflow) => workflow.key !== workflowKey);
    const steps = [number, ...facts.numbers.filter((each) => each !== number)];
    const groups = [
      { group: t("target.new"), items: [{ value: NEW, label: t("target.new_step") }] },
      { group: t("target.steps"), items: steps.map(option) },
      {
        group: t("target.ends"),
        items: ["end" as const, { return: "yes" as const }, { return: "no" as const }].map(option),
      },
      { group: t("target.workflows"), items: others.map(({ key }) => option({ workflow: key })) },
    ].filter(({ items }) => items.length > 0);
    const known = groups.some(({ items }) => items.some((item) => item.value === now?.value));
    return now && !known ? [...groups, { group: t("target.now"), items: [now] }] : groups;
  };
}
