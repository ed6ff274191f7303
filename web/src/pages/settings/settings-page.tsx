import { Button, NumberInput, Skeleton, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { changeWorkspace } from "../../api/configuration";
import { meQuery, workspaceQuery } from "../../api/queries";
import type { WorkspaceSettings } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { FormProblem } from "../../components/form-problem";
import { Page } from "../../components/page";
import { Panel } from "../../components/panel";
import { said } from "../../components/toast";
import { RetentionPanel } from "./retention-panel";
import styles from "./settings.module.css";

export function SettingsPage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const settings = useQuery(workspaceQuery(workspace.key));
  return (
    <Page title={t("sections.settings")} about={t("settings.about")} width="narrow">
      {settings.isPending && <Skeleton height={280} />}
      {settings.isError && (
        <Failure what={t("settings.failed")} error={settings.error} onRetry={() => settings.refetch()} />
      )}
      {settings.data && (
        <>
          <NamePanel settings={settings.data} />
          <ApprovalPanel settings={settings.data} />
          <RetentionPanel />
          <AuditPanel settings={settings.data} />
        </>
      )}
    </Page>
  );
}

function NamePanel({ settings }: { settings: WorkspaceSettings }) {
  const { t } = useTranslation();
  const may = useMay("workspace.manage");
  const [name, setName] = useState(settings.name);
  const change = useChange(() => said(t("settings.renamed", { name: name.trim() })));
  const empty = name.trim() === "";

  function send(event: FormEvent) {
    event.preventDefault();
    if (!empty) change.mutate({ name: name.trim() });
  }

  return (
    <Panel title={t("settings.workspace")}>
      <form onSubmit={send} noValidate className={styles.form}>
        <TextInput
          label={t("fields.name")}
          value={name}
          readOnly={!may}
          error={empty ? t("setup.missing_workspace") : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("settings.key")}
          description={t("settings.key_help")}
          value={settings.key}
          readOnly
          styles={{ input: { fontFamily: "var(--u-font-mono)", fontSize: 13 } }}
        />
        <FormProblem error={change.error} />
        {may && (
          <div>
            <Button type="submit" loading={change.isPending} disabled={name.trim() === settings.name}>
              {t("save")}
            </Button>
          </div>
        )}
      </form>
    </Panel>
  );
}

function ApprovalPanel({ settings }: { settings: WorkspaceSettings }) {
  const { t } = useTranslation();
  const change = useChange();
  const may = useMay("workspace.manage");
  const asked = change.isPending ? change.variables.approval_required : settings.approval_required;
  return (
    <Panel title={t("settings.deployment")}>
      <Switch
        label={t("settings.approval")}
        description={t("settings.approval_help")}
        checked={asked ?? settings.approval_required}
        disabled={!may}
        onChange={(event) => change.mutate({ approval_required: event.currentTarget.checked })}
      />
      <FormProblem error={change.error} />
    </Panel>
  );
}

function AuditPanel({ settings }: { settings: WorkspaceSettings }) {
  const { t } = useTranslation();
  const may = useMay("workspace.manage");
  const [days, setDays] = useState(settings.audit_days ?? null);
  const change = useChange(() => said(t("settings.audit_saved")));

  function send(event: FormEvent) {
    event.preventDefault();
    change.mutate({ audit_days: days });
  }

  return (
    <Panel title={t("settings.audit")}>
      <form onSubmit={send} noValidate className={styles.form}>
        <NumberInput
          label={t("settings.audit_days")}
          description={t("settings.audit_days_help")}
          placeholder={t("settings.retention.for_ever")}
          suffix={t("settings.retention.days")}
          min={1}
          max={3650}
          allowDecimal={false}
          clampBehavior="blur"
          value={days ?? ""}
          readOnly={!may}
          maw={320}
          onChange={(value) => setDays(typeof value === "number" ? value : null)}
        />
        <FormProblem error={change.error} />
        {may && (
          <div>
            <Button
              type="submit"
              loading={change.isPending}
              disabled={days === (settings.audit_days ?? null)}
            >
              {t("save")}
            </Button>
          </div>
        )}
      </form>
    </Panel>
  );
}

function useChange(onDone?: () => void) {
  const { workspace } = usePlace();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<Omit<WorkspaceSettings, "key">>) => changeWorkspace(workspace.key, body),
    onSuccess: async (settings) => {
      queries.setQueryData(workspaceQuery(workspace.key).queryKey, settings);
      await queries.invalidateQueries({ queryKey: meQuery.queryKey });
      onDone?.();
    },
  });
}
