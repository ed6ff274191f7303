import { Button, Popover, Select, Stack, TextInput } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, usePreview } from "../context";

/** Whom the builder plays: a name, and one of the workflow's languages. */
export function ContactChoice() {
  const { t } = useTranslation("editor");
  const { preview } = useEditor();
  const contact = usePreview((state) => state.contact);
  const languages = useDraft((state) => state.document.languages);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(contact.name ?? "");
  const [language, setLanguage] = useState<string | null>(contact.language ?? null);
  return (
    <Popover opened={open} onChange={setOpen} width={240} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          px={8}
          maw={120}
          leftSection={<IconUser size={15} aria-hidden />}
          aria-label={`${t("phone.contact")}: ${contact.name || t("phone.nameless")}`}
          onClick={() => setOpen(!open)}
        >
          {contact.name || t("phone.nameless")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setOpen(false);
            void preview.setContact({
              ...(name.trim() ? { name: name.trim() } : {}),
              ...(language ? { language } : {}),
            });
          }}
        >
          <Stack gap={12}>
            <TextInput
              size="xs"
              label={t("phone.contact_name")}
              value={name}
              maxLength={100}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Select
              size="xs"
              label={t("phone.contact_language")}
              data={languages}
              value={language}
              clearable
              comboboxProps={{ withinPortal: false }}
              onChange={setLanguage}
            />
            <Button type="submit" size="xs">
              {t("phone.start_as")}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
