import { useQuery } from "@tanstack/react-query";
import { liveWorkflowsQuery, workflowsQuery } from "../api/queries";
import { useMay, usePlace } from "../app/place";

/** Gives the names of workflows by their keys; one that is not known is called by its key. */
export function useWorkflowName(): (key: string) => string {
  const { workspace, environment } = usePlace();
  const sees = useMay("workflows.view");
  const drafts = useQuery({ ...workflowsQuery(workspace.key), enabled: sees && environment === "sandbox" });
  const live = useQuery({
    ...liveWorkflowsQuery(workspace.key, environment),
    enabled: sees && environment === "production",
  });
  const known = environment === "production" ? live.data?.items : drafts.data?.items;
  return (key) => known?.find((each) => each.key === key)?.name ?? key;
}
