/** The editor alone, over made-up answers: `npm run dev`, then /src/editor/dev/ (`?empty`, `?production`, `?dark`, `?many=300`). */
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { Notifications } from "@mantine/notifications";
import "@mantine/notifications/styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Editor } from "..";
import "../../i18n";
import "../../theme/base.css";
import { cssVariablesResolver, theme } from "../../theme/mantine";
import "../../theme/tokens.css";
import { catalogue } from "../fixtures/catalogue";
import { fakeServer } from "../fixtures/fake-api";
import { orderStatus } from "../fixtures/order-status";
import { indexTypes } from "../model/catalogue";
import { emptyWorkflow, type WorkflowDocument } from "../model/document";
import { tidy } from "../model/tidy";

const asked = new URLSearchParams(window.location.search);
const document = asked.has("empty")
  ? emptyWorkflow("new", "New workflow")
  : asked.has("many")
    ? many(Number(asked.get("many")) || 300)
    : orderStatus;
/** A long workflow, to see how the canvas bears it. */
function many(count: number): WorkflowDocument {
  const nodes: WorkflowDocument["nodes"] = {};
  for (let number = 1; number <= count; number += 1) {
    const next = (step: number) => (number + step <= count ? { [step]: number + step } : {});
    nodes[number] = {
      type: "menu",
      settings: {
        body: `Question ${number}: what can we do for you today?`,
        options: [
          { name: "1", label: "Go on" },
          { name: "7", label: "Skip some" },
        ],
      },
      exits: { ...next(1), ...next(7) },
    };
  }
  const whole = { ...emptyWorkflow("many", "A long one"), start: 1, next_number: count + 1, nodes };
  return { ...whole, layout: tidy(whole, indexTypes(catalogue), () => 150) };
}

const production = asked.has("production");
const api = fakeServer(document, catalogue);
// At hand in the browser's console: `server.setOffline(true)`, `server.changeByAnother((document) => document)`.
Object.assign(window, { server: api });
const root = window.document.getElementById("root");
if (root) {
  createRoot(root).render(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      forceColorScheme={asked.has("dark") ? "dark" : "light"}
    >
      <QueryClientProvider client={new QueryClient()}>
        <Notifications />
        <Editor
          workspace="acme"
          workflowKey={document.key}
          environment={production ? "production" : "sandbox"}
          readOnly={production}
          openPreview
          hints={["1001", "1002", "9999"]}
          onDeploy={() => {}}
          onFirstStep={() => {}}
          api={api}
        />
      </QueryClientProvider>
    </MantineProvider>,
  );
}
