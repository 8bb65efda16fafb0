import { assertEquals, assertThrows } from "@std/assert";
import { constant, exponential, uniform } from "./backoff.ts";
import {
  decideRestart,
  NO_HISTORY,
  type RestartDecision,
  type RestartHistory,
} from "./restart.ts";
import {
  checkReachable,
  checkRestart,
  RESTART_DEFAULTS,
  type RestartOptions,
  type RestartRules,
  restartRules,
} from "./restart_options.ts";
import { seededRandom } from "./testing/mod.ts";

const NO_JITTER = { initialMs: 100, jitter: "none" } as const;
const DECORRELATED = {
  initialMs: 100,
  factor: 3,
  jitter: "decorrelated",
} as const;

/** Makes rules with a fixed wait, and a fixed random number. */
function rulesOf(rules: Partial<RestartRules>): RestartRules {
  return {
    ...RESTART_DEFAULTS,
    backoff: constant(10),
    random: () => 0.5,
    ...rules,
  };
}

Deno.test("restartRules() falls back on the source of random numbers that it is given", () => {
  const random = () => 0.25;
  assertEquals(restartRules({}, random), { ...RESTART_DEFAULTS, random });
  const own = () => 0.75;
  assertEquals(restartRules({ random: own }, random).random, own);
});

Deno.test("restartRules() fills in each field of leftovers", () => {
  const { leftovers } = restartRules(
    { leftovers: { gracePeriodMs: 7 } },
    () => 0,
  );
  assertEquals(leftovers, { signal: "SIGTERM", gracePeriodMs: 7 });
});

Deno.test("checkReachable() refuses a limit that can never be reached", () => {
  const limit = { restarts: 5, withinMs: 1_000 };
  assertThrows(
    () => checkReachable(rulesOf({ limit, backoff: constant(201) })),
    RangeError,
    'Option "restart.limit" can never be reached: ' +
      "5 restarts take at least 1005 ms of backoff, and withinMs is 1000",
  );
});

Deno.test("checkReachable() refuses no limit that can be reached", () => {
  const equal = exponential({ initialMs: 100, jitter: "equal" });
  const cases: [boolean, number, Partial<RestartRules>][] = [
    // whether it can be reached, within which time, by which rules
    [true, 1_000, { backoff: constant(200) }],
    [false, 999, { backoff: constant(200) }],
    [true, 1, { backoff: uniform(60_000) }],
    [true, 3_100, { backoff: exponential(NO_JITTER) }],
    [false, 3_099, { backoff: exponential(NO_JITTER) }],
    [true, 1_550, { backoff: equal }],
    [false, 1_549, { backoff: equal }],
    [true, 500, { backoff: exponential(DECORRELATED) }],
    [false, 499, { backoff: exponential(DECORRELATED) }],
    // Nothing is known about the waits of any other function.
    [true, 1, { backoff: () => 1_000 }],
    // Runs that are long enough, or end well, start at the first wait again.
    [true, 2_000, { backoff: exponential(NO_JITTER), resetAfterMs: 50 }],
    [false, 499, { backoff: exponential(NO_JITTER), resetAfterMs: 50 }],
    [true, 500, { backoff: exponential(NO_JITTER), policy: "always" }],
    [false, 499, { backoff: exponential(NO_JITTER), policy: "always" }],
  ];
  for (const [reachable, withinMs, rules] of cases) {
    const limit = { restarts: 5, withinMs };
    const check = () => checkReachable(rulesOf({ ...rules, limit }));
    if (reachable) check();
    else assertThrows(check, RangeError);
  }
});

Deno.test("checkReachable() accepts every limit without a window", () => {
  const limit = { restarts: 1_000 };
  for (const backoff of [constant(1e9), exponential(NO_JITTER)]) {
    checkReachable(rulesOf({ limit, backoff }));
  }
});

Deno.test("restartRules() takes a limit with and without a window", () => {
  const limits: [object, object][] = [
    [{ restarts: 3 }, { restarts: 3 }],
    [{ restarts: 3, withinMs: undefined }, { restarts: 3 }],
    [{ restarts: 3, withinMs: 5 }, { restarts: 3, withinMs: 5 }],
  ];
  for (const [given, expected] of limits) {
    const options = { limit: given } as RestartOptions;
    checkRestart(options, "restart");
    assertEquals(restartRules(options, () => 0).limit, expected);
  }
  const wrong: [object, ErrorConstructor, string][] = [
    [{}, TypeError, "limit.restarts"],
    [{ withinMs: 5 }, TypeError, "limit.restarts"],
    [{ restarts: -1 }, RangeError, "limit.restarts"],
    [{ restarts: 3, withinMs: -1 }, RangeError, "limit.withinMs"],
    [{ restarts: 3, withinMs: null }, TypeError, "limit.withinMs"],
    [{ restarts: 3, within: 5 }, TypeError, "limit.within"],
  ];
  for (const [limit, kind, name] of wrong) {
    assertThrows(
      () => checkRestart({ limit }, "restart"),
      kind,
      `Option "restart.${name}"`,
    );
  }
});

Deno.test("checkReachable() accepts every limit that is reached", () => {
  // Each limit that a crash loop without pauses can meet must be allowed.
  const random = seededRandom(5);
  for (let i = 0; i < 300; i++) {
    const rules = rulesOf({
      backoff: exponential({
        initialMs: Math.floor(random() * 100),
        factor: 1 + random() * 2,
        jitter: "equal",
      }),
      limit: {
        restarts: 1 + Math.floor(random() * 8),
        withinMs: Math.floor(random() * 5_000),
      },
      resetAfterMs: Math.floor(random() * 3_000),
      random: () => 0,
    });
    let history: RestartHistory = NO_HISTORY;
    let now = 0;
    for (let run = 0; run < 12; run++) {
      const durationMs = random() < 0.5 ? 0 : rules.resetAfterMs;
      const status = { code: 1, success: false, signal: null };
      const end = { status, now: now + durationMs, durationMs };
      const [decision, next] = decideRestart(end, history, rules);
      if (decision.kind === "fail") {
        checkReachable(rules);
        break;
      }
      history = next;
      now += durationMs + (decision as RestartDecision).delayMs;
    }
  }
});
