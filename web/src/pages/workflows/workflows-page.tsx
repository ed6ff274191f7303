import { usePlace } from "../../app/place";
import { DraftsPage } from "./drafts-page";
import { LivePage } from "./live-page";

/** The sandbox lists what is being built; production lists exactly what is live. */
export function WorkflowsPage() {
  const { environment } = usePlace();
  return environment === "production" ? <LivePage /> : <DraftsPage />;
}
