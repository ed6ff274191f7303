import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./pairs-field.module.css";

interface Props {
  label: string;
  help?: string;
  value: Record<string, string> | undefined;
  onChange: (value: Record<string, string>) => void;
}

interface Pair {
  id: number;
  name: string;
  value: string;
}

/** Names with values, such as headers, a row each. */
export function PairsField({ label, help, value, onChange }: Props) {
  const { t } = useTranslation();
  const labelled = useId();
  const [pairs, setPairs] = useState<Pair[]>(() =>
    Object.entries(value ?? {}).map(([name, each], id) => ({ id, name, value: each })),
  );

  function change(next: Pair[]) {
    setPairs(next);
    onChange(
      Object.fromEntries(next.filter(({ name }) => name !== "").map((pair) => [pair.name, pair.value])),
    );
  }

  const edit = (id: number, part: Partial<Pair>) =>
    change(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));

  return (
    <fieldset className={styles.pairs} aria-labelledby={labelled}>
      <Input.Label component="div" id={labelled}>
        {label}
      </Input.Label>
      {help && <Input.Description mb={6}>{help}</Input.Description>}
      {pairs.map((pair) => (
        <div key={pair.id} className={styles.pair}>
          <TextInput
            aria-label={t("pairs.name")}
            placeholder={t("pairs.name")}
            value={pair.name}
            onChange={(event) => edit(pair.id, { name: event.currentTarget.value })}
          />
          <TextInput
            aria-label={t("pairs.value")}
            placeholder={t("pairs.value")}
            value={pair.value}
            onChange={(event) => edit(pair.id, { value: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={t("pairs.remove", { name: pair.name })}
            onClick={() => change(pairs.filter(({ id }) => id !== pair.id))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="xs"
        leftSection={<IconPlus size={14} />}
        onClick={() =>
          setPairs([...pairs, { id: 1 + Math.max(-1, ...pairs.map(({ id }) => id)), name: "", value: "" }])
        }
      >
        {t("pairs.add")}
      </Button>
    </fieldset>
  );
}
