import { Button, Menu } from "@mantine/core";
import { IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { revokeApiKey } from "../../api/configuration";
import { apiKeysQuery } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import { said } from "../../components/toast";
import { ApiKeyDialog } from "./api-key-dialog";

export function ApiKeysPage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const keys = useQuery(apiKeysQuery(workspace.key));
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const columns = [t("fields.name"), t("users.role"), t("api_keys.made"), t("api_keys.used"), ""];
  const make = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("api_keys.make")}
    </Button>
  );
  return (
    <Page title={t("sections.api-keys")} about={t("api_keys.about")} actions={make}>
      {keys.isPending && <TableSkeleton columns={columns} />}
      {keys.isError && (
        <Failure what={t("api_keys.failed")} error={keys.error} onRetry={() => keys.refetch()} />
      )}
      {keys.data?.items.length === 0 && (
        <Empty icon={<IconKey size={24} />} title={t("api_keys.none.title")} hint={t("api_keys.none.hint")}>
          {make}
        </Empty>
      )}
      {keys.data && keys.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.api-keys")}>
          {keys.data.items.map((key) => (
            <tr key={key.id}>
              <td>
                <Named name={key.name} below={<code>{key.prefix}…</code>} />
              </td>
              <td>{t(`roles.${key.role}.name`)}</td>
              <td>
                <Ago at={key.created_at} />
              </td>
              <td>{key.last_used_at ? <Ago at={key.last_used_at} /> : t("api_keys.never")}</td>
              <td>
                <RowMenu label={t("api_keys.menu", { name: key.name })}>
                  <Menu.Item
                    color="var(--u-no)"
                    leftSection={<IconTrash size={16} />}
                    onClick={() => setRevoking(key)}
                  >
                    {t("api_keys.revoke")}
                  </Menu.Item>
                </RowMenu>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {making && <ApiKeyDialog onClose={() => setMaking(false)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeApiKey(workspace.key, apiKey.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: apiKeysQuery(workspace.key).queryKey });
      said(t("api_keys.revoked", { name: apiKey.name }));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("api_keys.revoke_title", { name: apiKey.name })}
      action={t("api_keys.revoke")}
      pending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      {t("api_keys.revoke_what")}
    </Confirm>
  );
}
