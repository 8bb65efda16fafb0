import { assertEquals, assertStrictEquals } from "@std/assert";
import { canonical, same } from "./canonical.ts";

const act = () => true;
const described = (json: () => unknown) =>
  Object.assign(() => true, { toJSON: json });

Deno.test("canonical() replaces what has toJSON(), at any depth", () => {
  const inner = described(() => ({ tcp: { port: 5 } }));
  assertEquals(
    canonical({
      probe: described(() => ({ all: [inner, act] })),
      url: new URL("file:///a"),
      list: [{ a: undefined, b: null }],
    }),
    {
      probe: { all: [{ tcp: { port: 5 } }, act] },
      url: "file:///a",
      list: [{ b: null }],
    },
  );
});

Deno.test("canonical() keeps functions without a form of their own", () => {
  const self = described(() => self);
  const failing = described(() => {
    throw new Error("it has none");
  });
  const wrong = Object.assign(() => true, { toJSON: 5 });
  for (const each of [act, self, failing, wrong]) {
    assertStrictEquals(canonical(each), each);
  }
});

Deno.test("same() compares values by what they contain", () => {
  const equal: [unknown, unknown][] = [
    [NaN, NaN],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }],
    [act, act],
    [null, null],
  ];
  for (const [a, b] of equal) assertEquals(same(a, b), true);
  const different: [unknown, unknown][] = [
    [1, "1"],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [[1, 2], [2, 1]],
    [[], {}],
    [null, {}],
    [{}, null],
    [act, () => true],
    [{ a: undefined }, { b: undefined }],
  ];
  for (const [a, b] of different) assertEquals(same(a, b), false);
});
