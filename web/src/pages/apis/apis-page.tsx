import { Button, Menu } from "@mantine/core";
import { IconApi, IconPencil, IconPlayerPlay, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apisQuery } from "../../api/queries";
import type { ApiDefinition } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { ApiDialog } from "./api-dialog";
import styles from "./apis.module.css";
import { RemoveApi } from "./remove-api";
import { TryDialog } from "./try-dialog";

type Task = { what: "add" } | { what: "edit" | "try" | "remove"; api: ApiDefinition };

export function ApisPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const apis = useQuery(apisQuery(workspace.key));
  const may = useMay("configuration.edit");
  const [task, setTask] = useState<Task | null>(null);
  const columns = [t("fields.name"), t("apis.base_url"), t("apis.authentication"), ""];
  const close = () => setTask(null);
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setTask({ what: "add" })}>
      {t("apis.add")}
    </Button>
  );
  return (
    <Page title={t("sections.apis")} about={t("apis.about")} actions={add}>
      {apis.isPending && <TableSkeleton columns={columns} />}
      {apis.isError && <Failure what={t("apis.failed")} error={apis.error} onRetry={() => apis.refetch()} />}
      {apis.data?.items.length === 0 && (
        <Empty icon={<IconApi size={24} />} title={t("apis.none.title")} hint={t("apis.none.hint")}>
          {add}
        </Empty>
      )}
      {apis.data && apis.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.apis")}>
          {apis.data.items.map((api) => (
            <tr key={api.key}>
              <td>
                <Named name={api.name} below={api.description} />
              </td>
              <td>
                <code className={styles.url}>{api.base_url[environment] || t("apis.no_base_url")}</code>
              </td>
              <td>{t(`apis.schemes.${api.authentication.kind}`)}</td>
              <td>
                {may && (
                  <div className={styles.actions}>
                    <Button
                      variant="default"
                      size="xs"
                      leftSection={<IconPlayerPlay size={14} />}
                      onClick={() => setTask({ what: "try", api })}
                    >
                      {t("apis.try")}
                    </Button>
                    <RowMenu label={t("apis.menu", { name: api.name })}>
                      <Menu.Item
                        leftSection={<IconPencil size={16} />}
                        onClick={() => setTask({ what: "edit", api })}
                      >
                        {t("apis.edit")}
                      </Menu.Item>
                      <Menu.Item
                        color="var(--u-no)"
                        leftSection={<IconTrash size={16} />}
                        onClick={() => setTask({ what: "remove", api })}
                      >
                        {t("apis.remove")}
                      </Menu.Item>
                    </RowMenu>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {task?.what === "add" && <ApiDialog onClose={close} />}
      {task?.what === "edit" && <ApiDialog api={task.api} onClose={close} />}
      {task?.what === "try" && <TryDialog api={task.api} onClose={close} />}
      {task?.what === "remove" && <RemoveApi api={task.api} onClose={close} />}
    </Page>
  );
}
