import { EditorView } from "@codemirror/view";

/** The list of completions in the colours of the editor; CodeMirror's own rules would win over a style sheet. */
export const completionTheme = EditorView.theme({
  ".cm-tooltip.cm-tooltip-autocomplete": {
    zIndex: "300",
    padding: "4px",
    overflow: "hidden",
    border: "1px solid var(--u-border)",
    borderRadius: "var(--u-radius-card)",
    background: "var(--u-floating)",
    boxShadow: "var(--u-shadow-floating)",
    color: "var(--u-text)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    maxHeight: "232px",
    minWidth: "240px",
    fontFamily: "var(--u-font-mono)",
    fontSize: "13px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    alignItems: "center",
    justifyContent: "space-between",
    gap: "16px",
    height: "28px",
    padding: "0 8px",
    borderRadius: "6px",
    lineHeight: "28px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--u-accent-soft)",
    color: "var(--u-text)",
  },
  ".cm-completionMatchedText": {
    color: "var(--u-accent-text)",
    fontWeight: "600",
    textDecoration: "none",
  },
  ".cm-completionDetail": {
    marginLeft: "0",
    color: "var(--u-text-faint)",
    fontFamily: "var(--u-font)",
    fontSize: "12px",
    fontStyle: "normal",
  },
});
