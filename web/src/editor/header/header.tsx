import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconChevronDown,
  IconDeviceMobile,
  IconDownload,
  IconLayoutGrid,
  IconListDetails,
  IconLock,
  IconPencil,
  IconRocket,
  IconSitemap,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useView } from "../context";
import { About } from "./about";
import styles from "./header.module.css";
import { SaveVersion } from "./save-version";
import { type Standing, useStanding } from "./standing";

type Props = {
  onDeploy: ((version: number) => void) | undefined;
  /** The live version, in production. */
  live: number | null;
  production: boolean;
};

/** The bar over the canvas: what it is, where it stands, and the one thing to do next. */
export function Header({ onDeploy, live, production }: Props) {
  const { t } = useTranslation("editor");
  const { actions, draft, readOnly, view } = useEditor();
  const name = useDraft((state) => state.document.name);
  const canUndo = useDraft((state) => state.past.length > 0);
  const canRedo = useDraft((state) => state.future.length > 0);
  const mode = useView((state) => state.mode);
  const phone = useView((state) => state.phone);
  const [renaming, setRenaming] = useState(false);
  const standing = useStanding();
  return (
    <header className={styles.bar}>
      <Menu position="bottom-start" width={240}>
        <Menu.Target>
          <button type="button" className={styles.title}>
            <h1>{name}</h1>
            <IconChevronDown size={14} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {!readOnly && (
            <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setRenaming(true)}>
              {t("header.rename")}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => download(draft.getState().document)}
          >
            {t("header.download")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {production ? (
        <span className={styles.production}>
          <IconLock size={13} aria-hidden />{" "}
          {live === null ? t("header.read_only") : t("header.live_read_only", { version: live })}
        </span>
      ) : (
        <>
          <StateChip standing={standing} />
          {readOnly && <span className={styles.chip}>{t("header.read_only")}</span>}
        </>
      )}
      <SegmentedControl
        size="xs"
        aria-label={t("header.view")}
        className={styles.mode}
        value={mode}
        data={[
          {
            value: "canvas",
            label: <ModeLabel icon={<IconSitemap size={14} aria-hidden />} text={t("header.canvas")} />,
          },
          {
            value: "outline",
            label: <ModeLabel icon={<IconListDetails size={14} aria-hidden />} text={t("header.outline")} />,
          },
        ]}
        onChange={(next) => view.getState().show({ mode: next as "canvas" | "outline" })}
      />
      <span className={styles.fill} />
      {!readOnly && (
        <>
          <Tooltip label={t("header.undo")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("header.undo")}
              disabled={!canUndo}
              onClick={() => draft.getState().undo()}
            >
              <IconArrowBackUp size={17} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("header.redo")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("header.redo")}
              disabled={!canRedo}
              onClick={() => draft.getState().redo()}
            >
              <IconArrowForwardUp size={17} />
            </ActionIcon>
          </Tooltip>
          <Button
            variant="subtle"
            color="gray"
            size="xs"
            className={styles.quiet}
            leftSection={<IconLayoutGrid size={16} aria-hidden />}
            onClick={actions.tidy}
          >
            {t("header.tidy")}
          </Button>
          <Button
            variant={phone ? "light" : "subtle"}
            color={phone ? undefined : "gray"}
            size="xs"
            className={styles.quiet}
            aria-pressed={phone}
            leftSection={<IconDeviceMobile size={16} aria-hidden />}
            onClick={() => view.getState().show({ phone: !phone })}
          >
            {t("header.preview")}
          </Button>
          <Primary standing={standing} onDeploy={onDeploy} />
        </>
      )}
      {renaming && <About onClose={() => setRenaming(false)} />}
    </header>
  );
}

function ModeLabel({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span className={styles.modeLabel}>
      {icon} <span>{text}</span>
    </span>
  );
}

function StateChip({ standing }: { standing: Standing | null }) {
  const { t } = useTranslation("editor");
  if (!standing) return <span className={styles.chip} data-waiting />;
  const { state, latest, live } = standing;
  const text =
    state === "draft"
      ? t("header.draft")
      : state === "saved"
        ? t("header.saved", { version: latest })
        : t("header.live", { version: live });
  return (
    <span className={styles.chip} data-state={state}>
      {text}
      {state !== "live" && live !== null && (
        <span className={styles.also}>{t("header.live", { version: live })}</span>
      )}
    </span>
  );
}

/** One primary button, by where the workflow stands; the rest under its arrow. */
function Primary({ standing, onDeploy }: { standing: Standing | null; onDeploy: Props["onDeploy"] }) {
  const { t } = useTranslation("editor");
  const [saving, setSaving] = useState(false);
  const latest = standing?.latest ?? null;
  const canDeploy = onDeploy !== undefined && latest !== null;
  const toDeploy = standing?.state === "saved" && canDeploy;
  const unchanged = standing?.state === "live";
  const primary = toDeploy
    ? { label: t("header.deploy", { version: latest }), act: () => onDeploy(latest) }
    : { label: t("header.save_version"), act: () => setSaving(true) };
  return (
    <Button.Group>
      <Tooltip label={t("header.nothing_new", { version: latest })} disabled={!unchanged}>
        <Button
          size="xs"
          data-disabled={!standing || unchanged || undefined}
          aria-disabled={!standing || unchanged}
          onClick={(event) => (standing && !unchanged ? primary.act() : event.preventDefault())}
          className={styles.primary}
        >
          {primary.label}
        </Button>
      </Tooltip>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button
            size="xs"
            px={6}
            aria-label={t("header.more")}
            disabled={!standing}
            className={styles.arrow}
          >
            <IconChevronDown size={15} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setSaving(true)}>
            {t("header.save_version")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconRocket size={16} aria-hidden />}
            disabled={!canDeploy}
            onClick={() => latest !== null && onDeploy?.(latest)}
          >
            {latest === null ? t("header.deploy_none") : t("header.deploy", { version: latest })}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {saving && <SaveVersion onClose={() => setSaving(false)} />}
    </Button.Group>
  );
}

function download(document: { key: string }) {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: "application/json" }),
  );
  const link = window.document.createElement("a");
  link.href = url;
  link.download = `${document.key}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
