import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { healthQuery } from "../../api/queries";
import { useMay, usePlace } from "../../app/place";
import { Page } from "../../components/page";
import { DeadLetters } from "./dead-letters";
import { HealthPanels } from "./health-panels";
import { KeptList } from "./kept-list";
import styles from "./operations.module.css";

const REFRESH = 5_000;

/** What an operator looks at: how Usher does, what was kept, what was given up. */
export function OperationsPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const { tab = "health" } = useSearch({ from: "/w/$workspace/$environment/operations" });
  const navigate = useNavigate({ from: "/w/$workspace/$environment/operations" });
  const seesPeople = useMay("conversations.view");
  const health = useQuery({ ...healthQuery(workspace.key, environment), refetchInterval: REFRESH });
  const { kept = 0, dead_letters = 0 } = health.data?.waiting ?? {};
  const choose = (chosen: string | null) => {
    const next = chosen === "kept" || chosen === "dead-letters" ? chosen : undefined;
    void navigate({ search: { tab: next }, replace: true });
  };
  return (
    <Page title={t("sections.operations")} about={t("operations.about")}>
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List className={styles.tabs} aria-label={t("operations.tabs.label")}>
          <Tabs.Tab value="health">{t("operations.tabs.health")}</Tabs.Tab>
          {seesPeople && (
            <>
              <Tabs.Tab value="kept">
                {kept > 0 ? t("operations.tabs.kept_count", { count: kept }) : t("operations.tabs.kept")}
              </Tabs.Tab>
              <Tabs.Tab value="dead-letters">
                {dead_letters > 0
                  ? t("operations.tabs.dead-letters_count", { count: dead_letters })
                  : t("operations.tabs.dead-letters")}
              </Tabs.Tab>
            </>
          )}
        </Tabs.List>
        <Tabs.Panel value="health">
          <HealthPanels
            health={health.data}
            error={health.error}
            readAt={health.dataUpdatedAt}
            onRetry={() => health.refetch()}
          />
        </Tabs.Panel>
        {seesPeople && (
          <>
            <Tabs.Panel value="kept">
              <KeptList />
            </Tabs.Panel>
            <Tabs.Panel value="dead-letters">
              <DeadLetters />
            </Tabs.Panel>
          </>
        )}
      </Tabs>
    </Page>
  );
}
