import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { removeApi } from "../../api/configuration";
import { apisQuery } from "../../api/queries";
import type { ApiDefinition } from "../../api/types";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { said } from "../../components/toast";

export function RemoveApi({ api, onClose }: { api: ApiDefinition; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeApi(workspace.key, api.key),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: apisQuery(workspace.key).queryKey });
      said(t("apis.removed", { name: api.name }));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("apis.remove_title", { name: api.name })}
      action={t("apis.remove")}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {t("apis.remove_what")}
    </Confirm>
  );
}
