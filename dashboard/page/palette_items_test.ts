import { assertEquals } from "@std/assert";
import { fuzzyScore } from "./fuzzy.ts";
import { findItems, paletteItems } from "./palette_items.ts";
import { viewOf } from "./testing.ts";

const PROCESSES = [
  viewOf("api.1"),
  viewOf("api.2"),
  viewOf("worker", { state: "stopped", pid: null }),
];

function found(typed: string, allowed = true): string[] {
  return findItems(paletteItems(PROCESSES, allowed), typed)
    .map(({ title }) => title);
}

Deno.test("findItems() finds actions by a few letters", () => {
  assertEquals(found("res api.1")[0], "Restart api.1");
  assertEquals(found("rs ap2")[0], "Restart api.2");
  assertEquals(found("start work"), ["Start worker"]);
  assertEquals(found("time")[0], "Time line");
  assertEquals(found("zzz"), []);
});

Deno.test("paletteItems() offers no action on a page that is read-only", () => {
  const groups = paletteItems(PROCESSES, false).map(({ group }) => group);
  assertEquals(groups.includes("Action"), false);
  assertEquals(found("shut down", false), []);
});

Deno.test("fuzzyScore() prefers words to letters, and beginnings to the rest", () => {
  const scores = ["log", "dialog", "l-o-g", "lxoxg"].map((text) =>
    fuzzyScore("log", text) ?? 0
  );
  assertEquals(scores, scores.toSorted((a, b) => b - a));
  assertEquals(fuzzyScore("log", "gol"), undefined);
  assertEquals(fuzzyScore("  ", "x"), -0.001);
});
