import {
  Background,
  BackgroundVariant,
  type Connection,
  ConnectionLineType,
  type EdgeTypes,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  type NodeTypes,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useFacts, usePreview, useProblems, useView } from "../context";
import type { Point } from "../model/document";
import { snap } from "../model/layout";
import { droppedType, holdsType } from "../palette/drag";
import "@xyflow/react/dist/base.css";
import styles from "./canvas.module.css";
import { cardMaker, NO_PATH, pathOf } from "./cards";
import { Controls } from "./controls";
import { flowEdges, refOf, type WayEdge } from "./edges";
import { type Dragged, type FlowNode, flowNodes, PLACEHOLDER, START } from "./flow";
import { useCanvasKeys } from "./keys";
import { NodeCard } from "./node-card";
import { CountsSpan } from "./node-counts";
import { useSight } from "./sight";
import { Placeholder, StartMarker } from "./start";
import { ArrowHeads, Way } from "./way";

const nodeTypes: NodeTypes = { card: NodeCard, start: StartMarker, placeholder: Placeholder };
const edgeTypes: EdgeTypes = { way: Way };
const NOT_DRAGGED: Dragged = new Map();
/** From so many nodes on, only those in sight are in the page. */
const MANY = 80;
const NONE: ReadonlySet<number> = new Set();

export function Canvas() {
  return (
    <ReactFlowProvider>
      <Flow />
    </ReactFlowProvider>
  );
}

function Flow() {
  const { t } = useTranslation("editor");
  const { readOnly, types, workflows, workflowKey, draft, view, actions } = useEditor();
  const document = useDraft((state) => state.document);
  const facts = useFacts();
  const problems = useProblems();
  const selection = useView((state) => state.selection);
  const edge = useView((state) => state.edge);
  const connecting = useView((state) => state.connecting !== null);
  const phone = useView((state) => state.phone);
  const visits = usePreview((state) => state.visits);
  const waitingAt = usePreview((state) => state.waitingAt);
  const [dragged, setDragged] = useState<Dragged>(NOT_DRAGGED);
  const [hovered, setHovered] = useState<number | null>(null);
  const [makeCards] = useState(cardMaker);
  const { screenToFlowPosition } = useReactFlow();
  const wrapper = useRef<HTMLDivElement>(null);

  const path = useMemo(
    () => (phone && !readOnly ? pathOf(workflowKey, visits, waitingAt) : NO_PATH),
    [phone, readOnly, workflowKey, visits, waitingAt],
  );
  const cards = useMemo(
    () => makeCards(document, facts, problems, workflows, path, readOnly),
    [makeCards, document, facts, problems, workflows, path, readOnly],
  );
  const before = useRef<Map<string, FlowNode>>(new Map());
  const nodes = useMemo(() => {
    before.current = flowNodes(document, cards, facts, selection, dragged, readOnly, before.current);
    return [...before.current.values()];
  }, [document, cards, facts, selection, dragged, readOnly]);
  const lit = useMemo(() => (hovered === null ? NONE : new Set([hovered])), [hovered]);
  const edgesBefore = useRef<Map<string, WayEdge>>(new Map());
  const edges = useMemo(() => {
    edgesBefore.current = flowEdges(document, facts, path, lit, edge, readOnly, edgesBefore.current);
    return [...edgesBefore.current.values()];
  }, [document, facts, path, lit, edge, readOnly]);

  useSight(wrapper);
  useCanvasKeys(wrapper);

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const moved = changes.filter((change) => change.type === "position" && change.dragging);
      if (moved.length > 0) {
        setDragged((old) => {
          const next = new Map(old);
          for (const change of moved) {
            if (change.type === "position" && change.position) next.set(change.id, change.position);
          }
          return next;
        });
      }
      const selects = changes.filter((change) => change.type === "select");
      if (selects.length > 0 && !view.getState().connecting) {
        const chosen = new Set(view.getState().selection);
        for (const change of selects) {
          if (change.type !== "select" || !/^\d+$/.test(change.id)) continue;
          if (change.selected) chosen.add(Number(change.id));
          else chosen.delete(Number(change.id));
        }
        view.getState().select([...chosen]);
      }
    },
    [view],
  );

  /** A drag is one command, given when it ends. */
  const onDragStop = useCallback(() => {
    setDragged((moved) => {
      const places: { [key: string]: Point } = {};
      for (const [id, { x, y }] of moved) places[id] = [snap(x), snap(y)];
      if (moved.size > 0) queueMicrotask(() => draft.getState().perform({ do: "move", places }));
      return NOT_DRAGGED;
    });
  }, [draft]);

  const onConnect = useCallback(
    (connection: Connection) => actions.lead(refOf(connection), Number(connection.target)),
    [actions],
  );

  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      if (state.isValid || !state.fromNode || state.fromHandle?.type !== "source") return;
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!point || state.toNode) return;
      const at = screenToFlowPosition({ x: point.clientX, y: point.clientY });
      // A click on a handle is the start of wiring by clicks, not a drag onto the canvas.
      if (state.from && Math.hypot(at.x - state.from.x, at.y - state.from.y) < 24) return;
      view.getState().openPicker({
        from: refOf({ source: state.fromNode.id, sourceHandle: state.fromHandle.id }),
        x: point.clientX,
        y: point.clientY,
        at: [snap(at.x), snap(at.y - 18)],
      });
    },
    [screenToFlowPosition, view],
  );

  const onDrop = (event: React.DragEvent) => {
    const type = droppedType(event, types);
    if (!type || readOnly) return;
    event.preventDefault();
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    void actions.add(type, undefined, [snap(at.x - 130), snap(at.y - 18)]);
  };

  return (
    <section
      ref={wrapper}
      className={styles.canvas}
      aria-label={t("canvas.label")}
      data-connecting={connecting || undefined}
      data-production={readOnly || undefined}
    >
      <ArrowHeads />
      <ReactFlow<FlowNode, WayEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onNodeDragStop={onDragStop}
        onSelectionDragStop={onDragStop}
        onNodeClick={(_event, node) => {
          const { connecting: from } = view.getState();
          if (from && node.type === "card") actions.lead(from, Number(node.id));
        }}
        onEdgeClick={(_event, clicked) => {
          const ref = refOf(clicked);
          if (ref !== START && !readOnly) view.getState().selectEdge(ref);
        }}
        onPaneClick={() => {
          view.getState().select([]);
          view.getState().connectFrom(null);
        }}
        onNodeMouseEnter={(_event, node) => setHovered(node.type === "card" ? Number(node.id) : null)}
        onNodeMouseLeave={() => setHovered(null)}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        onReconnect={(old, connection) => actions.lead(refOf(old), Number(connection.target))}
        isValidConnection={({ target }) => target !== START && target !== PLACEHOLDER}
        onDragOver={(event) => {
          if (readOnly || !holdsType(event)) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
        }}
        onDrop={onDrop}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        connectOnClick={false}
        connectionRadius={28}
        connectionLineType={ConnectionLineType.SmoothStep}
        elementsSelectable
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Meta", "Control"]}
        onlyRenderVisibleElements={cards.length > MANY}
        panOnScroll
        zoomOnDoubleClick={false}
        minZoom={0.15}
        maxZoom={1.6}
        nodeDragThreshold={4}
        attributionPosition="bottom-left"
      >
        {!readOnly && (
          <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} className={styles.grid} />
        )}
        <Overview />
        <CountsSpan />
        <Controls />
        <Far wrapper={wrapper} />
      </ReactFlow>
      <ConnectingBanner />
    </section>
  );
}

function Overview() {
  const { t } = useTranslation("editor");
  const many = useFacts().numbers.length > 4;
  const drawer = useView((state) => state.drawer !== null);
  if (!many || drawer) return null;
  return (
    <MiniMap<FlowNode>
      className={styles.overview}
      position="bottom-right"
      pannable
      zoomable
      ariaLabel={t("canvas.overview")}
      nodeBorderRadius={12}
      nodeClassName={(node) =>
        node.type === "card"
          ? `${styles.mini} ${styles[node.data.facts.type?.family ?? "none"]}`
          : (styles.mini ?? "")
      }
    />
  );
}

/** Tells the style sheet that one is far away: cards then show their number, icon and title only. */
function Far({ wrapper }: { wrapper: React.RefObject<HTMLElement | null> }) {
  const far = useStore((state) => {
    const zoom = state.transform[2];
    return zoom >= 0.5 ? null : zoom >= 0.32 ? "far" : "farther";
  });
  useEffect(() => {
    if (far) wrapper.current?.setAttribute("data-far", far);
    else wrapper.current?.removeAttribute("data-far");
  }, [far, wrapper]);
  return null;
}

function ConnectingBanner() {
  const { t } = useTranslation("editor");
  const connecting = useView((state) => state.connecting);
  const facts = useFacts();
  const { view } = useEditor();
  if (!connecting) return null;
  const text =
    connecting === "start"
      ? t("canvas.choose_start")
      : t("canvas.choose_target", {
          exit:
            facts.node(connecting.node)?.exits.find((exit) => exit.name === connecting.exit)?.label ??
            connecting.exit,
          number: connecting.node,
        });
  return (
    <div className={styles.banner} role="status">
      {text}
      <button type="button" onClick={() => view.getState().connectFrom(null)}>
        {t("cancel")} <kbd>Esc</kbd>
      </button>
    </div>
  );
}
