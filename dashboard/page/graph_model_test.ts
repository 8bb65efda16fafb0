import { assertEquals, assertNotEquals } from "@std/assert";
import { entryState } from "./entry_state.ts";
import {
  around,
  graphOf,
  inOrder,
  keyOf,
  neededBy,
  needsOf,
  pathOf,
  shapeOf,
} from "./graph_model.ts";
import type { DependencyView, ProcessView } from "./source.ts";

function process(
  name: string,
  needs: readonly string[] = [],
  more: Partial<ProcessView> = {},
): ProcessView {
  const [entry = name] = name.split(".");
  return {
    name,
    entry,
    type: "service",
    labels: [],
    command: [name],
    state: "running",
    ready: true,
    pid: 1,
    since: 0,
    until: null,
    run: 1,
    restarts: 0,
    restartsLeft: null,
    last: null,
    dependencies: needs.map(need),
    schedule: null,
    why: `${name} is ready`,
    usage: null,
    ...more,
  };
}

function need(name: string): DependencyView {
  return {
    name,
    when: "ready",
    restart: "never",
    required: true,
    awaited: false,
  };
}

const shop = [
  process("web", ["api"]),
  process("db"),
  process("api.1", ["db", "cache"]),
  process("api.2", ["db", "cache"]),
  process("cache"),
  process("cron"),
];

Deno.test("graphOf() makes one node of replicas, and one edge of theirs", () => {
  const waiting = process("api.2", [], {
    dependencies: [{ ...need("db"), awaited: true }],
  });
  const graph = graphOf([process("db"), process("api.1", ["db"]), waiting]);
  assertEquals([...graph.nodes.keys()], ["db", "api"]);
  assertEquals(graph.nodes.get("api")?.processes.length, 2);
  assertEquals(graph.edges, [{
    from: "db",
    to: "api",
    when: "ready",
    restart: "never",
    required: true,
    awaited: true,
  }]);
});

Deno.test("graphOf() leaves out edges to what is not there", () => {
  assertEquals(graphOf([process("api", ["gone"])]).edges, []);
});

Deno.test("inOrder() puts what is needed first, and sets apart who has no edges", () => {
  assertEquals(inOrder(graphOf(shop)), {
    linked: ["db", "cache", "api", "web"],
    single: ["cron"],
  });
});

Deno.test("inOrder() names each entry of a circle once", () => {
  const circle = graphOf([process("a", ["b"]), process("b", ["a"])]);
  assertEquals(inOrder(circle).linked, ["a", "b"]);
});

Deno.test("shapeOf() changes with the edges, and not with states", () => {
  const shape = shapeOf(graphOf([process("db"), process("api", ["db"])]));
  const down = process("db", [], { state: "backoff", ready: null });
  const waits = process("api", [], {
    state: "waiting",
    dependencies: [{ ...need("db"), awaited: true }],
  });
  assertEquals(shapeOf(graphOf([down, waits])), shape);
  assertNotEquals(shapeOf(graphOf([process("db"), process("api")])), shape);
});

Deno.test("pathOf() goes up and down, and not sideways", () => {
  const { nodes, edges } = pathOf(graphOf(shop), "cache");
  assertEquals([...nodes].sort(), ["api", "cache", "web"]);
  assertEquals(
    [...edges].sort(),
    [keyOf({ from: "api", to: "web" }), keyOf({ from: "cache", to: "api" })],
  );
});

Deno.test("around() keeps entries and their neighbors", () => {
  const part = around(graphOf(shop), new Set(["cache", "cron"]));
  assertEquals([...part.nodes.keys()], ["api", "cache", "cron"]);
  assertEquals(part.edges.map(keyOf), [keyOf({ from: "cache", to: "api" })]);
});

Deno.test("needsOf() and neededBy() are the edges of an entry", () => {
  const graph = graphOf(shop);
  assertEquals(needsOf(graph, "api").map(({ from }) => from), ["db", "cache"]);
  assertEquals(neededBy(graph, "api").map(({ to }) => to), ["web"]);
});

Deno.test("entryState() says what an entry does, the worst of its replicas first", () => {
  const stateOf = (...all: Partial<ProcessView>[]) => {
    const processes = all.map((one, i) => process(`api.${i}`, [], one));
    const node = graphOf(processes).nodes.get("api");
    if (node === undefined) throw new Error("no node");
    const { tone, words } = entryState(node, 0);
    return [tone, words];
  };
  assertEquals(stateOf({}), ["good", "running"]);
  assertEquals(stateOf({}, {}, {}), ["good", "3/3 ready"]);
  assertEquals(stateOf({ ready: false }), ["warn", "not ready"]);
  assertEquals(stateOf({ state: "waiting" }), ["warn", "waiting"]);
  assertEquals(
    stateOf({}, { state: "backoff" }, { state: "backoff", until: 3_000 }),
    ["bad", "1/3 ready, 2 restarting"],
  );
  assertEquals(
    stateOf({ state: "waiting", why: "api.0 is blocked: db is failed" }),
    ["bad", "blocked"],
  );
  assertEquals(
    stateOf({ state: "backoff", until: 3_000 }),
    ["bad", "restarting in 3 s"],
  );
  assertEquals(
    stateOf({ state: "completed", type: "task" }),
    ["good", "completed"],
  );
});
