/**
 * What this project expects of the `@std` packages. Where JSR can be reached
 * the real ones are tested, which is what the stand-ins are measured by.
 *
 * @module
 */

import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { assertEquals as fromSubpath } from "@std/assert/equals";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { ConsoleHandler } from "@std/log/console-handler";
import { getLogger } from "@std/log/get-logger";
import { LogRecord } from "@std/log/logger";
import { setup } from "@std/log/setup";
import { BaseHandler } from "@std/log";
import { match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";

/** Pairs of values that are equal. */
const equal: [unknown, unknown][] = [
  [1, 1],
  [0, -0],
  [NaN, NaN],
  ["a", "a"],
  [{ a: 1, b: { c: [2] } }, { b: { c: [2] }, a: 1 }],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]])],
  [new Set([1, 2]), new Set([2, 1])],
  [new Date(0), new Date(0)],
  [/a/g, /a/g],
];

/** Pairs of values that are not equal. */
const different: [unknown, unknown][] = [
  [1, 2],
  [1, "1"],
  [null, undefined],
  [{ a: undefined }, {}],
  [{ a: 1 }, { a: 1, b: 2 }],
  [[1, 2], [2, 1]],
  [[], {}],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Set([1]), new Set([2])],
  [new Date(0), new Date(1)],
  [/a/g, /a/],
  [new Error("a"), new Error("b")],
  [new TypeError("a"), new Error("a")],
];

/** Assertions that hold, and what their opposites say when they do not. */
const assertions: [string, () => void, () => void, RegExp][] = [
  ["assert", () => assert(1), () => assert(0, "zero"), /^zero$/],
  ["assertFalse", () => assertFalse(0), () => assertFalse(1, "one"), /^one$/],
  [
    "assertEquals",
    () => assertEquals([{ a: 1 }], [{ a: 1 }]),
    () => assertEquals({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, "told"),
    /^Values are not equal: told(?=[^]*- +2)(?=[^]*\+ +3)/,
  ],
  [
    "assertNotEquals",
    () => assertNotEquals(1, 2),
    () => assertNotEquals({ a: 1 }, { a: 1 }),
    /not to be/,
  ],
  [
    "assertStrictEquals",
    () => assertStrictEquals("a", "a"),
    () => assertStrictEquals({ a: 1 }, { a: 1 }),
    /^Values have the same structure but are not reference-equal/,
  ],
  [
    "assertObjectMatch",
    () => assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } }),
    () => assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 2 } }),
    /^Values are not equal/,
  ],
  [
    "assertArrayIncludes",
    () => assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]),
    () => assertArrayIncludes([1, 2], [2, 3]),
    /missing: \[\s*3,?\s*\]/,
  ],
  [
    "assertStringIncludes",
    () => assertStringIncludes("abc", "b"),
    () => assertStringIncludes("abc", "d", "told"),
    /^Expected actual: "abc" to contain: "d": told$/,
  ],
  [
    "assertMatch",
    () => assertMatch("abc", /b/),
    () => assertMatch("abc", /d/),
    /^Expected actual: "abc" to match: "\/d\/"\.$/,
  ],
  [
    "assertExists",
    () => assertExists(0),
    () => assertExists(undefined),
    /^Expected actual: "undefined" to not be null or undefined\.$/,
  ],
  [
    "assertInstanceOf",
    () => assertInstanceOf(new TypeError("a"), Error),
    () => assertInstanceOf(new Date(), Error),
    /instance of "Error" but was "Date"/,
  ],
  [
    "assertGreater",
    () => assertGreater(2, 1),
    () => assertGreater(1, 1),
    /^Expect 1 > 1$/,
  ],
  [
    "assertGreaterOrEqual",
    () => assertGreaterOrEqual(1, 1),
    () => assertGreaterOrEqual(0, 1),
    /^Expect 0 >= 1$/,
  ],
  [
    "assertLess",
    () => assertLess(0, 1),
    () => assertLess(1, 1),
    /^Expect 1 < 1$/,
  ],
  [
    "assertLessOrEqual",
    () => assertLessOrEqual(1, 1),
    () => assertLessOrEqual(2, 1),
    /^Expect 2 <= 1$/,
  ],
  [
    "assertAlmostEquals",
    () => assertAlmostEquals(0.1 + 0.2, 0.3),
    () => assertAlmostEquals(1, 2, 0.5),
    /^Expected actual: "1" to be close to "2": delta "1" is greater than/,
  ],
  [
    "fail",
    () => {},
    () => fail("told"),
    /^Failed assertion: told$/,
  ],
  [
    "unreachable",
    () => {},
    () => unreachable(),
    /^Unreachable\.$/,
  ],
  [
    "assertThrows",
    () => void assertThrows(raise, TypeError, "wrong"),
    () => void assertThrows(() => {}, "told"),
    /^Expected function to throw: told$/,
  ],
  [
    "assertThrows with a class",
    () => void assertThrows(raise, Error),
    () => void assertThrows(raise, RangeError),
    /^Expected error to be instance of "RangeError", but was "TypeError"\.$/,
  ],
  [
    "assertThrows with a message",
    () => void assertThrows(raise),
    () => void assertThrows(raise, TypeError, "right"),
    /^Expected error message to include "right", but got "all wrong"\.$/,
  ],
  [
    "assertThrows with an error that is none",
    () => void assertThrows(raiseText),
    () => void assertThrows(raiseText, Error),
    /^A non-Error object was thrown\.$/,
  ],
];

function raise(): never {
  throw new TypeError("all wrong");
}

function raiseText(): never {
  throw "wrong";
}

for (const [name, holds, doesNot, message] of assertions) {
  Deno.test(`${name} tells what is wrong`, () => {
    holds();
    throws(doesNot, (error) => {
      ok(error instanceof AssertionError);
      strictEqual(error.name, "AssertionError");
      match(stripVTControlCharacters(error.message), message);
      return true;
    });
  });
}

Deno.test("assertEquals tells what is equal from what is not", () => {
  for (const [a, b] of equal) {
    assertEquals(a, b);
    throws(() => assertNotEquals(a, b));
  }
  for (const [a, b] of different) {
    assertNotEquals(a, b);
    throws(() => assertEquals(a, b));
  }
  strictEqual(fromSubpath, assertEquals);
});

Deno.test("assertRejects resolves to the reason", async () => {
  const reason = new TypeError("all wrong");
  const rejecting = () => Promise.reject(reason);
  strictEqual(await assertRejects(rejecting), reason);
  strictEqual(await assertRejects(rejecting, Error, "wrong"), reason);
  const failures: [Promise<unknown>, RegExp][] = [
    [assertRejects(rejecting, RangeError), /instance of "RangeError"/],
    [assertRejects(rejecting, TypeError, "right"), /include "right"/],
    [
      assertRejects(() => Promise.resolve(), "told"),
      /^Expected function to reject: told$/,
    ],
    [assertRejects(raise), /^Function throws when expected to reject\.$/],
  ];
  for (const [promise, message] of failures) {
    await rejects(promise, { name: "AssertionError", message });
  }
});

Deno.test("delay resolves after the time, or rejects with the reason", async () => {
  const start = performance.now();
  await delay(20);
  ok(performance.now() - start >= 19);
  await delay(-1);

  const reason = new Error("enough");
  const scope = new AbortController();
  const waiting = delay(2 ** 31, { signal: scope.signal });
  scope.abort(reason);
  await rejects(waiting, reason);
  await rejects(delay(0, { signal: scope.signal }), reason);
});

Deno.test("delay keeps no program alive when it has been aborted", async () => {
  // The sanitizer of the tests finds a timer that is left.
  const scope = new AbortController();
  const waiting = delay(60_000, { signal: scope.signal });
  scope.abort();
  await rejects(waiting, { name: "AbortError" });
});

Deno.test("delay waits for longer than a timer can run", async () => {
  const scope = new AbortController();
  const { signal } = scope;
  const ended: number[] = [];
  // A timer of 32 bits ends these at once, or after a few milliseconds.
  const waits = [2 ** 31, 3_000_000_000, 2 ** 32 + 5, Infinity].map((ms) =>
    delay(ms, { signal }).then(() => ended.push(ms), () => {})
  );
  await delay(20);
  assertEquals(ended, []);
  scope.abort();
  await Promise.all(waits);
});

Deno.test("delay keeps no program alive unless it is persistent", async () => {
  const scope = new AbortController();
  const waiting = delay(60_000, { signal: scope.signal, persistent: false });
  scope.abort();
  await rejects(waiting, { name: "AbortError" });
});

Deno.test("deadline settles as the promise does, if that is in time", async () => {
  strictEqual(await deadline(Promise.resolve(1), 1_000), 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  await rejects(deadline(promise, 1), { name: "TimeoutError" });
  const signal = AbortSignal.abort(new Error("enough"));
  await rejects(deadline(promise, 1_000, { signal }), { message: "enough" });
  resolve();
});

class Kept extends BaseHandler {
  readonly lines: string[] = [];

  override log(msg: string): void {
    this.lines.push(msg);
  }
}

Deno.test("setup decides what the loggers write", () => {
  const all = new Kept("DEBUG");
  const errors = new Kept("ERROR", { formatter: ({ msg }) => msg });
  try {
    setup({
      handlers: { all, errors },
      loggers: {
        default: { level: "INFO", handlers: ["all"] },
        web: { level: "DEBUG", handlers: ["all", "errors", "unknown"] },
      },
    });
    getLogger().debug("below the level");
    strictEqual(getLogger().info("plain"), "plain");
    strictEqual(getLogger("web").debug(() => "lazy"), "lazy");
    strictEqual(getLogger().debug(() => raise()), undefined);
    getLogger("web").error("told");
    getLogger("web").warn({ a: 1, b: "c" });
    getLogger("nobody").critical("told to nobody");
    assertEquals(all.lines, [
      "INFO plain",
      "DEBUG lazy",
      "ERROR told",
      'WARN {"a":1,"b":"c"}',
    ]);
    assertEquals(errors.lines, ["told"]);
  } finally {
    setup({});
  }
  strictEqual(getLogger().levelName, "INFO");
  assertInstanceOf(getLogger().handlers[0], ConsoleHandler);
});

Deno.test("ConsoleHandler writes the level and the message", () => {
  const record = new LogRecord({
    msg: "told",
    args: [],
    level: 20,
    loggerName: "default",
  });
  strictEqual(
    new ConsoleHandler("INFO").format(record),
    Deno.noColor ? "INFO told" : "\x1b[34mINFO told\x1b[39m",
  );
  strictEqual(
    new ConsoleHandler("INFO", { useColors: false }).format(record),
    "INFO told",
  );
});
