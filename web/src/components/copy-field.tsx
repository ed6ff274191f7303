import { ActionIcon, CopyButton, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  value: string;
  description?: string;
}

/** A value to be copied elsewhere: shown whole, selected by a click, copied by the button. */
export function CopyField({ label, value, description }: Props) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={label}
      description={description}
      value={value}
      readOnly
      onFocus={(event) => event.currentTarget.select()}
      styles={{ input: { fontFamily: "var(--u-font-mono)", fontSize: 13 } }}
      rightSection={
        <CopyButton value={value} timeout={1500}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? t("copy.copied") : t("copy.copy")}>
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={copy}
                aria-label={t("copy.what", { what: label })}
              >
                {copied ? <IconCheck size={16} color="var(--u-yes)" /> : <IconCopy size={16} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      }
    />
  );
}
