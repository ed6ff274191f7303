import { Button, Group, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "../../api/queries";
import { changeMe } from "../../api/session";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { said } from "../../components/toast";
import { checkPerson } from "../../pages/person";
import { usePlace } from "../place";

/** Changes one's own name and, with the old one, one's password. */
export function AccountDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { me } = usePlace();
  const queries = useQueryClient();
  const form = useForm({
    initial: { name: me.user.name, password: "", current_password: "" },
    check: (field, values) => {
      if (field === "name") return checkPerson("name", values.name);
      if (values.password === "") return undefined;
      if (field === "password") return checkPerson("password", values.password);
      return values.current_password === "" ? t("account.missing_current") : undefined;
    },
  });
  const change = useMutation({
    mutationFn: () => {
      const { name, password, current_password } = form.values;
      return changeMe(
        password === "" ? { name: name.trim() } : { name: name.trim(), password, current_password },
      );
    },
    onSuccess: (changed) => {
      queries.setQueryData(meQuery.queryKey, changed);
      said(t("account.saved"));
      onClose();
    },
    onError: form.refuse,
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) change.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("account.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput
            {...form.field("name")}
            label={t("fields.your_name")}
            autoComplete="name"
            data-autofocus
          />
          <PasswordInput
            {...form.field("password")}
            label={t("account.new_password")}
            description={t("account.new_password_help")}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
          />
          {form.values.password !== "" && (
            <PasswordInput
              {...form.field("current_password")}
              label={t("account.current_password")}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
            />
          )}
          <FormProblem error={change.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
