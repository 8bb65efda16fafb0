import { assertEquals, assertThrows } from "@std/assert";
import { THROWN, TRAPPED } from "./tools/foreign_values.ts";
import {
  arrayOf,
  milliseconds,
  oneOf,
  options,
  text,
  whole,
} from "./validate.ts";

/** Returns the message of the error that a check throws for a value. */
function messageFor(
  check: (value: unknown, path: string) => void,
  value: unknown,
): string {
  return assertThrows(() => check(value, "it"), Error).message
    .replace('Option "it" must be ', "");
}

Deno.test("checks show the value that they refuse", () => {
  const long = "x".repeat(61);
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [-0, "0"],
    [10n, "10n"],
    [Symbol("mine"), "Symbol(mine)"],
    [[1, 2], "an array"],
    [{ a: 1 }, "an object"],
    [Object.create(null), "an object"],
    [class A {}, "a function"],
    [new Date(NaN), "an object"],
    [new Proxy(new URL("file:///a"), {}), "an object"],
    [THROWN["a Proxy that was revoked"]?.(), "an object"],
    [TRAPPED, "a function"],
  ];
  for (const [value, shown] of cases) {
    assertEquals(
      messageFor(text, value),
      `a string: current value is ${shown}`,
    );
  }
  assertEquals(
    messageFor(oneOf("a"), `"\n${long}`),
    `one of "a": current value is "\\"\\n${"x".repeat(55)}…"`,
  );
});

Deno.test("checks accept right values", () => {
  for (const value of [0, -0, 0.5, Number.MAX_VALUE]) milliseconds(value, "it");
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) whole(value, "it");
  for (const value of ["", "é", "a\nb"]) text(value, "it");
  arrayOf(whole)([], "it");
  arrayOf(whole)([0, 1], "it");
  options({ a: whole })({}, "it");
  options({ a: whole })({ a: undefined }, "it");
  options({ a: whole })(Object.assign(Object.create(null), { a: 1 }), "it");
});

Deno.test("checks name the path of the value that they refuse", () => {
  const check = options<{ a: unknown }>({
    a: arrayOf(options<{ b: unknown }>({ b: arrayOf(whole) })),
  });
  const error = assertThrows(
    () => check({ a: [{}, { b: [1, 2, "3"] }] }, ""),
    TypeError,
  );
  assertEquals(
    error.message,
    'Option "a[1].b[2]" must be a number: current value is "3"',
  );
});

Deno.test("checks of objects and arrays return what they have read", () => {
  const check = options<{ a?: number[] }>({ a: arrayOf(whole) });
  let reads = 0;
  const a = Object.defineProperty([1, 2], 1, { get: () => reads++ || "no" });
  assertThrows(() => check({ a }, ""), TypeError, "a[1]");
  assertEquals(check({ a }, ""), { a: [1, 1] });
  assertEquals(check({ a: undefined }, ""), {});
});

Deno.test("whole() refuses numbers that cannot be counted with", () => {
  for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertEquals(
      messageFor(whole, value),
      `a whole number >= 0: current value is ${value}`,
    );
  }
});
