import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useEditor } from "../context";

/** The workflow's name and description; both belong to the draft, and can be undone. */
export function About({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("editor");
  const { draft } = useEditor();
  const { document, perform } = draft.getState();
  const [name, setName] = useState(document.name);
  const [description, setDescription] = useState(document.description ?? "");
  const empty = name.trim() === "";
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("header.rename")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (empty) return;
          perform({ do: "about", name: name.trim(), description: description.trim() });
          onClose();
        }}
      >
        <Stack gap={16}>
          <TextInput
            data-autofocus
            label={t("header.name")}
            value={name}
            maxLength={120}
            error={empty ? t("fault.required") : undefined}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            label={t("header.description")}
            value={description}
            autosize
            minRows={2}
            maxRows={8}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" disabled={empty}>
              {t("header.rename_action")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
