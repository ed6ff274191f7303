import { Menu, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconChevronDown } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePlace } from "../place";
import styles from "./top-bar.module.css";

export function WorkspaceSwitch() {
  const { t } = useTranslation();
  const { me, workspace } = usePlace();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-start" width={240}>
      <Menu.Target>
        <button type="button" className={styles.switch}>
          <VisuallyHidden>{`${t("frame.workspace")}: `}</VisuallyHidden>
          <span className={styles.switchText}>{workspace.name}</span>
          <IconChevronDown size={14} className={styles.chevron} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("frame.workspaces")}</Menu.Label>
        {me.workspaces.map((each) => (
          <Menu.Item
            key={each.id}
            rightSection={each.key === workspace.key ? <IconCheck size={16} aria-hidden /> : null}
            onClick={() =>
              navigate({
                to: "/w/$workspace/$environment/workflows",
                params: { workspace: each.key, environment: "sandbox" },
              })
            }
          >
            {each.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
