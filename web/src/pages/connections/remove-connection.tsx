import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { removeConnection } from "../../api/configuration";
import { catalogueQuery, connectionsQuery } from "../../api/queries";
import type { Connection } from "../../api/types";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { said } from "../../components/toast";

export function RemoveConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeConnection(workspace.key, environment, connection.key),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: connectionsQuery(workspace.key, environment).queryKey }),
        queries.invalidateQueries({ queryKey: catalogueQuery(workspace.key).queryKey }),
      ]);
      said(t("connections.removed", { name: connection.name }));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("connections.remove_title", { name: connection.name })}
      action={t("connections.remove")}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {t("connections.remove_what")}
    </Confirm>
  );
}
