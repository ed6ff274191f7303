import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy, IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { routesQuery } from "../../api/queries";
import type { Channel, Route } from "../../api/types";
import { tick } from "../../app/first-steps";
import { usePlace } from "../../app/place";
import { CopyField } from "../../components/copy-field";
import { ButtonLink } from "../../components/link";
import { Panel } from "../../components/panel";
import { QrCode } from "../../components/qr-code";
import { useWorkflowName } from "../workflow-name";
import styles from "./channel.module.css";
import { embedSnippet } from "./embed-snippet";

/** Each chat of the channel: its page, its code for a phone, and the snippet for one's own site. */
export function WebChatPanels({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const routes = useQuery(routesQuery(workspace.key, environment));
  const own = routes.data?.items.filter((route) => route.channel === channel.key) ?? [];
  if (routes.isSuccess && own.length === 0) {
    return (
      <Panel title={t("web_chat.no_route")} about={t("web_chat.no_route_about")}>
        <div>
          <ButtonLink
            to="/w/$workspace/$environment/routes"
            params={{ workspace: workspace.key, environment }}
          >
            {t("routes.add")}
          </ButtonLink>
        </div>
      </Panel>
    );
  }
  return own.map((route) => <Chat key={route.id} route={route} />);
}

function Chat({ route }: { route: Route }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const workflowName = useWorkflowName();
  const { origin } = window.location;
  const url = new URL(
    route.url ?? `/chat/${route.key}${environment === "sandbox" ? "?environment=sandbox" : ""}`,
    origin,
  ).href;
  const snippet = embedSnippet(origin, route.key, environment);
  return (
    <Panel title={route.name} about={t("web_chat.about", { workflow: workflowName(route.workflow) })}>
      <div className={styles.chat}>
        <div className={styles.chatWords}>
          <CopyField label={t("web_chat.link")} description={t("web_chat.link_help")} value={url} />
          <div>
            <Button
              component="a"
              href={url}
              target="_blank"
              rel="noreferrer"
              variant="default"
              rightSection={<IconExternalLink size={16} />}
              onClick={() => tick("chat", workspace.key)}
            >
              {t("web_chat.open")}
            </Button>
          </div>
        </div>
        <QrCode text={url} size={128} label={t("web_chat.qr", { name: route.name })} />
      </div>
      <div>
        <div className={styles.when}>{t("web_chat.embed")}</div>
        <pre className={styles.snippet}>{snippet}</pre>
        <CopyButton value={snippet} timeout={1500}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              size="xs"
              mt={8}
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? t("copy.copied") : t("web_chat.copy_snippet")}
            </Button>
          )}
        </CopyButton>
      </div>
    </Panel>
  );
}
