import { IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Empty } from "../components/empty";
import { ButtonLink } from "../components/link";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main>
      <Empty icon={<IconMapOff size={24} />} title={t("not_found.title")} hint={t("not_found.hint")}>
        <ButtonLink to="/">{t("not_found.home")}</ButtonLink>
      </Empty>
    </main>
  );
}
