import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { meQuery, setupQuery, workflowsQuery } from "../../api/queries";
import { setUp } from "../../api/session";
import type { Me } from "../../api/types";
import { EXAMPLE } from "../../app/example";
import { begin } from "../../app/first-steps";
import { Door } from "../../components/door";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { ButtonLink } from "../../components/link";
import { checkPerson } from "../person";

/** Makes the first administrator and the workspace, by the one-time link that the server printed. */
export function SetupPage() {
  const { t } = useTranslation();
  const { token } = useSearch({ from: "/setup" });
  const { data: needed } = useQuery(setupQuery);
  if (needed === false) {
    return (
      <Door title={t("setup.done.title")} about={t("setup.done.about")}>
        <div data-body>
          <ButtonLink to="/login" search={{}} fullWidth>
            {t("login.send")}
          </ButtonLink>
        </div>
      </Door>
    );
  }
  if (!token) return <Door title={t("setup.title")} about={t("setup.no_token")} />;
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const { t } = useTranslation();
  const open = useOpenExample();
  const form = useForm({
    initial: { name: "", email: "", password: "", workspace: "" },
    check: (field, values) =>
      field === "workspace"
        ? values.workspace.trim() === ""
          ? t("setup.missing_workspace")
          : undefined
        : checkPerson(field, values[field]),
  });
  const make = useMutation({ mutationFn: setUp, onSuccess: open, onError: form.refuse });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) make.mutate({ token, ...form.values });
  }

  return (
    <Door title={t("setup.title")} about={t("setup.about")}>
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <TextInput {...form.field("name")} label={t("fields.your_name")} autoComplete="name" autoFocus />
          <TextInput
            {...form.field("email")}
            label={t("fields.email")}
            type="email"
            autoComplete="username"
          />
          <PasswordInput
            {...form.field("password")}
            label={t("fields.password")}
            description={t("fields.password_help")}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ "aria-label": t("fields.show_password") }}
          />
          <TextInput
            {...form.field("workspace")}
            label={t("fields.workspace")}
            description={t("fields.workspace_help")}
            autoComplete="organization"
          />
          <FormProblem error={make.error} />
          <Button type="submit" loading={make.isPending} fullWidth>
            {t("setup.send")}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

/** Goes to the example's canvas with the phone open: the first of the ten minutes. */
function useOpenExample() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return async (me: Me) => {
    queries.setQueryData(setupQuery.queryKey, false);
    queries.setQueryData(meQuery.queryKey, me);
    const workspace = me.workspaces[0]?.key;
    if (!workspace) return navigate({ to: "/" });
    const list = await queries.fetchQuery(workflowsQuery(workspace));
    const example = list.items.find(({ key }) => key === EXAMPLE);
    const params = { workspace, environment: "sandbox" };
    if (!example) return navigate({ to: "/w/$workspace/$environment/workflows", params });
    begin(workspace, example.key);
    return navigate({
      to: "/w/$workspace/$environment/workflows/$key",
      params: { ...params, key: example.key },
      search: { preview: "open" },
    });
  };
}
