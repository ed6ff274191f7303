import { Button, NumberInput, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { changeEnvironment } from "../../api/configuration";
import { environmentQuery } from "../../api/queries";
import type { Retention } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { FormProblem } from "../../components/form-problem";
import { Panel } from "../../components/panel";
import { said } from "../../components/toast";
import styles from "./settings.module.css";

const KINDS = ["transcript_days", "trace_days", "problem_days"] as const;

/** For how long the present environment keeps what happened in it. */
export function RetentionPanel() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const settings = useQuery(environmentQuery(workspace.key, environment));
  return (
    <Panel
      title={t("settings.retention.title", { environment: t(`environment.${environment}.name`) })}
      about={t("settings.retention.about")}
    >
      {settings.isPending && <Skeleton height={220} />}
      {settings.isError && (
        <Failure what={t("settings.failed")} error={settings.error} onRetry={() => settings.refetch()} />
      )}
      {settings.data && <Form key={environment} kept={settings.data.retention} />}
    </Panel>
  );
}

function Form({ kept }: { kept: Retention }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const may = useMay("workspace.manage");
  const queries = useQueryClient();
  const [days, setDays] = useState(kept);
  const change = useMutation({
    mutationFn: () => changeEnvironment(workspace.key, environment, { retention: days }),
    onSuccess: (settings) => {
      queries.setQueryData(environmentQuery(workspace.key, environment).queryKey, settings);
      said(t("settings.retention.saved"));
    },
  });
  const unchanged = KINDS.every((kind) => days[kind] === kept[kind]);

  function send(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <form onSubmit={send} noValidate className={styles.form}>
      {KINDS.map((kind) => (
        <NumberInput
          key={kind}
          label={t(`settings.retention.${kind}`)}
          description={t(`settings.retention.${kind}_help`)}
          placeholder={t("settings.retention.for_ever")}
          suffix={t("settings.retention.days")}
          min={1}
          max={3650}
          allowDecimal={false}
          clampBehavior="blur"
          value={days[kind] ?? ""}
          readOnly={!may}
          maw={320}
          onChange={(value) => setDays({ ...days, [kind]: typeof value === "number" ? value : null })}
        />
      ))}
      <FormProblem error={change.error} />
      {may && (
        <div>
          <Button type="submit" loading={change.isPending} disabled={unchanged}>
            {t("save")}
          </Button>
        </div>
      )}
    </form>
  );
}
