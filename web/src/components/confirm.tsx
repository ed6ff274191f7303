import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { messageOf } from "./failure";

interface Props {
  opened: boolean;
  /** The question, which names what will go. */
  title: string;
  /** The verb on the button. */
  action: string;
  pending?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks once before something is destroyed. */
export function Confirm({ opened, title, action, pending, error, onConfirm, onClose, children }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      <div>{children}</div>
      {error != null && (
        <p role="alert" style={{ color: "var(--u-no)", margin: "12px 0 0" }}>
          {messageOf(error, t("failure.unknown"))}
        </p>
      )}
      <Group justify="flex-end" gap={8} mt={24}>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button color="red.8" loading={pending} onClick={onConfirm}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
