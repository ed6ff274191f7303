import { useTranslation } from "react-i18next";
import type { Role } from "../api/types";

const roles: Role[] = ["viewer", "builder", "approver", "agent", "admin"];

/** The roles as a select lists them. */
export function useRoleChoices(): { value: Role; label: string }[] {
  const { t } = useTranslation();
  return roles.map((role) => ({ value: role, label: t(`roles.${role}.name`) }));
}
