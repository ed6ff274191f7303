/** The keys of the canvas: arrows follow exits; the rest is what every editor has. */
import { type RefObject, useCallback } from "react";
import { useEditor } from "../context";
import { type Point, placeOf, waysInto } from "../model/document";
import { useWindowKeys } from "../window-keys";

const STEPS: { [key: string]: Point } = {
  ArrowLeft: [-20, 0],
  ArrowRight: [20, 0],
  ArrowUp: [0, -20],
  ArrowDown: [0, 20],
};

export function useCanvasKeys(canvas: RefObject<HTMLElement | null>): void {
  const { draft, view, actions, factsOf, readOnly } = useEditor();
  const onKey = useCallback(
    (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.closest("input, textarea, select, [contenteditable=true], [role=menu], [role=dialog]"))
        return;
      const { document, perform } = draft.getState();
      const state = view.getState();
      const [one] = state.selection;
      const command = event.ctrlKey || event.metaKey;
      const handled = () => event.preventDefault();

      if (command && event.key.toLowerCase() === "a") {
        handled();
        actions.selectAll();
      } else if (command && event.key.toLowerCase() === "c") {
        actions.copy();
      } else if (command && event.key.toLowerCase() === "v" && !readOnly) {
        handled();
        void actions.paste();
      } else if (command && event.key.toLowerCase() === "d" && one !== undefined && !readOnly) {
        handled();
        void actions.duplicate(one);
      } else if ((event.key === "Delete" || event.key === "Backspace") && !readOnly) {
        if (target.closest("button")) return;
        actions.removeSelection();
      } else if (event.shiftKey && STEPS[event.key] && one !== undefined && !readOnly) {
        handled();
        const [dx, dy] = STEPS[event.key] as Point;
        const places = Object.fromEntries(
          state.selection.map((number): [string, Point] => {
            const [x, y] = placeOf(document, number);
            return [String(number), [x + dx, y + dy]];
          }),
        );
        perform({ do: "move", places });
      } else if (STEPS[event.key] && !command && !event.altKey) {
        handled();
        follow(event.key);
      } else if (event.key === "Enter" || event.key === " ") {
        const node = target.closest(".react-flow__node");
        const number = Number(node?.getAttribute("data-id"));
        if (target.closest("button") || !number) return;
        handled();
        if (state.connecting) actions.lead(state.connecting, number);
        else state.select([number]);
      }

      function follow(key: string) {
        const facts = factsOf(document);
        if (one === undefined || state.selection.length !== 1) {
          const first = document.start ?? facts.numbers[0];
          if (first !== undefined) state.goTo(first);
          return;
        }
        const exits = facts.node(one)?.exits ?? [];
        const at = exits.findIndex((exit) => exit.name === state.exit?.exit);
        if (key === "ArrowDown" || key === "ArrowUp") {
          const next = exits[key === "ArrowDown" ? Math.min(at + 1, exits.length - 1) : at - 1];
          state.focusExit(next ? { node: one, exit: next.name } : null);
        } else if (key === "ArrowRight") {
          const exit = exits[Math.max(at, 0)];
          const to = exit && document.nodes[String(one)]?.exits[exit.name];
          if (typeof to === "number" && document.nodes[String(to)]) state.goTo(to);
          else if (exit && to === undefined && !readOnly) openPlus(one, exit.name);
        } else {
          const way = waysInto(document, one).find((each) => each.node !== one);
          if (way) {
            state.goTo(way.node);
            state.focusExit(way);
          }
        }
      }

      function openPlus(node: number, exit: string) {
        const card = window.document.querySelector(`.react-flow__node[data-id="${node}"]`);
        const box = card?.getBoundingClientRect();
        state.openPicker({ from: { node, exit }, x: (box?.right ?? 200) + 24, y: (box?.top ?? 200) + 24 });
      }
    },
    [draft, view, actions, factsOf, readOnly],
  );
  useWindowKeys(canvas, onKey);
}
