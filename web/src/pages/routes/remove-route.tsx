import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { removeRoute } from "../../api/configuration";
import { routesQuery } from "../../api/queries";
import type { Route } from "../../api/types";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { said } from "../../components/toast";

export function RemoveRoute({ route, onClose }: { route: Route; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeRoute(workspace.key, environment, route.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: routesQuery(workspace.key, environment).queryKey });
      said(t("routes.removed", { name: route.name }));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("routes.remove_title", { name: route.name })}
      action={t("routes.remove")}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {t("routes.remove_what")}
    </Confirm>
  );
}
