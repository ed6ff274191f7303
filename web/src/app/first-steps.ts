import { create } from "zustand";

/** The five things of the first ten minutes, in the order in which they are listed. */
export const firstSteps = ["talk", "word", "step", "deploy", "chat"] as const;
export type FirstStep = (typeof firstSteps)[number];

interface Progress {
  workspace: string;
  workflow: string;
  done: FirstStep[];
}

const STORED = "usher.first-steps";

/** The progress of the person at this browser; none before the set-up and after the list was dismissed. */
export const useFirstSteps = create<{ progress: Progress | null }>(() => ({ progress: stored() }));

/** Starts the list, at the set-up, on the example's canvas. */
export function begin(workspace: string, workflow: string): void {
  keep({ workspace, workflow, done: [] });
}

/** Ticks one of the five things; anywhere but on the example it does nothing. */
export function tick(step: FirstStep, workspace: string): void {
  const { progress } = useFirstSteps.getState();
  if (progress?.workspace !== workspace || progress.done.includes(step)) return;
  keep({ ...progress, done: [...progress.done, step] });
}

export function dismiss(): void {
  keep(null);
}

function keep(progress: Progress | null): void {
  useFirstSteps.setState({ progress });
  if (progress) localStorage.setItem(STORED, JSON.stringify(progress));
  else localStorage.removeItem(STORED);
}

function stored(): Progress | null {
  try {
    const progress = JSON.parse(localStorage.getItem(STORED) ?? "null") as Progress | null;
    return Array.isArray(progress?.done) ? progress : null;
  } catch {
    return null;
  }
}
