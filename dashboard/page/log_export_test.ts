import { assertEquals, assertRejects } from "@std/assert";
import { exportLines, textOf, written } from "./log_export.ts";
import type { LogItem, LogLine, Source } from "./source.ts";

const LINE: LogLine = {
  process: "api",
  seq: 7,
  time: 0,
  run: 1,
  source: "stderr",
  text: "\x1b[31mred\x1b[0m \x1b]0;title\x07text",
  truncated: false,
};
const ITEM: LogItem = { kind: "line", ...LINE };

/** A source with so many batches of a line. */
function sourceOf(batches: number): Source {
  return {
    async *logs() {
      for (let i = 0; i < batches; i++) yield await Promise.resolve([ITEM]);
    },
  } as unknown as Source;
}

Deno.test("written() has nothing for terminals in text, all in JSON", () => {
  assertEquals(
    written(ITEM, "text"),
    "1970-01-01T00:00:00.000Z api ! red text\n",
  );
  assertEquals(JSON.parse(written(ITEM, "json")), ITEM);
  assertEquals(
    written({ kind: "missed", process: "api", count: 3 }, "text"),
    "api | (3 lines are missing)\n",
  );
  assertEquals(textOf([LINE, LINE]), "red text\nred text");
});

Deno.test("exportLines() stops at its limit, and says so", async () => {
  const { signal } = new AbortController();
  const size = written(ITEM, "text").length;
  const options = { query: {}, format: "text", most: 3 * size } as const;
  const counts: number[] = [];
  const all = await exportLines(
    sourceOf(3),
    { ...options, progress: (lines) => counts.push(lines) },
    signal,
  );
  assertEquals([all.lines, all.cut, all.parts.length], [3, false, 3]);
  assertEquals(counts, [1, 2, 3]);
  const some = await exportLines(sourceOf(4), options, signal);
  assertEquals([some.lines, some.cut], [3, true]);
});

Deno.test("exportLines() throws when it was cancelled", async () => {
  const signal = AbortSignal.abort(new Error("cancelled"));
  await assertRejects(
    () => exportLines(sourceOf(1), { query: {}, format: "json" }, signal),
    Error,
    "cancelled",
  );
});
