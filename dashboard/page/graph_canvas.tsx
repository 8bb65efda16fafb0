/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The drawing of the graph: nodes, and edges with their labels.
 *
 * @module
 */

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { edgeText, waitText } from "./edge_words.ts";
import { labelOf, type Layout } from "./graph_layout.ts";
import {
  type Graph,
  type GraphEdge,
  inOrder,
  keyOf,
  needsOf,
} from "./graph_model.ts";
import { NodeButton } from "./graph_node.tsx";
import { useDrag } from "./graph_pan.ts";
import { stepFrom } from "./graph_steps.ts";

/** What the drawing is given. */
export interface CanvasProps {
  readonly graph: Graph;
  readonly layout: Layout;
  /** Whether it goes from left to right, and not from top to bottom. */
  readonly across: boolean;
  readonly zoom: number;
  readonly chosen: string | null;
  /** What is on the path that is looked at; `null` without one. */
  readonly path: Path | null;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly onChoose: (entry: string) => void;
  readonly onPoint: (entry: string | null) => void;
}

interface Path {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

/** Shows the graph. */
export function GraphCanvas(props: CanvasProps) {
  const { graph, layout, across, zoom, chosen, path, scroller } = props;
  const { width, height } = layout;
  const drag = useDrag(scroller);
  // The panel of an entry takes room away, and must not hide the entry.
  useEffect(() => {
    if (chosen !== null) showNode(scroller.current, chosen);
  }, [chosen]);
  const step = (event: KeyboardEvent) => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement)) return;
    const entry = target.dataset["entry"] ?? "";
    const next = stepFrom({ graph, layout, across }, { entry, key });
    if (next === null) return;
    event.preventDefault();
    focusNode(scroller.current, next);
  };
  const size = { width: `${width}px`, height: `${height}px` };
  const space = { width: `${width * zoom}px`, height: `${height * zoom}px` };
  return (
    <div
      class="graph-scroller panel"
      data-rows
      ref={scroller}
      onKeyDown={step}
      {...drag}
    >
      <div class="graph-space" style={space}>
        <div
          class="graph-drawing"
          style={{ ...size, transform: `scale(${zoom})` }}
        >
          <Edges graph={graph} layout={layout} lit={path?.edges ?? null} />
          <Nodes {...props} />
        </div>
      </div>
    </div>
  );
}

function Nodes(
  { graph, layout, chosen, path, onChoose, onPoint }: CanvasProps,
) {
  return inOrder(graph).linked.map((entry) => {
    const node = graph.nodes.get(entry);
    const place = layout.nodes.get(entry);
    if (node === undefined || place === undefined) return null;
    return (
      <NodeButton
        key={entry}
        node={node}
        waits={waitText(needsOf(graph, entry))}
        place={place}
        chosen={chosen === entry}
        lit={path?.nodes.has(entry) ?? false}
        onChoose={onChoose}
        onPoint={onPoint}
      />
    );
  });
}

/** Moves the focus to a node. */
export function focusNode(parent: Element | null, entry: string): void {
  findNode(parent, entry)?.focus();
}

function showNode(parent: Element | null, entry: string): void {
  const near = { block: "nearest", inline: "nearest" } as const;
  findNode(parent, entry)?.scrollIntoView(near);
}

function findNode(parent: Element | null, entry: string) {
  const all = parent?.querySelectorAll<HTMLElement>("[data-entry]") ?? [];
  return Array.from(all).find(({ dataset }) => dataset["entry"] === entry);
}

interface EdgesProps {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly lit: ReadonlySet<string> | null;
}

function Edges({ graph, layout, lit }: EdgesProps) {
  const { width, height } = layout;
  return (
    <svg class="graph-edges" width={width} height={height} aria-hidden="true">
      <defs>
        {["plain", "awaited", "lit"].map((kind) => (
          <marker
            key={kind}
            id={`graph-arrow-${kind}`}
            class={`graph-arrow-${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        ))}
      </defs>
      {graph.edges.map((edge) => {
        const key = keyOf(edge);
        return (
          <Edge
            key={key}
            edge={edge}
            layout={layout}
            lit={lit === null ? null : lit.has(key)}
          />
        );
      })}
    </svg>
  );
}

function Edge({ edge, layout, lit }: {
  edge: GraphEdge;
  layout: Layout;
  lit: boolean | null;
}) {
  const place = layout.edges.get(keyOf(edge));
  if (place === undefined) return null;
  const { path, label: { x, y } } = place;
  const { from, to, when, awaited, required } = edge;
  const kind = awaited ? "awaited" : lit ? "lit" : "plain";
  const text = awaited ? `not ${when}` : labelOf(edge);
  return (
    <g
      class={`graph-edge graph-edge-${kind}`}
      data-lit={lit}
      data-optional={!required}
    >
      <title>{edgeText(edge)}</title>
      <path
        class="graph-line"
        d={path}
        markerEnd={`url(#graph-arrow-${kind})`}
      />
      <rect
        class="graph-label-back"
        x={x - text.length * 3.4 - 5}
        y={y - 9}
        width={text.length * 6.8 + 10}
        height={18}
        rx={4}
      />
      <text class="graph-label" x={x} y={y + 4} data-edge={`${from} ${to}`}>
        {text}
      </text>
    </g>
  );
}
