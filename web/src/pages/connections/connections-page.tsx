import { Button, Menu } from "@mantine/core";
import { IconPencil, IconPlug, IconPlugConnected, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { testConnection } from "../../api/configuration";
import { catalogueQuery, connectionsQuery } from "../../api/queries";
import type { Connection } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import { failed } from "../../components/toast";
import { ConnectionDialog } from "./connection-dialog";
import { ConnectionStateChip } from "./connection-state";
import styles from "./connections.module.css";
import { RemoveConnection } from "./remove-connection";

type Task = { what: "add" } | { what: "edit" | "remove"; connection: Connection };

export function ConnectionsPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const connections = useQuery(connectionsQuery(workspace.key, environment));
  const may = useMay("configuration.edit");
  const [task, setTask] = useState<Task | null>(null);
  const columns = [t("fields.name"), t("connections.state"), t("connections.tested"), ""];
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setTask({ what: "add" })}>
      {t("connections.add")}
    </Button>
  );
  return (
    <Page title={t("sections.connections")} about={t("connections.about")} actions={add}>
      {connections.isPending && <TableSkeleton columns={columns} />}
      {connections.isError && (
        <Failure
          what={t("connections.failed")}
          error={connections.error}
          onRetry={() => connections.refetch()}
        />
      )}
      {connections.data?.items.length === 0 && (
        <Empty
          icon={<IconPlug size={24} />}
          title={t("connections.none.title")}
          hint={t("connections.none.hint")}
        >
          {add}
        </Empty>
      )}
      {connections.data && connections.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.connections")}>
          {connections.data.items.map((connection) => (
            <ConnectionRow key={connection.key} connection={connection} onTask={setTask} />
          ))}
        </Table>
      )}
      {task?.what === "remove" && (
        <RemoveConnection connection={task.connection} onClose={() => setTask(null)} />
      )}
      {(task?.what === "add" || task?.what === "edit") && (
        <ConnectionDialog
          connection={task.what === "edit" ? task.connection : undefined}
          onClose={() => setTask(null)}
        />
      )}
    </Page>
  );
}

function ConnectionRow({ connection, onTask }: { connection: Connection; onTask: (task: Task) => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const may = useMay("configuration.edit");
  const { data: catalogue } = useQuery(catalogueQuery(workspace.key));
  const system =
    catalogue?.systems.find((each) => each.system === connection.system)?.title ?? connection.system;
  const test = useMutation({
    mutationFn: () => testConnection(workspace.key, environment, connection.key),
    onError: (error) => failed(t("connections.test_failed", { name: connection.name }), error),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: connectionsQuery(workspace.key, environment).queryKey }),
        queries.invalidateQueries({ queryKey: catalogueQuery(workspace.key).queryKey }),
      ]),
  });
  return (
    <tr>
      <td>
        <Named
          icon={
            <span className={styles.tile} aria-hidden>
              <IconPlugConnected size={18} stroke={1.75} />
            </span>
          }
          name={connection.name}
          below={system}
        />
      </td>
      <td>
        <ConnectionStateChip connection={connection} />
        {connection.state === "failing" && connection.message && (
          <div className={styles.message}>{connection.message}</div>
        )}
      </td>
      <td>{connection.tested_at ? <Ago at={connection.tested_at} /> : "–"}</td>
      <td>
        {may && (
          <div className={styles.actions}>
            <Button variant="default" size="xs" loading={test.isPending} onClick={() => test.mutate()}>
              {t("connections.test")}
            </Button>
            <RowMenu label={t("connections.menu", { name: connection.name })}>
              <Menu.Item
                leftSection={<IconPencil size={16} />}
                onClick={() => onTask({ what: "edit", connection })}
              >
                {t("connections.edit")}
              </Menu.Item>
              <Menu.Item
                color="var(--u-no)"
                leftSection={<IconTrash size={16} />}
                onClick={() => onTask({ what: "remove", connection })}
              >
                {t("connections.remove")}
              </Menu.Item>
            </RowMenu>
          </div>
        )}
      </td>
    </tr>
  );
}
