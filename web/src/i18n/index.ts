import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import editor from "./en/editor.json";
import shell from "./en/shell.json";

/** One namespace for each half of the editor; texts are looked up by `useTranslation("shell")`. */
export const resources = { en: { shell, editor } } as const;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shell";
    resources: (typeof resources)["en"];
  }
}

void i18next.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  defaultNS: "shell",
  resources,
  interpolation: { escapeValue: false },
});

export { i18next };
