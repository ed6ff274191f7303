/** The editor alone, over made-up answers: `npm run dev`, then /src/editor/dev/ (`?empty`, `?production`, `?dark`). */
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
import { emptyWorkflow } from "../model/document";

const asked = new URLSearchParams(window.location.search);
const document = asked.has("empty") ? emptyWorkflow("new", "New workflow") : orderStatus;
const production = asked.has("production");
const api = fakeServer(document, catalogue);
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
