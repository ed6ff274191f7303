import { IconArrowUp, IconList, IconX } from "@tabler/icons-react";
import { Fragment, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { OutboundMessage, TranscriptMessage } from "../../api/types";
import { useEditor, usePreview } from "../context";
import { choicesOf } from "./preview";
import styles from "./screen.module.css";

type ListMessage = Extract<OutboundMessage, { kind: "list" }>;

/** What stands on the phone: the conversation, and the line to write in. */
export function Screen() {
  const { t } = useTranslation("editor");
  const { preview } = useEditor();
  const { messages, state, waitingAt, ending } = usePreview((all) => all);
  const [sheet, setSheet] = useState<ListMessage | null>(null);
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const count = messages.length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest message is brought into sight when there is one more
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [count, state]);

  const tap = (choice: { id: string; title: string }) => {
    setSheet(null);
    void preview.say({ tap: { id: choice.id, title: choice.title } });
  };
  const send = () => {
    if (text.trim() === "") return;
    void preview.say({ text });
    setText("");
  };
  const lastOffer = messages.findLastIndex(
    (each) => each.direction === "out" && choicesOf(each.message).length > 0,
  );

  return (
    <div className={styles.screen}>
      <div className={styles.talk} role="log" aria-label={t("phone.conversation")}>
        {state === "idle" && <p className={styles.nobody}>{t("phone.nobody")}</p>}
        {state === "starting" && count === 0 && <Waiting />}
        {messages.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a transcript only grows at its end
          <Fragment key={index}>
            <Bubble
              message={message}
              open={index === lastOffer && state === "running"}
              onTap={tap}
              onOpenList={setSheet}
            />
          </Fragment>
        ))}
        {state === "running" && count > 0 && waitingAt === null && <Waiting />}
        {state === "ended" && (
          <div className={styles.ended}>
            <span>{t("phone.ended")}</span>
            {ending && <span className={styles.why}>{ending}</span>}
            <button type="button" onClick={() => void preview.start()}>
              {t("phone.start_again")}
            </button>
          </div>
        )}
        <div ref={end} />
      </div>
      <form
        className={styles.write}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <input
          value={text}
          maxLength={4096}
          placeholder={t("phone.message")}
          aria-label={t("phone.message")}
          disabled={state !== "running"}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button
          type="submit"
          aria-label={t("phone.send")}
          disabled={state !== "running" || text.trim() === ""}
        >
          <IconArrowUp size={17} stroke={2.2} aria-hidden />
        </button>
      </form>
      {sheet && <ListSheet list={sheet} onTap={tap} onClose={() => setSheet(null)} />}
    </div>
  );
}

type BubbleProps = {
  message: TranscriptMessage;
  open: boolean;
  onTap: (choice: { id: string; title: string }) => void;
  onOpenList: (list: ListMessage) => void;
};

function Bubble({ message: { message, direction, node }, open, onTap, onOpenList }: BubbleProps) {
  const { t } = useTranslation("editor");
  const { draft, view } = useEditor();
  const header = "header" in message ? message.header : undefined;
  const footer = "footer" in message ? message.footer : undefined;
  return (
    <div className={styles.line} data-direction={direction}>
      <div className={styles.stack}>
        <div className={styles.bubble}>
          {header && <div className={styles.header}>{header}</div>}
          <div className={styles.text}>{textOf(message, t("phone.unsupported"))}</div>
          {footer && <div className={styles.footer}>{footer}</div>}
        </div>
        {message.kind === "buttons" &&
          message.buttons.map((button) => (
            <button
              key={button.id}
              type="button"
              className={styles.reply}
              disabled={!open}
              onClick={() => onTap(button)}
            >
              {button.title}
            </button>
          ))}
        {message.kind === "list" && (
          <button type="button" className={styles.reply} disabled={!open} onClick={() => onOpenList(message)}>
            <IconList size={15} aria-hidden /> {message.button}
          </button>
        )}
      </div>
      {direction === "out" && node != null && (
        <button
          type="button"
          className={styles.from}
          aria-label={t("phone.from_node", { number: node })}
          title={t("phone.from_node", { number: node })}
          onClick={() => {
            if (draft.getState().document.nodes[String(node)]) view.getState().goTo(node);
          }}
        >
          {node}
        </button>
      )}
    </div>
  );
}

function ListSheet({
  list,
  onTap,
  onClose,
}: {
  list: ListMessage;
  onTap: BubbleProps["onTap"];
  onClose: () => void;
}) {
  const { t } = useTranslation("editor");
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector<HTMLElement>("button")?.focus(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the sheet closes it, as on a phone
    <div className={styles.shade} onClick={onClose}>
      <div
        ref={box}
        className={styles.sheet}
        role="dialog"
        aria-label={list.button}
        onClick={(event) => event.stopPropagation()}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onClose();
        }}
      >
        <div className={styles.sheetHead}>
          <button type="button" aria-label={t("phone.close_list")} onClick={onClose}>
            <IconX size={17} aria-hidden />
          </button>
          <strong>{list.button}</strong>
        </div>
        {list.sections.map((section, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: sections have no names of their own
          <div key={index}>
            {section.title && <div className={styles.section}>{section.title}</div>}
            {section.rows.map((row) => (
              <button key={row.id} type="button" className={styles.listRow} onClick={() => onTap(row)}>
                <span>{row.title}</span>
                {row.description && <small>{row.description}</small>}
              </button>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation("editor");
  return (
    <div className={styles.waiting} role="status" aria-label={t("phone.working")}>
      <span />
      <span />
      <span />
    </div>
  );
}

function textOf(message: TranscriptMessage["message"], unsupported: string): string {
  if ("text" in message) return message.text;
  if (message.kind === "tap") return message.title;
  if (message.kind === "media") return message.caption ?? message.media;
  return unsupported;
}
