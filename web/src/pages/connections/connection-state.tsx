import { IconAlertTriangle, IconCheck, IconQuestionMark } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Connection } from "../../api/types";
import { Chip } from "../../components/chip";

const looks = {
  working: { tone: "good", icon: IconCheck },
  failing: { tone: "warn", icon: IconAlertTriangle },
  untested: { tone: "neutral", icon: IconQuestionMark },
} as const;

export function ConnectionStateChip({ connection: { state } }: { connection: Connection }) {
  const { t } = useTranslation();
  const { tone, icon: Icon } = looks[state];
  return (
    <Chip tone={tone} icon={<Icon size={12} aria-hidden />}>
      {t(`connections.states.${state}`)}
    </Chip>
  );
}
