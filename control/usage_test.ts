import { assert, assertEquals } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { quiet, stage } from "../tools/control_testing.ts";
import { pageSize, parsePs, parseStat, sumUp, usageOf } from "./usage.ts";
import { ProcFiles } from "./proc_files.ts";
import { Sampler, usageReader } from "./read_usage.ts";
import { lineOf, runScript } from "../tools/testing.ts";

/** A record of `/proc/PID/stat`. */
function stat(
  pid: number,
  name: string,
  { session = pid, ticks = [0, 0, 0, 0], pages = 0 } = {},
): string {
  const between = "0 -1 4194304 100 0 0 0";
  const after = "20 0 1 0 5000 1000000";
  return `${pid} (${name}) S 1 ${pid} ${session} ${between} ${
    ticks.join(" ")
  } ${after} ${pages} 18446744073709551615 ${"1 ".repeat(27)}0\n`;
}

const SELF = { pid: 1, memory: 8_192_000 };

Deno.test("parseStat() reads the session, the times and the memory", () => {
  const text = stat(1, "deno", { pages: 2_000 }) +
    stat(7, "a) S (b\n9 (x", {
      session: 5,
      ticks: [10, 20, 3, 4],
      pages: 10,
    });
  assertEquals(parseStat(text, SELF), [
    { pid: 1, session: 1, cpuMs: 0, memory: 8_192_000 },
    { pid: 7, session: 5, cpuMs: 370, memory: 40_960 },
  ]);
});

Deno.test("parseStat() leaves out a record that is cut off", () => {
  const text = stat(1, "deno") + stat(2, "cut").slice(0, 40);
  assertEquals(parseStat(text, SELF).map(({ pid }) => pid), [1]);
});

Deno.test("pageSize() finds the power of two that fits", () => {
  assertEquals(pageSize(8_192_000, 2_000), 4_096);
  assertEquals(pageSize(8_300_000, 2_000), 4_096);
  assertEquals(pageSize(33_000_000, 2_000), 16_384);
  assertEquals(pageSize(130_000_000, 2_000), 65_536);
  assertEquals(pageSize(1, 0), 4_096);
});

Deno.test("parsePs() reads what procps and macOS print", () => {
  const text = [
    "    1     1  11264   0:10.50",
    "  700   690   2048  00:01:02",
    "  701   690      0 2-03:04:05",
    " not a line",
    "",
  ].join("\n");
  assertEquals(parsePs(text), [
    { pid: 1, session: 1, cpuMs: 10_500, memory: 11_534_336 },
    { pid: 700, session: 690, cpuMs: 62_000, memory: 2_097_152 },
    { pid: 701, session: 690, cpuMs: 183_845_000, memory: 0 },
  ]);
});

Deno.test("sumUp() adds up everything in the session of a run", () => {
  const row = (pid: number, session: number) => ({
    pid,
    session,
    cpuMs: 10,
    memory: 100,
  });
  const rows = [row(5, 5), row(6, 5), row(7, 7), row(8, 8), row(9, 1)];
  assertEquals([...sumUp(rows, [5, 7, 9, 99])], [
    [5, { cpuMs: 20, countedMs: 20, memory: 200, processes: 2 }],
    [7, { cpuMs: 10, countedMs: 10, memory: 100, processes: 1 }],
    [9, { cpuMs: 10, countedMs: 10, memory: 100, processes: 1 }],
  ]);
});

Deno.test("sumUp() counts on when a process ends that nobody waits for", () => {
  const times = [50, 70, 30, 40];
  const counted: number[] = [];
  let before: ReturnType<typeof sumUp> | undefined;
  for (const cpuMs of times) {
    before = sumUp([{ pid: 5, session: 5, cpuMs, memory: 0 }], [5], before);
    counted.push(before.get(5)?.countedMs ?? NaN);
  }
  assertEquals(counted, [50, 70, 70, 80]);
});

Deno.test("usageOf() gives the share since the sample before, or since the start", () => {
  const sample = (at: number, cpuMs: number) => ({
    at,
    runs: new Map([
      [5, { cpuMs, countedMs: cpuMs, memory: 100, processes: 2 }],
    ]),
  });
  const now = sample(3_000, 1_500);
  const cpu = (value: number | null) => ({
    cpu: value,
    memory: 100,
    processes: 2,
  });
  assertEquals(usageOf(5, 10_000, now, sample(2_000, 1_000)), cpu(0.5));
  assertEquals(usageOf(5, 10_000, now, undefined), cpu(0.15));
  assertEquals(
    usageOf(5, 10_000, now, { at: 2_000, runs: new Map() }),
    cpu(0.15),
  );
  // A process whose time was counted has ended, and nobody has waited for it.
  assertEquals(usageOf(5, 10_000, now, sample(2_000, 2_000)), cpu(0));
  assertEquals(usageOf(5, 0, now, undefined), cpu(null));
  assertEquals(usageOf(6, 10_000, now, undefined), null);
});

/** Uses the processor in a child of the child, which holds some memory, too. */
const BUSY = "x=$(head -c 20000000 /dev/zero | tr '\\0' x); " +
  "(while :; do :; done) & echo up; wait";

Deno.test({
  name: "The usage of a run is that of everything that it has started",
  ignore: !permitted("run", "read", "write", "net", "env", "sys"),
  async fn() {
    await using pm = quiet();
    await using at = await stage(pm);
    const busy = pm.command("sh", ["-c", BUSY], { name: "busy" });
    const idle = pm.command("sleep", ["500"], { name: "idle" });
    await lineOf(busy, "up");
    await at.client.processes({ usage: true });
    await new Promise((resolve) => setTimeout(resolve, 600));
    const [one, two] = await at.client.processes({ usage: true });
    assertEquals([one?.name, two?.name], ["busy", "idle"]);
    assertEquals([one?.usage?.processes, two?.usage?.processes], [2, 1]);
    const { cpu, memory = 0 } = one?.usage ?? {};
    assert(cpu && cpu > 0.2 && cpu < 1.5, `${cpu}`);
    assert(memory > 20_000_000, `${memory}`);
    assert((two?.usage?.cpu ?? 1) < 0.1);
    // Without the question, there is no answer.
    const [again] = await at.client.processes();
    assertEquals(again?.usage, null);
    assert(idle.pid !== undefined);
  },
});

Deno.test({
  name: "Sampler reads nothing when two questions come together",
  ignore: !permitted("run", "read", "write", "net", "env", "sys"),
  async fn() {
    await using pm = quiet();
    const { pid = 0 } = pm.command("sleep", ["500"]);
    const sampler = new Sampler(pm.clock);
    const [first, second] = await Promise.all([
      sampler.sample([pid]),
      sampler.sample([pid]),
    ]);
    assert(first !== undefined && first === second);
    assertEquals(await sampler.sample([pid]), first);
    assertEquals(first.before, undefined);
  },
});

Deno.test("usageReader() knows what runs use, and nothing of others", async () => {
  await using pm = quiet();
  const script = "sleep 500 & echo up; wait";
  const job = pm.command("sh", ["-c", script]);
  await lineOf(job, "up");
  const { pid = 0 } = job;
  const usage = await usageReader()([pid, 4_000_000_000]);
  assertEquals([...usage.keys()], [pid]);
  const { cpuMs = -1, memory = 0, processes } = usage.get(pid) ?? {};
  assertEquals(processes, 2);
  assert(cpuMs >= 0 && memory > 100_000, `${cpuMs} ${memory}`);
});

for (
  const [permission, expected] of [
    ["--allow-all", "2"],
    ["--allow-run", "2"],
    // Without groups, only the child is known.
    ["--allow-run=/bin/sh", "1"],
    ["--allow-run=sleep", "null"],
  ] as const
) {
  Deno.test(`Sampler finds out ${expected} with ${permission}`, async () => {
    const module = (path: string) =>
      JSON.stringify(new URL(path, import.meta.url));
    const child = permission.endsWith("sleep")
      ? '"sleep", ["500"]'
      : '"/bin/sh", ["-c", "sleep 500 & echo up; wait"]';
    await using script = runScript(
      `
      import { Processman } from ${module("../mod.ts")};
      import { Sampler } from ${module("./read_usage.ts")};
      await using pm = new Processman({ logger: null });
      const child = pm.command(${child});
      if (child.args.length > 1) for await (const _line of child.lines()) break;
      const samples = await new Sampler(pm.clock).sample([child.pid]);
      console.log(samples?.now.runs.get(child.pid)?.processes ?? null);
    `,
      { permission },
    );
    const { code } = await script.finished;
    const text = script.tail(1).map(({ text }) => text).join();
    assertEquals([code, text], [0, expected]);
  });
}

Deno.test({
  name:
    "ProcFiles reads a process of others once, and finds those that join a run",
  ignore: Deno.build.os !== "linux" ||
    !permitted("run", "read", "write", "net", "env", "sys", "ffi"),
  async fn() {
    await using pm = quiet();
    const script = "read _; sleep 500 & wait";
    const child = pm.command("sh", ["-c", script], { stdin: "piped" });
    const { pid = 0 } = child;
    const files = new ProcFiles();
    const read = () => files.read([pid], Deno.memoryUsage().rss);
    const first = read();
    assert(first.some((row) => row.pid === Deno.ppid));
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    while (sumUp(read(), [pid]).get(pid)?.processes !== 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const again = read();
    assertEquals(again.some((row) => row.pid === Deno.ppid), false);
    assert(again.every(({ memory }) => memory % 4_096 === 0));
    await writer.close();
  },
});
