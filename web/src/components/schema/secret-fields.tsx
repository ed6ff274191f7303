import { Button, Input, PasswordInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "../../api/types";
import { type Field, fieldsOf } from "./fields";
import styles from "./secret-fields.module.css";

interface Props {
  schema: Schema;
  /** Which secrets are kept already; their values never come back from the server. */
  kept: Record<string, boolean>;
  values: Record<string, string>;
  errors?: Record<string, string | undefined>;
  onChange: (values: Record<string, string>) => void;
}

/** The secrets of a channel or a connection: typed in once, then only replaced. */
export function SecretFields({ schema, kept, values, errors = {}, onChange }: Props) {
  return fieldsOf(schema).map((field) => (
    <SecretField
      key={field.name}
      field={field}
      kept={kept[field.name] ?? false}
      value={values[field.name] ?? ""}
      error={errors[field.name]}
      onChange={(value) => onChange({ ...values, [field.name]: value })}
    />
  ));
}

interface FieldProps {
  field: Field;
  kept: boolean;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function SecretField({ field, kept, value, error, onChange }: FieldProps) {
  const { t } = useTranslation();
  const [replacing, setReplacing] = useState(false);
  if (kept && !replacing) {
    return (
      <div>
        <Input.Label component="div">{field.label}</Input.Label>
        {field.help && <Input.Description mb={6}>{field.help}</Input.Description>}
        <div className={styles.kept}>
          <IconLock size={16} aria-hidden />
          <span className={styles.words}>{t("secrets.kept")}</span>
          <Button
            variant="default"
            size="xs"
            aria-label={t("secrets.replace_which", { name: field.label })}
            onClick={() => setReplacing(true)}
          >
            {t("secrets.replace")}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <PasswordInput
      label={field.label}
      description={field.help}
      required={field.required && !kept}
      error={error}
      autoComplete="off"
      data-1p-ignore
      visibilityToggleButtonProps={{ "aria-label": t("secrets.show") }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
