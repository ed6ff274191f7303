import { IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { liveWorkflowsQuery } from "../../api/queries";
import { usePlace } from "../../app/place";
import { Chip } from "../../components/chip";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { ButtonLink, TextLink } from "../../components/link";
import { Page } from "../../components/page";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import { KindTile } from "./kind-tile";

export function LivePage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const live = useQuery(liveWorkflowsQuery(workspace.key, "production"));
  const columns = [t("workflows.name"), t("workflows.version"), t("workflows.live_since")];
  return (
    <Page title={t("sections.workflows")} about={t("workflows.about_live")}>
      {live.isPending && <TableSkeleton columns={columns} />}
      {live.isError && (
        <Failure what={t("workflows.failed")} error={live.error} onRetry={() => live.refetch()} />
      )}
      {live.data?.items.length === 0 && (
        <Empty
          icon={<IconRocket size={24} />}
          title={t("workflows.none_live.title")}
          hint={t("workflows.none_live.hint")}
        >
          <ButtonLink
            to="/w/$workspace/$environment/workflows"
            params={{ workspace: workspace.key, environment: "sandbox" }}
          >
            {t("workflows.none_live.step")}
          </ButtonLink>
        </Empty>
      )}
      {live.data && live.data.items.length > 0 && (
        <Table columns={columns} label={t("sections.workflows")}>
          {live.data.items.map((each) => (
            <tr key={each.key}>
              <td>
                <Named
                  icon={<KindTile kind={each.kind ?? "standard"} />}
                  name={
                    <TextLink
                      to="/w/$workspace/$environment/workflows/$key"
                      params={{ workspace: workspace.key, environment: "production", key: each.key }}
                    >
                      {each.name}
                    </TextLink>
                  }
                />
              </td>
              <td>
                <Chip tone="good">{t("workflows.live", { version: each.version })}</Chip>
              </td>
              <td>
                <Ago at={each.deployed_at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Page>
  );
}
