import { assert, assertEquals } from "@std/assert";
import { ignoreRejection, isA, messageOf } from "./foreign.ts";
import { RETURNED, THROWN, TRAPPED } from "./tools/foreign_values.ts";

Deno.test("messageOf() returns a text for anything that is thrown", () => {
  const cases: [unknown, string][] = [
    [new Error("no port"), "no port"],
    [Object.freeze(new RangeError("too far")), "too far"],
    [new DOMException("over", "AbortError"), "over"],
    [{ message: "not an Error" }, "not an Error"],
    [new Error(), "Error"],
    [new TypeError(""), "TypeError"],
    ["no port", "no port"],
    [undefined, "undefined"],
    [null, "null"],
    [Symbol("why"), "Symbol(why)"],
    [7n, "7"],
    [{ message: 7, toString: () => "seven" }, "seven"],
    ["", "unknown error"],
    [{ toString: () => "" }, "unknown error"],
    [Object.create(null), "unknown error"],
    [TRAPPED, "unknown error"],
  ];
  for (const [thrown, message] of cases) {
    assertEquals(messageOf(thrown), message);
  }
  for (const [what, make] of Object.entries(THROWN)) {
    const message = messageOf(make());
    assert(typeof message === "string" && message !== "", what);
  }
});

Deno.test("isA() tells the class of anything that is thrown", () => {
  assert(isA(new RangeError(), Error));
  assert(isA(new Proxy(new RangeError(), {}), RangeError));
  assert(!isA(new RangeError(), TypeError));
  for (const make of [() => undefined, () => "Error", () => TRAPPED]) {
    assert(!isA(make(), Error));
  }
});

Deno.test("ignoreRejection() takes anything, and marks promises as handled", async () => {
  class Stubborn extends Promise<never> {
    override then(): never {
      throw new Error("no then");
    }
  }
  for (const make of Object.values(THROWN)) {
    ignoreRejection(make());
    // The tests fail at a rejection that nothing handles.
    ignoreRejection(Promise.reject(make()));
    ignoreRejection(Stubborn.reject(make()));
  }
  for (const make of Object.values(RETURNED)) ignoreRejection(make());
  const promise = Promise.resolve();
  for (const constructor of [Object, 5, null]) {
    const strange = Object.assign(Promise.reject(), { constructor });
    ignoreRejection(strange);
    assertEquals(strange.constructor, constructor);
  }
  ignoreRejection(promise);
  assert(!Object.hasOwn(promise, "constructor"));
  let asked = false;
  ignoreRejection({ then: () => asked = true });
  await Promise.resolve();
  assert(!asked, "what is no promise is left alone");
});
