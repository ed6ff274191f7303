import { Menu, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconChevronDown, IconFlask, IconLock } from "@tabler/icons-react";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Environment } from "../../api/types";
import { usePlace } from "../place";
import { inOtherEnvironment } from "./other-environment";
import styles from "./top-bar.module.css";

const icons = { sandbox: IconFlask, production: IconLock };

/** Says which environment one is in, beyond doubt, and changes to the other. */
export function EnvironmentSwitch() {
  const { t } = useTranslation();
  const { environment } = usePlace();
  const path = useLocation({ select: (location) => location.pathname });
  const navigate = useNavigate();
  const Icon = icons[environment];
  return (
    <Menu position="bottom-start" width={300}>
      <Menu.Target>
        <button type="button" className={styles.environment} data-environment={environment}>
          <Icon size={14} aria-hidden />
          <VisuallyHidden>{`${t("frame.environment")}: `}</VisuallyHidden>
          {t(`environment.${environment}.chip`)}
          <IconChevronDown size={14} className={styles.chevron} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["sandbox", "production"] satisfies Environment[]).map((each) => {
          const EachIcon = icons[each];
          return (
            <Menu.Item
              key={each}
              leftSection={<EachIcon size={16} aria-hidden />}
              rightSection={each === environment ? <IconCheck size={16} aria-hidden /> : null}
              onClick={() => navigate({ to: inOtherEnvironment(path, each) })}
            >
              <div>{t(`environment.${each}.name`)}</div>
              <div className={styles.whoEmail}>{t(`environment.${each}.about`)}</div>
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
