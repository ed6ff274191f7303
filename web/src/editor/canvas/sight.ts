/** Keeps in sight what matters: the start at first, a node that was asked for, the node that a preview has come to. */
import { useNodesInitialized, useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { useEditor, usePreview, useView } from "../context";
import { placeOf } from "../model/document";
import { CARD } from "../model/layout";
import { FIT, MOVE } from "./controls";
import { startPlace } from "./flow";

/** Below this zoom the whole is not shown at first, but its start at readable size. */
const READABLE = 0.62;
const FIRST_ZOOM = 0.8;
const MARGIN = 24;

export function useSight(wrapper: RefObject<HTMLElement | null>): void {
  const { draft, factsOf } = useEditor();
  const { fitView, getZoom, setViewport, getViewport, getNodesBounds, getNodes } = useReactFlow();
  const ready = useNodesInitialized();
  const begun = useRef(false);
  const wanted = useView((state) => state.wanted);
  const waitingAt = usePreview((state) => state.waitingAt);

  useEffect(() => {
    const box = wrapper.current?.getBoundingClientRect();
    if (begun.current || !ready || !box) return;
    begun.current = true;
    const bounds = getNodesBounds(getNodes());
    const zoom = Math.min(box.width / (bounds.width + 120), box.height / (bounds.height + 120));
    if (zoom >= READABLE) {
      void fitView({ ...FIT, duration: 0 });
      return;
    }
    const [x, y] = startPlace(draft.getState().document);
    void setViewport({ x: 32 - x * FIRST_ZOOM, y: box.height * 0.3 - y * FIRST_ZOOM, zoom: FIRST_ZOOM });
  }, [ready, wrapper, draft, fitView, setViewport, getNodesBounds, getNodes]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new wish moves the canvas
  useEffect(() => {
    if (wanted) show(wanted.number);
  }, [wanted]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a step of the preview moves the canvas
  useEffect(() => {
    if (waitingAt !== null) show(waitingAt);
  }, [waitingAt]);

  /** Moves no more than it takes to have the whole card in sight, and not at all when it is. */
  function show(number: number) {
    const box = wrapper.current?.getBoundingClientRect();
    const { document } = draft.getState();
    if (!box || !document.nodes[String(number)]) return;
    const zoom = getZoom();
    const view = getViewport();
    const [x, y] = placeOf(document, number);
    const left = x * zoom + view.x;
    const top = y * zoom + view.y;
    const dx = into(left, CARD.width * zoom + 40, box.width);
    const dy = into(top, factsOf(document).heightOf(number) * zoom, box.height);
    if (dx !== 0 || dy !== 0) void setViewport({ x: view.x + dx, y: view.y + dy, zoom }, MOVE);
  }
}

function into(start: number, size: number, room: number): number {
  if (start < MARGIN) return MARGIN - start;
  if (start + size > room - MARGIN) return Math.max(MARGIN - start, room - MARGIN - start - size);
  return 0;
}
