import { Button, Textarea, TextInput } from "@mantine/core";
import { IconCheck, IconSend } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { sendTestMessage } from "../../api/configuration";
import { channelQuery } from "../../api/queries";
import type { Channel } from "../../api/types";
import { usePlace } from "../../app/place";
import { useForm } from "../../components/form";
import { FormProblem } from "../../components/form-problem";
import { Panel } from "../../components/panel";
import styles from "./channel.module.css";

/** Sends one text to a number, to see whether the channel works. */
export function TestMessage({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const form = useForm({
    initial: { to: "", text: t("whatsapp.test_text") },
    check: (field, { to, text }) => {
      if (field === "to" && to.replaceAll(/\D/g, "").length < 7) return t("whatsapp.test_number", { to });
      if (field === "text" && text.trim() === "") return t("whatsapp.test_empty");
    },
  });
  const send = useMutation({
    mutationFn: () => sendTestMessage(workspace.key, environment, channel.key, form.values),
    onSettled: () =>
      queries.invalidateQueries({ queryKey: channelQuery(workspace.key, environment, channel.key).queryKey }),
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (form.ready()) send.mutate();
  }

  return (
    <Panel title={t("whatsapp.test")} about={t("whatsapp.test_about")}>
      <form onSubmit={submit} noValidate className={styles.chatWords}>
        <TextInput
          {...form.field("to")}
          label={t("whatsapp.test_to")}
          description={t("whatsapp.test_to_help")}
          type="tel"
          placeholder="+27 82 555 0101"
        />
        <Textarea
          {...form.field("text")}
          label={t("whatsapp.test_message")}
          autosize
          minRows={2}
          maxRows={6}
        />
        <FormProblem error={send.data?.ok === false ? new Error(send.data.message) : send.error} />
        <div role="status">
          {send.data?.ok && (
            <p className={styles.said}>
              <IconCheck size={16} aria-hidden />
              {send.data.message || t("whatsapp.test_sent")}
            </p>
          )}
        </div>
        <div>
          <Button
            type="submit"
            variant="default"
            leftSection={<IconSend size={16} />}
            loading={send.isPending}
          >
            {t("whatsapp.test_send")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
