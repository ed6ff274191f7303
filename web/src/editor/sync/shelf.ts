/** What the server does not have yet, kept in the browser, so that closing the tab offline loses nothing. */
import { normalise, type WorkflowDocument } from "../model/document";

export type Shelved = { document: WorkflowDocument; etag: string };

export type Shelf = {
  put: (shelved: Shelved) => void;
  take: () => Shelved | null;
  clear: () => void;
};

export function browserShelf(workspace: string, key: string): Shelf {
  const name = `usher.draft.${workspace}.${key}`;
  return {
    put: (shelved) => {
      try {
        localStorage.setItem(name, JSON.stringify(shelved));
      } catch {
        // Full or forbidden: the draft is still in memory, and the page asks before it is left.
      }
    },
    take: () => {
      try {
        const shelved = JSON.parse(localStorage.getItem(name) ?? "null") as Shelved | null;
        return shelved && { ...shelved, document: normalise(shelved.document) };
      } catch {
        return null;
      }
    },
    clear: () => {
      try {
        localStorage.removeItem(name);
      } catch {
        // Nothing was kept there either.
      }
    },
  };
}
