/**
 * The chat on somebody's own site, by one tag:
 *
 *     <script src="https://usher.example.com/chat/widget.js" data-route="shop" async></script>
 *
 * A button at the corner, in a shadow root, so that neither page nor chat disturbs the other's looks. The chat
 * itself is fetched when the button is first pressed. `data-environment="sandbox"` talks to the latest saved
 * version, `data-label` is what the button is called, `data-side="left"` puts it there.
 */
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const { route, environment = "production", label = "Chat with us", side = "right" } = script.dataset;
  if (!route) {
    throw new Error("usher: the script tag of the chat needs data-route, the key of a web chat route");
  }
  const base = new URL(script.src).origin;

  const style = `
    :host { all: initial; }
    .launcher { position: fixed; bottom: 20px; ${side === "left" ? "left" : "right"}: 20px; z-index: 2147483000;
      width: 56px; height: 56px; border: 0; border-radius: 50%; cursor: pointer; background: #4f46e5; color: #fff;
      box-shadow: 0 8px 24px rgb(15 23 42 / 24%); display: grid; place-items: center; transition: transform 140ms ease-out; }
    .launcher:hover { background: #4338ca; }
    .launcher:active { transform: scale(0.96); }
    .launcher:focus-visible { outline: 3px solid #a5b4fc; outline-offset: 2px; }
    .launcher svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .launcher[data-unread]::after { content: ""; position: absolute; top: 2px; right: 2px; width: 12px; height: 12px;
      border-radius: 50%; background: #dc2626; border: 2px solid #fff; }
    .frame { position: fixed; bottom: 88px; ${side === "left" ? "left" : "right"}: 20px; z-index: 2147483000; width: 372px;
      height: min(640px, calc(100dvh - 112px)); border-radius: 16px; overflow: hidden; box-shadow: 0 16px 48px rgb(15 23 42 / 28%); }
    .frame[hidden] { display: none; }
    @media (max-width: 480px) {
      .frame { inset: 0; width: auto; height: 100dvh; border-radius: 0; }
      .frame:not([hidden]) + .launcher { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
  `;

  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];

  const frame = document.createElement("div");
  frame.className = "frame";
  frame.hidden = true;
  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-label", label);
  launcher.setAttribute("aria-expanded", "false");
  launcher.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v11H9l-5 4V5Z"/></svg>';
  shadow.append(frame, launcher);

  /** @type {{ focus(): void } | undefined} */
  let chat;

  const close = () => {
    frame.hidden = true;
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
  };

  const open = async () => {
    frame.hidden = false;
    launcher.setAttribute("aria-expanded", "true");
    launcher.removeAttribute("data-unread");
    if (!chat) {
      const looks = document.createElement("link");
      looks.rel = "stylesheet";
      looks.href = `${base}/chat/chat.css`;
      const ready = new Promise((resolve) => {
        looks.onload = resolve;
        looks.onerror = resolve;
      });
      shadow.prepend(looks);
      const [{ mount }] = await Promise.all([import(`${base}/chat/chat.js`), ready]);
      const onMessage = () => {
        if (frame.hidden) launcher.setAttribute("data-unread", "");
      };
      chat = mount(frame, { base, route, environment, onClose: close, onMessage });
    }
    chat?.focus();
  };

  launcher.addEventListener("click", () => (frame.hidden ? open() : close()));
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !frame.querySelector(".sheet")) close();
  });

  const show = () => document.body.append(host);
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show);
})();
