import { assertEquals, assertThrows } from "@std/assert";
import { EventParser } from "./event_parser.ts";
import { RefusedError } from "./source.ts";

Deno.test("EventParser puts together what arrives in pieces", () => {
  const text = 'id: 1\ndata: {"a":1}\n\ndata: {"a":2}\n\n: a comment\n\n';
  for (const size of [1, 3, 7, text.length]) {
    const parser = new EventParser<{ a: number }>();
    const found: { a: number }[] = [];
    for (let at = 0; at < text.length; at += size) {
      found.push(...parser.add(text.slice(at, at + size)));
    }
    assertEquals(found, [{ a: 1 }, { a: 2 }]);
  }
});

Deno.test("EventParser throws what a failed stream tells", () => {
  const parser = new EventParser();
  assertThrows(
    () => parser.add('event: error\ndata: {"error":{"message":"no"}}\n\n'),
    RefusedError,
    "no",
  );
});
