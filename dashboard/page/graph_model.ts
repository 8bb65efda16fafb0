/**
 * The graph of what depends on what. Replicas are one node. The functions are
 * pure.
 *
 * @module
 */

import type { DependencyView, ProcessView } from "./source.ts";

/** An entry of the plan. */
export interface GraphNode {
  readonly entry: string;
  readonly type: ProcessView["type"];
  /** Its processes; at least one. */
  readonly processes: readonly ProcessView[];
}

/** Something that one entry needs from another. */
export interface GraphEdge extends Omit<DependencyView, "name"> {
  /** The entry that is needed. */
  readonly from: string;
  /** The entry that needs it. */
  readonly to: string;
}

/** What depends on what. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: readonly GraphEdge[];
}

/** Returns the graph of some processes. */
export function graphOf(processes: readonly ProcessView[]): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const [entry, own] of Map.groupBy(processes, ({ entry }) => entry)) {
    const [first] = own;
    if (first === undefined) continue;
    nodes.set(entry, { entry, type: first.type, processes: own });
  }
  const edges = Array.from(nodes.values()).flatMap((node) =>
    edgesTo(node).filter(({ from }) => nodes.has(from))
  );
  return { nodes, edges };
}

/** Returns what an entry needs; awaited if one of its processes awaits it. */
function edgesTo({ entry, processes }: GraphNode): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  for (const { dependencies } of processes) {
    for (const { name, awaited, ...others } of dependencies) {
      const before = edges.get(name)?.awaited ?? false;
      const edge = { from: name, to: entry, ...others };
      edges.set(name, { ...edge, awaited: awaited || before });
    }
  }
  return [...edges.values()];
}

/** Returns a text that is the same as long as the layout can stay. */
export function shapeOf({ nodes, edges }: Graph): string {
  return JSON.stringify([
    [...nodes.keys()],
    edges.map(({ from, to, when, restart }) => [from, to, when, restart]),
  ]);
}

/** Returns the name of an edge. */
export function keyOf({ from, to }: Pick<GraphEdge, "from" | "to">): string {
  return JSON.stringify([from, to]);
}

/** Splits the entries into those with edges, in order, and those without. */
export function inOrder(
  { nodes, edges }: Graph,
): { readonly linked: readonly string[]; readonly single: readonly string[] } {
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const names = [...nodes.keys()];
  const left = new Set(names.filter((name) => ends.has(name)));
  const linked: string[] = [];
  while (left.size > 0) {
    const free = Array.from(left).filter((name) =>
      !edges.some(({ from, to }) => to === name && left.has(from))
    );
    // A plan has no circles; whatever there is, each entry is shown once.
    const next = free.length > 0 ? free : [...left];
    for (const name of next) left.delete(name);
    linked.push(...next);
  }
  return { linked, single: names.filter((name) => !ends.has(name)) };
}

/** Returns what an entry needs, and who needs it, however far away. */
export function pathOf(
  { edges }: Graph,
  entry: string,
): {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
} {
  const nodes = new Set([entry]);
  const path = new Set<string>();
  const follow = (start: string, here: "from" | "to", there: "from" | "to") => {
    const seen = new Set([start]);
    const open = [start];
    for (const name of open) {
      for (const edge of edges.filter((edge) => edge[here] === name)) {
        path.add(keyOf(edge));
        nodes.add(edge[there]);
        if (!seen.has(edge[there])) open.push(edge[there]);
        seen.add(edge[there]);
      }
    }
  };
  follow(entry, "to", "from");
  follow(entry, "from", "to");
  return { nodes, edges: path };
}

/** Returns the part of a graph that has some entries and their neighbors. */
export function around(graph: Graph, names: ReadonlySet<string>): Graph {
  const edges = graph.edges.filter(({ from, to }) =>
    names.has(from) || names.has(to)
  );
  const kept = new Set([
    ...names,
    ...edges.flatMap(({ from, to }) => [from, to]),
  ]);
  return {
    nodes: new Map(Array.from(graph.nodes).filter(([name]) => kept.has(name))),
    edges,
  };
}

/** Returns what an entry needs. */
export function needsOf({ edges }: Graph, entry: string): GraphEdge[] {
  return edges.filter(({ to }) => to === entry);
}

/** Returns what needs an entry. */
export function neededBy({ edges }: Graph, entry: string): GraphEdge[] {
  return edges.filter(({ from }) => from === entry);
}
