import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useEditor } from "../context";

/** Keeps what there is, and makes a version of it that never changes. */
export function SaveVersion({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("editor");
  const { api, draft, keeper, savedEdits, workspace } = useEditor();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const save = useMutation({
    mutationFn: async () => {
      const { edits } = draft.getState();
      if (!(await keeper.flush())) throw new Error(t("header.not_kept"));
      const version = await api.saveVersion(keeper.store.getState().etag, note.trim() || undefined);
      savedEdits.current = edits;
      return version;
    },
    onSuccess: async (version) => {
      await queries.invalidateQueries({ queryKey: [workspace, "workflows"] });
      notifications.show({ message: t("header.version_saved", { version }) });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("header.save_version")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap={16}>
          <Textarea
            data-autofocus
            label={t("header.what_changed")}
            description={t("header.what_changed_help")}
            value={note}
            autosize
            minRows={2}
            maxRows={6}
            maxLength={2000}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {save.error && (
            <p role="alert" style={{ margin: 0, color: "var(--u-no)" }}>
              {save.error.message}
            </p>
          )}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t("header.save_version")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
