import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { invite } from "../../api/configuration";
import { membersQuery } from "../../api/queries";
import type { Role } from "../../api/types";
import { usePlace } from "../../app/place";
import { CopyField } from "../../components/copy-field";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { checkPerson } from "../person";
import { useRoleChoices } from "../role-choices";

/** Invites by e-mail address, and ends with the link to pass on. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const roles = useRoleChoices();
  const [role, setRole] = useState<Role>("builder");
  const form = useForm({ initial: { email: "" }, check: (_, { email }) => checkPerson("email", email) });
  const send = useMutation({
    mutationFn: () => invite(workspace.key, { email: form.values.email.trim(), role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: membersQuery(workspace.key).queryKey }),
    onError: form.refuse,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) send.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("users.invite_title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {send.data ? (
        <Stack gap={16}>
          <CopyField
            label={t("users.link")}
            description={t("users.link_help", { email: form.values.email.trim() })}
            value={new URL(send.data.url, window.location.href).href}
          />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("done")}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap={16}>
            <TextInput {...form.field("email")} label={t("fields.email")} type="email" data-autofocus />
            <Select
              label={t("users.role")}
              description={t(`roles.${role}.about`)}
              data={roles}
              value={role}
              allowDeselect={false}
              onChange={(value) => value && setRole(value as Role)}
            />
            <FormProblem error={send.error} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                {t("cancel")}
              </Button>
              <Button type="submit" loading={send.isPending}>
                {t("users.make_link")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
