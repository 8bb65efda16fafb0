import { assertEquals, assertStrictEquals } from "@std/assert";
import { shared, sharedByName } from "./share.ts";

const copied = <Value>(value: Value): Value => structuredClone(value);

Deno.test("shared() returns what was known if nothing differs", () => {
  const before = { name: "api", last: { stderr: ["a", "b"] }, pid: null };
  assertStrictEquals(shared(before, copied(before)), before);
  const list = [before, 1, "x", [true]];
  assertStrictEquals(shared(list, copied(list)), list);
});

Deno.test("shared() keeps the parts that do not differ", () => {
  const before = { last: { stderr: ["a"] }, usage: { cpu: 1 }, labels: ["x"] };
  const after = { last: { stderr: ["a"] }, usage: { cpu: 2 }, labels: [] };
  const found = shared(before, copied(after));
  assertEquals(found, after);
  assertStrictEquals(found.last, before.last);
});

Deno.test("shared() sees what is added and what is missing", () => {
  for (
    const [before, after] of [
      [{ a: 1 }, { a: 1, b: undefined }],
      [{ a: 1, b: undefined }, { a: 1 }],
      [{ a: undefined }, { b: undefined }],
      [[1, 2], [1]],
      [[1], [1, 2]],
      [[], {}],
      [{}, []],
      [null, {}],
      [undefined, [1]],
      [{ a: null }, { a: {} }],
    ]
  ) {
    const found = shared(before, after);
    assertEquals(found, after);
  }
});

Deno.test("sharedByName() finds what is known at another place", () => {
  const [a, b] = [{ name: "a", pid: 1 }, { name: "b", pid: 2 }];
  const found = sharedByName([a, b], [copied(b), copied(a)]);
  assertStrictEquals(found[0], b);
  assertStrictEquals(found[1], a);
  const before = [a, b];
  assertStrictEquals(sharedByName(before, [copied(a), copied(b)]), before);
  assertEquals(sharedByName(before, [copied(a)]), [a]);
});
