import { assert, assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import {
  type BudgetFacts,
  type BudgetMemory,
  NO_RESTARTS,
  spend,
} from "./budget.ts";

const budget = { restarts: 2, withinMs: 1_000 };

function due(...names: string[]): BudgetFacts["crashed"] {
  return names.map((name) => ({ name, due: true }));
}

/** Takes decisions one after another; returns who goes, and when to ask again. */
function decisions(...facts: Partial<BudgetFacts>[]) {
  let memory: BudgetMemory = NO_RESTARTS;
  return facts.map((each) => {
    const base = { now: 0, crashed: [], recovering: [] };
    const decision = spend(budget, memory, { ...base, ...each });
    memory = decision.memory;
    return [decision.go.join(" "), decision.again];
  });
}

Deno.test("spend() grants restarts while the budget lasts", () => {
  assertEquals(
    decisions(
      { now: 0, crashed: due("a") },
      { now: 500, crashed: due("a") },
      { now: 1_000, crashed: due("b") },
      { now: 1_500, crashed: due("a", "b").slice(0, 1) },
    ),
    [["a", undefined], ["a", undefined], ["b", undefined], ["a", undefined]],
  );
});

Deno.test("spend() leaves alone what is in backoff while the budget lasts", () => {
  const crashed = [{ name: "a", due: false }, { name: "b", due: true }];
  assertEquals(decisions({ crashed }), [["b", undefined]]);
});

Deno.test("spend() lets one after another try when the budget is used up", () => {
  assertEquals(
    decisions(
      { now: 0, crashed: due("a", "b", "c", "d") },
      { now: 400, crashed: due("c", "d") },
      // "b" tries still, so the next one tries after a second.
      { now: 999, crashed: due("c", "d") },
      { now: 1_000, crashed: due("c", "d") },
      // "c" has failed: those whose last try is longest ago come first.
      { now: 1_100, crashed: due("a", "b", "c", "d") },
      { now: 1_500, crashed: due("a", "b", "c", "d") },
      { now: 2_000, crashed: due("a", "b", "c", "d") },
      { now: 2_500, crashed: due("a", "b", "c", "d") },
    ),
    [
      ["a b", 1_000],
      ["", 1_000],
      ["", 1_000],
      ["c", 2_000],
      ["", 1_500],
      ["d", 2_500],
      ["a", 3_000],
      ["b", 3_500],
    ],
  );
});

Deno.test("spend() also lets one try whose backoff is not over", () => {
  assertEquals(
    decisions(
      { crashed: due("a", "b", "c", "d") },
      { now: 1_000, crashed: [{ name: "x", due: false }] },
    ),
    [["a b", 1_000], ["x", 2_000]],
  );
});

Deno.test("spend() does not cut short the backoff of one that is alone", () => {
  const backoff = [{ name: "c", due: false }];
  assertEquals(
    decisions(
      { crashed: due("a", "b", "c") },
      { now: 1_000, crashed: due("c") },
      { now: 1_100, crashed: backoff },
      { now: 5_000, crashed: backoff },
      { now: 9_000, crashed: due("c") },
    ),
    [["a b", 1_000], ["c", 2_000], ["", undefined], ["", undefined], [
      "c",
      undefined,
    ]],
  );
});

Deno.test("spend() releases all when one that has tried works again", () => {
  const all = due("a", "c", "d", "e");
  assertEquals(
    decisions(
      { now: 0, crashed: due("a", "b", "c", "d", "e") },
      // One that is not of the herd says nothing about it.
      { now: 100, crashed: all, recovering: [{ name: "x", at: 0 }] },
      { now: 300, crashed: all, recovering: [{ name: "b", at: 700 }] },
      { now: 700, crashed: all, recovering: [{ name: "b", at: 700 }] },
      // The release has cost nothing.
      { now: 800, crashed: due("a", "b") },
    ),
    [["a b", 1_000], ["", 1_000], ["", 700], ["a c d e", undefined], [
      "a b",
      undefined,
    ]],
  );
});

Deno.test("spend() does not take one for a sign that recovered before the others crashed", () => {
  const recovering = [{ name: "a", at: 50 }];
  assertEquals(
    decisions(
      { now: 0, crashed: due("a") },
      { now: 100, crashed: due("b", "c", "d"), recovering },
      { now: 200, crashed: due("c", "d"), recovering },
    ),
    [["a", undefined], ["b", 1_100], ["", 1_100]],
  );
});

Deno.test("spend() keeps to the budget, and lets nothing wait for good", () => {
  const property = fc.property(
    fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 600 }),
        crashed: fc.subarray(["a", "b", "c", "d"]),
      }),
      { maxLength: 30 },
    ),
    (story) => {
      let memory: BudgetMemory = NO_RESTARTS;
      let now = 0;
      const granted: number[] = [];
      for (const { afterMs, crashed } of story) {
        now += afterMs;
        const facts = { now, crashed: due(...crashed), recovering: [] };
        const { memory: next, go, again } = spend(budget, memory, facts);
        memory = next;
        granted.push(...go.map(() => now));
        assert(go.every((name) => crashed.includes(name)));
        // Nothing has recovered: the budget and at most one more every 500 ms.
        const recent = granted.filter((at) => now - at < 1_000);
        assert(recent.length <= budget.restarts + 2, `${recent}`);
        const rest = crashed.length - go.length;
        assert(rest === 0 || again !== undefined, "it is asked again");
        assert(again === undefined || again > now && again <= now + 1_000);
      }
    },
  );
  fc.assert(property, { seed: 14, numRuns: 2_000 });
});
