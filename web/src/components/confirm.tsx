import { Button, Group, Modal, Space } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { FormProblem } from "./form-problem";

interface Props {
  opened: boolean;
  /** The question, which names what will go. */
  title: string;
  /** The verb on the button. */
  action: string;
  pending?: boolean;
  error?: unknown;
  /** It turned out that it cannot be done: only closing is left. */
  refused?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks once before something is destroyed. */
export function Confirm({
  opened,
  title,
  action,
  pending,
  error,
  refused,
  onConfirm,
  onClose,
  children,
}: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      <div>{children}</div>
      {error != null && <Space h={16} />}
      <FormProblem error={error} />
      <Group justify="flex-end" gap={8} mt={24}>
        <Button variant="default" onClick={onClose}>
          {refused ? t("close") : t("cancel")}
        </Button>
        {!refused && (
          <Button color="red.8" loading={pending} onClick={onConfirm}>
            {action}
          </Button>
        )}
      </Group>
    </Modal>
  );
}
