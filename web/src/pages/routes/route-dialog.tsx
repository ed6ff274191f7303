import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { addRoute, changeRoute } from "../../api/configuration";
import { channelsQuery, liveWorkflowsQuery, routesQuery, workflowsQuery } from "../../api/queries";
import type { Route } from "../../api/types";
import { usePlace } from "../../app/place";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { ButtonLink } from "../../components/link";

/** Ties a channel to a workflow: a new route, or a change of an old one. */
export function RouteDialog({ route, onClose }: { route?: Route; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const channels = useQuery(channelsQuery(workspace.key, environment));
  const workflows = useChoices();
  const form = useForm({
    initial: {
      name: route?.name ?? "",
      channel: route?.channel ?? "",
      workflow: route?.workflow ?? "",
      node: route?.node?.toString() ?? "",
    },
    check: (field, values) => {
      if (field === "node")
        return /^\d*$/.test(values.node) ? undefined : t("routes.bad_node", { node: values.node });
      return values[field].trim() === "" ? t(`routes.missing.${field}`) : undefined;
    },
  });
  const save = useMutation({
    mutationFn: () => {
      const { name, channel, workflow, node } = form.values;
      const body = { name: name.trim(), channel, workflow, node: node === "" ? null : Number(node) };
      return route
        ? changeRoute(workspace.key, environment, route.id, body)
        : addRoute(workspace.key, environment, body);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: routesQuery(workspace.key, environment).queryKey });
      onClose();
    },
    onError: form.refuse,
  });

  function send(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) save.mutate();
  }

  const pick = (field: "channel" | "workflow") => {
    const { value, error } = form.field(field);
    return {
      value: value || null,
      error,
      onChange: (chosen: string | null) => form.set(field, chosen ?? ""),
    };
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={route ? t("routes.edit_title", { name: route.name }) : t("routes.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {channels.data?.items.length === 0 ? (
        <Stack gap={16} align="flex-start">
          {t("routes.no_channel")}
          <ButtonLink
            to="/w/$workspace/$environment/channels"
            params={{ workspace: workspace.key, environment }}
          >
            {t("channels.add")}
          </ButtonLink>
        </Stack>
      ) : (
        <form onSubmit={send} noValidate>
          <Stack gap={16}>
            <TextInput {...form.field("name")} label={t("fields.name")} data-autofocus />
            <Select
              {...pick("channel")}
              label={t("routes.channel")}
              disabled={route !== undefined}
              allowDeselect={false}
              data={channels.data?.items.map(({ key, name }) => ({ value: key, label: name })) ?? []}
            />
            <Select
              {...pick("workflow")}
              label={t("routes.workflow")}
              description={environment === "production" ? t("routes.only_live") : undefined}
              searchable
              allowDeselect={false}
              nothingFoundMessage={t("routes.no_workflow")}
              data={workflows}
            />
            <TextInput
              {...form.field("node")}
              label={t("routes.node")}
              description={t("routes.node_help")}
              inputMode="numeric"
            />
            <FormProblem error={save.error} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                {t("cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {route ? t("save") : t("routes.add_action")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

/** The workflows that a route of this environment may lead to. */
function useChoices() {
  const { workspace, environment } = usePlace();
  const drafts = useQuery({ ...workflowsQuery(workspace.key), enabled: environment === "sandbox" });
  const live = useQuery({
    ...liveWorkflowsQuery(workspace.key, environment),
    enabled: environment === "production",
  });
  const items =
    environment === "production" ? live.data?.items : drafts.data?.items.filter((each) => !each.archived);
  return items?.map(({ key, name }) => ({ value: key, label: name })) ?? [];
}
