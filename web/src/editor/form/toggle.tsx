import { Switch } from "@mantine/core";

type Props = { label: string; on: boolean; disabled: boolean; onChange: (on: boolean) => void };

/** Turns a setting that may be left out on and off. */
export function Toggle({ label, on, disabled, onChange }: Props) {
  return (
    <Switch
      size="sm"
      aria-label={label}
      checked={on}
      disabled={disabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}
