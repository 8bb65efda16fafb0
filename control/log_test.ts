import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { constant, type Process, Processman } from "../mod.ts";
import { Folder, permitted, runScript } from "../tools/testing.ts";
import { PlaceError } from "./place.ts";
import { type Log, memoryLog, openLog, readLog } from "./log.ts";
import type { LogItem, LogQuery, LogSource } from "./wire.ts";

const ignore = !permitted("read", "write");
const full = Deno.args.includes("--full");

const silent = { logger: null };

/** Reads everything that is there. */
function all(source: LogSource, query: LogQuery = {}): Promise<LogItem[]> {
  const { signal } = new AbortController();
  return Array.fromAsync(source.read(query, signal));
}

/** Shows lines as `process run text`. */
function shown(items: readonly LogItem[]): string[] {
  return items.map((item) =>
    item.kind === "line"
      ? `${item.process} ${item.run} ${item.text}`
      : `${item.process} -${item.count}`
  );
}

/** Follows a log until a line has a text; returns what came. */
async function follow(
  log: LogSource,
  last: string,
  query: LogQuery = {},
  each: (item: LogItem) => Promise<void> | void = () => {},
): Promise<LogItem[]> {
  const items: LogItem[] = [];
  const end = new AbortController();
  const followed = log.read({ ...query, follow: true }, end.signal);
  for await (const item of followed) {
    items.push(item);
    await each(item);
    if (item.kind === "line" && item.text === last) end.abort();
  }
  return items;
}

/** Throws unless the numbers of lines and what was missed have no gap. */
function assertWhole(items: readonly LogItem[], first: number): number {
  let next = first;
  let missed = 0;
  for (const item of items) {
    if (item.kind === "line") assertEquals(item.seq, next++);
    else {
      missed += item.count;
      next += item.count;
    }
  }
  return missed;
}

Deno.test({
  name: "A log ends those who follow it when the manager has been shut down",
  ignore,
  async fn() {
    await using folder = new Folder();
    for (const log of [memoryLog(), await openLog(folder.log)]) {
      const pm = new Processman(silent);
      const recorded = log.record(pm);
      const { signal } = new AbortController();
      const items = log.read({ follow: true }, signal)[Symbol.asyncIterator]();
      const job = pm.command("sh", [
        "-c",
        "trap 'echo bye; exit' TERM; echo hello; while :; do sleep 0.01; done",
      ], { name: "job", stop: { to: "leader" } });
      assertEquals(shown([(await items.next()).value]), ["job 1 hello"]);
      // It goes on although nothing comes for now.
      const next = items.next();
      await job.stop();
      assertEquals(shown([(await next).value]), ["job 1 bye"]);
      const end = items.next();
      await pm.shutdown();
      assertEquals((await end).done, true);
      await recorded;
      await log.close();
    }
  },
});

async function recordInto(log: Log): Promise<void> {
  const pm = new Processman(silent);
  const early = pm.command("sh", ["-c", "echo 1; read _; echo 2"], {
    name: "early",
    stdin: "piped",
  });
  for await (const _ of early.lines()) break;
  const recorded = log.record(pm);
  await new Response("go\n").body?.pipeTo(early.stdin);
  await early.finished;
  const later = pm.command("sh", ["-c", "echo 3; echo 4 >&2"], {
    name: "later",
  });
  await later.finished;
  await later.start();
  await later.finished;
  await pm.command("sh", ["-c", "printf 5; exit 1"], {
    name: "crashing",
    restart: { backoff: constant(0), limit: { restarts: 2 } },
  }).finished;
  await pm.shutdown();
  await recorded;
}

const RECORDED: Record<string, string[]> = {
  early: ["early 1 1", "early 1 2"],
  later: ["later 1 3", "later 1 4", "later 2 3", "later 2 4"],
  crashing: ["crashing 1 5", "crashing 2 5", "crashing 3 5"],
};

Deno.test("memoryLog() records all processes from the first line to the last", async () => {
  const log = memoryLog();
  await recordInto(log);
  for (const [name, lines] of Object.entries(RECORDED)) {
    const items = await all(log, { names: [name] });
    assertEquals(shown(items).sort(), lines);
    assertEquals(assertWhole(items, 1), 0);
  }
  await log.close();
});

Deno.test({
  name: "openLog() records all processes from the first line to the last",
  ignore,
  async fn() {
    await using folder = new Folder();
    const log = await openLog(folder.log);
    await recordInto(log);
    for (const [name, lines] of Object.entries(RECORDED)) {
      assertEquals(shown(await all(log, { names: [name] })).sort(), lines);
    }
    await log.close();
    assertEquals(
      (await readLog(folder.log).names()).join(),
      "crashing,early,later",
    );
  },
});

Deno.test({
  name: "openLog() refuses a folder that another program writes to",
  ignore,
  async fn() {
    await using folder = new Folder();
    const log = await openLog(folder.log);
    const error = await assertRejects(() => openLog(folder.log), PlaceError);
    assertStringIncludes(error.message, `"${folder.log}"`);
    await log.close();
    await (await openLog(folder.log)).close();
  },
});

Deno.test({
  name: "A log has each line once after its program was killed by SIGKILL",
  ignore: ignore || !permitted("run"),
  async fn() {
    await using folder = new Folder();
    const script = `
import { Processman } from "${import.meta.resolve("../mod.ts")}";
import { openLog } from "${import.meta.resolve("./log.ts")}";
const log = await openLog(${JSON.stringify(folder.log)});
const pm = new Processman({ logger: null });
log.record(pm);
pm.command("seq", ["100000000"], { name: "job" });
const { signal } = new AbortController();
for await (const { seq } of log.read({ follow: true, lines: 0 }, signal)) {
  if (seq % 50_000 === 0) console.log(seq);
}
`;
    for (let run = 1; run <= (full ? 20 : 2); run++) {
      await using program = runScript(script, { permission: "-A" });
      for await (const _ of program.lines()) break;
      await program.kill();
    }
    const items = await all(readLog(folder.log));
    assert(items.length > 100_000);
    assertEquals(assertWhole(items, 1), 0);
    let [run, text] = [0, 0];
    for (const item of items) {
      if (item.kind !== "line") continue;
      if (item.run !== run) text = 0;
      run = item.run;
      assertEquals(item.text, String(++text));
    }
    assert(run > 1);
  },
});

Deno.test({
  name: "openLog() loses no line of a child that writes as fast as it can",
  ignore,
  async fn() {
    await using folder = new Folder();
    const count = full ? 5_000_000 : 200_000;
    const log = await openLog(folder.log, { maxBytes: Infinity });
    const pm = new Processman(silent);
    const recorded = log.record(pm);
    await pm.command("seq", [String(count)]).finished;
    await pm.shutdown();
    await recorded;
    const { signal } = new AbortController();
    let next = 1;
    for await (const item of log.read({}, signal)) {
      if (item.kind !== "line" || item.text !== `${next}`) break;
      next++;
    }
    assertEquals(next, count + 1);
    await log.close();
  },
});

Deno.test({
  name:
    "logs -f follows over a restart, a crash loop and a rotation without a lost or doubled line",
  ignore,
  async fn() {
    await using folder = new Folder();
    const log = await openLog(folder.log, { maxBytes: 400_000 });
    const pm = new Processman(silent);
    const recorded = log.record(pm);
    const crashes = full ? 200 : 10;
    const job = pm.command("sh", ["-c", "seq 1000; exit 1"], {
      name: "job",
      restart: { backoff: constant(0), limit: { restarts: crashes } },
    });
    const server = pm.command("sh", ["-c", "seq 1000; exec sleep 500"], {
      name: "server",
    });
    const read = follow(log, "the end");
    const elsewhere = follow(readLog(folder.log), "the end");
    await server.ready;
    for (let i = 0; i < 3; i++) await restartAfter(server, 1_000);
    await job.finished;
    await server.stop();
    await pm.command("echo", ["the end"]).finished;
    await pm.shutdown();
    await recorded;
    const runs = { job: crashes + 1, server: 4 };
    for (const items of await Promise.all([read, elsewhere])) {
      for (const [name, count] of Object.entries(runs)) {
        const own = items.filter(({ process }) => process === name);
        assertEquals(assertWhole(own, 1), 0);
        const texts = own.map((item) => item.kind === "line" ? item.text : "");
        const expected = Array.from(
          { length: 1_000 * count },
          (_, i) => String(i % 1_000 + 1),
        );
        assertEquals(texts, expected);
      }
    }
    const files = await Array.fromAsync(Deno.readDir(`${folder.log}/job`));
    assert(files.length > 4, "there was no rotation");
    await log.close();
  },
});

/** Restarts a process when its run has written as many lines. */
async function restartAfter(process: Process, count: number): Promise<void> {
  const run = "run" in process.state ? process.state.run : 0;
  for await (const line of process.lines()) {
    if (line.run === run && line.text === String(count)) break;
  }
  await process.restart();
}

Deno.test({
  name:
    "A slow reader of logs -f is told what it missed and never slows the child",
  ignore,
  async fn() {
    await using folder = new Folder();
    const log = await openLog(folder.log, { maxBytes: 200_000 });
    const pm = new Processman(silent);
    const recorded = log.record(pm);
    const count = full ? 2_000_000 : 100_000;
    const script = "read _; seq $0; echo the end";
    const job = pm.command("sh", ["-c", script, `${count}`], {
      name: "job",
      stdin: "piped",
    });
    const hello = pm.command("echo", ["hello"]);
    await hello.finished;
    let over = false;
    const items = await follow(log, "the end", {}, async ({ process }) => {
      // The reader takes one line, and nothing more until the child has ended.
      if (process !== "echo") return assert(over);
      await new Response("go\n").body?.pipeTo(job.stdin);
      await job.finished;
      // The log is behind the child by as much as is read at once.
      await follow(log, "the end", { lines: 1 });
      over = true;
    });
    await pm.shutdown();
    await recorded;
    const own = items.filter(({ process }) => process === "job");
    const missed = assertWhole(own, 1);
    const got = own.filter(({ kind }) => kind === "line");
    assertEquals(got.length + missed, count + 1);
    assert(missed > count / 2);
    for (const item of got.slice(0, -1)) {
      assertEquals(
        item.kind === "line" && item.text,
        `${(item as { seq: number }).seq}`,
      );
    }
    await log.close();
  },
});

Deno.test({
  name: "logs --since answers from before a restart of the supervisor",
  ignore,
  async fn() {
    await using folder = new Folder();
    const times: number[] = [];
    for (const text of ["one", "two", "three"]) {
      const log = await openLog(folder.log, { maxBytes: 4_000_000 });
      const pm = new Processman(silent);
      const recorded = log.record(pm);
      times.push(pm.clock.time());
      await pm.command(
        "sh",
        ["-c", 'seq 20000; echo "$0"; sleep 0.002', text],
        {
          name: "job",
        },
      ).finished;
      await pm.shutdown();
      await recorded;
      if (text === "three") {
        const [, since] = times;
        const query = { since, grep: "^[a-z]+$" };
        assertEquals(shown(await all(log, query)), [
          "job 2 two",
          "job 3 three",
        ]);
      }
      await log.close();
    }
    const log = readLog(folder.log);
    const [, since = 0, until = 0] = times;
    const query = { since, until, grep: "[a-z]" };
    assertEquals(shown(await all(log, query)), ["job 2 two"]);
    assertEquals(
      shown(await all(log, { run: -2, lines: 1 })),
      ["job 1 one"],
    );
  },
});
