import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Clock, Line } from "../mod.ts";
import { Folder, KERNEL, permitted } from "../tools/testing.ts";
import { openLog, readLog } from "./log.ts";
import { DiskShelf } from "./log_disk.ts";
import { readShelf } from "./log_read.ts";
import type { Shelf } from "./log_track.ts";
import type { LogItem, LogQuery } from "./wire.ts";

const ignore = !permitted("read", "write");

const RULES = { maxBytes: Infinity, maxAgeMs: Infinity };

/** Makes lines of a run, with consecutive numbers as texts and times. */
function lines(from: number, count: number, run = 1): Line[] {
  return Array.from({ length: count }, (_, i) => ({
    source: "stdout",
    text: String(from + i),
    time: 1_000 + from + i,
    run,
    truncated: false,
  }));
}

/** Reads everything that is there. */
async function all(
  source: Shelf | string,
  query: LogQuery = {},
): Promise<LogItem[]> {
  const { signal } = new AbortController();
  return await Array.fromAsync(
    typeof source === "string"
      ? readLog(source).read(query, signal)
      : readShelf(() => source, query, signal),
  );
}

/** Shows items in short form: `seq:text`, or `-count`. */
function shown(items: readonly LogItem[]): string {
  return items.map((item) =>
    item.kind === "line" ? `${item.seq}:${item.text}` : `-${item.count}`
  ).join(" ");
}

/** A log that a test writes. */
function open(folder: string, rules = RULES, clock: Clock = KERNEL) {
  const warnings: string[] = [];
  const shelf = new DiskShelf(folder, rules, (text) => warnings.push(text));
  return { shelf, keeper: shelf.keeper(clock), warnings };
}

Deno.test({
  name: "A log keeps lines and counts on over supervisors",
  ignore,
  async fn() {
    await using folder = new Folder();
    for (const start of [1, 3, 5]) {
      const { shelf, keeper } = open(folder.log);
      const base = await keeper.lastRun("api");
      await keeper.append("api", lines(start, 2), base);
      await shelf.close();
    }
    const items = await all(folder.log);
    assertEquals(shown(items), "1:1 2:2 3:3 4:4 5:5 6:6");
    assertEquals(
      items.map((item) => item.kind === "line" && item.run),
      [1, 1, 2, 2, 3, 3],
    );
    assertEquals(await readLog(folder.log).names(), ["api"]);
  },
});

Deno.test({
  name: "A log is text that people can read",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { shelf, keeper } = open(folder.log);
    const time = Date.UTC(2026, 10, 27, 21, 30, 48, 123);
    const line = { text: "a  b", time, run: 3, truncated: false };
    await keeper.append("api", [
      { ...line, source: "stdout" },
      { ...line, source: "stderr", truncated: true, text: "" },
    ], 4);
    await shelf.close();
    assertEquals(
      await Deno.readTextFile(`${folder.log}/api/0000000000000001.0.log`),
      "2026-11-27T21:30:48.123Z 7 out a  b\n2026-11-27T21:30:48.123Z 7 err+ \n",
    );
    const [first, second] = await all(folder.log);
    assertEquals(first, {
      kind: "line",
      seq: 1,
      process: "api",
      ...line,
      run: 7,
      source: "stdout",
    });
    assert(second?.kind === "line" && second.truncated);
  },
});

Deno.test({
  name: "A log keeps any text, and the lines of a process with any name",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { shelf, keeper } = open(folder.log);
    const names = ["..", ".", "a/b", "API", "api", "\ud800", "ü".repeat(300)];
    const texts = ["", " ", "a\rb", "\0", "\ufeffx", "ü\u{1f600}", "out x"];
    for (const name of names) {
      const some = texts.map((text) => ({ ...lines(1, 1)[0] as Line, text }));
      await keeper.append(name, some, 0);
    }
    await shelf.close();
    assertEquals(await readLog(folder.log).names(), names.toSorted());
    for (const name of names.filter((each) => each !== "\ud800")) {
      const items = await all(folder.log, { names: [name] });
      assertEquals(
        items.map((item) => item.kind === "line" && item.text),
        texts,
      );
    }
  },
});

Deno.test({
  name: "A log repairs a record that was torn, and doubles none",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { shelf, keeper } = open(folder.log);
    await keeper.append("api", lines(1, 3), 0);
    await shelf.close();
    // As if the supervisor had been killed in the middle of a write.
    const path = `${folder.log}/api/0000000000000001.0.log`;
    await Deno.remove(path.replace(".log", ".index"));
    await Deno.writeTextFile(path, "2026-11-27T21:30:48.1", { append: true });
    assertEquals(shown(await all(folder.log)), "1:1 2:2 3:3");
    const next = open(folder.log);
    await next.keeper.append("api", lines(4, 1), 1);
    assertEquals(shown(await all(next.shelf)), "1:1 2:2 3:3 4:4");
    assertEquals(shown(await all(folder.log)), "1:1 2:2 3:3 4:4");
    assertEquals((await Deno.readTextFile(path)).split("\n").length, 5);
    await next.shelf.close();
  },
});

Deno.test({
  name:
    "A log shows damaged records as they are, and an index that is damaged is made anew",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { shelf, keeper } = open(folder.log);
    await keeper.append("api", lines(1, 1), 0);
    await shelf.close();
    const path = `${folder.log}/api/0000000000000001.0`;
    const bad = ["", "\0\0", "2026-11-27T21:30:48.123Z x out y", "?"];
    await Deno.writeTextFile(`${path}.log`, bad.join("\n") + "\n", {
      append: true,
    });
    for (const index of ["{", '{"size":9999999,"end":5,"blocks":[]}']) {
      await Deno.writeTextFile(`${path}.index`, index);
      const items = await all(folder.log);
      assertEquals(
        items.map((item) => item.kind === "line" && item.text),
        ["1", ...bad],
      );
    }
  },
});

Deno.test({
  name: "A log drops the oldest lines by size, and a reader is told how many",
  ignore,
  async fn() {
    await using folder = new Folder();
    const rules = { ...RULES, maxBytes: 8_000 };
    const { shelf, keeper } = open(folder.log, rules);
    const controller = new AbortController();
    const { signal } = controller;
    await keeper.append("api", lines(1, 10), 0);
    const slow = readShelf(() => shelf, { follow: true }, signal);
    const reader = slow[Symbol.asyncIterator]();
    const seen: LogItem[] = [];
    const take = async () => seen.push((await reader.next()).value);
    await take();
    for (let from = 11; from < 1_000; from += 50) {
      await keeper.append("api", lines(from, 50), 0);
    }
    let size = 0;
    for await (const { name } of Deno.readDir(`${folder.log}/api`)) {
      if (!name.endsWith(".log")) continue;
      size += (await Deno.stat(`${folder.log}/api/${name}`)).size;
    }
    assert(size > 6_000 && size <= 8_000, `${size}`);
    while (
      seen.at(-1)?.kind !== "line" || shown(seen.slice(-1)) !== "1010:1010"
    ) {
      await take();
    }
    controller.abort();
    await reader.return?.();
    let next = 1;
    let missed = 0;
    for (const item of seen) {
      if (item.kind === "missed") {
        missed += item.count;
        next += item.count;
      } else assertEquals(item.seq, next++);
    }
    assert(missed > 500, `${missed}`);
    await shelf.close();
  },
});

Deno.test({
  name: "A log drops lines by age, and counts on when it has dropped all",
  ignore,
  async fn() {
    await using folder = new Folder();
    let time = 1_000;
    const clock: Clock = {
      now: () => time,
      time: () => time,
      delay: (ms, options) => KERNEL.delay(ms, options),
    };
    const rules = { ...RULES, maxAgeMs: 800 };
    const { shelf, keeper } = open(folder.log, rules, clock);
    for (; time < 3_000; time += 50) {
      await keeper.append("api", lines(time - 1_000, 1), 0);
    }
    const items = await all(shelf);
    const [first] = items;
    assert(first?.kind === "line");
    assert(first.time <= 2_200 && first.time >= 2_000, `${first.time}`);
    time = 9_000;
    await shelf.sweep(clock);
    assertEquals(await all(shelf), []);
    await shelf.close();
    const later = open(folder.log, rules, clock);
    assertEquals(await later.keeper.lastRun("api"), 1);
    await later.keeper.append("api", lines(8_000, 1), 1);
    assertEquals(shown(await all(later.shelf)), "41:8000");
    assertEquals(
      shown(await all(folder.log, { after: { api: 38 } })),
      "-2 41:8000",
    );
    await later.shelf.close();
  },
});

Deno.test({
  name:
    "A log that cannot be written warns once, and says how many lines were lost",
  ignore,
  async fn() {
    await using folder = new Folder();
    let now = 0;
    const clock: Clock = { ...KERNEL, now: () => now, time: () => 1_000 };
    await Deno.writeTextFile(folder.log, "in the way");
    const { shelf, keeper, warnings } = open(folder.log, RULES, clock);
    await keeper.append("api", lines(1, 2), 0);
    await keeper.append("web", lines(1, 1), 0);
    await keeper.append("api", lines(3, 1), 0);
    assertEquals(warnings.length, 1);
    assertMatch(
      warnings[0] ?? "",
      /^Cannot write to the log ".*": lines are lost until a write succeeds: /,
    );
    await Deno.remove(folder.log);
    now = 5_001;
    await keeper.append("api", lines(4, 1), 0);
    assertEquals(warnings.length, 1);
    await keeper.append("web", lines(2, 1), 0);
    assertEquals(
      warnings.slice(1),
      [`Writing to the log "${folder.log}" again: 4 lines were lost`],
    );
    assertEquals(
      shown(await all(shelf, { names: ["api"], after: { api: 0 } })),
      "-3 4:4",
    );
    await shelf.close();
  },
});

Deno.test({
  name: "A log on a full disk loses lines, and keeps what it had",
  ignore: ignore || !permitted("run") || Deno.uid() !== 0,
  async fn() {
    await using folder = new Folder();
    await Deno.mkdir(folder.log);
    const mount = (...args: string[]) =>
      new Deno.Command(args[0] ?? "", { args: args.slice(1) }).output();
    const { success } = await mount(
      ...["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder.log],
    );
    if (!success) return;
    try {
      let now = 0;
      const clock: Clock = { ...KERNEL, now: () => now, time: () => 1_000 };
      const { shelf, keeper, warnings } = open(folder.log, RULES, clock);
      await keeper.append("api", lines(1, 100), 0);
      await Deno.writeFile(
        `${folder.log}/ballast`,
        new Uint8Array(100_000),
      ).catch(() => {});
      for (let i = 0; i < 20; i++) {
        await keeper.append("api", lines(101 + 100 * i, 100), 0);
      }
      await Deno.remove(`${folder.log}/ballast`);
      now = 5_001;
      await keeper.append("api", lines(2_101, 1), 0);
      const items = await all(shelf);
      const missed = items.reduce(
        (sum, item) => sum + (item.kind === "missed" ? item.count : 0),
        0,
      );
      assert(missed > 1_000);
      assertEquals(items.length - 1 + missed, 2_101);
      assertEquals(shown(items.slice(-1)), "2101:2101");
      assertEquals(shown(await all(folder.log)), shown(items));
      assertEquals(warnings.length, 2);
      assertMatch(
        warnings[1] ?? "",
        new RegExp(`: ${missed} lines were lost$`),
      );
      await shelf.close();
    } finally {
      await mount("umount", folder.log);
    }
  },
});

Deno.test({
  name: "A log goes on in a new file when another program removes its files",
  ignore,
  async fn() {
    await using folder = new Folder();
    let now = 0;
    const clock: Clock = { ...KERNEL, now: () => now, time: () => 1_000 };
    const { shelf, keeper } = open(folder.log, RULES, clock);
    await keeper.append("api", lines(1, 2), 0);
    await Deno.remove(folder.log, { recursive: true });
    now = 1_001;
    await keeper.append("api", lines(3, 1), 0);
    assertEquals(shown(await all(folder.log)), "3:3");
    await shelf.close();
  },
});

Deno.test({
  name:
    "openLog() makes a folder for this user alone, and names a wrong option",
  ignore,
  async fn() {
    await using folder = new Folder();
    const log = await openLog(`${folder.log}/a/b`);
    const { mode } = await Deno.stat(`${folder.log}/a/b`);
    assertEquals((mode ?? 0) & 0o777, 0o700);
    await log.close();
    const messages: string[] = [];
    for (
      const options of [
        { maxBytes: 0 },
        { maxAgeMs: "1" },
        { maxByte: 1 },
        { warn: 1 },
      ]
    ) {
      await openLog(folder.log, options as never).catch(({ message }) =>
        messages.push(message)
      );
    }
    assertEquals(messages, [
      'Option "maxBytes" must be a whole number >= 1 or Infinity: current value is 0',
      'Option "maxAgeMs" must be a number: current value is "1"',
      'Option "maxByte" does not exist: the options are maxBytes, maxAgeMs, warn',
      'Option "warn" must be a function: current value is 1',
    ]);
  },
});

Deno.test({
  name:
    "A log has no file open for a process that has ended, and none for old ones",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await using folder = new Folder();
    const clock: Clock = { ...KERNEL, time: () => time };
    let time = 1_000;
    const rules = { ...RULES, maxAgeMs: 1_000 };
    const { shelf, keeper } = open(folder.log, rules, clock);
    for (let i = 0; i < 50; i++) {
      await keeper.append(`job${i}`, lines(1, 1), 0);
      await keeper.ended(`job${i}`);
    }
    await keeper.append("job0", lines(2, 1), 0);
    await keeper.ended("job0");
    const opened = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`);
      } catch {
        return "";
      }
    });
    assertEquals(opened.filter((path) => path.startsWith(folder.log)), []);
    assertEquals(shown(await all(shelf, { names: ["job0"] })), "1:1 2:2");
    const files = Array.from(Deno.readDirSync(`${folder.log}/job0`));
    assertEquals(files.length, 2);
    time = 9_000;
    await shelf.sweep(clock);
    assertEquals([...Deno.readDirSync(folder.log)], []);
    await keeper.append("job0", lines(8_000, 1), 0);
    assertEquals(shown(await all(shelf)), "3:8000");
    await shelf.close();
  },
});
