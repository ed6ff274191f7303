import { Button, Menu } from "@mantine/core";
import { IconExternalLink, IconPencil, IconPlus, IconRoute, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { routesQuery } from "../../api/queries";
import type { Route } from "../../api/types";
import { tick } from "../../app/first-steps";
import { useMay, usePlace } from "../../app/place";
import { ChannelTile } from "../../components/channel-tile";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { TextLink } from "../../components/link";
import { Page } from "../../components/page";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { useChannel } from "../channel-of";
import { useWorkflowName } from "../workflow-name";
import { RemoveRoute } from "./remove-route";
import { RouteDialog } from "./route-dialog";

type Task = { what: "add" } | { what: "edit" | "remove"; route: Route };

export function RoutesPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const routes = useQuery(routesQuery(workspace.key, environment));
  const may = useMay("configuration.edit");
  const [task, setTask] = useState<Task | null>(null);
  const columns = [t("fields.name"), t("routes.leads_to"), t("routes.link"), ""];
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setTask({ what: "add" })}>
      {t("routes.add")}
    </Button>
  );
  return (
    <Page title={t("sections.routes")} about={t("routes.about")} actions={add}>
      {routes.isPending && <TableSkeleton columns={columns} />}
      {routes.isError && (
        <Failure what={t("routes.failed")} error={routes.error} onRetry={() => routes.refetch()} />
      )}
      {routes.data?.items.length === 0 && (
        <Empty icon={<IconRoute size={24} />} title={t("routes.none.title")} hint={t("routes.none.hint")}>
          {add}
        </Empty>
      )}
      {routes.data && routes.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.routes")}>
          {routes.data.items.map((route) => (
            <RouteRow key={route.id} route={route} onTask={setTask} />
          ))}
        </Table>
      )}
      {task?.what === "remove" && <RemoveRoute route={task.route} onClose={() => setTask(null)} />}
      {(task?.what === "add" || task?.what === "edit") && (
        <RouteDialog route={task.what === "edit" ? task.route : undefined} onClose={() => setTask(null)} />
      )}
    </Page>
  );
}

function RouteRow({ route, onTask }: { route: Route; onTask: (task: Task) => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const workflowName = useWorkflowName();
  const may = useMay("configuration.edit");
  const channel = useChannel(route.channel);
  return (
    <tr>
      <td>
        <Named icon={<ChannelTile kind={channel.kind} />} name={route.name} below={channel.name} />
      </td>
      <td>
        <TextLink
          to="/w/$workspace/$environment/workflows/$key"
          params={{ workspace: workspace.key, environment, key: route.workflow }}
        >
          {workflowName(route.workflow)}
        </TextLink>
        {route.node != null && ` · ${t("routes.at_node", { node: route.node })}`}
      </td>
      <td>
        {route.url ? (
          <Button
            component="a"
            href={route.url}
            target="_blank"
            rel="noreferrer"
            variant="subtle"
            size="compact-sm"
            rightSection={<IconExternalLink size={14} />}
            onClick={() => tick("chat", workspace.key)}
          >
            {t("routes.open_chat")}
          </Button>
        ) : (
          "–"
        )}
      </td>
      <td>
        {may && (
          <RowMenu label={t("routes.menu", { name: route.name })}>
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onTask({ what: "edit", route })}>
              {t("routes.edit")}
            </Menu.Item>
            <Menu.Item
              color="var(--u-no)"
              leftSection={<IconTrash size={16} />}
              onClick={() => onTask({ what: "remove", route })}
            >
              {t("routes.remove")}
            </Menu.Item>
          </RowMenu>
        )}
      </td>
    </tr>
  );
}
