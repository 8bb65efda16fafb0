/**
 * The graph of dependencies: orders, circles, and what depends on what.
 *
 * @module
 */

/** What each node depends on. All nodes are keys. */
export type Graph<Node> = ReadonlyMap<Node, readonly Node[]>;

/**
 * Orders the nodes so that each comes after those that it depends on. Nodes
 * that do not depend on each other keep the order of the graph, unless a node
 * between them is needed earlier.
 *
 * @param graph The graph; it must have no circle.
 * @returns The nodes.
 */
export function inOrder<Node>(graph: Graph<Node>): Node[] {
  const done = new Set<Node>();
  const seen = new Set<Node>();
  const visit = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const each of graph.get(node) ?? []) visit(each);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return [...done];
}

/**
 * Finds nodes that depend on each other.
 *
 * @param graph The graph.
 * @returns A path along the dependencies that ends with its first node;
 * `undefined` if there is none.
 */
export function circleIn<Node>(graph: Graph<Node>): Node[] | undefined {
  const free = new Set<Node>();
  const path: Node[] = [];
  const visit = (node: Node): Node[] | undefined => {
    if (free.has(node)) return undefined;
    const start = path.indexOf(node);
    if (start !== -1) return [...path.slice(start), node];
    path.push(node);
    for (const each of graph.get(node) ?? []) {
      const found = visit(each);
      if (found !== undefined) return found;
    }
    path.pop();
    free.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const found = visit(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Finds everything that depends on some nodes, directly or through others.
 *
 * @param graph The graph; it must have no circle.
 * @param nodes The nodes.
 * @param follows Returns whether to follow a dependency; all by default.
 * @returns The dependents without the nodes themselves, each after those that
 * it depends on.
 */
export function dependentsOf<Node>(
  graph: Graph<Node>,
  nodes: Iterable<Node>,
  follows: (dependent: Node, dependency: Node) => boolean = () => true,
): Node[] {
  const roots = new Set(nodes);
  const found = new Set<Node>();
  for (const node of inOrder(graph)) {
    if (roots.has(node)) continue;
    const needs = graph.get(node) ?? [];
    const hit = needs.some((each) =>
      (roots.has(each) || found.has(each)) && follows(node, each)
    );
    if (hit) found.add(node);
  }
  return [...found];
}

/** Returns the graph of the entries of a plan, or of others like them. */
export function graphOf<Name>(
  entries: Iterable<
    {
      readonly name: Name;
      readonly dependencies: readonly { readonly on: Name }[];
    }
  >,
): Graph<Name> {
  return new Map(
    Array.from(
      entries,
      ({ name, dependencies }) => [name, dependencies.map(({ on }) => on)],
    ),
  );
}
