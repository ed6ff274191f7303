import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { makeApiKey } from "../../api/configuration";
import { apiKeysQuery } from "../../api/queries";
import type { Role } from "../../api/types";
import { usePlace } from "../../app/place";
import { CopyField } from "../../components/copy-field";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { useRoleChoices } from "../role-choices";

/** Makes a key, and shows it this once. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const roles = useRoleChoices();
  const [role, setRole] = useState<Role>("builder");
  const form = useForm({
    initial: { name: "" },
    check: (_, { name }) => (name.trim() === "" ? t("api_keys.missing_name") : undefined),
  });
  const make = useMutation({
    mutationFn: () => makeApiKey(workspace.key, { name: form.values.name.trim(), role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery(workspace.key).queryKey }),
    onError: form.refuse,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) make.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("api_keys.make")}
      size={480}
      closeOnClickOutside={!make.data}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {make.data ? (
        <Stack gap={16}>
          <CopyField label={t("api_keys.key")} description={t("api_keys.once")} value={make.data.key} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("api_keys.copied")}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap={16}>
            <TextInput
              {...form.field("name")}
              label={t("fields.name")}
              description={t("api_keys.name_help")}
              data-autofocus
            />
            <Select
              label={t("users.role")}
              description={t(`roles.${role}.about`)}
              data={roles}
              value={role}
              allowDeselect={false}
              onChange={(value) => value && setRole(value as Role)}
            />
            <FormProblem error={make.error} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                {t("cancel")}
              </Button>
              <Button type="submit" loading={make.isPending}>
                {t("api_keys.make_action")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
