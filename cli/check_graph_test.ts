import { assert, assertEquals } from "@std/assert";
import { graphLines, type GraphNode, levelsOf } from "./check_graph.ts";

/** Returns a node that needs others, each `NAME CONDITION`. */
function node(name: string, ...needs: string[]): GraphNode {
  return {
    name,
    title: name,
    needs: needs.map((text) => {
      const [on = "", when = "ready"] = text.split(" ");
      assert(when === "ready" || when === "completed" || when === "started");
      return { on, when, restart: "never", required: true };
    }),
  };
}

Deno.test("graphLines() draws levels with their conditions", () => {
  const levels = levelsOf([
    node("db"),
    node("cache"),
    node("migrate", "db"),
    { ...node("api", "migrate completed", "db"), title: "api (2)" },
    node("worker", "db", "cache started"),
    node("gone", "db", "missing"),
  ]);
  assertEquals(graphLines(levels), [
    "  1 ┬ db",
    "    └ cache",
    "  2 ┬ migrate  after db ready",
    "    ├ worker   after db ready, cache started",
    "    └ gone     after db ready, missing ready",
    "  3 ─ api (2)  after migrate completed, db ready",
  ]);
});

Deno.test("graphLines() says what a dependency is besides its condition", () => {
  const [first] = levelsOf([{
    ...node("a"),
    needs: [
      { on: "b", when: "ready", restart: "always", required: false },
      { on: "c", when: "ready", restart: "explicit", required: true },
    ],
  }]);
  assertEquals(graphLines([first ?? []]), [
    "  1 ─ a  after b ready (optional, restarts with it), c ready (is restarted with it)",
  ]);
});

Deno.test("graphLines() keeps 100 processes within a narrow terminal", () => {
  const names = Array.from({ length: 50 }, (_, i) => `service-${i}`);
  const levels = levelsOf([
    ...names.map((name, i) =>
      node(name, ...names.slice(Math.max(0, i - 1), i))
    ),
    ...names.map((name, i) => node(`job-${i}`, name, ...names.slice(0, 3))),
  ]);
  const lines = graphLines(levels, 60);
  assertEquals(levels.length, 51);
  for (const line of lines) assert(line.length <= 60, line);
  assertEquals(lines.slice(0, 9), [
    "   1 ─ service-0",
    "   2 ─ service-1   after service-0 ready",
    "   3 ─ service-2   after service-1 ready",
    "   4 ┬ service-3   after service-2 ready",
    "     ├ job-0       after service-0 ready, service-0 ready,",
    "     │             service-1 ready, service-2 ready",
    "     ├ job-1       after service-1 ready, service-0 ready,",
    "     │             service-1 ready, service-2 ready",
    "     └ job-2       after service-2 ready, service-0 ready,",
  ]);
});
