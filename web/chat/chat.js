/**
 * The chat as the customer sees it, on the hosted page and in the widget alike: plain elements in a root that
 * is given, the words of the customer on the right, those of the business on the left.
 */

import { Connection, newId, Refused } from "./connection.js";

const LONGEST_TEXT = 8000;
/** How long an answer may take before three dots say that one is on its way. */
const TYPING_AFTER_MS = 350;
const TYPING_LONGEST_MS = 30_000;

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} path */
function icon(path) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  made.append(line);
  return made;
}

const ICONS = {
  send: "M4 12 20 4l-5 16-4-7-7-1Z",
  close: "M6 6l12 12M18 6 6 18",
  list: "M8 7h12M8 12h12M8 17h12M4 7h.01M4 12h.01M4 17h.01",
};

/** Puts a text into an element, with its web addresses as links. @param {HTMLElement} into @param {string} text */
function write(into, text) {
  let from = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    into.append(text.slice(from, found.index));
    into.append(element("a", { href: found[0], target: "_blank", rel: "noopener noreferrer" }, found[0]));
    from = found.index + found[0].length;
  }
  into.append(text.slice(from));
}

/** @param {Record<string, any>} message what the customer said, in words */
function wordsOf(message) {
  if (message.kind === "text") return message.text;
  if (message.kind === "tap") return message.title;
  return message.caption || message.media || message.kind;
}

/**
 * @typedef {{
 *   title: string, subtitle: string, color: string, placeholder: string, greeting: string,
 *   state: "none" | "active" | "ended" | "closed",
 * }} Told
 */

/** Returns a colour's relative luminance (WCAG 2.2). @param {number[]} color */
function luminanceOf(color) {
  const [red, green, blue] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

/**
 * Returns the business's colour as a background, and what reads well on it (WCAG 2.2 AA): white, for which a colour
 * that is nearly dark enough is made a little darker, or black on a light one.
 *
 * @param {string} color
 */
function pairOf(color) {
  let parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const onWhite = () => 1.05 / (luminanceOf(parts) + 0.05);
  if (onWhite() < 3) return { background: color, text: "#000000" };
  while (onWhite() < 4.5) parts = parts.map((part) => Math.floor(part * 0.97));
  return { background: `rgb(${parts.join(" ")})`, text: "#ffffff" };
}

class Chat {
  /** @param {HTMLElement} root @param {{ base: string, route: string, environment: string, onClose?: () => void, onMessage?: () => void }} options */
  constructor(root, options) {
    this.options = options;
    /** The messages of this page that the stream has not yet told back, by their ids. @type {Map<string, HTMLElement>} */
    this.pending = new Map();
    this.state = "none";
    this.opened = false;
    this.draw(root);
    this.connection = new Connection(options, {
      state: (state) => this.enter(state),
      message: (told) => this.tell(told),
      ended: () => this.end(),
      online: (online) => this.status.classList.toggle("shown", !online),
    });
    this.connection.listen();
  }

  /** @param {HTMLElement} root */
  draw(root) {
    this.title = element("h1", {}, "Chat");
    this.subtitle = element("p", { class: "subtitle" });
    this.greeting = element("p", { class: "greeting", dir: "auto" });
    this.status = element("p", { class: "status", role: "status" }, "No connection. Trying again…");
    this.log = element("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      "aria-label": "Conversation",
      tabindex: "0",
    });
    this.typing = element(
      "div",
      { class: "typing", "aria-label": "An answer is on its way" },
      element("i"),
      element("i"),
      element("i"),
    );
    this.foot = element("div", { class: "foot" });
    this.input = /** @type {HTMLTextAreaElement} */ (
      element("textarea", {
        rows: "1",
        placeholder: "Message",
        "aria-label": "Message",
        maxlength: String(LONGEST_TEXT),
        dir: "auto",
        enterkeyhint: "send",
      })
    );
    this.submit = element(
      "button",
      { type: "submit", class: "send", "aria-label": "Send" },
      icon(ICONS.send),
    );
    this.composer = element("form", { class: "composer" }, this.input, this.submit);
    this.shade = element("div", { class: "shade" });

    const header = element("header", {}, element("div", {}, this.title, this.subtitle));
    const { onClose } = this.options;
    if (onClose) {
      const close = element(
        "button",
        { type: "button", class: "close", "aria-label": "Close the chat" },
        icon(ICONS.close),
      );
      close.addEventListener("click", onClose);
      header.append(close);
    }
    this.panel = element(
      "section",
      { class: "usher-chat", "aria-label": "Chat" },
      header,
      this.status,
      this.log,
      this.foot,
      this.composer,
    );
    root.append(this.panel);

    this.composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    this.input.addEventListener("input", () => this.fit());
    this.shade.addEventListener("click", (event) => {
      if (event.target === this.shade) this.closeSheet();
    });
    this.shade.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeSheet();
    });
  }

  fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  focus() {
    this.input.focus();
  }

  /** Takes what the stream tells first: the chat's looks, and where the conversation stands. @param {Told} told */
  enter(told) {
    this.title.textContent = told.title;
    this.subtitle.textContent = told.subtitle;
    this.input.placeholder = told.placeholder;
    const { background, text } = pairOf(told.color);
    this.panel.style.setProperty("--own", background);
    this.panel.style.setProperty("--on-own", text);
    if (told.greeting && !this.greeting.isConnected) {
      this.greeting.textContent = told.greeting;
      this.log.prepend(this.greeting);
    }
    if (told.state === "active" && this.state !== "active") this.foot.replaceChildren();
    this.state = told.state;
    if (told.state === "ended") this.end();
    if (told.state === "closed")
      this.foot.replaceChildren(element("p", { role: "status" }, "This chat is closed at the moment."));
    // The first look opens the conversation, so that the business speaks first.
    if (told.state === "none" && !this.opened) this.start();
  }

  async start() {
    this.opened = true;
    this.state = "active";
    this.foot.replaceChildren();
    this.wait();
    try {
      await this.connection.open();
    } catch (error) {
      this.rest();
      this.offer(error instanceof Refused ? error.message : "There is no connection.", "Try again");
    }
  }

  end() {
    this.state = "ended";
    this.rest();
    this.offer("The conversation has ended.", "Start again");
  }

  /** @param {string} text @param {string} label */
  offer(text, label) {
    const button = element("button", { type: "button", class: "again" }, label);
    button.addEventListener("click", () => {
      this.start();
      this.focus();
    });
    this.foot.replaceChildren(element("p", { role: "status" }, text), button);
    this.scroll();
  }

  say() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.fit();
    this.send({ text }, text);
  }

  /** @param {{ text: string } | { tap: { id: string, title: string } }} content @param {string} words */
  send(content, words) {
    const id = newId();
    const bubble = this.bubble("in", words);
    bubble.classList.add("pending");
    this.pending.set(id, bubble);
    this.add(bubble);
    this.state = "active";
    this.foot.replaceChildren();
    this.deliver(id, content, bubble);
  }

  /** @param {string} id @param {{ text: string } | { tap: { id: string, title: string } }} content @param {HTMLElement} bubble */
  async deliver(id, content, bubble) {
    bubble.querySelector(".failed")?.remove();
    this.wait();
    try {
      await this.connection.send(id, content);
      bubble.classList.remove("pending");
    } catch (error) {
      this.rest();
      const reason = error instanceof Refused ? error.message : "Not sent: there is no connection.";
      const retry = element("button", { type: "button" }, "Try again");
      retry.addEventListener("click", () => this.deliver(id, content, bubble));
      bubble.append(element("p", { class: "failed", role: "alert" }, `${reason} `, retry));
    }
  }

  /** Shows a message that the stream tells. @param {Record<string, any>} told */
  tell(told) {
    if (told.direction === "in") {
      const known = this.pending.get(told.id);
      if (known) {
        known.classList.remove("pending");
        this.pending.delete(told.id);
      } else {
        this.add(this.bubble("in", wordsOf(told.message), told.at));
      }
      return;
    }
    this.rest();
    // What an ended conversation said before stands above the offer to start again.
    if (this.state === "active") this.foot.replaceChildren();
    this.add(this.outbound(told.message, told.at));
    this.options.onMessage?.();
  }

  /** @param {"in" | "out"} direction @param {string} text @param {string} [at] */
  bubble(direction, text, at) {
    const words = element("p", { dir: "auto" });
    write(words, text);
    const made = element(
      "div",
      { class: `bubble ${direction}` },
      element("span", { class: "who" }, direction === "in" ? "You: " : ""),
      words,
    );
    if (at) made.title = new Date(at).toLocaleString();
    return made;
  }

  /** @param {Record<string, any>} message @param {string} at */
  outbound(message, at) {
    const bubble = this.bubble("out", message.text ?? "", at);
    if (message.header) bubble.prepend(element("strong", { dir: "auto" }, message.header));
    if (message.footer) bubble.append(element("small", { dir: "auto" }, message.footer));
    const turn = element("div", { class: "turn" }, bubble);
    if (message.kind === "buttons") {
      const buttons = message.buttons.map((/** @type {{ id: string, title: string }} */ button) =>
        this.choice(button, turn),
      );
      turn.append(element("div", { class: "choices", role: "group", "aria-label": "Answers" }, ...buttons));
    }
    if (message.kind === "list") {
      const open = element("button", { type: "button", class: "choice" }, icon(ICONS.list), message.button);
      open.addEventListener("click", () => this.choose(message, turn));
      turn.append(element("div", { class: "choices" }, open));
    }
    return turn;
  }

  /** @param {{ id: string, title: string, description?: string }} choice @param {HTMLElement} turn */
  choice(choice, turn) {
    const button = element("button", { type: "button", class: "choice", dir: "auto" }, choice.title);
    if (choice.description) button.append(element("small", {}, choice.description));
    button.addEventListener("click", () => {
      this.closeSheet();
      turn.classList.add("answered");
      this.send({ tap: { id: choice.id, title: choice.title } }, choice.title);
      this.focus();
    });
    return button;
  }

  /** Opens the sheet of a list. @param {Record<string, any>} message @param {HTMLElement} turn */
  choose(message, turn) {
    const close = element(
      "button",
      { type: "button", class: "close", "aria-label": "Close the list" },
      icon(ICONS.close),
    );
    close.addEventListener("click", () => this.closeSheet());
    const parts = message.sections.map((/** @type {Record<string, any>} */ section) => {
      const rows = section.rows.map((/** @type {any} */ row) => this.choice(row, turn));
      const title = section.title ? [element("h3", { dir: "auto" }, section.title)] : [];
      return element(
        "div",
        { class: "section", role: "group", "aria-label": section.title || message.button },
        ...title,
        ...rows,
      );
    });
    const title = element("header", {}, element("h2", { dir: "auto" }, message.button), close);
    const sheet = element(
      "div",
      { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": message.button },
      title,
      ...parts,
    );
    // What is under the sheet is out of reach until it is closed, for the keyboard too.
    for (const part of this.panel.children) part.toggleAttribute("inert", true);
    this.shade.replaceChildren(sheet);
    this.panel.append(this.shade);
    sheet.querySelector("button.choice")?.focus();
  }

  closeSheet() {
    if (!this.shade.isConnected) return;
    this.shade.remove();
    this.shade.replaceChildren();
    for (const part of this.panel.children) part.removeAttribute("inert");
    this.focus();
  }

  /** @param {HTMLElement} made */
  add(made) {
    this.log.append(made);
    if (this.typing.isConnected) this.log.append(this.typing);
    this.scroll();
  }

  wait() {
    clearTimeout(this.typingSoon);
    clearTimeout(this.typingOver);
    this.typingSoon = setTimeout(() => {
      this.log.append(this.typing);
      this.scroll();
    }, TYPING_AFTER_MS);
    this.typingOver = setTimeout(() => this.rest(), TYPING_LONGEST_MS);
  }

  rest() {
    clearTimeout(this.typingSoon);
    clearTimeout(this.typingOver);
    this.typing.remove();
  }

  scroll() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/**
 * Shows the chat of a route in a root: a document's body or a shadow root.
 *
 * @param {HTMLElement} root
 * @param {{ base: string, route: string, environment: string, onClose?: () => void, onMessage?: () => void }} options
 */
export function mount(root, options) {
  return new Chat(root, options);
}
