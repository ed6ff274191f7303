import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useForm } from "./form";
import { FormProblem } from "./form-problem";

interface Props {
  title: string;
  label: string;
  action: string;
  initial?: string;
  pending: boolean;
  error: unknown;
  onName: (name: string) => void;
  onClose: () => void;
}

/** Asks for a name: of something new, of a copy, or in place of the old one. Mounted while it is open. */
export function NameDialog({ title, label, action, initial = "", pending, error, onName, onClose }: Props) {
  const { t } = useTranslation();
  const form = useForm({
    initial: { name: initial },
    check: (_, { name }) => (name.trim() === "" ? t("name_dialog.missing") : undefined),
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) onName(form.values.name.trim());
  }

  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput
            {...form.field("name")}
            label={label}
            data-autofocus
            onFocus={(event) => event.target.select()}
          />
          <FormProblem error={error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={pending}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
