import { useMemo } from "react";
import { type EditorApi, serverApi } from "./api";
import { Loaded } from "./editor";
import { Failed, Skeletons, useOpened } from "./opening";

export type { EditorApi } from "./api";

/** The first things that one does in a workflow; the shell's list ticks them. */
export type EditorStep = "talk" | "word" | "step";

export interface EditorProps {
  workspace: string;
  workflowKey: string;
  environment: "sandbox" | "production";
  readOnly: boolean;
  /** Shows the phone at once, whatever was shown last. */
  openPreview?: boolean;
  /** Things to say in the preview that lead somewhere. */
  hints?: readonly string[];
  /** Asks the shell to put a saved version live. */
  onDeploy?: (version: number) => void;
  onFirstStep?: (step: EditorStep) => void;
  /** Answers in place of the server, in development and in tests. */
  api?: EditorApi;
}

/** The editor of one workflow: the draft in the sandbox, what is live in production. */
export function Editor(props: EditorProps) {
  const { workspace, workflowKey, environment, readOnly, api: given } = props;
  const api = useMemo(
    () => given ?? serverApi(workspace, environment, workflowKey),
    [given, workspace, environment, workflowKey],
  );
  const { opened, error, retry } = useOpened(
    api,
    workspace,
    workflowKey,
    environment === "production",
    readOnly,
  );
  if (error !== null) return <Failed error={error} onRetry={retry} />;
  if (!opened) return <Skeletons readOnly={readOnly} />;
  return <Loaded {...props} api={api} opened={opened} />;
}
