import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { mock } from "node:test";
import {
  constant,
  exponential,
  type Process,
  Processman,
  ProcessmanClosedError,
  RestartLimitError,
  SpawnError,
} from "./mod.ts";
import {
  alive,
  deny,
  eventOf,
  lineOf,
  outputOf,
  runScript,
  stateOf,
} from "./tools/testing.ts";
import { FakeKernel } from "./testing/mod.ts";

const silent = { logger: null };

/** A program that crashes at once, and is restarted after an hour. */
const CRASH = ["sh", ["-c", "exit 1"], {
  restart: { backoff: constant(3_600_000) },
}] as const;

/** A program that says when it is ready and ignores SIGTERM. */
const STUBBORN = [
  "sh",
  ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
] as const;

Deno.test("Process goes through its states", async (t) => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const before = Date.now();
  const job = pm.command("sh", ["-c", "read code; exit $code"], {
    stdin: "piped",
    restart: { backoff: constant(3_600_000) },
  });

  await t.step("running, from the moment it is made", () => {
    const { pid, run, since } = stateOf(job, "running");
    assertEquals(pid, job.pid);
    assertEquals(run, 1);
    assert(since >= before && since <= Date.now());
  });
  await t.step("backoff, after a crash", async () => {
    const writer = job.stdin.getWriter();
    await writer.write(new TextEncoder().encode("4\n"));
    writer.releaseLock();
    await eventOf(events, "restart");
    const { attempt, run, until, status } = stateOf(job, "backoff");
    assertEquals([attempt, run, status.code], [1, 2, 4]);
    assert(until >= before + 3_600_000);
    assertEquals(job.pid, undefined);
    assertEquals((await job.status).code, 4);
    assertStrictEquals(pm.get("sh"), job);
    assertEquals(pm.processes().size, 0);
  });
  await t.step("stopping, while it is being ended", async () => {
    await job.start();
    const stopped = job.stop();
    const { killAt } = stateOf(job, "stopping");
    assert(killAt !== undefined && killAt > Date.now() + 5_000);
    await stopped;
  });
  await t.step("exited, in the end", async () => {
    assertEquals(stateOf(job, "exited").status.signal, "SIGTERM");
    assertEquals((await job.finished).signal, "SIGTERM");
    assertEquals(pm.get("sh"), undefined);
  });
});

Deno.test("Process fails with the last words of its last run", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command(
    "sh",
    ["-c", "echo out; echo no database >&2; exit 3"],
    {
      restart: {
        backoff: constant(0),
        limit: { restarts: 2, withinMs: 60_000 },
      },
    },
  );
  assertEquals((await job.finished).code, 3);
  const { error, status } = stateOf(job, "failed");
  assertEquals(status.code, 3);
  assert(error instanceof RestartLimitError);
  assertEquals(error.process, "sh");
  assertEquals(error.decision, {
    kind: "fail",
    reason: "limit",
    crashed: true,
    attempt: 3,
    limit: { restarts: 2, withinMs: 60_000 },
  });
  assertEquals(error.stderr, ["no database"]);
  assertEquals(
    error.message,
    'Cannot restart process "sh": 2 restarts within 60000 ms: no database',
  );
  assertStrictEquals((await eventOf(events, "failed")).error, error);
});

Deno.test("Process tells a story of events", async () => {
  const pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("sh", ["-c", "echo oh >&2; exit 1"], {
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
  });
  await job.finished;
  await pm.command("true").finished;
  await pm.command("sleep", ["500"]).stop();
  await pm.shutdown();
  const story: string[] = [];
  for await (const event of events) {
    switch (event.kind) {
      case "exit":
        story.push(
          `exit ${event.status.code} ${event.decision?.kind} ${event.stderr}`,
        );
        break;
      case "restart":
        story.push(
          `restart ${event.decision.attempt} ${event.decision.reason}`,
        );
        break;
      case "start":
        story.push(`start ${event.name} ${event.run}`);
        break;
      default:
        story.push(event.kind);
    }
  }
  assertEquals(story, [
    "start sh 1",
    "exit 1 restart oh",
    "restart 1 crash",
    "start sh 2",
    "exit 1 fail oh",
    "failed",
    "start true 1",
    "exit 0 leave ",
    "start sleep 1",
    "exit 143 undefined ",
    "stop",
  ]);
});

Deno.test("Process restarts clean exits with the policy always", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("true", [], {
    restart: { policy: "always", backoff: constant(0) },
  });
  for (let i = 0; i < 3; i++) {
    const { decision } = await eventOf(events, "restart");
    assertEquals(decision.reason, "exit");
    assertEquals(decision.attempt, 0);
  }
  await job.stop();
});

Deno.test("Process does not restart when its policy is never", async () => {
  const warnings: string[] = [];
  const none = () => {};
  const warn = (message: string) => warnings.push(message);
  await using pm = new Processman({
    logger: { debug: none, info: none, warn, error: none },
  });
  const job = pm.command("false", [], { restart: { policy: "never" } });
  assertEquals((await job.finished).code, 1);
  assertEquals(job.state.kind, "exited");
  assert(
    /^Process "false" crashed with code 1 after \d+ ms, not restarted \(policy "never"\)$/
      .test(
        warnings[0] ?? "",
      ),
  );
});

Deno.test("Process tries again when its program is missing for a while", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("false", [], { restart: { backoff: constant(0) } });
  const spawn = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Deno.errors.NotFound("Failed to spawn");
  });
  try {
    await eventOf(events, "exit");
    const { error, decision } = await eventOf(events, "restart").then(() =>
      eventOf(events, "restart")
    );
    assert(error instanceof SpawnError);
    assertEquals(decision.reason, "spawn");
    assertEquals((await job.status).code, 127);
  } finally {
    spawn.mock.restore();
  }
  assertGreater((await eventOf(events, "start")).run, 1);
});

Deno.test("Process fails when the permission to run is taken away", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("false", [], { restart: { backoff: constant(0) } });
  const spawn = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Deno.errors.NotCapable("Requires run access");
  });
  try {
    assertEquals((await job.finished).code, 126);
    const { error } = stateOf(job, "failed");
    assert(error instanceof SpawnError);
    assert(error.cause instanceof Deno.errors.NotCapable);
  } finally {
    spawn.mock.restore();
  }
});

Deno.test("Process fails when its backoff is of no use", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("false", [], { restart: { backoff: () => NaN } });
  await job.finished;
  const { error } = stateOf(job, "failed");
  assert(error instanceof RangeError);
  assert(error.message.includes("restart.backoff()"), error.message);
});

Deno.test("Process doubles its wait from crash to crash", async () => {
  const kernel = new FakeKernel({ programs: { crash: () => 1 } });
  await using pm = new Processman({ kernel, logger: null });
  const job = pm.command("crash", [], {
    restart: { backoff: exponential({ initialMs: 1_000, jitter: "none" }) },
  });
  for (const [run, delayMs] of [1_000, 2_000, 4_000].entries()) {
    await kernel.clock.settle();
    assertEquals(stateOf(job, "backoff").until, kernel.time() + delayMs);
    await kernel.clock.advance(delayMs - 1);
    assertEquals(job.state.kind, "backoff");
    assertEquals(kernel.started.length, run + 1);
    await kernel.clock.advance(1);
    assertEquals(kernel.started.length, run + 2);
  }
});

Deno.test("Process.stop() during backoff resolves at once and holds", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command(...CRASH);
  await eventOf(events, "restart");
  const report = await job.stop();
  assertEquals(report.steps, []);
  assertEquals(report.status.code, 1);
  assertEquals(job.state.kind, "exited");
  await pm.finished;
});

Deno.test("Process.start() and restart() during backoff run at once", async (t) => {
  for (const how of ["start", "restart"] as const) {
    await t.step(how, async () => {
      await using pm = new Processman(silent);
      const events = pm.events();
      const job = pm.command(...CRASH);
      await eventOf(events, "restart");
      await job[how]();
      const { decision } = await eventOf(events, "restart");
      assertEquals(decision.attempt, 1, "it was asked for: crashes count anew");
    });
  }
});

Deno.test("Process.restart() replaces the run, whatever the policy", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("sleep", ["500"], { restart: { policy: "never" } });
  const { pid, status } = job;
  await Promise.all([job.restart(), job.restart()]);
  assertEquals((await status).signal, "SIGTERM");
  assert(job.pid !== undefined && job.pid !== pid);
  assertEquals(stateOf(job, "running").run, 2);
  assert((await eventOf(events, "exit")).requested);
  assert(await alive(job.pid));
});

Deno.test("Process.restart() starts a process that has ended", async () => {
  await using pm = new Processman();
  const job = pm.command("echo", ["once"]);
  await job.finished;
  assertEquals(job.tail().length, 1);
  await job.restart();
  assertEquals(stateOf(job, "running").run, 1);
  assertStrictEquals(pm.get("echo"), job);
  await job.finished;
  assertEquals(await new Response(job.stdout).text(), "once\n");
});

Deno.test("Process.start() does nothing while a run is alive", async () => {
  await using pm = new Processman();
  const job = pm.command("sleep", ["500"]);
  const { pid } = job;
  await job.start();
  assertEquals(job.pid, pid);
});

Deno.test("Process.start() fails if another process has taken the name", async () => {
  await using pm = new Processman();
  const first = pm.command("true", [], { name: "job" });
  await first.finished;
  const second = pm.command("sleep", ["500"], { name: "job" });
  await assertRejects(() => first.start(), TypeError, "already taken");
  assertEquals(first.state.kind, "exited");
  assertStrictEquals(pm.get("job"), second);
});

Deno.test("Process.start() during a stop waits for its end", async () => {
  await using pm = new Processman();
  const job = pm.command(...STUBBORN);
  await lineOf(job, "ready");
  const { pid } = job;
  const stopped = job.stop({ gracePeriodMs: 200 });
  const started = job.start();
  assert((await stopped).forced);
  await started;
  assertEquals(job.state.kind, "running");
  assert(job.pid !== pid);
  await job.kill();
});

Deno.test("Process.stop() wins over a start that waits and a restart", async () => {
  await using pm = new Processman();
  const job = pm.command(...STUBBORN);
  await lineOf(job, "ready");
  const stopped = job.stop({ gracePeriodMs: 100 });
  const started = assertRejects(
    () => job.start(),
    TypeError,
    "a stop came first",
  );
  await assertRejects(() => job.restart(), TypeError, "being stopped");
  await Promise.all([job.stop(), stopped, started]);
  assertEquals(job.state.kind, "exited");
});

Deno.test("Process.stop() wins over a restart that is under way", async () => {
  await using pm = new Processman();
  const job = pm.command(...STUBBORN);
  await lineOf(job, "ready");
  const restarted = assertRejects(
    () => job.restart({ gracePeriodMs: 200 }),
    TypeError,
    "a stop came first",
  );
  await Promise.all([job.stop(), restarted]);
  assertEquals(job.state.kind, "exited");
});

Deno.test("Process.kill() cuts a stop short", async () => {
  await using pm = new Processman();
  const job = pm.command(...STUBBORN);
  await lineOf(job, "ready");
  const begun = performance.now();
  const [stopped, killed] = await Promise.all([job.stop(), job.kill()]);
  assertLess(performance.now() - begun, 5_000);
  assertEquals(stopped, killed);
  assertEquals(
    stopped.steps.map(({ signal }) => signal),
    ["SIGTERM", "SIGKILL"],
  );
});

Deno.test("Process settles every promise of requests at the same moment", async () => {
  const requests = ["stop", "kill", "restart", "start"] as const;
  for (const first of requests) {
    for (const second of requests) {
      for (const third of requests) {
        await using pm = new Processman(silent);
        const events = pm.events();
        const job = pm.command("sleep", ["500"]);
        await Promise.allSettled(
          [first, second, third].map((each) => job[each]()),
        );
        const running = pm.processes().size;
        assert(running <= 1);
        await pm.shutdown();
        let alive = 0;
        for await (const event of events) {
          if (event.kind === "start") alive++;
          if (event.kind === "exit") alive--;
          assert(
            alive <= 1,
            `two children at once: ${first}, ${second}, ${third}`,
          );
        }
        assertEquals(alive, 0);
        assertEquals(job.state.kind, "exited");
      }
    }
  }
});

Deno.test("Process stops when the signal of its options is aborted", async () => {
  await using pm = new Processman();
  const controller = new AbortController();
  const job = pm.command("sleep", ["500"], { signal: controller.signal });
  controller.abort();
  assertEquals((await job.finished).signal, "SIGTERM");
  assertEquals(job.state.kind, "exited");
  await assertRejects(() => job.start(), DOMException, "aborted");
});

Deno.test("Process.signal() reaches the child, or its group", async () => {
  await using pm = new Processman();
  const job = pm.command("sh", [
    "-c",
    `trap 'echo leader' USR1
     sh -c 'trap "echo member" USR1; echo ready; while :; do sleep 0.05; done' &
     while :; do sleep 0.05; done`,
  ]);
  await lineOf(job, "ready");
  assert(job.signal("SIGUSR1"));
  await lineOf(job, "leader");
  assert(job.signal("SIGUSR1", { to: "group" }));
  const heard: string[] = [];
  for await (const { source, text } of job.lines()) {
    if (source === "stdout") heard.push(text);
    if (heard.length === 4) break;
  }
  assertEquals(heard.sort(), ["leader", "leader", "member", "ready"]);
  assertThrows(
    () => job.signal("SIGNONE" as Deno.Signal),
    TypeError,
    'Option "signal" must be the name of a signal',
  );
  await job.stop();
  assert(!job.signal("SIGUSR1"));
});

Deno.test("Process tells of streams that are not piped", async () => {
  await using pm = new Processman();
  const job = pm.command("true", [], { stdout: "null", stderr: "null" });
  for (const stream of ["stdin", "stdout", "stderr"] as const) {
    assertThrows(
      () => job[stream],
      TypeError,
      `Cannot get ${stream} of process "true": option "${stream}" is "null", not "piped"`,
    );
  }
  for await (const _ of job.lines()) throw new Error("there are no lines");
});

Deno.test("Process takes stdin to its end", async () => {
  await using pm = new Processman();
  const cat = pm.command("cat", [], { stdin: "piped" });
  const text = new Response(cat.stdout).text();
  await new Response("over\nand out\n").body?.pipeTo(cat.stdin);
  assertEquals(await text, "over\nand out\n");
  assert((await cat.finished).success);
});

Deno.test({
  name: "Process reports a child that ends by a signal without a name",
  // Deno keeps the child in its books, since it has no status for it.
  sanitizeResources: false,
  async fn() {
    await using pm = new Processman();
    const job = pm.command("sh", ["-c", "kill -40 $$"], {
      restart: { policy: "never" },
    });
    assertEquals((await job.finished).code, 128);
  },
});

Deno.test("Process reports a child that cannot be ended", async () => {
  const kernel = new FakeKernel({ programs: { server: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  const job = pm.command("server");
  await kernel.clock.settle();
  const allowed = deny(kernel);
  const failure = assertRejects(() => pm.shutdown(), AggregateError);
  const { message, errors } = await kernel.clock.until(failure);
  assertEquals(kernel.now(), 15_000);
  assertEquals(message, "Cannot stop 1 of 1 processes");
  assertEquals(
    errors[0].message,
    `Cannot stop process "server": pid ${job.pid} lives on 5000 ms after SIGKILL`,
  );
  assertEquals(job.state.kind, "stopping", "as long as the kernel says so");
  allowed();
  const { status } = await job.kill();
  assertEquals(status.signal, "SIGKILL");
});

Deno.test("Process[Symbol.asyncDispose]() stops the process", async () => {
  await using pm = new Processman();
  let pid: number | undefined;
  {
    await using job = pm.command("sleep", ["500"]);
    pid = job.pid;
  }
  assert(pid !== undefined && !await alive(pid));
});

Deno.test("Process gives descriptors back when it has ended", async () => {
  await using pm = new Processman(silent);
  const ended = async () => {
    const job = pm.command("sh", ["-c", "echo out; echo err >&2"], {
      stdin: "piped",
    });
    await job.finished;
  };
  const open = async () =>
    (await outputOf("ls", `/proc/${Deno.pid}/fd`)).split("\n").length;
  await ended();
  const before = await open();
  const times = Deno.args.includes("--full") ? 25 : 8;
  for (let i = 0; i < times; i++) {
    await Promise.all(Array.from({ length: 20 }, ended));
  }
  // Deno closes what is to be closed a little later.
  let after = await open();
  for (let i = 0; i < 100 && after > before; i++) after = await open();
  assert(after <= before, `${after} descriptors are open, and were ${before}`);
  assertEquals([...pm], []);
});

Deno.test("Process does not grow from restart to restart", async () => {
  await using parent = runScript(
    `
    import { constant, Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const events = pm.events();
    pm.command("sh", ["-c", "head -c 20000 /dev/zero; exit 1"], {
      restart: { backoff: constant(0) },
    });
    let restarts = 0;
    for await (const { kind } of events) {
      if (kind !== "restart" || ++restarts % 100 !== 0) continue;
      globalThis.gc();
      console.log(Deno.memoryUsage().heapUsed);
      if (restarts === 300) break;
    }
    await pm.shutdown();
  `,
    { flags: ["--v8-flags=--expose-gc"] },
  );
  await parent.finished;
  const [first, , last] = parent.tail().map(({ text }) => Number(text));
  assert(first !== undefined && last !== undefined);
  assertLess(last - first, 512 * 1024, "2.5 KiB for each restart");
});

Deno.test("CommandOptions.prepare changes what each run is run with", async () => {
  await using pm = new Processman(silent);
  const asked: unknown[] = [];
  const job = pm.command("sh", ["-c", "echo $A $B; exit 1"], {
    env: { A: "old", B: "kept" },
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
    prepare: async ({ run, attempt, lastStatus }) => {
      asked.push([run, attempt, lastStatus?.code]);
      await Promise.resolve();
      if (run === 1) return;
      return { env: { A: "new" }, args: ["-c", "echo $A $B $PWD"], cwd: "/" };
    },
  });
  assertEquals(job.state, { kind: "starting", run: 1 });
  assertEquals((await job.status).code, 1);
  assertEquals((await job.finished).code, 0);
  assertEquals(job.tail().map(({ text }) => text), ["old kept", "new kept /"]);
  assertEquals(asked, [[1, 0, undefined], [2, 1, 1]]);
});

Deno.test("CommandOptions.prepare that throws is a failed start", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("echo", ["ready"], {
    restart: { backoff: constant(0) },
    prepare: ({ run, attempt }) => {
      assertEquals(run, 1, "there was none yet");
      if (attempt < 2) throw new Error("port in use");
    },
  });
  const { decision, error } = await eventOf(events, "restart");
  assertEquals([decision.reason, decision.attempt], ["spawn", 1]);
  assert(error instanceof SpawnError);
  assertEquals(
    error.message,
    'Cannot start process "echo": prepare() failed: port in use',
  );
  assertEquals((await job.finished).code, 0);
});

Deno.test("CommandOptions.prepare that gives nonsense is a failed start", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("true", [], {
    restart: { policy: "never" },
    prepare: () => ({ arsg: [] } as Record<string, unknown>),
  });
  assertEquals((await job.finished).code, 126);
  assertEquals(
    stateOf(job, "failed").error.message,
    'Cannot start process "true": prepare() failed: ' +
      'Option "prepare().arsg" does not exist: the options are cwd, env, args',
  );
});

Deno.test("Process.stop() does not wait for prepare", async (t) => {
  const hanging = {
    "hangs for ever": () => new Promise<void>(() => {}),
    "hangs until it is aborted": ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
    "resolves when it is aborted": ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      ),
  };
  for (const [how, prepare] of Object.entries(hanging)) {
    await t.step(how, async () => {
      await using pm = new Processman(silent);
      const events = pm.events();
      const job = pm.command("true", [], { prepare });
      const started = assertRejects(
        () => job.start(),
        TypeError,
        "a stop came first",
      );
      const { steps, status } = await job.stop();
      await started;
      assertEquals(steps, []);
      assertEquals(status.code, 126);
      assertEquals(await job.status, status);
      assertEquals(job.state.kind, "exited");
      await pm.shutdown();
      assertEquals((await events.next()).value?.kind, "stop");
    });
  }
});

Deno.test("Process.restart() during prepare is the run that is prepared", async () => {
  await using pm = new Processman(silent);
  const { promise, resolve } = Promise.withResolvers<void>();
  const job = pm.command("sleep", ["500"], { prepare: () => promise });
  const restarted = Promise.all([job.restart(), job.start()]);
  resolve();
  await restarted;
  assertEquals(stateOf(job, "running").run, 1);
});

Deno.test("Process.start() waits for prepare, the second time too", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("sleep", ["500"], {
    prepare: () => Promise.resolve(),
  });
  await job.start();
  assertEquals(job.state.kind, "running");
  await job.stop();
  await job.start();
  assertEquals(job.state.kind, "running");
});

Deno.test("CommandOptions.critical ends all with the process", async () => {
  const pm = new Processman(silent);
  const other = pm.command("sleep", ["500"]);
  const main = pm.command("sh", ["-c", "exit 3"], {
    critical: true,
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
  });
  assertEquals((await main.finished).code, 3);
  await pm.finished;
  assertEquals((await other.finished).signal, "SIGTERM");
  assertThrows(() => pm.command("true"), ProcessmanClosedError);
  await pm.shutdown();
  assertEquals(Deno.exitCode, 3);
  Deno.exitCode = 0;
});

Deno.test("CommandOptions.critical allows a stop", async () => {
  await using pm = new Processman(silent);
  const main = pm.command("sleep", ["500"], { critical: true });
  await main.stop();
  await pm.command("true").finished;
});

Deno.test("Process is not flooded by who holds its pipe after its end", async () => {
  await using pm = new Processman();
  const leader = pm.command(
    "sh",
    ["-c", "cat /dev/zero & echo $! >&2; sleep 0.1"],
    { group: false, output: { bufferBytes: 0 } },
  );
  const holder = Number(await lineOf(leader, /\d/));
  const reader = leader.stdout.getReader();
  await reader.read();
  await leader.finished;
  // It may have died already, of the pipe that has no reader any more.
  await outputOf("sh", "-c", `kill -9 ${holder} 2>&1 || :`);
  let length = 0;
  for (let read; !(read = await reader.read()).done;) {
    length += read.value.length;
  }
  assertLess(length, 3 * 1024 * 1024, "what a pipe can hold, and some more");
});

Deno.test("StopOptions.gracePeriodMs may be longer than a timer can run", async () => {
  await using pm = new Processman();
  const child = pm.command("sh", [
    "-c",
    "trap 'echo asked; sleep 0.1; exit 0' TERM; echo ready; while :; do sleep 0.01; done",
  ]);
  await lineOf(child, "ready");
  const { forced } = await child.stop({ gracePeriodMs: 2 ** 40 });
  assert(!forced);
});

Deno.test("Process refuses options that do not exist", async () => {
  await using pm = new Processman();
  const child = pm.command("sleep", ["500"]);
  const wrong = { kep: true } as unknown as Record<string, never>;
  assertThrows(
    () => child.lines(wrong),
    TypeError,
    'Option "kep" does not exist',
  );
  assertThrows(
    () => child.signal("SIGTERM", wrong),
    TypeError,
    'Option "kep" does not exist',
  );
  await assertRejects(() => child.stop(wrong), TypeError, "does not exist");
  await assertRejects(() => child.restart(wrong), TypeError, "does not exist");
  await assertRejects(() => pm.stopAll(wrong), TypeError, "does not exist");
  await assertRejects(() => pm.shutdown(wrong), TypeError, "does not exist");
  assertEquals(child.state.kind, "running");
});

Deno.test("Process may be started again by who hears of its end", async (t) => {
  await t.step("from an event", async () => {
    await using pm = new Processman(silent);
    const events = pm.events();
    const job = pm.command("true");
    await eventOf(events, "exit");
    await job.start();
    assertEquals(job.state.kind, "running");
    await eventOf(events, "exit");
    pm.command("true", [], { name: "true" });
  });
  for (const message of ["Cannot restart", "Stopped", "ended with"]) {
    await t.step(`from the log: ${message}`, async () => {
      let again: Promise<void> | undefined;
      const hear = (text: string) => {
        if (text.includes(message)) again ??= job.start();
      };
      const logger = { debug: hear, info: hear, warn: hear, error: hear };
      const pm = new Processman({ logger });
      const code = message === "Cannot restart" ? 7 : 0;
      const sleep = message === "Stopped" ? 500 : 0;
      const job = pm.command("sh", ["-c", `sleep ${sleep}; exit ${code}`], {
        restart: { limit: { restarts: 0, withinMs: 1 } },
      });
      const { finished } = job;
      if (sleep > 0) await job.stop();
      assertEquals((await finished).code, sleep > 0 ? 143 : code);
      await again;
      assert(again !== undefined);
      assert(job.finished !== finished);
      await pm.shutdown();
      await job.finished;
      assertEquals(job.state.kind, code === 7 ? job.state.kind : "exited");
    });
  }
});

Deno.test("Process tells a crash from a request that comes after it", async () => {
  const warnings: string[] = [];
  const none = () => {};
  const warn = (message: string) => warnings.push(message);
  await using pm = new Processman({
    logger: { debug: none, info: none, warn, error: none },
  });
  const events = pm.events();
  const job = pm.command("sh", [
    "-c",
    "(trap '' TERM; echo ready; while :; do sleep 1; done) & read x; echo oh >&2; exit 9",
  ], { stdin: "piped", stop: { gracePeriodMs: 100 } });
  await lineOf(job, "ready");
  const { status } = job;
  await new Response("\n").body?.pipeTo(job.stdin);
  await status;
  await job.start();
  const exit = await eventOf(events, "exit");
  assertEquals(
    [exit.requested, exit.crashed, exit.decision, exit.stderr],
    [false, true, undefined, ["oh"]],
  );
  assertEquals(warnings.map((each) => each.replace(/\d+ ms/, "_ ms")), [
    'Process "sh" crashed with code 9 after _ ms: oh',
    'Killed the leftovers of process "sh": they did not end within _ ms of SIGTERM',
  ]);
});

Deno.test("Process does not blame an earlier run for a failed start", async () => {
  const warnings: string[] = [];
  const none = () => {};
  const warn = (message: string) => warnings.push(message);
  await using pm = new Processman({
    logger: { debug: none, info: none, warn, error: none },
  });
  const job = pm.command("sh", ["-c", "echo on fire >&2; exit 1"], {
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
    prepare: ({ run }) => {
      if (run > 1) throw new Error("no port");
    },
  });
  await job.finished;
  assert(warnings[0]?.endsWith("on fire"), warnings[0]);
  assert(!warnings[1]?.includes("on fire"), warnings[1]);
});

Deno.test("Process.stop() by SIGKILL is a kill", async () => {
  await using pm = new Processman();
  const job = pm.command(...STUBBORN);
  await lineOf(job, "ready");
  const first = job.stop();
  const { forced } = await job.stop({ signal: "SIGKILL" });
  assert(forced);
  assert((await first).forced);
});

Deno.test("Process.stop() ends a child that has been stopped by a signal", async () => {
  await using pm = new Processman();
  const job = pm.command("sleep", ["500"]);
  job.signal("SIGSTOP");
  const { forced, status } = await job.stop();
  assertEquals([forced, status.signal], [false, "SIGTERM"]);
});

Deno.test("Process takes back a restart that its backoff does not want", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job: Process = pm.command("false", [], {
    restart: {
      backoff: () => {
        job.stop();
        return 50;
      },
    },
  });
  await job.finished;
  await pm.shutdown();
  const kinds = [];
  for await (const { kind } of events) kinds.push(kind);
  assertEquals(kinds, ["start", "exit", "stop"]);
});

Deno.test("Process leads a group in each of its runs", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("sh", ["-c", "sleep 500 & echo $$ $!; wait"], {
    restart: { backoff: constant(0) },
  });
  for (let run = 1; run <= 3; run++) {
    const { pid } = await eventOf(events, "start");
    const line = await lineOf(job, new RegExp(`^${pid} `));
    const grandchild = Number(line.split(" ")[1]);
    const group = await outputOf("ps", "-o", "pgid=", "-p", String(grandchild));
    assertEquals(Number(group), pid);
    job.signal("SIGKILL");
    await eventOf(events, "leftovers");
    assert(!await alive(grandchild));
  }
});

Deno.test("Process can be stopped at the very start of each of its runs", async () => {
  for (let i = 0; i < 20; i++) {
    await using pm = new Processman(silent);
    const job = pm.command("sleep", ["500"]);
    await job.restart();
    const { pid } = job;
    assert(pid !== undefined);
    const { status, survivors } = await job.stop();
    assertEquals([status.signal, survivors], ["SIGTERM", []]);
    assert(!await alive(pid));
  }
});

Deno.test("Process waits with a restart for a reader that is far behind", async () => {
  await using pm = new Processman(silent);
  const job = pm.command("sh", ["-c", "head -c 60000 /dev/zero; exit 1"], {
    restart: { backoff: constant(0) },
  });
  const events = pm.events();
  const reader = job.stdout.getReader();
  await reader.read();
  while ((await eventOf(events, "restart")).decision.attempt < 18);
  assertEquals(job.state.kind, "backoff");
  let read = 0;
  while (read < 1_000_000) read += (await reader.read()).value?.length ?? 0;
  assert((await eventOf(events, "start")).run > 18);
  await job.stop();
  await reader.cancel();
});

Deno.test("Process.lines() gives a last line without an end between two runs", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("sh", ["-c", "printf 'no end'; exit 1"], {
    restart: { backoff: constant(3_600_000) },
  });
  await eventOf(events, "restart");
  assertEquals(await lineOf(job, /./), "no end");
});

Deno.test("Process is not held up by who goes on writing to its pipe", async () => {
  await using pm = new Processman();
  const leader = pm.command(
    "sh",
    ["-c", "(while echo on; do sleep 0.001; done) & echo $! >&2"],
    { group: false },
  );
  const writer = Number(await lineOf(leader, /\d/));
  await leader.status;
  const begun = performance.now();
  await leader.finished;
  assertLess(performance.now() - begun, 5_000);
  // The pipe is closed to it, and it ends by SIGPIPE.
  while (await alive(writer));
});
