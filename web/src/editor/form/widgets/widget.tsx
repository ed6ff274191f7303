import { NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useFacts } from "../../context";
import type { Schema } from "../../model/catalogue";
import type { Json } from "../../model/document";
import { plainText } from "../../model/exits";
import { ExpressionField } from "../expression-field";
import { type Path, useForm } from "../form-context";
import { type Widget as Name, sentence } from "../schema";
import { ApiSelect, ConnectionSelect } from "./configured";
import { Duration } from "./duration";
import { KeyValues } from "./key-values";
import { TextInLanguages } from "./text-in-languages";

export type WidgetProps = {
  schema: Schema;
  label: string;
  labelId: string;
  describedBy: string | undefined;
  path: Path;
  value: Json | undefined;
  required: boolean;
  invalid: boolean;
  onLeave: () => void;
};

/** The fixed list of widgets; each draws one kind of setting. */
export function Widget({ widget, ...props }: WidgetProps & { widget: Name }) {
  switch (widget) {
    case "text":
      return <TextInLanguages {...props} multiline />;
    case "line":
      return <TextInLanguages {...props} />;
    case "expression":
      return <Expression {...props} />;
    case "variable":
      return <VariableName {...props} />;
    case "number":
      return <Numeric {...props} />;
    case "switch":
      return <OnOff {...props} />;
    case "select":
      return <Choice {...props} />;
    case "duration":
      return <Duration {...props} />;
    case "workflow":
      return <WorkflowSelect {...props} />;
    case "node":
      return <NodeSelect {...props} />;
    case "api":
      return <ApiSelect {...props} />;
    case "connection":
      return <ConnectionSelect {...props} />;
    case "key_values":
      return <KeyValues {...props} />;
    case "list":
      return null;
  }
}

function Expression({ labelId, describedBy, path, value, invalid, onLeave }: WidgetProps) {
  const { set, variables, readOnly } = useForm();
  return (
    <ExpressionField
      bare
      value={plainText(value)}
      variables={variables}
      readOnly={readOnly}
      invalid={invalid}
      labelledBy={labelId}
      describedBy={describedBy}
      onChange={(text) => set(path, text)}
      onLeave={onLeave}
    />
  );
}

function VariableName({ labelId, describedBy, path, value, required, invalid, onLeave }: WidgetProps) {
  const { set, readOnly, number } = useForm();
  return (
    <TextInput
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      value={plainText(value)}
      placeholder={`node_${number}`}
      disabled={readOnly}
      error={invalid}
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--u-font-mono)", fontSize: 13 } }}
      onChange={(event) => {
        const name = event.currentTarget.value;
        set(path, name === "" && !required ? undefined : name);
      }}
      onBlur={onLeave}
    />
  );
}

function Numeric({ schema, labelId, describedBy, path, value, invalid, onLeave }: WidgetProps) {
  const { set, readOnly } = useForm();
  return (
    <NumberInput
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      value={typeof value === "number" ? value : ""}
      allowDecimal={schema.type === "number"}
      disabled={readOnly}
      error={invalid}
      clampBehavior="none"
      maw={140}
      onChange={(next) => set(path, typeof next === "number" ? next : undefined)}
      onBlur={onLeave}
    />
  );
}

function OnOff({ label, describedBy, path, value, onLeave }: WidgetProps) {
  const { set, readOnly } = useForm();
  return (
    <Switch
      size="sm"
      aria-label={label}
      aria-describedby={describedBy}
      checked={value === true}
      disabled={readOnly}
      onChange={(event) => set(path, event.currentTarget.checked)}
      onBlur={onLeave}
    />
  );
}

function Choice({ schema, labelId, describedBy, path, value, required, invalid, onLeave }: WidgetProps) {
  const { set, readOnly } = useForm();
  const words = schema.enum ?? [];
  const labels = (schema as { "x-labels"?: string[] })["x-labels"];
  const data = words.map((word, index) => ({
    value: String(word),
    label: labels?.[index] ?? (/^[A-Z]+$/.test(String(word)) ? String(word) : sentence(String(word))),
  }));
  return (
    <Select
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      data={data}
      value={value === undefined || value === null ? null : String(value)}
      disabled={readOnly}
      error={invalid}
      clearable={!required && schema.default === undefined}
      allowDeselect={false}
      onChange={(chosen) =>
        set(path, chosen === null ? undefined : words.find((word) => String(word) === chosen))
      }
      onBlur={onLeave}
    />
  );
}

function WorkflowSelect({ labelId, describedBy, path, value, invalid, onLeave }: WidgetProps) {
  const { t } = useTranslation("editor");
  const { workflows } = useEditor();
  const { set, readOnly } = useForm();
  const known = workflows.map(({ key, name }) => ({ value: key, label: name }));
  const chosen = plainText(value);
  const missing = chosen !== "" && !known.some((each) => each.value === chosen);
  return (
    <Select
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      searchable
      data={missing ? [...known, { value: chosen, label: chosen }] : known}
      value={chosen || null}
      placeholder={t("form.choose_workflow")}
      disabled={readOnly}
      error={invalid || missing}
      onChange={(key) => set(path, key ?? "")}
      onBlur={onLeave}
    />
  );
}

/** A node of this workflow, or, beside a setting `workflow`, a number in that one. */
function NodeSelect({ labelId, describedBy, path, value, invalid, onLeave }: WidgetProps) {
  const { set, readOnly, number } = useForm();
  const { t } = useTranslation("editor");
  const facts = useFacts();
  const other = useDraft((state) => "workflow" in (state.document.nodes[String(number)]?.settings ?? {}));
  if (other) {
    return (
      <NumberInput
        aria-labelledby={labelId}
        aria-describedby={describedBy}
        value={typeof value === "number" ? value : ""}
        placeholder={t("form.at_start")}
        min={1}
        allowDecimal={false}
        disabled={readOnly}
        error={invalid}
        maw={140}
        onChange={(next) => set(path, typeof next === "number" ? next : undefined)}
        onBlur={onLeave}
      />
    );
  }
  return (
    <Select
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      searchable
      clearable
      data={facts.numbers.map((each) => ({
        value: String(each),
        label: `${each} ${facts.node(each)?.heading ?? ""}`,
      }))}
      value={typeof value === "number" ? String(value) : null}
      disabled={readOnly}
      error={invalid}
      onChange={(chosen) => set(path, chosen === null ? undefined : Number(chosen))}
      onBlur={onLeave}
    />
  );
}
