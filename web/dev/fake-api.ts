import type { Plugin } from "vite";

/** Serves a small made-up workspace in place of the server: for work on the looks of the editor alone. */
export function fakeApi(): Plugin {
  return { name: "usher-fake-api" };
}
