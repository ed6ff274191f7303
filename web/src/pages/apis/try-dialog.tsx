import { Button, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { IconCheck, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { tryApi } from "../../api/configuration";
import type { ApiDefinition, Tried } from "../../api/types";
import { usePlace } from "../../app/place";
import { Chip } from "../../components/chip";
import { FormProblem } from "../../components/form-problem";
import styles from "./apis.module.css";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Calls an API once, and shows what a workflow would see of the answer. */
export function TryDialog({ api, onClose }: { api: ApiDefinition; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const [method, setMethod] = useState("GET");
  const [path, setPath] = useState("/");
  const [body, setBody] = useState("");
  const call = useMutation({
    mutationFn: () =>
      tryApi(workspace.key, api.key, {
        environment,
        method,
        path,
        body: body.trim() === "" ? undefined : body,
      }),
  });

  function send(event: FormEvent) {
    event.preventDefault();
    call.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size={640}
      title={t("apis.try_title", { name: api.name })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap={16}>
          <div className={styles.request}>
            <Select
              label={t("apis.method")}
              data={methods}
              value={method}
              allowDeselect={false}
              onChange={(value) => value && setMethod(value)}
            />
            <TextInput
              label={t("apis.path", { base: api.base_url[environment] || t("apis.no_base_url") })}
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
              data-autofocus
            />
          </div>
          {method !== "GET" && (
            <Textarea
              label={t("apis.body")}
              autosize
              minRows={3}
              maxRows={10}
              styles={{ input: { fontFamily: "var(--u-font-mono)", fontSize: 13 } }}
              value={body}
              onChange={(event) => setBody(event.currentTarget.value)}
            />
          )}
          <div>
            <Button type="submit" leftSection={<IconPlayerPlay size={16} />} loading={call.isPending}>
              {t("apis.send")}
            </Button>
          </div>
          <FormProblem error={call.error} />
          <div role="status">{call.data && <Answer tried={call.data} />}</div>
        </Stack>
      </form>
    </Modal>
  );
}

function Answer({ tried }: { tried: Tried }) {
  const { t } = useTranslation();
  const { status, message, milliseconds } = tried;
  const body = readable(tried);
  const good = status != null && status < 400;
  return (
    <Stack gap={8}>
      <div className={styles.verdict}>
        <Chip
          tone={good ? "good" : "bad"}
          icon={good ? <IconCheck size={12} aria-hidden /> : <IconX size={12} aria-hidden />}
        >
          {status == null ? t("apis.no_answer") : t("apis.status", { status })}
        </Chip>
        <span>{t("apis.took", { milliseconds })}</span>
      </div>
      {message && <div>{message}</div>}
      {body && <pre className={styles.answer}>{body}</pre>}
    </Stack>
  );
}

/** The answer's body; JSON on several lines. */
function readable({ body, content_type }: Tried): string | null | undefined {
  if (!body || !content_type?.includes("json")) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
