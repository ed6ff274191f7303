export interface EditorProps {
  workspace: string;
  workflowKey: string;
  environment: "sandbox" | "production";
  readOnly: boolean;
}

export function Editor({ workflowKey }: EditorProps) {
  return <div>{workflowKey}</div>;
}
