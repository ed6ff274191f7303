import {
  Anchor,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  InputWrapper,
  type MantineColorsTuple,
  Menu,
  Modal,
  Text,
  Tooltip,
} from "@mantine/core";

const indigo: MantineColorsTuple = [
  "#eef2ff",
  "#e0e7ff",
  "#c7d2fe",
  "#a5b4fc",
  "#818cf8",
  "#6366f1",
  "#4f46e5",
  "#4338ca",
  "#3730a3",
  "#312e81",
];

const slate: MantineColorsTuple = [
  "#f8fafc",
  "#f1f5f9",
  "#e2e8f0",
  "#cbd5e1",
  "#94a3b8",
  "#64748b",
  "#475569",
  "#334155",
  "#1e293b",
  "#0f172a",
];

const dark: MantineColorsTuple = [
  "#e6ecf4",
  "#cbd5e1",
  "#aab8cb",
  "#6d7d95",
  "#3b4a63",
  "#1d283c",
  "#141d2f",
  "#0b1120",
  "#080d19",
  "#020617",
];

/** Red appears on the buttons that destroy, and where Mantine itself speaks of an error. */
const red: MantineColorsTuple = [
  "#fdeaea",
  "#fbd5d5",
  "#f7b5b5",
  "#f98b8b",
  "#f06a6a",
  "#e04848",
  "#cf2f2f",
  "#bf2222",
  "#b91c1c",
  "#991b1b",
];

export const theme = createTheme({
  fontFamily: "var(--u-font)",
  fontFamilyMonospace: "var(--u-font-mono)",
  headings: {
    fontFamily: "var(--u-font)",
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "16px", lineHeight: "24px" },
      h3: { fontSize: "14px", lineHeight: "20px" },
    },
  },
  fontSizes: { xs: "12px", sm: "14px", md: "16px", lg: "20px", xl: "28px" },
  lineHeights: { xs: "16px", sm: "20px", md: "24px", lg: "28px", xl: "36px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "999px" },
  defaultRadius: "sm",
  primaryColor: "indigo",
  primaryShade: { light: 6, dark: 5 },
  colors: { indigo, gray: slate, dark, red },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Text: Text.extend({ defaultProps: { size: "sm" } }),
    Anchor: Anchor.extend({ defaultProps: { size: "sm" } }),
    Button: Button.extend({ defaultProps: { size: "sm" }, styles: { root: { fontWeight: 500 } } }),
    Badge: Badge.extend({ styles: { root: { textTransform: "none", fontWeight: 500 } } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", transitionProps: { duration: 120 } } }),
    InputWrapper: InputWrapper.extend({
      defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        transitionProps: { duration: 140 },
        overlayProps: { color: "#0f172a", backgroundOpacity: 0.4 },
      },
      styles: { title: { fontSize: 16, fontWeight: 600, lineHeight: "24px" } },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, transitionProps: { duration: 120 } } }),
  },
});

/** Makes Mantine draw with the tokens, so that light and dark are described once. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const surfaces = {
    "--mantine-color-body": "var(--u-card)",
    "--mantine-color-text": "var(--u-text)",
    "--mantine-color-bright": "var(--u-text)",
    "--mantine-color-dimmed": "var(--u-text-dim)",
    "--mantine-color-placeholder": "var(--u-text-faint)",
    "--mantine-color-anchor": "var(--u-accent-text)",
    "--mantine-color-error": "var(--u-no)",
    "--mantine-color-default": "var(--u-card)",
    "--mantine-color-default-hover": "var(--u-hover)",
    "--mantine-color-default-color": "var(--u-text)",
    "--mantine-color-default-border": "var(--u-border-strong)",
    "--mantine-color-disabled": "var(--u-sunken)",
    "--mantine-color-disabled-color": "var(--u-text-faint)",
    "--mantine-color-disabled-border": "var(--u-border)",
    "--mantine-primary-color-filled": "var(--u-accent)",
    "--mantine-primary-color-filled-hover": "var(--u-accent-hover)",
    "--mantine-primary-color-light": "var(--u-accent-soft)",
    "--mantine-primary-color-light-color": "var(--u-accent-text)",
    "--mantine-color-indigo-filled": "var(--u-accent)",
    "--mantine-color-indigo-filled-hover": "var(--u-accent-hover)",
    "--mantine-color-indigo-light": "var(--u-accent-soft)",
    "--mantine-color-indigo-light-color": "var(--u-accent-text)",
    "--mantine-shadow-md": "var(--u-shadow-floating)",
    "--mantine-shadow-xl": "var(--u-shadow-floating)",
  };
  return { variables: {}, light: surfaces, dark: surfaces };
};
