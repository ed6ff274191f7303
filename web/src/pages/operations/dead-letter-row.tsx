import { Menu } from "@mantine/core";
import { IconMessage, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dropDeadLetter, retryDeadLetter } from "../../api/operations";
import { operationsKey } from "../../api/queries";
import type { DeadLetter } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { ChannelTile } from "../../components/channel-tile";
import { Confirm } from "../../components/confirm";
import { readable } from "../../components/readable";
import { RowMenu } from "../../components/row-menu";
import { Named } from "../../components/table";
import { Ago } from "../../components/time";
import { failed, said } from "../../components/toast";
import { useChannel } from "../channel-of";
import styles from "./operations.module.css";

/** One message that was given up, with what can be done about it. */
export function DeadLetterRow({ letter }: { letter: DeadLetter }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const may = useMay("operations.manage");
  const channel = useChannel(letter.channel);
  const [dropping, setDropping] = useState(false);
  const { id, address } = letter;
  const changed = () => queries.invalidateQueries({ queryKey: operationsKey(workspace.key, environment) });
  const retry = useMutation({
    mutationFn: () => retryDeadLetter(workspace.key, environment, id),
    onSuccess: () => said(t("dead_letters.retried")),
    onError: (error) => failed(t("operations.retry_failed"), error),
    onSettled: changed,
  });
  const drop = useMutation({
    mutationFn: () => dropDeadLetter(workspace.key, environment, id),
    onSuccess: async () => {
      await changed();
      said(t("dead_letters.dropped"));
    },
  });
  return (
    <tr>
      <td>
        <Named
          icon={<ChannelTile kind={channel.kind} />}
          name={
            <div className={styles.message}>
              {letter.message ? letter.message.text : t("dead_letters.call", { system: letter.call })}
            </div>
          }
          below={t("dead_letters.to", { address })}
        />
      </td>
      <td>
        <div className={styles.problem}>{readable(letter.error)}</div>
      </td>
      <td>{channel.name}</td>
      <td>{letter.attempts}</td>
      <td>
        <Ago at={letter.dead_at} />
      </td>
      <td>
        <RowMenu label={t("dead_letters.menu", { address })}>
          <Menu.Item
            component={Link}
            to="/w/$workspace/$environment/conversations/$id"
            params={{ workspace: workspace.key, environment, id: letter.conversation } as never}
            leftSection={<IconMessage size={16} />}
          >
            {t("dead_letters.conversation")}
          </Menu.Item>
          {may && (
            <>
              <Menu.Item
                leftSection={<IconRefresh size={16} />}
                disabled={retry.isPending}
                onClick={() => retry.mutate()}
              >
                {t("operations.retry")}
              </Menu.Item>
              <Menu.Item
                color="var(--u-no)"
                leftSection={<IconTrash size={16} />}
                onClick={() => setDropping(true)}
              >
                {t("operations.drop")}
              </Menu.Item>
            </>
          )}
        </RowMenu>
        <Confirm
          opened={dropping}
          title={t("dead_letters.drop_title")}
          action={t("operations.drop")}
          pending={drop.isPending}
          error={drop.error}
          onConfirm={() => drop.mutate()}
          onClose={() => setDropping(false)}
        >
          {t("dead_letters.drop_what", { address })}
        </Confirm>
      </td>
    </tr>
  );
}
