import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Line } from "../mod.ts";
import { memoryLog } from "./log.ts";
import { MemoryShelf } from "./log_memory.ts";
import { LogQueryError } from "./log_query.ts";
import { readShelf } from "./log_read.ts";
import type { LogItem, LogQuery } from "./wire.ts";

/** Makes lines from texts such as `5 text` or `5! text`, `!` for stderr. */
function lines(...texts: string[]): Line[] {
  return texts.map((each) => {
    const [, time = "", err, text = ""] = /^(\d+)(!?) (.*)$/.exec(each) ?? [];
    const source = err ? "stderr" : "stdout";
    return { source, text, time: Number(time), run: 1, truncated: false };
  });
}

/** Returns the texts that a query gives, and `-count` for what was missed. */
async function texts(shelf: MemoryShelf, query: LogQuery): Promise<string> {
  const { signal } = new AbortController();
  const items = await Array.fromAsync(readShelf(() => shelf, query, signal));
  return items.map((item) => item.kind === "line" ? item.text : -item.count)
    .join(" ");
}

async function shelfOf(
  processes: Record<string, Line[]>,
  most = 1_000,
): Promise<MemoryShelf> {
  const shelf = new MemoryShelf(most);
  for (const [name, some] of Object.entries(processes)) {
    await shelf.append(name, some, await shelf.lastRun(name));
  }
  return shelf;
}

Deno.test("A log merges processes by time, and takes the newest lines of all", async () => {
  const shelf = await shelfOf({
    a: lines("1 a1", "4 a4", "5 a5"),
    b: lines("2 b2", "3 b3", "5 b5"),
    c: lines("9 c9"),
  });
  assertEquals(await texts(shelf, {}), "a1 b2 b3 a4 a5 b5 c9");
  assertEquals(await texts(shelf, { lines: 3 }), "a5 b5 c9");
  assertEquals(await texts(shelf, { lines: 0 }), "");
  assertEquals(await texts(shelf, { names: ["b", "c"], lines: 2 }), "b5 c9");
  assertEquals(await texts(shelf, { since: 3, until: 5 }), "b3 a4");
  assertEquals(
    await texts(shelf, { after: { a: 1, b: 3 }, lines: 0 }),
    "a4 a5",
  );
  assertEquals(
    await texts(shelf, { after: { a: 9 }, names: ["a"] }),
    "a1 a4 a5",
  );
});

Deno.test("A log is searched without colors, which lines keep", async () => {
  const line = "\x1b[32mGET\x1b[0m /";
  const shelf = await shelfOf({ a: lines(`1 ${line}`, "2 POST /") });
  for (const grep of ["GET /", "^GET [/]$"]) {
    assertEquals(await texts(shelf, { grep }), line);
  }
});

Deno.test("A log finds processes by name, by entry and by pattern", async () => {
  const names = ["api", "api.1", "api.2", "api.db", "apix"];
  const shelf = await shelfOf(
    Object.fromEntries(names.map((name, i) => [name, lines(`${i} ${name}`)])),
  );
  assertEquals(await texts(shelf, { names: ["api"] }), "api api.1 api.2");
  assertEquals(await texts(shelf, { names: ["api.1"] }), "api.1");
  assertEquals(await texts(shelf, { names: ["a*x", "*db"] }), "api.db apix");
  assertEquals(await texts(shelf, { names: ["(", "none"] }), "");
});

Deno.test("A log filters by output, run, level and regular expression", async () => {
  const shelf = await shelfOf({
    a: lines("1 one", "2! ERROR two", "3! at two", "4 INFO three", "5! at two"),
  });
  await shelf.append("a", lines("6 WARN four"), await shelf.lastRun("a"));
  assertEquals(await texts(shelf, { source: "stderr", lines: 1 }), "at two");
  assertEquals(await texts(shelf, { run: 0 }), "WARN four");
  assertEquals(await texts(shelf, { run: 2 }), "WARN four");
  assertEquals(await texts(shelf, { run: -1, lines: 2 }), "INFO three at two");
  assertEquals(await texts(shelf, { run: -2 }), "");
  assertEquals(
    await texts(shelf, { level: "error" }),
    "ERROR two at two at two",
  );
  assertEquals(await texts(shelf, { level: "error", since: 5 }), "at two");
  assertEquals(await texts(shelf, { level: "warn", lines: 1 }), "WARN four");
  assertEquals(
    await texts(shelf, { grep: "o" }),
    "one ERROR two at two at two WARN four",
  );
  assertEquals(
    await texts(shelf, { grep: "^.t.*o$|f", lines: 2 }),
    "at two WARN four",
  );
});

Deno.test("A log counts a run that has written nothing as the newest one", async () => {
  const shelf = await shelfOf({ a: lines("1 before") });
  shelf.began("a", 2);
  assertEquals(await texts(shelf, { run: 0 }), "");
  assertEquals(await texts(shelf, { run: -1 }), "before");
});

Deno.test("A log refuses a query that is wrong, and names the option", () => {
  const log = memoryLog();
  const { signal } = new AbortController();
  const wrong: [query: unknown, message: string][] = [
    [
      { grep: "(a" },
      'Option "grep" must be a regular expression (Unterminated group): current value is "(a"',
    ],
    [
      { grep: "a".repeat(1_001) },
      'Option "grep" must be at most 1000 characters: current value is 1001',
    ],
    [{ lines: -1 }, 'Option "lines" must be a whole number >= 0'],
    [{ since: NaN }, 'Option "since" must be a time in milliseconds'],
    [{ run: 0.5 }, 'Option "run" must be a whole number'],
    [{ level: "loud" }, 'Option "level" must be debug, info, warn or error'],
    [{ source: "stdin" }, 'Option "source" must be "stdout" or "stderr"'],
    [{ names: "api" }, 'Option "names" must be an array of strings'],
    [{ names: [1] }, 'Option "names" must be an array of strings'],
    [{ after: { a: -1 } }, 'Option "after.a" must be a whole number >= 0'],
    [{ follow: true, until: 1 }, 'Option "until" must be undefined with'],
    [{ tail: 1 }, 'Option "tail" does not exist: the options are names, '],
  ];
  for (const [query, message] of wrong) {
    const read = () => log.read(query as LogQuery, signal);
    assertThrows(read, LogQueryError, message);
  }
});

Deno.test("A log ends a regular expression that takes too long", async () => {
  const shelf = await shelfOf({ a: lines(`1 ${"a".repeat(40)}!`) });
  await assertRejects(
    () => texts(shelf, { grep: "^(a+)+$" }),
    LogQueryError,
    'Option "grep" must be a regular expression that takes less time',
  );
});

Deno.test("memoryLog() keeps the newest lines, and says what a reader missed", async () => {
  const shelf = await shelfOf({
    a: lines(...Array.from({ length: 1_000 }, (_, i) => `${i} ${i}`)),
  }, 3);
  assertEquals(await texts(shelf, {}), "997 998 999");
  assertEquals(await texts(shelf, { after: { a: 10 } }), "-987 997 998 999");
  const controller = new AbortController();
  const seen: LogItem[] = [];
  const query = { follow: true, lines: 1 };
  for await (const item of readShelf(() => shelf, query, controller.signal)) {
    seen.push(item);
    if (seen.length === 1) {
      await shelf.append("a", lines("1 x", "1 y", "1 z", "1 u", "1 v"), 0);
      await shelf.append("b", lines("2 w"), 0);
    }
    if (seen.length === 6) controller.abort();
  }
  assertEquals(
    seen.map((item) => item.kind === "line" ? item.text : -item.count),
    ["999", -2, "z", "u", "v", "w"],
  );
  assert(seen.every(({ process }, i) => process === (i === 5 ? "b" : "a")));
});

Deno.test("memoryLog() forgets the processes that ended first", async () => {
  const shelf = new MemoryShelf(10);
  for (let i = 0; i < 105; i++) {
    await shelf.append(`job${i}`, lines(`${i} ${i}`), 0);
    // The first one is started again.
    if (i === 100) await shelf.lastRun("job0");
    await shelf.ended(`job${i}`);
  }
  const kept = await shelf.tracks();
  assertEquals(kept.length, 101);
  assertEquals(kept.slice(0, 2).map(({ name }) => name), ["job0", "job5"]);
});
