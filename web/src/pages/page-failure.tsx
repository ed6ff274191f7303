import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Failure } from "../components/failure";

/** Stands in for a page that could not be shown. */
export function PageFailure({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main style={{ display: "grid", placeItems: "start center", padding: 72 }}>
      <Failure what={t("failure.page")} error={error} onRetry={() => router.invalidate()} />
    </main>
  );
}
