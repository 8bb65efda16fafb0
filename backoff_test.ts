import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import {
  type Backoff,
  constant,
  exponential,
  type ExponentialOptions,
  shortestWait,
  uniform,
} from "./backoff.ts";
import { seededRandom } from "./testing/mod.ts";

const DRAWS = 10_000;
const JITTERS = ["none", "full", "equal", "decorrelated"] as const;
const NO_JITTER = { initialMs: 100, jitter: "none" } as const;
const DECORRELATED = {
  initialMs: 100,
  factor: 3,
  jitter: "decorrelated",
} as const;

const SPREADS: [string, Backoff, number, number, number, number][] = [
  // name, backoff, attempt, previousMs, from, to
  ["uniform(5_000)", uniform(5_000), 7, 0, 0, 5_000],
  ["full, first", exponential({ jitter: "full" }), 1, 0, 0, 100],
  ["full, third", exponential({ jitter: "full" }), 3, 0, 0, 400],
  ["full, capped", exponential({ jitter: "full" }), 2_000, 0, 0, 30_000],
  ["equal, first", exponential({ jitter: "equal" }), 1, 0, 50, 100],
  ["equal, third", exponential({ jitter: "equal" }), 3, 0, 200, 400],
  ["equal, capped", exponential({ jitter: "equal" }), 99, 0, 15_000, 30_000],
  ["decorrelated, 1st", exponential(DECORRELATED), 1, 0, 100, 300],
  ["decorrelated, 2nd", exponential(DECORRELATED), 2, 250, 100, 750],
];

for (const [name, backoff, attempt, previousMs, from, to] of SPREADS) {
  Deno.test(`Backoff waits for random times, evenly between its bounds: ${name}`, () => {
    const random = seededRandom(1);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < DRAWS; i++) {
      const ms = backoff(attempt, random, previousMs);
      assert(ms >= from && ms < to, `${ms} is not in [${from}, ${to})`);
      const bin = Math.floor((ms - from) / (to - from) * bins.length);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Five standard deviations of the number of draws in one bin.
    for (const bin of bins) assertAlmostEquals(bin, DRAWS / 10, 150);
  });
}

Deno.test("exponential() decorrelated waits no longer than maxMs", () => {
  const backoff = exponential({ ...DECORRELATED, maxMs: 30_000 });
  const random = seededRandom(2);
  const waits = Array.from({ length: DRAWS }, () => backoff(9, random, 20_000));
  assertEquals(Math.max(...waits), 30_000);
  const capped = waits.filter((ms) => ms === 30_000).length / DRAWS;
  assertAlmostEquals(capped, 0.5, 0.03); // it draws from 100 up to 60,000
});

Deno.test("exponential() decorrelated stays in bounds over many restarts", () => {
  const backoff = exponential({ ...DECORRELATED, maxMs: 2_000 });
  const random = seededRandom(3);
  let previousMs = 0;
  for (let attempt = 1; attempt <= DRAWS; attempt++) {
    const ms = backoff(attempt, random, previousMs);
    const upper = Math.min(2_000, 3 * Math.max(100, previousMs));
    assert(ms >= 100 && ms <= upper, `${ms} is not in [100, ${upper}]`);
    previousMs = ms;
  }
});

Deno.test("exponential() without jitter doubles up to maxMs", () => {
  const backoff = exponential({ ...NO_JITTER, maxMs: 1_000 });
  const waits = [1, 2, 3, 4, 5, 6, 1_000_000]
    .map((attempt) => backoff(attempt, () => 0.9, 0));
  assertEquals(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

Deno.test("exponential() is finite after thousands of crashes", () => {
  for (const jitter of JITTERS) {
    const backoff = exponential({ initialMs: 0, jitter });
    assertEquals(backoff(5_000, () => 0.5, 0), 0, jitter);
  }
});

Deno.test("constant() always waits for the same time", () => {
  const random = seededRandom(4);
  for (let attempt = 1; attempt <= DRAWS; attempt++) {
    assertEquals(constant(250)(attempt, random, 7), 250);
  }
});

Deno.test("backoffs refuse bad input", () => {
  const cases: [() => unknown, typeof TypeError, string][] = [
    [
      () => uniform(-1),
      RangeError,
      'Option "maxMs" must be a finite number >= 0: current value is -1',
    ],
    [
      () => uniform(NaN),
      RangeError,
      'Option "maxMs" must be a finite number >= 0: current value is NaN',
    ],
    [
      () => constant(Infinity),
      RangeError,
      'Option "ms" must be a finite number >= 0: current value is Infinity',
    ],
    [
      () => constant("5" as unknown as number),
      TypeError,
      'Option "ms" must be a number: current value is "5"',
    ],
    [
      () => exponential({ initialMs: -1 }),
      RangeError,
      'Option "initialMs" must be a finite number >= 0: current value is -1',
    ],
    [
      () => exponential({ maxMs: NaN }),
      RangeError,
      'Option "maxMs" must be a finite number >= 0: current value is NaN',
    ],
    [
      () => exponential({ initialMs: 200, maxMs: 100 }),
      RangeError,
      'Option "maxMs" must be >= initialMs (200): current value is 100',
    ],
    [
      () => exponential({ factor: 0.9 }),
      RangeError,
      'Option "factor" must be a finite number >= 1: current value is 0.9',
    ],
    [
      () => exponential({ factor: Infinity }),
      RangeError,
      'Option "factor" must be a finite number >= 1: current value is Infinity',
    ],
    [
      () => exponential({ factor: "2" as unknown as number }),
      TypeError,
      'Option "factor" must be a number: current value is "2"',
    ],
    [
      () => exponential({ jitter: "some" as "none" }),
      TypeError,
      'Option "jitter" must be one of "none", "full", "equal", "decorrelated": ' +
      'current value is "some"',
    ],
    [
      () => exponential({ maxMS: 5 } as ExponentialOptions),
      TypeError,
      'Option "maxMS" does not exist: the options are initialMs, factor, maxMs, jitter',
    ],
    [
      () => exponential(null as unknown as ExponentialOptions),
      TypeError,
      'Option "options" must be an object: current value is null',
    ],
  ];
  for (const [make, kind, message] of cases) {
    const error = assertThrows(make, Error);
    assertEquals([error.constructor, error.message], [kind, message]);
  }
});

Deno.test("shortestWait() is the wait of the lowest random number, and no wait is shorter", () => {
  const random = seededRandom(6);
  for (let i = 0; i < DRAWS; i++) {
    const initialMs = random() * 1_000;
    const backoffs = [
      uniform(initialMs),
      constant(initialMs),
      ...JITTERS.map((jitter) =>
        exponential({
          initialMs,
          factor: 1 + random() * 3,
          maxMs: initialMs + random() * 10_000,
          jitter,
        })
      ),
    ];
    const attempt = 1 + Math.floor(random() * 50);
    const previousMs = random() * 20_000;
    for (const backoff of backoffs) {
      const shortestMs = shortestWait(backoff)?.(attempt) ?? NaN;
      assertEquals(shortestMs, backoff(attempt, () => 0, previousMs));
      assertLessOrEqual(shortestMs, backoff(attempt, random, previousMs));
    }
  }
});

Deno.test("shortestWait() calls no other backoff", () => {
  const backoff = () => {
    throw new Error("it was called");
  };
  assertEquals(shortestWait(backoff), undefined);
  const traps = [
    () => {
      throw new Error("a trap");
    },
    () => 5,
  ];
  for (const get of traps) {
    const proxy = new Proxy(constant(1), { get });
    assertEquals(shortestWait(proxy), undefined);
  }
});

Deno.test("Our backoffs are their names and options in JSON", () => {
  const json = (backoff: Backoff) => JSON.parse(JSON.stringify(backoff));
  assertEquals(json(uniform(5_000)), { uniform: 5_000 });
  assertEquals(json(constant(20)), { constant: 20 });
  for (const jitter of JITTERS) {
    assertEquals(json(exponential({ maxMs: 500, jitter })), {
      exponential: { initialMs: 100, factor: 2, maxMs: 500, jitter },
    });
  }
});
