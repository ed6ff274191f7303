import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconChevronDown, IconGripVertical, IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "../model/catalogue";
import type { Json } from "../model/document";
import { Field } from "./field";
import styles from "./form.module.css";
import { type Path, useForm } from "./form-context";
import { Fields } from "./group";
import { Help } from "./help";
import { initialOf, isRecord, shapeOf } from "./schema";

type Props = {
  label: string;
  help?: string;
  schema: Schema;
  items: Schema;
  path: Path;
  value: Json | undefined;
  error: string | undefined;
};

/** A list of things that can be put in another order, by dragging or by keys on the handle. */
export function List({ label, help, schema, items, path, value, error }: Props) {
  const { t } = useTranslation("editor");
  const { set, root, readOnly, exitLists } = useForm();
  const list = Array.isArray(value) ? value : [];
  const [over, setOver] = useState<number | null>(null);
  const dragged = useRef<number | null>(null);
  const grip = useRef(new Map<number, HTMLButtonElement>());
  const key = String(path.at(-1));
  const areExits = path.length === 1 && exitLists.has(key);
  const hidden = new Set(areExits ? ["name"] : []);
  const properties = Object.keys(items.properties ?? {}).filter((name) => !hidden.has(name));
  const inline = properties.filter((name) => isInline(root, items, name)).slice(0, 2);
  const most = schema.maxItems ?? Number.POSITIVE_INFINITY;
  const least = schema.minItems ?? 0;

  const move = (from: number, to: number) => {
    if (to < 0 || to >= list.length || from === to) return;
    const next = [...list];
    const [item] = next.splice(from, 1);
    if (item === undefined) return;
    next.splice(to, 0, item);
    set(path, next);
    requestAnimationFrame(() => grip.current.get(to)?.focus());
  };
  const add = () => {
    const fresh = initialOf(root, items);
    const named = areExits && isRecord(fresh) ? { ...fresh, name: freeName(key, list) } : fresh;
    set(path, [...list, named]);
  };

  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>
        {label} <span className={styles.count}>{list.length}</span>
      </legend>
      <Help text={help} />
      <ol className={styles.items}>
        {list.map((item, index) => (
          <Item
            key={isRecord(item) && typeof item.name === "string" && areExits ? item.name : index}
            item={item}
            index={index}
            items={items}
            inline={inline}
            hidden={hidden}
            path={[...path, index]}
            over={over === index}
            removable={list.length > least && !readOnly}
            grip={(element) => {
              if (element) grip.current.set(index, element);
              else grip.current.delete(index);
            }}
            onDragStart={() => {
              dragged.current = index;
            }}
            onDragOver={() => {
              if (dragged.current !== null) setOver(index);
              return dragged.current !== null;
            }}
            onDrop={() => {
              if (dragged.current !== null) move(dragged.current, index);
              dragged.current = null;
              setOver(null);
            }}
            onDragEnd={() => {
              dragged.current = null;
              setOver(null);
            }}
            onMove={(by) => move(index, index + by)}
            onRemove={() =>
              set(
                path,
                list.filter((_item, each) => each !== index),
              )
            }
          />
        ))}
      </ol>
      {error && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      {!readOnly && list.length < most && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={add}
          className={styles.add}
        >
          {t("form.add_item")}
        </Button>
      )}
    </fieldset>
  );
}

type ItemProps = {
  item: Json;
  index: number;
  items: Schema;
  inline: string[];
  hidden: ReadonlySet<string>;
  path: Path;
  over: boolean;
  removable: boolean;
  grip: (element: HTMLButtonElement | null) => void;
  onDragStart: () => void;
  onDragOver: () => boolean;
  onDrop: () => void;
  onDragEnd: () => void;
  onMove: (by: number) => void;
  onRemove: () => void;
};

function Item(props: ItemProps) {
  const { item, index, items, inline, hidden, path, over, removable } = props;
  const { t } = useTranslation("editor");
  const { readOnly } = useForm();
  const [open, setOpen] = useState(false);
  const record = isRecord(item) ? item : {};
  const required = new Set(items.required ?? []);
  const more = Object.keys(items.properties ?? {}).filter(
    (name) => !hidden.has(name) && !inline.includes(name),
  );
  const place = { place: index + 1 };
  return (
    <li
      className={styles.item}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (props.onDragOver()) event.preventDefault();
      }}
      onDrop={(event) => {
        event.preventDefault();
        props.onDrop();
      }}
    >
      <div className={styles.itemLine}>
        {!readOnly && (
          <button
            type="button"
            ref={props.grip}
            className={styles.grip}
            draggable
            aria-label={t("form.move_item", place)}
            title={t("form.move_hint")}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = "move";
              event.dataTransfer.setData("text/plain", String(index));
              props.onDragStart();
            }}
            onDragEnd={props.onDragEnd}
            onKeyDown={(event) => {
              const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
              if (by === 0) return;
              event.preventDefault();
              props.onMove(by);
            }}
          >
            <IconGripVertical size={14} aria-hidden />
          </button>
        )}
        <div className={styles.itemFields}>
          {inline.map((name) => (
            <div key={name} className={styles.bareLabel} data-alone={inline.length === 1 || undefined}>
              <Field
                name={name}
                schema={{ ...items.properties?.[name], description: undefined }}
                path={[...path, name]}
                value={record[name]}
                required={required.has(name)}
              />
            </div>
          ))}
        </div>
        {more.length > 0 && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            aria-expanded={open}
            aria-label={t("form.more_of_item", place)}
            onClick={() => setOpen(!open)}
          >
            <IconChevronDown size={15} className={styles.chevron} data-open={open || undefined} />
          </ActionIcon>
        )}
        {removable && (
          <Tooltip label={t("form.remove_item", place)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              aria-label={t("form.remove_item", place)}
              onClick={props.onRemove}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {open && (
        <div className={styles.itemMore}>
          <Fields schema={items} path={path} value={item} hidden={new Set([...hidden, ...inline])} />
        </div>
      )}
    </li>
  );
}

/** Fields that fit on an item's own line: required ones of one line. */
function isInline(root: Parameters<typeof shapeOf>[0], items: Schema, name: string): boolean {
  const property = items.properties?.[name];
  if (!property || !(items.required ?? []).includes(name)) return false;
  const shape = shapeOf(root, property);
  return (
    shape.kind === "widget" && ["line", "expression", "variable", "number", "select"].includes(shape.widget)
  );
}

/** `option_3`: a name that no item of the list has, which names the item's exit for good. */
function freeName(list: string, items: readonly Json[]): string {
  const stem = list.replace(/s$/, "");
  const taken = new Set(items.map((item) => (isRecord(item) ? item.name : undefined)));
  let number = items.length + 1;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}
