import { notifications } from "@mantine/notifications";
import { i18next } from "../i18n";
import { messageOf } from "./failure";

/** Says in passing that something was done. */
export function said(message: string): void {
  notifications.show({ message, color: "gray", autoClose: 4000, withBorder: true });
}

/** Says that something could not be done, and why; stays until it is closed. */
export function failed(what: string, error: unknown): void {
  notifications.show({
    title: what,
    message: messageOf(error, i18next.t("failure.unknown")),
    color: "red",
    autoClose: false,
    withBorder: true,
  });
}
