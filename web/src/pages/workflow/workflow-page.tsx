import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { EXAMPLE, exampleOrders } from "../../app/example";
import { type FirstStep, tick } from "../../app/first-steps";
import { useMay, usePlace } from "../../app/place";
import { Editor } from "../../editor";
import { DeployDialog } from "./deploy-dialog";
import { FirstThings } from "./first-things";
import styles from "./workflow-page.module.css";

/** The canvas of one workflow: the draft in the sandbox, what is live in production. */
export function WorkflowPage() {
  const { me, workspace, environment } = usePlace();
  const { key } = useParams({ from: "/w/$workspace/$environment/workflows/$key" });
  const { preview } = useSearch({ from: "/w/$workspace/$environment/workflows/$key" });
  const may = useMay("workflows.edit");
  const navigate = useNavigate();
  const [deploying, setDeploying] = useState<number | null>(null);
  const onFirstStep = useCallback((step: FirstStep) => tick(step, workspace.key), [workspace.key]);
  return (
    <div className={styles.page}>
      <Editor
        key={`${workspace.key} ${environment} ${key}`}
        workspace={workspace.key}
        workflowKey={key}
        environment={environment}
        readOnly={environment === "production" || !may}
        hints={me.demo && key === EXAMPLE ? exampleOrders : undefined}
        openPreview={preview === "open"}
        onDeploy={setDeploying}
        onFirstStep={onFirstStep}
      />
      {environment === "sandbox" && <FirstThings workflowKey={key} />}
      {deploying !== null && (
        <DeployDialog
          workflowKey={key}
          version={deploying}
          onClose={() => setDeploying(null)}
          onOpenRoutes={() =>
            navigate({
              to: "/w/$workspace/$environment/routes",
              params: { workspace: workspace.key, environment: "production" },
            })
          }
        />
      )}
    </div>
  );
}
