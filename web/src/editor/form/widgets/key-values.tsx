import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { plainText } from "../../model/exits";
import { ExpressionField } from "../expression-field";
import styles from "../form.module.css";
import { useForm } from "../form-context";
import { isRecord } from "../schema";
import type { WidgetProps } from "./widget";

/** Names and their values, such as the parameters of a query. */
export function KeyValues({ label, path, value, onLeave }: WidgetProps) {
  const { t } = useTranslation("editor");
  const { set, variables, readOnly } = useForm();
  const entries = isRecord(value) ? Object.entries(value) : [];
  const put = (next: [string, (typeof entries)[number][1]][]) => set(path, Object.fromEntries(next));
  return (
    <div>
      {entries.map(([key, each], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is being typed, so the place is the name
        <div key={index} className={styles.pair}>
          <TextInput
            aria-label={t("form.key_of", { label, place: index + 1 })}
            value={key}
            disabled={readOnly}
            w={104}
            onChange={(event) => {
              const name = event.currentTarget.value;
              if (!entries.some(([other], at) => other === name && at !== index)) {
                put(entries.map((entry, at) => (at === index ? [name, entry[1]] : entry)));
              }
            }}
            onBlur={onLeave}
          />
          <div className={styles.pairValue}>
            <ExpressionField
              value={plainText(each)}
              variables={variables}
              readOnly={readOnly}
              label={t("form.value_of", { key })}
              onChange={(text) => put(entries.map((entry, at) => (at === index ? [key, text] : entry)))}
              onLeave={onLeave}
            />
          </div>
          {!readOnly && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              aria-label={t("form.remove_item", { place: index + 1 })}
              onClick={() => put(entries.filter((_entry, at) => at !== index))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          )}
        </div>
      ))}
      {!readOnly && !entries.some(([key]) => key === "") && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          className={styles.add}
          onClick={() => put([...entries, ["", ""]])}
        >
          {t("form.add_item")}
        </Button>
      )}
    </div>
  );
}
