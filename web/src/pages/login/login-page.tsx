import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "../../api/queries";
import { logIn } from "../../api/session";
import { Door } from "../../components/door";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";

export function LoginPage() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initial: { email: "", password: "" },
    check: (field, values) => (values[field] === "" ? t(`login.missing.${field}`) : undefined),
  });
  const enter = useMutation({
    mutationFn: logIn,
    onSuccess: async () => {
      queries.removeQueries({ queryKey: meQuery.queryKey });
      await navigate({ to: ownPath(next) });
    },
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) enter.mutate(form.values);
  }

  return (
    <Door title={t("login.title")}>
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput
            {...form.field("email")}
            label={t("fields.email")}
            type="email"
            autoComplete="username"
            autoFocus
          />
          <PasswordInput
            {...form.field("password")}
            label={t("fields.password")}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
          />
          <FormProblem error={enter.error} />
          <Button type="submit" loading={enter.isPending} fullWidth>
            {t("login.send")}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

/** Where to go after the log-in: only ever to a page of this editor. */
function ownPath(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}
