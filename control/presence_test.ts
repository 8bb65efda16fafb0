import { assertEquals } from "@std/assert";
import { parseOrphans, parseRecord } from "./presence.ts";

Deno.test("Record of another version is understood", () => {
  const { name, pid, startedAt, log } = parseRecord(
    '{"name":"web","pid":12,"startedAt":5,"log":7,"colour":"red"}',
  ) ?? {};
  assertEquals([name, pid, startedAt, log], ["web", 12, 5, null]);
});

Deno.test("Record that cannot be understood is none", () => {
  for (
    const text of [
      "",
      "null",
      '"web"',
      '{"name":"web","pid":12',
      '{"name":"web","pid":"12","startedAt":5}',
      '{"pid":12,"startedAt":5}',
    ]
  ) assertEquals(parseRecord(text), undefined, text);
});

Deno.test("Lines of the guard are read, and broken ones left out", () => {
  const text = '{"time":10,"name":"api","pid":7,"signal":15,"killed":true}\n' +
    '{"time":11,"name":"db","pid":8,"signal":2,"killed":false}\n' +
    'null\n{"time":11}\n{"time":12,"name":"cut","pid":8,"sig';
  assertEquals(parseOrphans(text), [
    { time: 10_000, name: "api", pid: 7, signal: 15, killed: true },
    { time: 11_000, name: "db", pid: 8, signal: 2, killed: false },
  ]);
});
