import { NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useForm } from "../form-context";
import type { WidgetProps } from "./widget";

const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
type Unit = keyof typeof UNITS;

/** The largest unit that says a number of seconds without a fraction. */
export function unitOf(seconds: number): Unit {
  const units = Object.keys(UNITS).reverse() as Unit[];
  return units.find((unit) => seconds > 0 && seconds % UNITS[unit] === 0) ?? "seconds";
}

/** A length of time, kept in seconds. */
export function Duration({ labelId, describedBy, path, value, invalid, onLeave }: WidgetProps) {
  const { t } = useTranslation("editor");
  const { set, readOnly } = useForm();
  const seconds = typeof value === "number" ? value : null;
  const [unit, setUnit] = useState<Unit>(() => unitOf(seconds ?? 60));
  const shown = seconds === null ? "" : seconds / UNITS[unit];
  return (
    <div style={{ display: "flex", gap: 8 }}>
      <NumberInput
        aria-labelledby={labelId}
        aria-describedby={describedBy}
        value={shown}
        min={0}
        disabled={readOnly}
        error={invalid}
        w={96}
        onChange={(next) => set(path, typeof next === "number" ? Math.round(next * UNITS[unit]) : undefined)}
        onBlur={onLeave}
      />
      <Select
        aria-label={t("form.unit")}
        data={(Object.keys(UNITS) as Unit[]).map((each) => ({ value: each, label: t(`unit.${each}`) }))}
        value={unit}
        disabled={readOnly}
        allowDeselect={false}
        w={120}
        onChange={(next) => {
          const chosen = (next ?? "seconds") as Unit;
          setUnit(chosen);
          if (typeof shown === "number") set(path, Math.round(shown * UNITS[chosen]));
        }}
      />
    </div>
  );
}
