import { create } from "zustand";

/** Whether the server was reached the last time that the editor tried. */
const useReach = create<{ connected: boolean }>(() => ({ connected: true }));

let probe: ReturnType<typeof setTimeout> | undefined;

/** Notes that the server answered, or that it did not; while it does not, it is asked again every few seconds. */
export function noteReached(connected: boolean): void {
  if (useReach.getState().connected !== connected) useReach.setState({ connected });
  if (connected || probe !== undefined) return;
  probe = setTimeout(async () => {
    probe = undefined;
    const answered = await fetch("/healthz", { cache: "no-store" }).then(
      () => true,
      () => false,
    );
    noteReached(answered);
  }, 3_000);
}

export const useConnected = () => useReach((state) => state.connected);
