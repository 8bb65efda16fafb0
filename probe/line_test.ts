import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Probe, Processman } from "../mod.ts";
import { abortEverywhere, Calls, turn } from "../tools/probe_testing.ts";
import { lineOf } from "../tools/testing.ts";
import { line, type LineOptions } from "./line.ts";

/** Runs shell scripts once, and reads their next steps from stdin. */
function manager(): Processman {
  return new Processman({
    logger: null,
    signals: [],
    defaults: { restart: { policy: "never" }, stdin: "piped" },
  });
}

/** Calls a probe, and aborts the call; returns the message of the refusal. */
async function refused(calls: Calls, probe: Probe): Promise<string> {
  const abort = new AbortController();
  const asked = calls.ask(probe, abort.signal);
  await turn();
  abort.abort();
  return `${await asked}`;
}

Deno.test("line() says yes as soon as a line matches, in the same call", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "read x; echo up; read x"]);
  const calls = new Calls(job);
  const asked = calls.ask(line("up"));
  const writer = job.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  assertEquals(await asked, true);
  calls.end();
  writer.releaseLock();
});

Deno.test("line() finds a line that came before the first call", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "echo listening; echo up; read x"]);
  await lineOf(job, "up");
  const calls = new Calls(job);
  await calls.untilYes(line(/^listen/));
  await calls.untilYes(line("sten"));
  const probe = line("nothing");
  const no = 'no line contains "nothing"';
  assertEquals(await refused(calls, probe), no);
  await lineOf(job, "up");
  assertEquals(await refused(calls, probe), no);
  calls.end();
});

Deno.test("line() misses no line between two calls, however many come", async () => {
  await using pm = manager();
  // The buffer of the process keeps less than the last tenth of this.
  const script = "read x; echo go; seq 200000; echo done; read x";
  const job = pm.command("sh", ["-c", script]);
  const calls = new Calls(job);
  const probe = line(/^17$/);
  assertEquals(await refused(calls, probe), "no line matches /^17$/");
  const writer = job.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  await lineOf(job, "done");
  assertEquals(job.tail(Infinity).some(({ text }) => text === "17"), false);
  await calls.untilYes(probe);
  calls.end();
  writer.releaseLock();
});

Deno.test("line() no longer reads once a line has matched", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "echo up; read x; seq 50000; read x"]);
  const calls = new Calls(job);
  const probe = line("up");
  await calls.untilYes(probe);
  const writer = job.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  // Only bytes that nothing reads are dropped.
  while (job.droppedBytes.stdout === 0) await turn();
  assertEquals(await calls.ask(probe), true);
  assertEquals(await new Calls(job).ask(probe), true);
  calls.end();
  writer.releaseLock();
});

Deno.test("line() no longer reads once the probing has ended", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "read x; seq 50000; read x"]);
  const calls = new Calls(job);
  assertMatch(await refused(calls, line("up")), /^no line/);
  calls.end();
  const writer = job.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  while (job.droppedBytes.stdout === 0) await turn();
  writer.releaseLock();
});

Deno.test("line() counts only lines of the run that is probed", async () => {
  await using pm = manager();
  const script = "echo run $0; read x";
  const job = pm.command("sh", ["-c", script], {
    prepare: ({ run }) => ({ args: ["-c", script, `${run}`] }),
  });
  await lineOf(job, "run 1");
  const first = new Calls(job, 1);
  const probe = line(/^run [12]$/);
  await first.untilYes(probe);
  first.end();
  await job.restart({ gracePeriodMs: 0 });
  await lineOf(job, "run 2");
  const third = new Calls(job, 3);
  assertMatch(await refused(third, probe), /^no line/);
  await lineOf(job, "run 2");
  assertMatch(await refused(third, probe), /^no line/);
  third.end();
  const second = new Calls(job, 2);
  await second.untilYes(probe);
  second.end();
});

Deno.test("line() reads one output if that is asked for", async () => {
  await using pm = manager();
  const script = "echo out; echo err >&2; echo end; read x";
  const job = pm.command("sh", ["-c", script]);
  const calls = new Calls(job);
  await calls.untilYes(line("err", { source: "stderr" }));
  const probe = line("out", { source: "stderr" });
  assertMatch(await refused(calls, probe), /^no line/);
  await lineOf(job, "end");
  await lineOf(job, "err");
  assertMatch(await refused(calls, probe), /^no line/);
  calls.end();
});

Deno.test("line() matches each line from its start, whatever the flags", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "echo aab; echo ab; echo xab; read x"]);
  const calls = new Calls(job);
  const global = /b/g;
  global.lastIndex = 3;
  await calls.untilYes(line(global));
  assertEquals(global.lastIndex, 3);
  await calls.untilYes(line(/ab/y));
  await calls.untilYes(line(/^x/y));
  calls.end();
});

Deno.test("line() leaves no reader, wherever it is aborted", async () => {
  await using pm = manager();
  const job = pm.command("sh", ["-c", "echo up; read x"]);
  await lineOf(job, "up");
  const probe = line("up");
  await abortEverywhere(({ signal }) => {
    const calls = new Calls(job);
    return probe(calls.context(signal)).finally(() => calls.end());
  });
});

Deno.test("line() describes itself", () => {
  const cases: [RegExp | string, LineOptions, unknown][] = [
    [/up/i, {}, { pattern: "/up/i" }],
    ["up", { source: "stdout" }, { pattern: "up", source: "stdout" }],
    ["/up/", {}, { pattern: "/\\/up\\//" }],
    ["a.b", { source: undefined }, { pattern: "a.b" }],
  ];
  for (const [pattern, options, form] of cases) {
    const probe = line(pattern, options);
    assertEquals(JSON.stringify(probe), JSON.stringify({ line: form }));
  }
  assertEquals(line(/up/i).name, "line /up/i");
});

Deno.test("line() checks its options", () => {
  const cases: [unknown, unknown, string][] = [
    [1, {}, 'Option "pattern" must be a regular expression or a string'],
    ["", {}, 'Option "pattern" must be a string that is not empty'],
    ["a", { source: "x" }, 'Option "source" must be "stdout" or "stderr"'],
    ["a", { from: "x" }, 'Option "from" does not exist: the options are sou'],
  ];
  for (const [pattern, options, message] of cases) {
    const make = () => line(pattern as string, options as LineOptions);
    assertThrows(make, TypeError, message);
  }
});
