import { assert, assertEquals } from "@std/assert";
import { type Backoff, constant } from "./backoff.ts";
import {
  decideRestart,
  type Decision,
  type Ended,
  NO_HISTORY,
  type RestartDecision,
  type RestartHistory,
} from "./restart.ts";
import { RESTART_DEFAULTS, type RestartRules } from "./restart_options.ts";
import { seededRandom } from "./testing/mod.ts";

/** Makes rules with a fixed wait, and a fixed random number. */
function rulesOf(rules: Partial<RestartRules> = {}): RestartRules {
  return {
    ...RESTART_DEFAULTS,
    backoff: constant(10),
    random: () => 0.5,
    ...rules,
  };
}

/** Makes the end of a run, by default of a short one. */
function exit(code: number, facts: Partial<Ended> = {}): Ended {
  const status = { code, success: code === 0, signal: null };
  return { status, durationMs: 5, now: 0, ...facts };
}

/** Returns the decisions after runs that end one after the other. */
function decideAll(
  ends: readonly Ended[],
  rules: Partial<RestartRules> = {},
): Decision[] {
  let history: RestartHistory = NO_HISTORY;
  return ends.map((end) => {
    const [decision, next] = decideRestart(end, history, rulesOf(rules));
    history = next;
    return decision;
  });
}

/** Returns a decision in short: the attempt of a restart, else the reason. */
function brief(decision: Decision): number | string {
  return decision.kind === "restart" ? decision.attempt : decision.reason;
}

/** Makes crashes at the given times. */
function crashesAt(...times: number[]): Ended[] {
  return times.map((now) => exit(1, { now }));
}

Deno.test("decideRestart() follows the policy", () => {
  const cases = [
    // policy, code, what is decided
    ["on-failure", 0, "success"],
    ["on-failure", 1, 1],
    ["on-failure", 3, "success"], // one of the successCodes
    ["on-failure", 4, "stop-code"],
    ["always", 0, 0],
    ["always", 1, 1],
    ["always", 3, 0],
    ["always", 4, "stop-code"],
    ["never", 0, "success"],
    ["never", 1, "never"],
    ["never", 3, "success"],
    ["never", 4, "stop-code"],
  ] as const;
  for (const [policy, code, expected] of cases) {
    const rules = { policy, successCodes: [3], stopCodes: [4] };
    const decided = decideAll([exit(code)], rules).map(brief);
    assertEquals(decided, [expected], `${policy} after ${code}`);
  }
});

Deno.test("decideRestart() takes the code of a signal for an end by it", () => {
  const status = { code: 143, success: false, signal: "SIGTERM" } as const;
  const after = (rules: Partial<RestartRules>) => {
    const [decision] = decideAll([exit(143, { status })], rules);
    return decision && [brief(decision), decision.crashed];
  };
  assertEquals(after({}), [1, true]);
  assertEquals(after({ successCodes: [143] }), ["success", false]);
  assertEquals(after({ stopCodes: [143] }), ["stop-code", true]);
  const always = { policy: "always", successCodes: [143] } as const;
  assertEquals(after(always), [0, false]);
});

Deno.test("decideRestart() lets stop codes win over success codes and 0", () => {
  const always = { policy: "always", stopCodes: [0] } as const;
  assertEquals(decideAll([exit(0)], always).map(brief), ["stop-code"]);
  const both = { successCodes: [4], stopCodes: [4] };
  assertEquals(decideAll([exit(4)], both).map(brief), ["stop-code"]);
});

Deno.test("decideRestart() says whether the run crashed, whatever follows", () => {
  const clean = exit(0);
  const bad = exit(1);
  const limit = { restarts: 0, withinMs: 1_000 };
  const backoff = () => NaN;
  const cases: [boolean, string, Ended, Partial<RestartRules>][] = [
    // whether it crashed, what is decided and why, the end, the rules
    [false, "leave success", clean, {}],
    [false, "leave success", clean, { policy: "never" }],
    [false, "leave success", bad, { successCodes: [1] }],
    [false, "leave stop-code", clean, { stopCodes: [0] }],
    [false, "leave stop-code", bad, { successCodes: [1], stopCodes: [1] }],
    [false, "restart exit", clean, { policy: "always" }],
    [false, "restart exit", bad, { policy: "always", successCodes: [1] }],
    [false, "fail limit", clean, { policy: "always", limit }],
    [false, "fail limit", bad, { policy: "always", successCodes: [1], limit }],
    [false, "fail backoff", clean, { policy: "always", backoff }],
    [true, "leave never", bad, { policy: "never" }],
    [true, "leave stop-code", bad, { stopCodes: [1] }],
    [true, "leave stop-code", bad, { policy: "never", stopCodes: [1] }],
    [true, "restart crash", bad, {}],
    [true, "fail limit", bad, { limit }],
    [true, "fail backoff", bad, { backoff }],
    [true, "restart spawn", exit(0, { spawnFailure: "transient" }), {}],
    [true, "restart spawn", exit(0, { spawnFailure: "moved" }), {}],
    [true, "fail spawn", exit(0, { spawnFailure: "final" }), {}],
  ];
  for (const [crashed, expected, end, rules] of cases) {
    const [decision] = decideRestart(end, NO_HISTORY, rulesOf(rules));
    const { kind, reason } = decision;
    assertEquals([decision.crashed, `${kind} ${reason}`], [crashed, expected]);
  }
});

Deno.test("decideRestart() counts consecutive crashes", () => {
  const ends = [
    exit(1),
    exit(2),
    exit(1, { durationMs: 59_999.9 }),
    exit(1, { durationMs: 60_000 }), // was healthy
    exit(1),
  ];
  assertEquals(decideAll(ends).map(brief), [1, 2, 3, 1, 2]);
});

Deno.test("decideRestart() counts from 1 after a run that ended with success", () => {
  const decided = decideAll([exit(1), exit(1), exit(0), exit(0), exit(1)], {
    policy: "always",
  });
  assertEquals(decided.map(brief), [1, 2, 0, 0, 1]);
});

Deno.test("decideRestart() counts from 1 after each run with resetAfterMs 0", () => {
  const ends = [exit(1, { durationMs: 0 }), exit(1, { durationMs: 0 })];
  assertEquals(decideAll(ends, { resetAfterMs: 0 }).map(brief), [1, 1]);
});

Deno.test("decideRestart() passes the attempt and the previous wait to the backoff", () => {
  const calls: number[][] = [];
  const backoff: Backoff = (attempt, _random, previousMs) => {
    calls.push([attempt, previousMs]);
    return 10 * calls.length;
  };
  const healthy = exit(1, { durationMs: 60_000 });
  decideAll(
    [exit(1), exit(1), exit(1), healthy, exit(1), exit(0), exit(0), exit(1)],
    { policy: "always", backoff },
  );
  // The first attempt has no wait before it, whatever came earlier.
  assertEquals(calls, [
    [1, 0],
    [2, 10],
    [3, 20],
    [1, 0],
    [2, 40],
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
});

Deno.test("decideRestart() returns everything that the decision is based on", () => {
  const limit = { restarts: 3, withinMs: 1_000 };
  const backoff: Backoff = (_attempt, random) => random() + random();
  let drawn = 0;
  const random = () => (drawn += 0.25);
  const [decision, history] = decideRestart(
    exit(7, { now: 500 }),
    { attempt: 1, delayMs: 3, restarts: [400] },
    rulesOf({ limit, backoff, random }),
  );
  assertEquals(decision, {
    kind: "restart",
    reason: "crash",
    crashed: true,
    attempt: 2,
    delayMs: 0.75,
    drawn: [0.25, 0.5],
    restartsLeft: 1,
  });
  assertEquals(history, { attempt: 2, delayMs: 0.75, restarts: [400, 500] });
});

Deno.test("decideRestart() keeps no list of restarts without a limit", () => {
  const [decision, history] = decideRestart(exit(1), NO_HISTORY, rulesOf());
  assertEquals(history.restarts, []);
  assertEquals((decision as RestartDecision).restartsLeft, undefined);
});

Deno.test("decideRestart() applies the limit at the edges of its window", () => {
  const limit = { restarts: 3, withinMs: 1_000 };
  const cases: [number[], (number | string)[]][] = [
    [[0, 400, 1_000, 1_000], [1, 2, 3, "limit"]],
    [[0, 400, 900, 1_000], [1, 2, 3, "limit"]], // exactly as long as the window
    [[0, 400, 900, 1_000.1], [1, 2, 3, 4]], // the first has left it
    [[0, 400, 900, 1_000.1, 1_400], [1, 2, 3, 4, "limit"]],
    [[0, 400, 900, 1_000.1, 1_400.1], [1, 2, 3, 4, 5]],
  ];
  for (const [times, expected] of cases) {
    const decided = decideAll(crashesAt(...times), { limit }).map(brief);
    assertEquals(decided, expected, times.join());
  }
});

Deno.test("decideRestart() counts how many restarts are left", () => {
  const limit = { restarts: 3, withinMs: 1_000 };
  const left = decideAll(crashesAt(0, 100, 1_050, 1_060), { limit })
    .map((decision) => (decision as RestartDecision).restartsLeft);
  assertEquals(left, [2, 1, 1, 0]);
});

Deno.test("decideRestart() applies the limit however long the runs were", () => {
  const limit = { restarts: 1, withinMs: 600_000 };
  const healthy = exit(1, { durationMs: 90_000, now: 90_000 });
  assertEquals(decideAll([exit(1), healthy], { limit }).map(brief), [
    1,
    "limit",
  ]);
  const clean = decideAll([exit(0), exit(0)], { limit, policy: "always" });
  assertEquals(clean.map(brief), [0, "limit"]);
});

Deno.test("decideRestart() counts crashes in a row if the limit has no window", () => {
  const limit = { restarts: 2 };
  const crash = exit(1);
  const late = exit(1, { now: 1e12 });
  const healthy = exit(1, { durationMs: 60_000 });
  const almost = exit(1, { durationMs: 59_999 });
  const clean = exit(0);
  const failed = exit(126, { durationMs: 0, spawnFailure: "transient" });
  const cases: [Ended[], (number | string)[]][] = [
    // the ends, what is decided
    [[crash, crash, crash], [1, 2, "limit"]],
    [[crash, crash, late], [1, 2, "limit"]], // however far apart
    [[crash, almost, almost], [1, 2, "limit"]],
    [[crash, crash, healthy, crash, crash], [1, 2, 1, 2, "limit"]],
    [[crash, crash, clean, crash, crash, crash], [1, 2, 0, 1, 2, "limit"]],
    [[clean, clean, clean, clean], [0, 0, 0, 0]],
    [[crash, failed, failed], [1, 2, "limit"]],
  ];
  for (const [ends, expected] of cases) {
    const rules = { policy: "always", limit } as const;
    assertEquals(decideAll(ends, rules).map(brief), expected);
  }
});

Deno.test("decideRestart() says how many more crashes in a row the limit allows", () => {
  const ends = [0, 1, 1, 0, 1].map((code) => exit(code));
  const limit = { restarts: 3 };
  const decided = decideAll(ends, { policy: "always", limit });
  assertEquals(
    decided.map((each) => (each as RestartDecision).restartsLeft),
    [3, 2, 1, 3, 2],
  );
  const moved = exit(127, { spawnFailure: "moved" });
  assertEquals(
    decideAll([exit(1), moved, exit(1)], { limit })
      .map((each) => (each as RestartDecision).restartsLeft),
    [2, 2, 1],
  );
});

Deno.test("decideRestart() gives up a row of crashes exactly when it is too long", () => {
  const random = seededRandom(7);
  const below = (most: number) => Math.floor(random() * most);
  for (let i = 0; i < 500; i++) {
    const restarts = below(5);
    const resetAfterMs = below(100);
    const rules = rulesOf({
      policy: random() < 0.5 ? "always" : "on-failure",
      limit: { restarts },
      resetAfterMs,
      successCodes: [3],
    });
    let history: RestartHistory = NO_HISTORY;
    let row = 0;
    let now = 0;
    for (let run = 0; run < 30; run++) {
      const code = below(5);
      const durationMs = below(120);
      now += durationMs + below(1_000_000);
      const end = exit(code, { durationMs, now });
      const [decision, next] = decideRestart(end, history, rules);
      const crashed = code !== 0 && code !== 3;
      if (!crashed) row = 0;
      else row = durationMs < resetAfterMs ? row + 1 : 1;
      assertEquals(decision.crashed, crashed);
      assertEquals(
        brief(decision),
        row > restarts
          ? "limit"
          : crashed || rules.policy === "always"
          ? row
          : "success",
      );
      if (decision.kind !== "restart") break;
      assertEquals(decision.restartsLeft, restarts - row);
      history = next;
    }
  }
});

Deno.test("decideRestart() fails at once when the limit allows none", () => {
  const limit = { restarts: 0, withinMs: 1_000 };
  for (const each of [limit, { restarts: 0 }]) {
    assertEquals(decideAll([exit(1)], { limit: each }), [
      { kind: "fail", reason: "limit", crashed: true, attempt: 1, limit: each },
    ]);
  }
});

Deno.test("decideRestart() retries a start that may succeed later", () => {
  const failed = exit(126, { durationMs: 0, spawnFailure: "transient" });
  const [first, second] = decideAll([exit(1), failed]);
  assertEquals(brief(first as Decision), 1);
  assertEquals(second, {
    kind: "restart",
    reason: "spawn",
    crashed: true,
    attempt: 2,
    delayMs: 10,
    drawn: [],
    restartsLeft: undefined,
  });
});

Deno.test("decideRestart() restarts a program that has moved at once", () => {
  const moved = exit(127, { spawnFailure: "moved" });
  const rules = {
    policy: "never",
    limit: { restarts: 0, withinMs: 1 },
  } as const;
  const decided: Decision = {
    kind: "restart",
    reason: "spawn",
    crashed: true,
    attempt: 1,
    delayMs: 0,
    drawn: [],
    restartsLeft: 0,
  };
  assertEquals(decideAll([moved, moved], rules), [decided, decided]);
});

Deno.test("decideRestart() gives up a start that cannot succeed", () => {
  const cases = [
    ["final", "on-failure"],
    ["final", "always"],
    ["final", "never"],
    ["transient", "never"],
  ] as const;
  for (const [spawnFailure, policy] of cases) {
    const decided = decideAll([exit(126, { spawnFailure })], { policy });
    assertEquals(decided, [
      { kind: "fail", reason: "spawn", crashed: true, attempt: 1 },
    ]);
  }
});

Deno.test("decideRestart() ignores the code of a run that could not be started", () => {
  const failed = exit(127, { spawnFailure: "transient" });
  for (const rules of [{ successCodes: [127] }, { stopCodes: [127] }]) {
    assertEquals(decideAll([failed], rules).map(brief), [1]);
  }
});

Deno.test("decideRestart() fails when the backoff throws", () => {
  const error = new Error("no idea");
  const backoff = () => {
    throw error;
  };
  assertEquals(decideAll([exit(1)], { backoff }), [
    { kind: "fail", reason: "backoff", crashed: true, attempt: 1, error },
  ]);
});

Deno.test("decideRestart() fails when the backoff gives no usable wait", () => {
  const cases: [unknown, typeof TypeError, string][] = [
    [NaN, RangeError, "a finite number >= 0: current value is NaN"],
    [-1, RangeError, "a finite number >= 0: current value is -1"],
    [Infinity, RangeError, "a finite number >= 0: current value is Infinity"],
    ["5", TypeError, 'a number: current value is "5"'],
    [undefined, TypeError, "a number: current value is undefined"],
  ];
  for (const [wait, kind, message] of cases) {
    const backoff = () => wait as number;
    const [decision] = decideAll([exit(1)], { backoff });
    assert(decision?.kind === "fail" && decision.reason === "backoff");
    assert(decision.error instanceof Error);
    assertEquals(decision.reason, "backoff");
    assertEquals(decision.error.constructor, kind);
    assertEquals(
      decision.error.message,
      `Option "restart.backoff()" must be ${message}`,
    );
  }
});
