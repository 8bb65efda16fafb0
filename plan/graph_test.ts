import { assert, assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import { circleIn, dependentsOf, type Graph, inOrder } from "./graph.ts";

/** Printed, so that a failure can be had again. */
const SEED = 20_261_127;

/** Random graphs whose nodes depend on nodes with smaller numbers. */
const withoutCircle = fc.nat(12).chain((size) =>
  fc.tuple(
    ...Array.from(
      { length: size },
      (_, node) => fc.uniqueArray(fc.nat(Math.max(node - 1, 0))),
    ),
  )
).chain((lists) =>
  fc.shuffledSubarray([...lists.keys()], { minLength: lists.length })
    .map((order): Graph<number> =>
      new Map(order.map((node) => [node, node === 0 ? [] : lists[node] ?? []]))
    )
);

/** Random graphs, most of which have a circle. */
const any = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), {
    minLength: size,
    maxLength: size,
  })
).map((lists): Graph<number> => new Map(lists.entries()));

/** Returns whether a node leads to another one along at least one edge. */
function leadsTo(graph: Graph<number>, from: number, to: number): boolean {
  const seen = new Set<number>();
  const next = [...graph.get(from) ?? []];
  for (const node of next) {
    if (node === to) return true;
    if (!seen.has(node)) next.push(...graph.get(node) ?? []);
    seen.add(node);
  }
  return false;
}

Deno.test("inOrder() puts each node after those that it depends on", () => {
  fc.assert(
    fc.property(withoutCircle, (graph) => {
      const order = inOrder(graph);
      assertEquals(order.toSorted(), [...graph.keys()].toSorted());
      for (const [node, needs] of graph) {
        for (const each of needs) {
          assert(order.indexOf(each) < order.indexOf(node));
        }
      }
    }),
    { seed: SEED },
  );
});

Deno.test("inOrder() keeps the order of what is in order", () => {
  fc.assert(
    fc.property(withoutCircle, (graph) => {
      const order = inOrder(graph);
      const again = order.map((node) => [node, graph.get(node) ?? []] as const);
      assertEquals(inOrder(new Map(again)), order);
    }),
    { seed: SEED },
  );
});

Deno.test("circleIn() returns a path along dependencies that closes", () => {
  fc.assert(
    fc.property(any, (graph) => {
      const circle = circleIn(graph);
      const nodes = [...graph.keys()];
      assertEquals(
        circle !== undefined,
        nodes.some((node) => leadsTo(graph, node, node)),
      );
      if (circle === undefined) return;
      assertEquals(circle[0], circle.at(-1));
      assertEquals(new Set(circle).size, circle.length - 1);
      for (const [index, node] of circle.slice(1).entries()) {
        assert(graph.get(circle[index] ?? -1)?.includes(node));
      }
    }),
    { seed: SEED },
  );
});

Deno.test("circleIn() finds none where inOrder() can order", () => {
  fc.assert(
    fc.property(withoutCircle, (graph) => {
      assertEquals(circleIn(graph), undefined);
    }),
    { seed: SEED },
  );
});

Deno.test("dependentsOf() finds what leads to the nodes, in order", () => {
  const property = fc.property(
    withoutCircle.filter(({ size }) => size > 0),
    fc.nat(),
    (graph, pick) => {
      const node = pick % graph.size;
      const found = dependentsOf(graph, [node]);
      const expected = inOrder(graph).filter((each) =>
        leadsTo(graph, each, node)
      );
      assertEquals(found, expected);
    },
  );
  fc.assert(property, { seed: SEED });
});

Deno.test("dependentsOf() follows only the dependencies that it is told to", () => {
  const graph = new Map([
    ["db", []],
    ["api", ["db"]],
    ["web", ["api"]],
    ["log", ["db"]],
  ]);
  assertEquals(dependentsOf(graph, ["db"]), ["api", "web", "log"]);
  assertEquals(dependentsOf(graph, ["db", "api"]), ["web", "log"]);
  const follows = (dependent: string) => dependent !== "api";
  assertEquals(dependentsOf(graph, ["db"], follows), ["log"]);
});
