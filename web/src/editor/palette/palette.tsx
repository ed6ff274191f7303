import { Button, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconPlug, IconSearch, IconX } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { TypeIcon } from "../canvas/icons";
import { useEditor, useView } from "../context";
import { connectionsOf, type Family, type NodeType, paletteGroups, systemTitle } from "../model/catalogue";
import { carry } from "./drag";
import styles from "./palette.module.css";

const FAMILIES: Family[] = ["user_facing", "action", "integration"];

/** The node types, a tab for each family; to be dragged onto the canvas, or added by a click. */
export function Palette() {
  const { t } = useTranslation("editor");
  const { catalogue, view } = useEditor();
  const tab = useView((state) => state.paletteTab);
  const [query, setQuery] = useState("");
  const found = useMemo(
    () => new Map(FAMILIES.map((family) => [family, paletteGroups(catalogue, family, query)])),
    [catalogue, query],
  );
  const count = (family: Family) =>
    (found.get(family) ?? []).reduce((sum, group) => sum + group.types.length, 0);
  const groups = found.get(tab) ?? [];
  return (
    <section className={styles.palette} aria-label={t("palette.label")}>
      <div className={styles.tabs} role="tablist" aria-label={t("palette.families")}>
        {FAMILIES.map((family) => (
          <button
            key={family}
            type="button"
            role="tab"
            id={`palette-tab-${family}`}
            aria-selected={tab === family}
            aria-controls="palette-panel"
            className={styles.tab}
            data-family={family}
            tabIndex={tab === family ? 0 : -1}
            onClick={() => view.getState().show({ paletteTab: family })}
            onKeyDown={(event) => {
              const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              const next = FAMILIES[(FAMILIES.indexOf(family) + by + FAMILIES.length) % FAMILIES.length];
              if (by === 0 || !next) return;
              view.getState().show({ paletteTab: next });
              document.getElementById(`palette-tab-${next}`)?.focus();
            }}
          >
            {t(`family.${family}`)}
            <span className={styles.count}>{count(family)}</span>
          </button>
        ))}
      </div>
      <div className={styles.search}>
        <IconSearch size={15} aria-hidden />
        <input
          type="text"
          value={query}
          placeholder={t("palette.find")}
          aria-label={t("palette.find")}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setQuery("");
          }}
        />
        {query && (
          <button type="button" aria-label={t("palette.clear")} onClick={() => setQuery("")}>
            <IconX size={14} aria-hidden />
          </button>
        )}
      </div>
      <div className={styles.list} role="tabpanel" id="palette-panel" aria-labelledby={`palette-tab-${tab}`}>
        {groups.map((group) => (
          <div key={group.key}>
            <h3 className={styles.heading}>
              {tab === "integration" ? (
                <SystemHeading system={group.key} />
              ) : (
                t(`group.${group.key}` as "group.display", { defaultValue: group.key })
              )}
            </h3>
            {group.types.map((type) => (
              <TypeButton key={type.type} type={type} />
            ))}
          </div>
        ))}
        {groups.length === 0 &&
          (query ? <p className={styles.none}>{t("palette.none", { query })}</p> : null)}
        {groups.length === 0 && !query && tab === "integration" && <NoSystems />}
      </div>
    </section>
  );
}

function TypeButton({ type }: { type: NodeType }) {
  const { t } = useTranslation("editor");
  const { actions } = useEditor();
  return (
    <Tooltip label={type.tooltip} position="left" multiline maw={240} openDelay={500}>
      <button
        type="button"
        className={styles.type}
        draggable
        aria-label={t("palette.add", { title: type.title })}
        onDragStart={(event) => carry(event, type)}
        onClick={() => void actions.add(type)}
      >
        <TypeIcon icon={type.icon} family={type.family} size={22} />
        <span>{type.title}</span>
      </button>
    </Tooltip>
  );
}

function SystemHeading({ system }: { system: string }) {
  const { t } = useTranslation("editor");
  const { catalogue } = useEditor();
  const failing = connectionsOf(catalogue, system).find((connection) => connection.state === "failing");
  const why =
    failing && t("palette.failing", { name: failing.name, why: failing.error ?? failing.message ?? "" });
  return (
    <>
      {systemTitle(catalogue, system)}
      {why && (
        <Tooltip label={why} multiline maw={260}>
          <IconAlertTriangle size={14} className={styles.failing} aria-label={why} />
        </Tooltip>
      )}
    </>
  );
}

function NoSystems() {
  const { t } = useTranslation("editor");
  const { workspace } = useEditor();
  return (
    <div className={styles.empty}>
      <IconPlug size={22} stroke={1.6} aria-hidden />
      <p>{t("palette.no_systems")}</p>
      <Button component="a" href={`/w/${workspace}/sandbox/connections`} variant="default" size="xs">
        {t("palette.connect")}
      </Button>
    </div>
  );
}
