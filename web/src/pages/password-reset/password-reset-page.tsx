import { Button, PasswordInput, Skeleton, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { meQuery } from "../../api/queries";
import { passwordReset, resetPassword } from "../../api/session";
import { Door } from "../../components/door";
import { Failure } from "../../components/failure";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { checkPerson } from "../person";

/** Sets a new password by the one-time link that an administrator made. */
export function PasswordResetPage() {
  const { t } = useTranslation();
  const { token } = useParams({ from: "/password-resets/$token" });
  const found = useQuery({ queryKey: ["password-reset", token], queryFn: () => passwordReset(token) });
  if (found.data) return <Reset token={token} email={found.data.email} />;
  if (found.error instanceof Problem && [404, 410].includes(found.error.status)) {
    return <Door title={t("reset.gone.title")} about={t("reset.gone.about")} />;
  }
  return (
    <Door title={t("reset.title")}>
      <div data-body>
        {found.error ? (
          <Failure what={t("reset.failed")} error={found.error} onRetry={() => found.refetch()} />
        ) : (
          <Skeleton height={88} />
        )}
      </div>
    </Door>
  );
}

function Reset({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initial: { password: "" },
    check: (_, { password }) => checkPerson("password", password),
  });
  const reset = useMutation({
    mutationFn: () => resetPassword(token, form.values.password),
    onSuccess: async (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      await navigate({ to: "/" });
    },
    onError: form.refuse,
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) reset.mutate();
  }

  return (
    <Door title={t("reset.title")}>
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput label={t("fields.email")} value={email} readOnly autoComplete="username" />
          <PasswordInput
            {...form.field("password")}
            label={t("reset.password")}
            description={t("fields.password_help")}
            autoComplete="new-password"
            autoFocus
            visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
          />
          <FormProblem error={reset.error} />
          <Button type="submit" loading={reset.isPending} fullWidth>
            {t("reset.send")}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}
