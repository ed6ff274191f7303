import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { Editor } from "../editor";

const root = createRootRoute({ component: Outlet });

const workflow = createRoute({
  getParentRoute: () => root,
  path: "/w/$workspace/$environment/workflows/$key",
  component: function WorkflowPage() {
    const { workspace, environment, key } = workflow.useParams();
    const readOnly = environment === "production";
    return (
      <Editor
        workspace={workspace}
        workflowKey={key}
        environment={readOnly ? "production" : "sandbox"}
        readOnly={readOnly}
      />
    );
  },
});

export const router = createRouter({ routeTree: root.addChildren([workflow]) });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
