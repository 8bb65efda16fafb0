/**
 * Finds the places of a graph.
 *
 * @module
 */

import { Graph as Dagre, layout } from "@dagrejs/dagre";
import { type Graph, type GraphEdge, inOrder, keyOf } from "./graph_model.ts";

/** The size of a node. */
export const NODE = { width: 200, height: 60 } as const;

/** A point of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The places of a graph. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each node. */
  readonly nodes: ReadonlyMap<string, Point>;
  readonly edges: ReadonlyMap<string, EdgePlace>;
}

/** The place of an edge. */
export interface EdgePlace {
  /** The path of its line, as SVG has it. */
  readonly path: string;
  /** The middle of its label. */
  readonly label: Point;
}

/** Returns the label of an edge. */
export function labelOf({ when, restart }: GraphEdge): string {
  return restart === "always" ? `${when} ↻` : when;
}

/**
 * Returns the places of the entries that have edges.
 *
 * @param graph The graph.
 * @param across Whether it goes from left to right, and not from top to bottom.
 */
export function layoutOf(graph: Graph, across: boolean): Layout {
  const dagre = new Dagre();
  dagre.setGraph({
    rankdir: across ? "LR" : "TB",
    nodesep: across ? 20 : 16,
    ranksep: across ? 40 : 32,
    edgesep: 12,
    marginx: 12,
    marginy: 12,
  });
  for (const name of inOrder(graph).linked) dagre.setNode(name, { ...NODE });
  for (const edge of graph.edges) {
    const width = labelOf(edge).length * 7 + 14;
    dagre.setEdge(edge.from, edge.to, { width, height: 18, labelpos: "c" });
  }
  layout(dagre);
  const { width = 0, height = 0 } = dagre.graph();
  return {
    width,
    height,
    nodes: new Map(
      dagre.nodes().map((name) => {
        const { x, y } = dagre.node(name);
        return [name, { x, y }];
      }),
    ),
    edges: new Map(
      dagre.edges().map(({ v, w }) => {
        const { points, x, y } = dagre.edge(v, w);
        const way = [
          side(dagre.node(v), across, 1),
          ...points.slice(1, -1),
          side(dagre.node(w), across, -1),
        ];
        const place = { path: curveOf(way, across), label: { x, y } };
        return [keyOf({ from: v, to: w }), place];
      }),
    ),
  };
}

/**
 * Returns a smooth path through some points, which leaves and reaches each in
 * the direction of the drawing.
 */
export function curveOf(points: readonly Point[], across: boolean): string {
  const [first, ...others] = points;
  if (first === undefined) return "";
  const parts = [`M${at(first)}`];
  let last = first;
  for (const point of others) {
    const [x, y] = [(last.x + point.x) / 2, (last.y + point.y) / 2];
    const [one, other] = across
      ? [{ x, y: last.y }, { x, y: point.y }]
      : [{ x: last.x, y }, { x: point.x, y }];
    parts.push(`C${at(one)} ${at(other)} ${at(point)}`);
    last = point;
  }
  return parts.join(" ");
}

/** Returns the middle of the side of a node where an edge leaves or arrives. */
function side({ x, y }: Point, across: boolean, sign: 1 | -1): Point {
  return across
    ? { x: x + sign * NODE.width / 2, y }
    : { x, y: y + sign * NODE.height / 2 };
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
