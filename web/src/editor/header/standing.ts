/** Where the workflow stands: a draft, saved as a version, or live. */
import { useQuery } from "@tanstack/react-query";
import { useDraft, useEditor } from "../context";

export type Standing = { state: "draft" | "saved" | "live"; latest: number | null; live: number | null };

export function useStanding(): Standing | null {
  const { api, workspace, workflowKey, production, savedEdits } = useEditor();
  const edits = useDraft((state) => state.edits);
  const workflow = useQuery({
    queryKey: [workspace, "workflows", workflowKey],
    queryFn: api.workflow,
    enabled: !production,
  });
  if (!workflow.data) return null;
  const { state, latest_version, live_version } = workflow.data;
  return {
    state: edits !== savedEdits.current ? "draft" : state,
    latest: latest_version ?? null,
    live: live_version ?? null,
  };
}
