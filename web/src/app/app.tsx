import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { listen } from "../api/client";
import { i18next } from "../i18n";
import { cssVariablesResolver, theme } from "../theme/mantine";
import { noteReached } from "./connected";
import { makeRouter } from "./router";

const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 5_000 }, mutations: { retry: false } },
});

const router = makeRouter(queries);

listen({
  reached: noteReached,
  signedOut: () => {
    queries.clear();
    const next = router.state.location.href;
    if (!next.startsWith("/login")) void router.navigate({ to: "/login", search: { next } });
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-center" role="region" aria-label={i18next.t("frame.notifications")} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
