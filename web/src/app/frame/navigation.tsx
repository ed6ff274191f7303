import { Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePlace } from "../place";
import styles from "./navigation.module.css";
import { groups, type Section, sectionsFor } from "./sections";

/** The pages of the workspace; under 1440 px a rail of icons. */
export function Navigation() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const allowed = sectionsFor(workspace.permissions);
  const rail = useMediaQuery("(max-width: 1439px)") ?? false;
  return (
    <nav className={styles.navigation} data-rail={rail} aria-label={t("frame.navigation")}>
      {groups.map((group) => {
        const entries = allowed.filter((section) => section.group === group);
        if (entries.length === 0) return null;
        return (
          <div key={group} className={styles.group}>
            {group !== "work" && !rail && <p className={styles.label}>{t(`groups.${group}`)}</p>}
            {entries.map((section) => (
              <Entry key={section.name} section={section} rail={rail} />
            ))}
          </div>
        );
      })}
    </nav>
  );
}

function Entry({ section, rail }: { section: Section; rail: boolean }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const name = t(`sections.${section.name}`);
  const Icon = section.icon;
  return (
    <Tooltip label={name} position="right" disabled={!rail}>
      <Link
        className={styles.entry}
        to={`/w/$workspace/$environment/${section.name}`}
        params={{ workspace: workspace.key, environment }}
        aria-label={rail ? name : undefined}
        activeProps={{ "data-active": true, "aria-current": "page" }}
      >
        <Icon size={18} stroke={1.75} aria-hidden />
        {!rail && <span>{name}</span>}
      </Link>
    </Tooltip>
  );
}
