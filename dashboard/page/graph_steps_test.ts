import { assertEquals } from "@std/assert";
import type { Layout } from "./graph_layout.ts";
import type { Graph, GraphEdge } from "./graph_model.ts";
import { stepFrom } from "./graph_steps.ts";

const edge = {
  when: "ready",
  restart: "never",
  required: true,
  awaited: false,
} as const;

const edges: GraphEdge[] = [
  { from: "db", to: "api", ...edge },
  { from: "cache", to: "api", ...edge },
  { from: "db", to: "job", ...edge },
];

const graph: Graph = { nodes: new Map(), edges };

const layout: Layout = {
  width: 300,
  height: 300,
  nodes: new Map([
    ["db", { x: 0, y: 0 }],
    ["cache", { x: 0, y: 100 }],
    ["mail", { x: 0, y: 200 }],
    ["api", { x: 200, y: 90 }],
    ["job", { x: 200, y: 10 }],
  ]),
  edges: new Map(),
};

Deno.test("stepFrom() follows edges to the nearest entry, and goes along a column", () => {
  const from = (entry: string, key: string) =>
    stepFrom({ graph, layout, across: true }, { entry, key: `Arrow${key}` });
  assertEquals(from("db", "Right"), "job");
  assertEquals(from("api", "Left"), "cache");
  assertEquals(from("db", "Down"), "cache");
  assertEquals(from("mail", "Up"), "cache");
  assertEquals(from("db", "Up"), null);
  assertEquals(from("db", "Left"), null);
  assertEquals(from("nobody", "Left"), null);
  assertEquals(
    stepFrom({ graph, layout, across: true }, {
      entry: "db",
      key: "Enter",
    }),
    null,
  );
});

Deno.test("stepFrom() turns with the graph", () => {
  const turned: Layout = {
    ...layout,
    nodes: new Map(
      Array.from(layout.nodes, ([name, { x, y }]) => [name, { x: y, y: x }]),
    ),
  };
  const from = (entry: string, key: string) =>
    stepFrom({ graph, layout: turned, across: false }, { entry, key });
  assertEquals(from("db", "ArrowDown"), "job");
  assertEquals(from("db", "ArrowRight"), "cache");
});
