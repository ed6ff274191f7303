import { Button, PasswordInput, Skeleton, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { meQuery } from "../../api/queries";
import { acceptInvitation, invitation } from "../../api/session";
import type { Invitation } from "../../api/types";
import { Door } from "../../components/door";
import { Failure } from "../../components/failure";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { checkPerson } from "../person";

export function InvitationPage() {
  const { t } = useTranslation();
  const { token } = useParams({ from: "/invitations/$token" });
  const found = useQuery({ queryKey: ["invitation", token], queryFn: () => invitation(token) });
  if (found.data) return <Accept token={token} invitation={found.data} />;
  if (found.error instanceof Problem && [404, 410].includes(found.error.status)) {
    return <Door title={t("invitation.gone.title")} about={t("invitation.gone.about")} />;
  }
  return (
    <Door title={t("invitation.loading")}>
      <div data-body>
        {found.error ? (
          <Failure what={t("invitation.failed")} error={found.error} onRetry={() => found.refetch()} />
        ) : (
          <Stack gap={16}>
            <Skeleton height={36} />
            <Skeleton height={36} />
          </Stack>
        )}
      </div>
    </Door>
  );
}

function Accept({
  token,
  invitation: { email, workspace, role, has_account },
}: {
  token: string;
  invitation: Invitation;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initial: { name: "", password: "" },
    check: (field, values) => (has_account ? undefined : checkPerson(field, values[field])),
  });
  const accept = useMutation({
    mutationFn: () => acceptInvitation(token, form.values),
    onSuccess: async (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      await navigate({ to: "/" });
    },
    onError: form.refuse,
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) accept.mutate();
  }

  return (
    <Door
      title={t("invitation.title", { workspace })}
      about={t(has_account ? "invitation.about_account" : "invitation.about", {
        role: t(`roles.${role}.name`).toLowerCase(),
      })}
    >
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput label={t("fields.email")} value={email} readOnly autoComplete="username" />
          {!has_account && (
            <TextInput {...form.field("name")} label={t("fields.your_name")} autoComplete="name" autoFocus />
          )}
          <PasswordInput
            {...form.field("password")}
            label={t("fields.password")}
            description={has_account ? undefined : t("fields.password_help")}
            autoComplete={has_account ? "current-password" : "new-password"}
            visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
          />
          <FormProblem error={accept.error} />
          <Button type="submit" loading={accept.isPending} fullWidth>
            {t("invitation.send")}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}
