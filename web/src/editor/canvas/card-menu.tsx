import { Menu } from "@mantine/core";
import { IconCopy, IconDots, IconPlayerPlay, IconPlayerTrackNext, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useEditor } from "../context";
import styles from "./card-menu.module.css";

export function CardMenu({ number }: { number: number }) {
  const { t } = useTranslation("editor");
  const { actions, preview, view } = useEditor();
  return (
    <Menu position="bottom-end" withinPortal width={210}>
      <Menu.Target>
        <button
          type="button"
          className={`${styles.more} nodrag`}
          aria-label={t("card.menu", { number })}
          onClick={(event) => event.stopPropagation()}
        >
          <IconDots size={16} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        <Menu.Item
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          onClick={() => {
            view.getState().show({ phone: true });
            void preview.start(number);
          }}
        >
          {t("card.preview_from")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlayerTrackNext size={16} aria-hidden />}
          onClick={() => actions.lead("start", number)}
        >
          {t("card.make_start")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCopy size={16} aria-hidden />}
          onClick={() => void actions.duplicate(number)}
        >
          {t("card.duplicate")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} aria-hidden />}
          rightSection={<kbd className={styles.key}>Del</kbd>}
          onClick={() => actions.remove(number)}
        >
          {t("card.remove")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
