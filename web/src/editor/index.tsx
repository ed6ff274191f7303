import type { FirstStep } from "../app/first-steps";

export interface EditorProps {
  workspace: string;
  workflowKey: string;
  environment: "sandbox" | "production";
  readOnly: boolean;
  /** Opens with the phone beside the canvas and the conversation begun. */
  openPreview?: boolean;
  /** Asks the shell to put a saved version live: it opens the dialog that ends with "v2 is live". */
  onDeploy: (version: number) => void;
  /** Tells the shell of a first thing done: `talk` (a message sent in the preview), `word`, `step`. */
  onFirstStep: (step: FirstStep) => void;
}

export function Editor({ workflowKey }: EditorProps) {
  return <div>{workflowKey}</div>;
}
