import { Button, Skeleton } from "@mantine/core";
import { IconCheck, IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { routesQuery } from "../../api/queries";
import { tick } from "../../app/first-steps";
import { usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { QrCode } from "../../components/qr-code";
import styles from "./deployed.module.css";

interface Props {
  workflowKey: string;
  onClose: () => void;
  onOpenRoutes: () => void;
}

/** The end of a deployment: the chat behind a button, and as a code for a real phone. */
export function Deployed({ workflowKey, onClose, onOpenRoutes }: Props) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const routes = useQuery(routesQuery(workspace.key, "production"));
  const url = routes.data?.items.find((route) => route.workflow === workflowKey && route.url)?.url;
  if (routes.isPending) return <Skeleton height={176} />;
  if (routes.isError) {
    return <Failure what={t("deploy.routes_failed")} error={routes.error} onRetry={() => routes.refetch()} />;
  }
  return (
    <div className={styles.done}>
      <div className={styles.words}>
        <p className={styles.live}>
          <span className={styles.check}>
            <IconCheck size={16} aria-hidden />
          </span>
          {t("deploy.at_once")}
        </p>
        <p className={styles.hint}>{url ? t("deploy.try_it") : t("deploy.no_chat")}</p>
        <div className={styles.buttons}>
          {url ? (
            <Button
              component="a"
              href={url}
              target="_blank"
              rel="noreferrer"
              rightSection={<IconExternalLink size={16} />}
              onClick={() => tick("chat", workspace.key)}
            >
              {t("deploy.open_chat")}
            </Button>
          ) : (
            <Button onClick={onOpenRoutes}>{t("deploy.add_route")}</Button>
          )}
          <Button variant="default" onClick={onClose}>
            {t("deploy.back")}
          </Button>
        </div>
      </div>
      {url && <QrCode text={absolute(url)} size={152} label={t("deploy.qr")} />}
    </div>
  );
}

function absolute(url: string): string {
  return new URL(url, window.location.href).href;
}
