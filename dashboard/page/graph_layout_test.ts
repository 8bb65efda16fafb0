import { assert, assertEquals } from "@std/assert";
import { curveOf, layoutOf, NODE } from "./graph_layout.ts";
import type { Graph, GraphEdge } from "./graph_model.ts";

function graph(...pairs: readonly (readonly [string, string])[]): Graph {
  const edges = pairs.map(([from, to]): GraphEdge => ({
    from,
    to,
    when: "ready",
    restart: "always",
    required: true,
    awaited: false,
  }));
  const names = [...new Set(pairs.flat())];
  const nodes = new Map(
    names.map((
      entry,
    ) => [entry, { entry, type: "service" as const, processes: [] }]),
  );
  return { nodes, edges };
}

Deno.test("layoutOf() puts what is needed before who needs it", () => {
  const shop = graph(["db", "api"], ["api", "web"], ["db", "web"]);
  const across = layoutOf(shop, true);
  const xs = ["db", "api", "web"].map((name) => across.nodes.get(name)?.x ?? 0);
  assertEquals(xs, xs.toSorted((a, b) => a - b));
  const down = layoutOf(shop, false);
  const ys = ["db", "api", "web"].map((name) => down.nodes.get(name)?.y ?? 0);
  assertEquals(ys, ys.toSorted((a, b) => a - b));
  assertEquals(across.edges.size, 3);
});

Deno.test("layoutOf() lets no two nodes of sixty overlap", () => {
  const pairs = Array.from(
    { length: 59 },
    (_, i) => [`p${Math.floor(i / 3)}`, `p${i + 1}`] as const,
  );
  const { nodes, width, height } = layoutOf(graph(...pairs), true);
  const all = [...nodes.values()];
  for (const one of all) {
    assert(one.x < width && one.y < height);
    const near = all.filter(({ x, y }) =>
      Math.abs(x - one.x) < NODE.width && Math.abs(y - one.y) < NODE.height
    );
    assertEquals(near.length, 1);
  }
});

Deno.test("layoutOf() has nothing to place in an empty graph", () => {
  const { nodes, edges } = layoutOf({ nodes: new Map(), edges: [] }, true);
  assertEquals([nodes.size, edges.size], [0, 0]);
});

Deno.test("curveOf() goes through its points, in the direction of the drawing", () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 4 }, { x: 20, y: 0 }];
  assertEquals(
    curveOf(points, true),
    "M0,0 C5,0 5,4 10,4 C15,4 15,0 20,0",
  );
  assertEquals(curveOf(points.slice(0, 2), false), "M0,0 C0,2 10,2 10,4");
  assertEquals(curveOf([], true), "");
});
