import { Button, Group, Modal, Radio, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { addChannel } from "../../api/configuration";
import { channelKindsQuery, channelsQuery } from "../../api/queries";
import type { ChannelKind } from "../../api/types";
import { usePlace } from "../../app/place";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { fieldsOf, missing } from "../../components/schema/fields";
import { SchemaFields } from "../../components/schema/schema-fields";
import { SecretFields } from "../../components/schema/secret-fields";

const choices: ChannelKind[] = ["web_chat", "whatsapp"];

/** Adds a channel: its kind, its name, and only what it cannot do without; the rest stands on its page. */
export function AddChannel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data: kinds } = useQuery(channelKindsQuery(workspace.key));
  const [kind, setKind] = useState<ChannelKind>("web_chat");
  const [settings, setSettings] = useState<Record<string, unknown>>({});
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const described = kinds?.find((each) => each.kind === kind);
  const form = useForm({
    initial: { name: "" },
    check: (_, { name }) => (name.trim() === "" ? t("channels.missing_name") : undefined),
  });
  const add = useMutation({
    mutationFn: () =>
      addChannel(workspace.key, environment, { kind, name: form.values.name.trim(), settings, secrets }),
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: channelsQuery(workspace.key, environment).queryKey });
      await navigate({
        to: "/w/$workspace/$environment/channels/$key",
        params: { workspace: workspace.key, environment, key },
      });
    },
    onError: form.refuse,
  });

  function send(event: FormEvent) {
    event.preventDefault();
    const named = form.ready();
    const absent = described
      ? [...missing(described.settings, settings), ...missing(described.secrets, secrets)]
      : [];
    setErrors(Object.fromEntries(absent.map(({ name, label }) => [name, t("fields.missing", { label })])));
    if (named && absent.length === 0) add.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("channels.add")}
      size={480}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <Radio.Group
            label={t("channels.kind")}
            value={kind}
            onChange={(value) => {
              setKind(value as ChannelKind);
              setSettings({});
              setSecrets({});
              setErrors({});
            }}
          >
            <Stack gap={8} mt={8}>
              {choices.map((each) => (
                <Radio
                  key={each}
                  value={each}
                  label={t(`channels.kinds.${each}.name`)}
                  description={t(`channels.kinds.${each}.about`)}
                />
              ))}
            </Stack>
          </Radio.Group>
          <TextInput {...form.field("name")} label={t("fields.name")} data-autofocus />
          {described && (
            <>
              <SchemaFields
                schema={onlyRequired(described.settings)}
                values={settings}
                errors={errors}
                onChange={setSettings}
              />
              <SecretFields
                schema={described.secrets}
                kept={{}}
                values={secrets}
                errors={errors}
                onChange={setSecrets}
              />
            </>
          )}
          <FormProblem error={add.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={add.isPending}>
              {t("channels.add_action")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function onlyRequired<T extends Parameters<typeof fieldsOf>[0]>(schema: T): T {
  const names = new Set(fieldsOf(schema).flatMap(({ name, required }) => (required ? [name] : [])));
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => names.has(name));
  return { ...schema, properties: Object.fromEntries(properties) };
}
