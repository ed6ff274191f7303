import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { addConnection, changeConnection, testConnection } from "../../api/configuration";
import { catalogueQuery, connectionsQuery } from "../../api/queries";
import type { Connection } from "../../api/types";
import { usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { FormProblem } from "../../components/form-problem";
import { defaultsOf, missing } from "../../components/schema/fields";
import { SchemaFields } from "../../components/schema/schema-fields";
import { SecretFields } from "../../components/schema/secret-fields";
import { failed, said } from "../../components/toast";

/** Connects a system, or changes a connection; it is tested as soon as it is kept. */
export function ConnectionDialog({ connection, onClose }: { connection?: Connection; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const known = useQuery(catalogueQuery(workspace.key));
  const systems = known.data?.systems ?? [];
  const [chosen, setChosen] = useState(connection?.system ?? null);
  const system = systems.find((each) => each.system === (chosen ?? systems[0]?.system));
  const [name, setName] = useState(connection?.name ?? "");
  const [settings, setSettings] = useState(connection?.settings ?? {});
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const save = useMutation({
    mutationFn: async () => {
      const typed = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ""));
      const all = { ...(system ? defaultsOf(system.settings) : {}), ...settings };
      const body = { name: name.trim() || (system?.title ?? ""), settings: all, secrets: typed };
      return connection
        ? changeConnection(workspace.key, environment, connection.key, body)
        : addConnection(workspace.key, environment, { ...body, system: system?.system ?? "" });
    },
    onSuccess: async (kept) => {
      onClose();
      await test(kept);
    },
  });

  async function test(kept: Pick<Connection, "key" | "name">) {
    try {
      const { ok, message } = await testConnection(workspace.key, environment, kept.key);
      if (ok) said(t("connections.works", { name: kept.name }));
      else failed(t("connections.test_failed", { name: kept.name }), new Error(message));
    } catch (error) {
      failed(t("connections.test_failed", { name: kept.name }), error);
    }
    await Promise.all([
      queries.invalidateQueries({ queryKey: connectionsQuery(workspace.key, environment).queryKey }),
      queries.invalidateQueries({ queryKey: catalogueQuery(workspace.key).queryKey }),
    ]);
  }

  function send(event: FormEvent) {
    event.preventDefault();
    if (!system) return;
    const kept = connection?.secrets ?? {};
    const absent = [
      ...missing(system.settings, settings),
      ...missing(system.secrets, secrets).filter((field) => !kept[field.name]),
    ];
    setErrors(
      Object.fromEntries(absent.map((field) => [field.name, t("fields.missing", { label: field.label })])),
    );
    if (absent.length === 0) save.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size={480}
      title={connection ? t("connections.edit_title", { name: connection.name }) : t("connections.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {known.isError && (
        <Failure what={t("connections.systems_failed")} error={known.error} onRetry={() => known.refetch()} />
      )}
      {system && (
        <form onSubmit={send} noValidate>
          <Stack gap={16}>
            <Select
              label={t("connections.system")}
              data={systems.map((each) => ({ value: each.system, label: each.title }))}
              value={system.system}
              disabled={connection !== undefined}
              allowDeselect={false}
              onChange={(key) => {
                setChosen(key);
                setSettings({});
                setSecrets({});
                setErrors({});
              }}
            />
            <TextInput
              label={t("fields.name")}
              placeholder={system.title}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <SchemaFields schema={system.settings} values={settings} errors={errors} onChange={setSettings} />
            <SecretFields
              schema={system.secrets}
              kept={connection?.secrets ?? {}}
              values={secrets}
              errors={errors}
              onChange={setSecrets}
            />
            <FormProblem error={save.error} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                {t("cancel")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t("connections.save")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
