import { SegmentedControl, Select } from "@mantine/core";
import { type ReactNode, useId } from "react";
import type { Json } from "../model/document";
import styles from "./form.module.css";
import { type Path, useForm } from "./form-context";
import { Fields } from "./group";
import { Help } from "./help";
import type { Variant } from "./schema";

type Props = {
  label: string;
  help?: string;
  toggle?: ReactNode;
  variants: Variant[];
  path: Path;
  value: Json | undefined;
};

/** A setting of one of several shapes: few as tabs, many as a menu; then the fields of the chosen one. */
export function Variants({ label, help, toggle, variants, path, value }: Props) {
  const { set, readOnly } = useForm();
  const id = useId();
  const at = Math.max(
    0,
    variants.findIndex((variant) => variant.matches(value)),
  );
  const chosen = variants[at];
  const data = variants.map((variant, index) => ({ value: String(index), label: variant.label }));
  const choose = (index: string | null) => {
    const variant = variants[Number(index)];
    if (variant && Number(index) !== at) set(path, variant.initial());
  };
  const asTabs = variants.length <= 3 && variants.every((variant) => variant.label.length <= 12);
  return (
    <div className={styles.field}>
      <div className={styles.switchLine}>
        <span className={styles.label} id={id}>
          {label}
        </span>
        {toggle}
      </div>
      {asTabs ? (
        <SegmentedControl
          aria-labelledby={id}
          data={data}
          value={String(at)}
          onChange={choose}
          disabled={readOnly}
          size="xs"
          fullWidth
        />
      ) : (
        <Select
          aria-labelledby={id}
          data={data}
          value={String(at)}
          onChange={choose}
          disabled={readOnly}
          allowDeselect={false}
          comboboxProps={{ withinPortal: true }}
        />
      )}
      <Help text={chosen?.help ?? help} />
      {chosen?.fields && (
        <div
          className={`${styles.under} ${chosen.wrapped ? styles.bareLabel : styles.inner}`}
          data-alone={chosen.wrapped && true}
        >
          <Fields schema={chosen.fields} path={path} value={value} />
        </div>
      )}
    </div>
  );
}
