import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { removeChannel } from "../../api/configuration";
import { channelsQuery } from "../../api/queries";
import type { Channel } from "../../api/types";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { said } from "../../components/toast";

export function RemoveChannel({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => removeChannel(workspace.key, environment, channel.key),
    onSuccess: async () => {
      await navigate({
        to: "/w/$workspace/$environment/channels",
        params: { workspace: workspace.key, environment },
      });
      await queries.invalidateQueries({ queryKey: channelsQuery(workspace.key, environment).queryKey });
      said(t("channel.removed", { name: channel.name }));
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => setAsking(true)}>
        {t("channel.remove")}
      </Button>
      <Confirm
        opened={asking}
        title={t("channel.remove_title", { name: channel.name })}
        action={t("channel.remove")}
        pending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => {
          setAsking(false);
          remove.reset();
        }}
      >
        {t("channel.remove_what")}
      </Confirm>
    </>
  );
}
