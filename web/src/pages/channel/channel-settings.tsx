import { Button, Group, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { changeChannel } from "../../api/configuration";
import { channelKindsQuery, channelsQuery } from "../../api/queries";
import type { Channel } from "../../api/types";
import { usePlace } from "../../app/place";
import { FormProblem } from "../../components/form-problem";
import { Panel } from "../../components/panel";
import { missing } from "../../components/schema/fields";
import { SchemaFields } from "../../components/schema/schema-fields";
import { SecretFields } from "../../components/schema/secret-fields";
import { said } from "../../components/toast";
import styles from "./channel.module.css";

/** The name, the settings and the secrets of a channel, drawn from its kind's schema. */
export function ChannelSettings({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const { data: kinds } = useQuery(channelKindsQuery(workspace.key));
  const described = kinds?.find((each) => each.kind === channel.kind);
  const [name, setName] = useState(channel.name);
  const [settings, setSettings] = useState(channel.settings);
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const save = useMutation({
    mutationFn: () =>
      changeChannel(workspace.key, environment, channel.key, {
        name: name.trim(),
        settings,
        secrets: typed(secrets),
      }),
    onSuccess: async () => {
      setSecrets({});
      await queries.invalidateQueries({ queryKey: channelsQuery(workspace.key, environment).queryKey });
      said(t("channel.saved", { name }));
    },
  });
  if (!described) return null;

  function send(event: FormEvent) {
    event.preventDefault();
    if (!described) return;
    const absent = missing(described.settings, settings);
    setErrors(
      Object.fromEntries(absent.map((field) => [field.name, t("fields.missing", { label: field.label })])),
    );
    if (absent.length === 0 && name.trim() !== "") save.mutate();
  }

  return (
    <Panel title={t("channel.settings")}>
      <form onSubmit={send} noValidate className={styles.chatWords}>
        <TextInput
          label={t("fields.name")}
          required
          value={name}
          error={name.trim() === "" ? t("channels.missing_name") : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SchemaFields schema={described.settings} values={settings} errors={errors} onChange={setSettings} />
        <SecretFields
          key={save.submittedAt}
          schema={described.secrets}
          kept={channel.secrets}
          values={secrets}
          onChange={setSecrets}
        />
        <FormProblem error={save.error} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t("save")}
          </Button>
        </Group>
      </form>
    </Panel>
  );
}

/** Only those secrets that were typed in; the others stay as they are. */
function typed(secrets: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ""));
}
