import { Button } from "@mantine/core";
import { IconBroadcast, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { channelsQuery } from "../../api/queries";
import { useMay, usePlace } from "../../app/place";
import { ChannelTile } from "../../components/channel-tile";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { TextLink } from "../../components/link";
import { Page } from "../../components/page";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import { AddChannel } from "./add-channel";
import { ChannelStateChip } from "./channel-state";

export function ChannelsPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const channels = useQuery(channelsQuery(workspace.key, environment));
  const may = useMay("configuration.edit");
  const [adding, setAdding] = useState(false);
  const columns = [t("fields.name"), t("channels.state"), t("channels.last_webhook")];
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      {t("channels.add")}
    </Button>
  );
  return (
    <Page title={t("sections.channels")} about={t("channels.about")} actions={add}>
      {channels.isPending && <TableSkeleton columns={columns} />}
      {channels.isError && (
        <Failure what={t("channels.failed")} error={channels.error} onRetry={() => channels.refetch()} />
      )}
      {channels.data?.items.length === 0 && (
        <Empty
          icon={<IconBroadcast size={24} />}
          title={t("channels.none.title")}
          hint={t("channels.none.hint")}
        >
          {add}
        </Empty>
      )}
      {channels.data && channels.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.channels")}>
          {channels.data.items.map((channel) => (
            <tr key={channel.key}>
              <td>
                <Named
                  icon={<ChannelTile kind={channel.kind} />}
                  name={
                    <TextLink
                      to="/w/$workspace/$environment/channels/$key"
                      params={{ workspace: workspace.key, environment, key: channel.key }}
                    >
                      {channel.name}
                    </TextLink>
                  }
                  below={t(`channels.kinds.${channel.kind}.name`)}
                />
              </td>
              <td>
                <ChannelStateChip channel={channel} />
              </td>
              <td>{channel.last_webhook_at ? <Ago at={channel.last_webhook_at} /> : "–"}</td>
            </tr>
          ))}
        </Table>
      )}
      {adding && <AddChannel onClose={() => setAdding(false)} />}
    </Page>
  );
}
