import { Menu } from "@mantine/core";
import { IconChevronDown, IconLogout, IconUser } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { logOut } from "../../api/session";
import { usePlace } from "../place";
import { AccountDialog } from "./account-dialog";
import { initials } from "./initials";
import styles from "./top-bar.module.css";

export function UserMenu() {
  const { t } = useTranslation();
  const { me } = usePlace();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);

  async function leave() {
    await logOut();
    await navigate({ to: "/login", search: {} });
    queries.clear();
  }

  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <button
            type="button"
            className={styles.switch}
            aria-label={t("frame.user", { name: me.user.name })}
          >
            <span className={styles.avatar} data-initials={initials(me.user.name)} aria-hidden />
            <IconChevronDown size={14} className={styles.chevron} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={styles.who}>
            <p className={styles.whoName}>{me.user.name}</p>
            <p className={styles.whoEmail}>{me.user.email}</p>
          </div>
          <Menu.Divider />
          <Menu.Item leftSection={<IconUser size={16} aria-hidden />} onClick={() => setEditing(true)}>
            {t("account.title")}
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={leave}>
            {t("frame.log_out")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {editing && <AccountDialog onClose={() => setEditing(false)} />}
    </>
  );
}
