import { assertEquals, assertThrows } from "@std/assert";
import {
  escaped,
  evaluated,
  ExpressionError,
  hasExpression,
  hasReplica,
} from "./expression.ts";

Deno.test("Expressions are evaluated for a replica", () => {
  const cases: readonly [text: string, value: string | number][] = [
    ["$[8000 + replica]", 8_003],
    ["$[replica]", 3],
    ["$[2 + 3 * replica]", 11],
    ["$[(2 + 3) * replica - 1]", 14],
    ["$[10 - 2 - 3]", 5],
    ["$[-replica + 1]", -2],
    ["$[8000+replica]", 8_003],
    [
      "http://localhost:$[8000 + replica]/$[replica]",
      "http://localhost:8003/3",
    ],
    ["no expression", "no expression"],
    ["$$[replica]", "$[replica]"],
    ["$$$[x", "$$[x"],
  ];
  for (const [text, value] of cases) assertEquals(evaluated(text, 3), value);
});

Deno.test("Expressions with anything else are refused", () => {
  const cases: readonly [text: string, message: string][] = [
    ["$[]", "a number or replica is missing"],
    ["$[1 +]", "a number or replica is missing"],
    ["$[(1]", ") is missing"],
    ["$[1 2]", "2 cannot be here"],
    ["$[replicas]", '"replicas" is not known'],
    ["$[8 / 2]", '"/" is not known'],
    ["$[Deno.exit(1)]", '"Deno" is not known'],
    ["$[1.5]", '"." is not known'],
    ["$[99999999999999999999]", "too large"],
    ["a $[1", "] is missing"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => evaluated(text, 1), ExpressionError, message);
  }
});

Deno.test("A text that only looks like an expression stays as it is", () => {
  for (const text of ["$[x", "a $$[1] b", "^$[a-z]", "5$"]) {
    assertEquals(evaluated(escaped(text), 1), text);
    assertEquals(hasExpression(escaped(text)), false);
  }
  assertEquals(hasReplica("--port=$[8000 + replica]"), true);
  assertEquals(hasReplica("s/^$[a-z]//"), false);
  assertEquals(hasReplica("$[1 + 1]"), false);
});
