/**
 * What belongs to a run, how it ends, and what is said of the rest.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { mock } from "node:test";
import {
  type CommandOptions,
  constant,
  type Process,
  Processman,
  ProcessmanClosedError,
  StopError,
} from "./mod.ts";
import {
  alive,
  deny,
  eventOf,
  lineOf,
  outputOf,
  permitted,
  runScript,
  stateOf,
  stepsSideBySide,
  systemTable,
} from "./tools/testing.ts";
import { FakeKernel } from "./testing/mod.ts";

const silent = { logger: null };

/** Lists what a process wrote to stdout. */
function said(job: Process): string[] {
  return job.tail(100).filter(({ source }) => source === "stdout")
    .map(({ text }) => text);
}

/** A logger that keeps its warnings. */
function keeper(): { warnings: string[]; logger: Required<Console> } {
  const warnings: string[] = [];
  const none = () => {};
  const warn = (message: string) => void warnings.push(message);
  const logger = { debug: none, info: none, warn, error: none };
  return { warnings, logger: logger as unknown as Required<Console> };
}

/** Lists what is alive in the session of a process ID. */
async function session(pid: number): Promise<number[]> {
  const table = await systemTable().look();
  assert(table !== undefined);
  return table.session(pid).map(({ pid }) => pid);
}

/** Starts processes in groups of their own, inside the session. */
const ESCAPES: Record<string, [string, string[]]> = {
  "bash with job control": [
    "bash",
    ["-c", "set -m; sleep 500 & sleep 500 & echo ready; wait"],
  ],
  "sh with job control": ["sh", ["-c", "set -m; sleep 500 & echo ready; wait"]],
  "timeout": ["sh", [
    "-c",
    "timeout 500 sh -c 'echo ready; sleep 500 & wait' & wait",
  ]],
  "a shell in a shell": [
    "bash",
    ["-c", "set -m; bash -c 'set -m; sleep 500 & echo ready; wait' & wait"],
  ],
  "one that ignores SIGTERM": [
    "bash",
    [
      "-c",
      `set -m; sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' & wait`,
    ],
  ],
  "one whose parent has ended": [
    "bash",
    ["-c", "bash -c 'set -m; sleep 500 & echo ready'; sleep 500"],
  ],
  "one that forks again and again": [
    "bash",
    ["-c", "set -m; (while :; do sleep 0.01 & done) & echo ready; wait"],
  ],
};

Deno.test("Process.stop() reaches groups of their own inside the session", async (t) => {
  for (const [name, [program, args]] of Object.entries(ESCAPES)) {
    await t.step(name, async () => {
      await using pm = new Processman(silent);
      const job = pm.command(program, args, { stop: { gracePeriodMs: 500 } });
      const { pid = 0 } = job;
      await lineOf(job, "ready");
      const { survivors } = await job.stop();
      assertEquals(survivors, []);
      assertEquals(await session(pid), []);
    });
  }
});

Deno.test({
  name: "Process.stop() ends what goes on after its first thread has ended",
  ignore: Deno.build.os !== "linux" ||
    await outputOf("sh", "-c", "command -v python3") === "",
  fn: async () => {
    await using pm = new Processman(silent);
    // The process table has it as dead, but with two threads.
    const job = pm.command("sh", [
      "-c",
      `trap '' TERM; python3 -c '
import ctypes, threading, time
threading.Thread(target=lambda: time.sleep(500)).start()
print("ready", flush=True)
ctypes.CDLL(None).pthread_exit(None)' & trap - TERM; wait`,
    ]);
    const { pid = 0 } = job;
    await lineOf(job, "ready");
    const { forced, survivors } = await job.stop({ gracePeriodMs: 100 });
    assert(forced);
    assertEquals(survivors, []);
    assertEquals(await session(pid), []);
  },
});

Deno.test("Process.stop() asks such groups, and does not kill them at once", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("bash", [
    "-c",
    `set -m; sh -c 'trap "echo asked; exit" TERM; echo ready; while :; do sleep 0.01; done' & wait`,
  ]);
  await lineOf(job, "ready");
  const { forced } = await job.stop();
  assertEquals(forced, false);
  assertEquals(said(job), ["ready", "asked"]);
});

Deno.test("Process ends such groups before it is restarted, and when it is killed", async (t) => {
  for (const [name, [program, args]] of Object.entries(ESCAPES)) {
    await t.step(name, async () => {
      await using pm = new Processman(silent);
      const events = pm.events();
      const job = pm.command(program, args, {
        restart: { backoff: constant(0), leftovers: { gracePeriodMs: 100 } },
      });
      const { pid = 0 } = job;
      await lineOf(job, "ready");
      job.signal("SIGKILL");
      await eventOf(events, "restart");
      assertEquals(await session(pid), []);
      while (job.state.kind !== "running") await eventOf(events, "start");
      const { pid: second = 0 } = job;
      await job.kill();
      assertEquals(await session(second), []);
    });
  }
});

Deno.test("Process that ended well is swept within a moment, and by a shutdown", async (t) => {
  const escape = ["-c", "set -m; sleep 500 >/dev/null 2>&1 & exit 0"];
  await t.step("by itself", async () => {
    await using pm = new Processman(silent);
    const events = pm.events();
    pm.command("sleep", ["500"]); // The last look alone keeps nothing alive.
    const job = pm.command("bash", escape);
    const { pid = 0 } = job;
    await job.finished;
    const { steps, survivors } = await eventOf(events, "leftovers");
    assertEquals(steps.map(({ signal }) => signal), ["SIGTERM"]);
    assertEquals(survivors, []);
    assertEquals(await session(pid), []);
  });
  await t.step("by a shutdown", async () => {
    const pm = new Processman(silent);
    const job = pm.command("bash", escape);
    const { pid = 0 } = job;
    await job.finished;
    await pm.shutdown();
    assertEquals(await session(pid), []);
  });
  for (const abortMs of [0, 300]) {
    await t.step(
      `by a shutdown that is aborted after ${abortMs} ms`,
      async () => {
        const pm = new Processman(silent);
        const job = pm.command("bash", [
          "-c",
          `set -m; sh -c 'trap "" TERM; echo ready; exec >/dev/null 2>&1
          while :; do sleep 0.05; done' & read -r line; exit 0`,
        ], {
          stdin: "piped",
          restart: { leftovers: { gracePeriodMs: 60_000 } },
        });
        const { pid = 0 } = job;
        await lineOf(job, "ready");
        await job.stdin.close();
        await job.finished;
        const startedAt = performance.now();
        const signal = abortMs > 0
          ? AbortSignal.timeout(abortMs)
          : AbortSignal.abort();
        await pm.shutdown({ signal });
        assertLess(performance.now() - startedAt, 30_000);
        assertEquals(await session(pid), []);
      },
    );
  }
  await t.step("at the end of the program", async () => {
    await using parent = runScript(`
      import { Processman } from "@isbm/processman";
      const pm = new Processman({ logger: null });
      const job = pm.command("bash", ${JSON.stringify(escape)});
      console.log(job.pid);
      await job.finished;
    `);
    const pid = Number(await lineOf(parent, /^\d+$/));
    await parent.finished;
    assertEquals(await session(pid), []);
  });
});

Deno.test("Process.signal() reaches the leader, or all of the session", async () => {
  await using pm = new Processman(silent);
  const say = (what: string) =>
    `trap "echo ${what}" USR1; echo ready; while :; do sleep 0.05; done`;
  const job = pm.command("bash", [
    "-c",
    `set -m; sh -c '${say("member")}' & ${say("leader")}`,
  ]);
  const heard = async (count: number) => {
    for await (const { source } of job.lines()) {
      if (source === "stdout" && --count === 0) break;
    }
    return said(job).sort();
  };
  await heard(2);
  assert(job.signal("SIGUSR1"));
  assertEquals(await heard(3), ["leader", "ready", "ready"]);
  assert(job.signal("SIGUSR1", { to: "group" }));
  assertEquals(await heard(5), [
    "leader",
    "leader",
    "member",
    "ready",
    "ready",
  ]);
  await job.stop({ gracePeriodMs: 0 });
});

/** A master that asks its worker to end, and waits for it. */
const MASTER = `
  trap 'echo master was asked; kill -USR1 $!; wait $!; echo master is done; exit' TERM
  sh -c 'trap "echo worker had SIGTERM; exit" TERM; trap "" QUIT
    trap "echo worker is done; exit" USR1
    echo ready; while :; do sleep 0.01; done' &
  while :; do sleep 0.01; done`;

Deno.test("Process.stop() to the leader lets it end its workers itself", async (t) => {
  await t.step("stop()", async () => {
    await using pm = new Processman(silent);
    const job = pm.command("sh", ["-c", MASTER], { stop: { to: "leader" } });
    await lineOf(job, "ready");
    const { steps, forced } = await job.stop();
    assertEquals(said(job), [
      "ready",
      "master was asked",
      "worker is done",
      "master is done",
    ]);
    assertEquals(steps.map(({ signal }) => signal), ["SIGTERM"]);
    assertEquals(forced, false);
  });
  await t.step("shutdown()", async () => {
    const pm = new Processman(silent);
    const job = pm.command("sh", ["-c", MASTER], { stop: { to: "leader" } });
    await lineOf(job, "ready");
    await pm.shutdown();
    assertEquals(said(job).length, 4);
  });
  await t.step(
    "what is left when the leader has ended gets it then",
    async () => {
      await using pm = new Processman(silent);
      const job = pm.command("sh", [
        "-c",
        `trap 'echo master left; exit' TERM
         sh -c 'trap "echo worker had SIGTERM; exit" TERM
           echo ready; while :; do sleep 0.01; done' &
         while :; do sleep 0.01; done`,
      ]);
      await lineOf(job, "ready");
      const { forced } = await job.stop({ to: "leader" });
      assertEquals(said(job), ["ready", "master left", "worker had SIGTERM"]);
      assertEquals(forced, false);
    },
  );
  await t.step("SIGKILL goes to all", async () => {
    await using pm = new Processman(silent);
    const job = pm.command("sh", [
      "-c",
      "trap '' TERM; sleep 500 & echo ready; while :; do sleep 0.01; done",
    ]);
    const { pid = 0 } = job;
    await lineOf(job, "ready");
    const { forced } = await job.stop({ to: "leader", gracePeriodMs: 50 });
    assert(forced);
    assertEquals(await session(pid), []);
  });
});

Deno.test("Processman does not take the end of a leader at a signal for a crash", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const events = pm.events();
    const job = pm.command("sleep", ["500"], { stop: { to: "leader" } });
    console.log("running");
    for await (const { kind, report } of events) {
      console.log(kind, ...report?.steps.map(({ signal }) => signal) ?? []);
      if (kind === "stop") break;
    }
  `);
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  await parent.finished;
  assertEquals(
    parent.tail().map(({ text }) => text),
    ["running", "start", "signal", "exit", "stop SIGTERM"],
  );
});

Deno.test("Process.stop() with another signal sends it at once", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("sh", [
    "-c",
    "trap '' TERM; trap 'echo fast; exit' INT; echo ready; while :; do sleep 0.01; done",
  ]);
  await lineOf(job, "ready");
  const [first, second] = await Promise.all([
    job.stop(),
    job.stop({ signal: "SIGINT" }),
  ]);
  assertEquals(first, second);
  assertEquals(first.forced, false);
  assertEquals(first.steps.map(({ signal }) => signal), ["SIGTERM", "SIGINT"]);
  assertEquals(said(job), ["ready", "fast"]);
});

Deno.test("Process.stop() to the group asks those that a stop to the leader left out", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("sh", [
    "-c",
    `trap 'echo leader' TERM
     (trap 'echo worker; exit' TERM; echo ready; while :; do sleep 0.01; done) &
     while kill -0 $! 2>/dev/null; do wait $!; done; echo over`,
  ]);
  await lineOf(job, "ready");
  const first = job.stop({ to: "leader", gracePeriodMs: 60_000 });
  await lineOf(job, "leader");
  const report = await job.stop({ to: "group", gracePeriodMs: 60_000 });
  assertEquals(await first, report);
  assertEquals(report.forced, false);
  assertEquals(said(job), ["ready", "leader", "worker", "over"]);
});

Deno.test("Process.stop() keeps the grace period that a call says", async () => {
  await using pm = new Processman(silent);
  // The child ends at once, and what it leaves behind takes its time.
  const job = pm.command("sh", [
    "-c",
    `sh -c 'trap "sleep 0.5; echo done; exit" TERM; echo ready; while :; do sleep 0.01; done' & wait`,
  ], { stop: { gracePeriodMs: 50 } });
  await lineOf(job, "ready");
  const { forced } = await job.stop({ gracePeriodMs: 60_000 });
  assertEquals(forced, false);
  assertEquals(said(job), ["ready", "done"]);
});

Deno.test("Process.stop() has its own grace period while left-overs are ended", async () => {
  await using pm = new Processman(silent);
  // It ends when the other ignores the signal and has let go of the output.
  const leaves = `echo $(sh -c 'trap "" TERM; exec >/dev/null 2>&1
    while :; do sleep 0.05; done' &); exit 1`;
  const stop = async (stopMs: number, leftoversMs: number, ms?: number) => {
    const events = pm.events();
    const job = pm.command("sh", ["-c", leaves], {
      stop: { gracePeriodMs: stopMs },
      restart: { leftovers: { gracePeriodMs: leftoversMs } },
    });
    await eventOf(events, "exit");
    const { steps } = await job.stop(ms ? { gracePeriodMs: ms } : {});
    return steps[0]?.durationMs ?? 0;
  };
  assertLess(await stop(50, 60_000), 30_000);
  assertLess(300, await stop(60_000, 50, 400));
});

Deno.test("Process tells of a crash at once, and ends its left-overs by their own rules", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  // The worker ignores the signal of the stop, and holds the output open.
  const job = pm.command("sh", [
    "-c",
    `sh -c 'trap "" QUIT; trap "echo worker was asked; exit" TERM; echo ready; while :; do sleep 0.01; done' & wait`,
  ], {
    stop: { signal: "SIGQUIT" },
    restart: { backoff: constant(3_600_000) },
  });
  const { pid = 0 } = job;
  await lineOf(job, "ready");
  job.signal("SIGKILL");
  const killedAt = performance.now();
  const { crashed } = await eventOf(events, "exit");
  assertLess(performance.now() - killedAt, 1_000);
  assert(crashed);
  const { steps } = await eventOf(events, "leftovers");
  assertEquals(steps.map(({ signal }) => signal), ["SIGTERM"]);
  assertEquals(said(job), ["ready", "worker was asked"]);
  assertEquals(await session(pid), []);
  await eventOf(events, "restart");
});

Deno.test("Process says what has left its session and lives on", async (t) => {
  const { warnings, logger } = keeper();
  const lists = async (pid: number) => {
    const warning = warnings.splice(0).join("\n");
    assert(warning.includes(`pid ${pid} (sleep)`), warning);
    assert(warning.includes("lives on"), warning);
    Deno.kill(pid, "SIGKILL");
    while (await alive(pid));
  };
  /** Waits for the process ID of a shell that has become the other program. */
  const sleeping = async (job: Process) => {
    const pid = Number(await lineOf(job, /^\d+$/));
    const args = ["-o", "comm=", "-p", String(pid)];
    while (await outputOf("ps", ...args) !== "sleep");
    return pid;
  };
  await using pm = new Processman({ logger });
  await t.step("a child of the run, at a stop", async () => {
    const job = pm.command("sh", [
      "-c",
      // It has the time to be seen while its parent is there.
      "setsid sh -c 'echo $$; exec sleep 500 >/dev/null 2>&1' & " +
      "trap 'sleep 0.3; exit' TERM; while :; do sleep 0.01; done",
    ]);
    const pid = await sleeping(job);
    const { survivors, escaped } = await job.stop();
    assertEquals(survivors, [pid]);
    assertEquals(escaped, [{ pid, name: "sleep" }]);
    await lists(pid);
  });
  await t.step("what holds the output, at a stop", async () => {
    const job = pm.command("sh", [
      "-c",
      "(setsid sh -c 'echo $$; exec sleep 500' &); exec sleep 500",
    ]);
    const pid = await sleeping(job);
    const { survivors, escaped } = await job.stop();
    assertEquals(survivors, [pid]);
    assertEquals(escaped, [{ pid, name: "sleep" }]);
    await lists(pid);
  });
  await t.step("what holds the output, at a crash", async () => {
    const events = pm.events();
    const job = pm.command("sh", [
      "-c",
      "(setsid sh -c 'echo $$; exec sleep 500' &); exec sleep 500",
    ], { restart: { policy: "never" } });
    const pid = await sleeping(job);
    job.signal("SIGKILL");
    await job.finished;
    const { escaped } = await eventOf(events, "leftovers");
    assertEquals(escaped, [{ pid, name: "sleep" }]);
    await lists(pid);
  });
  await t.step("a program that daemonizes", async () => {
    const job = pm.command("sh", [
      "-c",
      // It ends when the other has left the session.
      "echo $(setsid sh -c 'echo $$; exec sleep 500 >/dev/null 2>&1' &)",
    ]);
    const pid = Number(await lineOf(job, /^\d+$/));
    await job.finished;
    while (warnings.length === 0) await outputOf("true");
    assert(warnings[0]?.includes("in the foreground"), warnings[0]);
    warnings[0] += "; it lives on";
    await lists(pid);
  });
  await t.step("nothing, where nothing has", async () => {
    await pm.command("sh", ["-c", "setsid sleep 0.01 & wait"]).finished;
    const job = pm.command("sh", [
      "-c",
      "setsid sh -c 'echo ready; sleep 0.1' & wait",
    ]);
    await lineOf(job, "ready");
    const { survivors } = await job.stop();
    assertEquals(survivors, []);
    await pm.shutdown();
    assertEquals(warnings, []);
  });
});

Deno.test("Process does not take what an ancestor starts for a daemon", async () => {
  await using pm = new Processman(silent);
  await using nested = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman();
    const job = pm.command("cat", [], { stdin: "piped" });
    Deno.addSignalListener("SIGUSR1", () => job.stdin.close());
    console.log("running");
    await job.finished;
    await pm.shutdown();
    Deno.exit();
  `);
  await lineOf(nested, "running");
  pm.command("sleep", ["500"]);
  nested.signal("SIGUSR1");
  await nested.finished;
  assertEquals(said(nested), ["running"]);
  assertEquals(nested.tail().length, 1);
});

Deno.test("Process.start() fails as long as the last run could not be ended", async () => {
  const kernel = new FakeKernel({ programs: { server: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  const job = pm.command("server");
  await kernel.clock.settle();
  const { pid = 0 } = job;
  const allowed = deny(kernel);
  const stopped = assertRejects(() => job.stop(), StopError);
  const started = assertRejects(() => job.start(), StopError);
  assertEquals((await kernel.clock.until(stopped)).pids, [pid]);
  assertEquals((await started).pids, [pid]);
  const { pids, message } = await assertRejects(() => job.start(), StopError);
  assertEquals(pids, [pid]);
  assert(message.includes(String(pid)), message);
  allowed();
  kernel.kill(pid, "SIGKILL");
  await job.finished;
  await job.start();
  assert(job.pid !== undefined && job.pid !== pid);
  await pm.shutdown();
});

Deno.test("Process is not started when its signal is aborted by prepare", async () => {
  await using pm = new Processman(silent);
  for (const wait of [false, true]) {
    const controller = new AbortController();
    const job = pm.command("sleep", ["500"], {
      signal: controller.signal,
      prepare: async () => {
        if (wait) await outputOf("true");
        controller.abort();
      },
    });
    await job.finished;
    assertEquals(job.state.kind, "exited");
    assertEquals(job.pid, undefined);
    assertEquals([...pm], []);
  }
});

Deno.test("Processman.command() fails from the moment a shutdown begins", async () => {
  const errors: unknown[] = [];
  const start = () => {
    try {
      pm.command("sleep", ["500"]);
      errors.push("it was started");
    } catch (error) {
      errors.push(error);
    }
  };
  const logger = { debug: start, info: start, warn: start, error: start };
  const abort = new AbortController();
  const pm: Processman = new Processman({ logger: null });
  const loud: Processman = new Processman({
    logger: { ...logger, debug: () => loudStart() },
  });
  let closing = false;
  const loudStart = () => {
    if (!closing) return;
    try {
      loud.command("sleep", ["500"]);
      errors.push("it was started");
    } catch (error) {
      errors.push(error);
    }
  };
  loud.command("sleep", ["500"], { signal: abort.signal });
  closing = true;
  await loud.shutdown();
  await pm.shutdown();
  assertGreater(errors.length, 0);
  for (const error of errors) assert(error instanceof ProcessmanClosedError);
});

/** A shell function: eight shells, one after the other, each in a new group. */
const CHAIN = "n=0; f() { n=$((n+1)); [ $n -lt 8 ] || exec sleep 500; " +
  "set -m; f & exit; };";

Deno.test({
  name:
    "Process finds and ends processes that fork into new groups during a look",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    const sessionOf = async (pid = 0) =>
      (await systemTable().look())?.session(pid);
    await t.step("at a stop", async () => {
      await using pm = new Processman(silent);
      for (let i = 0; i < 5; i++) {
        const job = pm.command("bash", [
          "-c",
          `${CHAIN} trap f TERM; echo ready; while :; do sleep 0.01; done`,
        ]);
        const { pid } = job;
        await lineOf(job, "ready");
        assertEquals((await job.stop()).survivors, []);
        assertEquals(await sessionOf(pid), []);
      }
    });
    await t.step("after a crash, and after a good end", async () => {
      for (const code of [3, 0, 3, 0, 3, 0]) {
        await using pm = new Processman(silent);
        const job = pm.command("bash", [
          "-c",
          `${CHAIN} set -m; f >/dev/null 2>&1 & exit ${code}`,
        ], { restart: { policy: "never" } });
        const { pid } = job;
        await job.finished;
        if (code === 0) await pm.shutdown();
        assertEquals(await sessionOf(pid), []);
      }
    });
  },
});

Deno.test("Processman says that it cannot read the process table", async () => {
  await using parent = runScript(
    `
    import { Processman } from "@isbm/processman";
    const warn = (message) => console.log("warning:", message);
    const none = () => {};
    const logger = { debug: none, info: none, warn, error: warn };
    await using pm = new Processman({ logger, orphans: "leave" });
    for (let i = 0; i < 2; i++) await pm.command("sleep", ["500"]).stop();
  `,
    { flags: ["--deny-run=sh"] },
  );
  await parent.finished;
  assertEquals(parent.tail().map(({ text }) => text), [
    "warning: The process table cannot be read: a stop neither reaches nor reports processes that have left the process group of the child",
  ]);
});

Deno.test("Process stops when its start is told and the listener asks for that", async (t) => {
  const options = { restart: { backoff: constant(0) } } as const;
  const warned = { ...options, uid: 65_534 };
  const cases = {
    "a first start": ["Started process", options],
    // As root, the group that is kept is a warning.
    ...await outputOf("id", "-u") === "0" &&
      { "a warning before it": ["runs as user", warned] },
  } as Record<string, [string, CommandOptions]>;
  const ways: Record<string, (pm: Processman, abort: () => void) => unknown> = {
    "stopAll()": (pm) => pm.stopAll(),
    "killAll()": (pm) => pm.killAll(),
    "shutdown()": (pm) => pm.shutdown(),
    "the signal": (_, abort) => abort(),
  };
  for (const [name, [line, command]] of Object.entries(cases)) {
    for (const [way, act] of Object.entries(ways)) {
      await t.step(`${way} at ${name}`, async () => {
        const over = new AbortController();
        const results: unknown[] = [];
        const hear = (message: string) => {
          if (!message.includes(line) || results.length > 0) return;
          results.push(act(pm, () => over.abort()));
        };
        const logger = { debug: hear, info: hear, warn: hear, error: hear };
        await using pm = new Processman({ logger });
        const { signal } = over;
        const job = pm.command("sleep", ["500"], { ...command, signal });
        await job.finished;
        await Promise.all(results);
        assertEquals([results.length, job.pid], [1, undefined]);
        assert(stateOf(job, "exited").status.signal);
      });
    }
  }
  await t.step("stop() at a later start, which says so", async () => {
    const reports: Promise<unknown>[] = [];
    const debug = (message: string) => {
      if (job && message.startsWith("Started")) reports.push(job.stop());
    };
    const logger = { debug, info: debug, warn: debug, error: debug };
    await using pm = new Processman({ logger });
    let job: Process | undefined = undefined as Process | undefined;
    job = pm.command("sleep", ["500"]);
    await job.stop();
    await assertRejects(() => job.start(), TypeError, "a stop came first");
    await Promise.all(reports);
    assertEquals([reports.length, job.pid], [1, undefined]);
  });
});

Deno.test("Process.start() that fails at any step leaves nothing behind", async (t) => {
  /** What fails, and which call of it, from the second life on. */
  const steps: Record<string, () => { restore(): void }> = {
    "spawn": () =>
      mock.method(Deno.Command.prototype, "spawn", () => {
        throw new Error("spawn failed");
      }).mock,
    "the listener for signals": () =>
      mock.method(Deno, "addSignalListener", () => {
        throw new Error("listener failed");
      }).mock,
    "the reader of the output": () =>
      mock.method(ReadableStream.prototype, "getReader", () => {
        throw new Error("reader failed");
      }).mock,
    "the writer of the input": () =>
      mock.method(WritableStream.prototype, "getWriter", () => {
        throw new Error("writer failed");
      }).mock,
  };
  for (const [name, fail] of Object.entries(steps)) {
    await t.step(name, async () => {
      await using pm = new Processman(silent);
      const job = pm.command("sh", ["-c", "cat"], { stdin: "piped" });
      await job.stdin.close();
      await job.finished;
      const before = new Set(
        (await outputOf("ps", "-A", "-o", "pid=")).split(/\s+/),
      );
      const failing = fail();
      try {
        await assertRejects(() => job.start(), Error, "failed");
      } finally {
        failing.restore();
      }
      assertEquals(job.pid, undefined);
      assertEquals([...pm], []);
      assert(job.state.kind === "exited" || job.state.kind === "failed");
      await job.finished;
      // The name is free, and the process can be started again.
      const other = pm.command("true", [], { name: job.name });
      await other.finished;
      await job.start();
      await job.kill();
      await pm.shutdown();
      const rows = await outputOf("ps", "-A", "-o", "pid=,ppid=,args=");
      const left = rows.split("\n").map((row) => row.trim().split(/\s+/))
        .filter(([pid = "", ppid]) =>
          !before.has(pid) && Number(ppid) === Deno.pid
        ).filter((row) => row.includes("cat"));
      assertEquals(left, []);
    });
  }
});

Deno.test({
  name: "Processman works when its working directory has been deleted",
  ignore: !permitted("read", "write"),
  async fn() {
    await using parent = runScript(
      `
      import { Processman } from "@isbm/processman";
      const folder = await Deno.makeTempDir();
      Deno.chdir(folder);
      await Deno.remove(folder);
      await using pm = new Processman({ logger: null });
      const job = pm.command(
        "bash",
        ["-c", "set -m; sleep 500 & echo $!; wait"],
        { cwd: "/" },
      );
      for await (const { text } of job.lines()) {
        await job.stop();
        console.log(text);
        break;
      }
      try {
        pm.command("true", [], { cwd: "/", output: { file: { path: "a.log" } } });
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }
    `,
      { permission: "--allow-all" },
    );
    await parent.finished;
    const [pid, error] = parent.tail().map(({ text }) => text);
    assert(!await alive(Number(pid)), "its own group was found");
    assertEquals(
      error,
      'NotFound: Cannot resolve option "output.file.path": the working ' +
        "directory of this program has been deleted: current value is " +
        '"a.log"',
    );
  },
});

Deno.test("Processman asks for no permission, whatever is revoked", async (t) => {
  /** Revokes a permission at a moment, and ends what runs. */
  const script = (before: string, after: string) => `
    import { Processman } from "@isbm/processman";
    const none = () => {};
    const logger = { debug: none, info: none, warn: console.log, error: none };
    const pm = new Processman({ logger });
    const job = pm.command("sh", ["-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done"]);
    for await (const { text } of job.lines()) if (text === "ready") break;
    ${before}
    await Deno.permissions.revoke({ name: "run" });
    ${after}
    console.log("over");
  `;
  const cases: Record<string, [string, string]> = {
    "stop()": ["", "await job.stop(); await pm.shutdown();"],
    "shutdown()": ["", "await pm.shutdown();"],
    "kill()": ["", "await job.kill(); await pm.shutdown();"],
    "a stop under way": [
      "const end = job.stop();",
      "await end; await pm.shutdown();",
    ],
    "a crash": [
      "",
      "job.signal('SIGKILL'); await job.finished; await pm.shutdown();",
    ],
    "signal()": [
      "",
      "job.signal('SIGUSR1', { to: 'group' }); await job.finished; await pm.shutdown();",
    ],
    "command()": [
      "",
      "try { pm.command('true'); } catch (error) { console.log(error.name); } await pm.shutdown();",
    ],
  };
  await stepsSideBySide(t, cases, async ([before, after]) => {
    // A terminal would be asked: script gives the program one.
    await using parent = runScript(script(before, after));
    assertEquals((await parent.finished).code, 0);
    const lines = parent.tail().map(({ text }) => text);
    assertEquals(lines.at(-1), "over");
    const warnings = lines.filter((line) => line.includes("guard are off"));
    assertEquals(warnings.length, 1);
  });
});
