import { Select } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { toneOf } from "../canvas/words";
import { useDraft, useEditor, useFacts, useView } from "../context";
import type { Target } from "../model/document";
import styles from "./form.module.css";

const NEW = "new";

/** Where each exit of a node leads, to be chosen by clicks. */
export function Exits({ number }: { number: number }) {
  const { t } = useTranslation("editor");
  const facts = useFacts();
  const exits = facts.node(number)?.exits ?? [];
  const focused = useView((state) => (state.exit?.node === number ? state.exit.exit : null));
  if (exits.length === 0) return null;
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{t("form.exits")}</legend>
      <div style={{ paddingTop: 10 }}>
        {exits.map((exit) => (
          <div key={exit.name} className={styles.exitLine} data-focused={focused === exit.name || undefined}>
            <span className={styles.exitName} data-tone={toneOf(exit.name)}>
              {exit.name === "yes" && <IconCheck size={14} stroke={2.4} aria-hidden />}
              {exit.name === "no" && <IconX size={14} stroke={2.4} aria-hidden />}
              <span>{exit.label || t("exit.unnamed")}</span>
            </span>
            <TargetSelect number={number} exit={exit.name} label={exit.label} />
          </div>
        ))}
      </div>
    </fieldset>
  );
}

type Props = { number: number; exit: string; label: string };

/** One exit's target as a menu: the steps of this workflow, the ends, the other workflows. */
export function TargetSelect({ number, exit, label }: Props) {
  const { t } = useTranslation("editor");
  const { actions, readOnly, view, workflows, workflowKey } = useEditor();
  const facts = useFacts();
  const target = useDraft((state) => state.document.nodes[String(number)]?.exits[exit]);
  const value = target === undefined ? null : JSON.stringify(target);
  const others = workflows.filter((workflow) => workflow.key !== workflowKey);
  const option = (to: Target, text: string) => ({ value: JSON.stringify(to), label: text });
  const groups = [
    {
      group: t("target.steps"),
      items: facts.numbers.map((each) =>
        option(
          each,
          each === number
            ? t("target.repeat", { number: each })
            : `${each}  ${facts.node(each)?.heading ?? ""}`,
        ),
      ),
    },
    {
      group: t("target.ends"),
      items: [
        option("end", t("target.end")),
        option({ return: "yes" }, t("target.return_yes")),
        option({ return: "no" }, t("target.return_no")),
      ],
    },
    ...(others.length > 0
      ? [
          {
            group: t("target.workflows"),
            items: others.map(({ key, name }) => option({ workflow: key }, name)),
          },
        ]
      : []),
  ];
  const known = groups.some(({ items }) => items.some((item) => item.value === value));
  if (value !== null && !known) {
    groups.push({ group: t("target.now"), items: [{ value, label: targetText(target) }] });
  }
  return (
    <Select
      aria-label={t("form.target_of", { exit: label })}
      data={
        readOnly
          ? groups
          : [{ group: t("target.new"), items: [{ value: NEW, label: t("target.new_step") }] }, ...groups]
      }
      value={value}
      placeholder={t("target.nowhere")}
      searchable
      clearable
      disabled={readOnly}
      size="xs"
      maxDropdownHeight={320}
      comboboxProps={{ width: 260, position: "bottom-end" }}
      onChange={(chosen, _option) => {
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

function targetText(target: Target | undefined): string {
  if (typeof target === "object" && "workflow" in target) {
    return target.node ? `${target.workflow} · ${target.node}` : target.workflow;
  }
  return String(target);
}
