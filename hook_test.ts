/**
 * The options `before` and `after`.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type CommandOptions,
  constant,
  type Hook,
  type Process,
  type ProcessEvent,
  Processman,
  SpawnError,
  systemClock,
} from "./mod.ts";
import { type ChildScript, type FakeChild, FakeKernel } from "./testing/mod.ts";
import {
  alive,
  eventOf,
  lineOf,
  permitted,
  runScript,
} from "./tools/testing.ts";

/** A process with hooks, on a fake system. */
class Stage implements AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  readonly job: Process;
  readonly log: string[] = [];
  readonly events: AsyncIterableIterator<ProcessEvent, void>;

  /** Starts the process `job`; its hooks are programs, too. */
  constructor(
    programs: Record<string, ChildScript>,
    options: CommandOptions = {},
  ) {
    this.kernel = new FakeKernel({ programs });
    const write = (message: string) => void this.log.push(message);
    const quiet = () => {};
    const logger = { debug: quiet, info: quiet, warn: write, error: write };
    this.pm = new Processman({ kernel: this.kernel, logger });
    this.events = this.pm.events();
    this.job = this.pm.command("job", [], {
      env: { MODE: "test" },
      restart: { policy: "never", backoff: constant(1_000) },
      ...options,
    });
  }

  /** The programs that have been started, in order. */
  get started(): string[] {
    return this.kernel.started.map(({ program }) => program);
  }

  /** Moves the clock until a promise has settled. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.kernel.clock.until(promise);
  }

  /** Returns the variables of a child that the process itself does not have. */
  variables(index: number): Record<string, string | undefined> {
    const { MODE, ...own } = this.kernel.started[index]?.env ?? {};
    assertEquals(MODE, "test");
    return own;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kernel.assertNothingLeft();
    await this.pm.shutdown();
    assertEquals(this.kernel.clock.pending, 0);
  }
}

const wait = (ms: number): ChildScript => async (_, clock) => {
  await clock.delay(ms);
  return 0;
};

/** A program that runs until a signal ends it. */
const hang: ChildScript = () => {};

Deno.test("A run starts when before has succeeded, and after follows its end", async () => {
  const after = async (child: FakeChild, clock: FakeKernel["clock"]) => {
    child.write("cleaned\n");
    await clock.delay(300);
    return 0;
  };
  await using stage = new Stage({ before: wait(500), job: () => 3, after }, {
    before: ["before"],
    after: ["after"],
  });
  const { job, kernel } = stage;
  assertEquals(job.state, { kind: "starting", run: 1 });
  await stage.until(job.finished);
  assertEquals(stage.started, ["before", "job", "after"]);
  assertEquals(kernel.clock.now(), 800);
  assertEquals(stage.variables(0), {
    PROCESSMAN_NAME: "job",
    PROCESSMAN_RUN: "1",
  });
  assertEquals(stage.variables(2), {
    PROCESSMAN_NAME: "job",
    PROCESSMAN_RUN: "1",
    PROCESSMAN_PID: String(kernel.started[1]?.pid),
    PROCESSMAN_EXIT_CODE: "3",
    PROCESSMAN_REASON: "crash",
  });
  assertEquals(job.tail().map(({ source, text }) => `${source} ${text}`), [
    "stderr [after] cleaned",
  ]);
});

Deno.test("Events tell when hooks begin and how they end", async () => {
  await using stage = new Stage({
    before: () => 0,
    job: () => 0,
    after: () => 2,
  }, {
    before: ["before"],
    after: ["after"],
  });
  await stage.until(stage.job.finished);
  await stage.pm.shutdown();
  const told: string[] = [];
  for await (const event of stage.events) {
    if (event.kind !== "hook") told.push(event.kind);
    else {
      const { hook, run, pid, end } = event;
      assert(pid);
      told.push(
        `${hook} ${run} ${end ? end.failure ?? "succeeded" : "begins"}`,
      );
    }
  }
  assertEquals(
    told,
    [
      "hook before begins",
    ].slice(1).concat([
      "before 1 begins",
      "before 1 succeeded",
      "start",
      "exit",
      "after 1 begins",
      "after 1 exited with code 2",
    ]),
  );
  assertEquals(stage.log, [
    'The hook "after" of process "job" exited with code 2',
  ]);
});

Deno.test("A before that fails is a failed start, which the policy restarts", async () => {
  let tries = 0;
  await using stage = new Stage({
    before: (child) => {
      child.writeError("no table\n");
      return ++tries < 3 ? 5 : 0;
    },
    job: () => 0,
    after: () => 0,
  }, {
    before: ["before"],
    after: ["after"],
    restart: { backoff: constant(1_000) },
  });
  assertEquals((await stage.until(stage.job.finished)).code, 0);
  assertEquals(stage.started, ["before", "before", "before", "job", "after"]);
  assertEquals(stage.kernel.clock.now(), 2_000);
  assertEquals(
    stage.log[0],
    'Cannot start process "job": the hook "before" exited with code 5: no table, restarting in 1000 ms (attempt 1)',
  );
});

Deno.test("A before that fails for good is the error of the process", async () => {
  for (
    const [before, why] of [
      [["before"], 'the hook "before" ended by SIGSEGV'],
      [["missing"], 'the hook "before" could not be started: Failed to spawn'],
    ] as const
  ) {
    await using stage = new Stage({
      before: (child) => child.receive("SIGSEGV"),
      job: hang,
    }, { before, restart: { limit: { restarts: 0 } } });
    await stage.until(stage.job.finished);
    const { state } = stage.job;
    assert(state.kind === "failed");
    assert(state.error.message.includes(why), state.error.message);
    assert(!stage.started.includes("job"));
  }
});

Deno.test("start() rejects with what before says", async () => {
  await using stage = new Stage({ before: () => 1, job: hang }, {
    before: ["before"],
  });
  await stage.until(stage.job.finished);
  const error = await stage.until(stage.job.start().catch((error) => error));
  assert(error instanceof SpawnError);
});

Deno.test("A hook that hangs is killed at its deadline, with all that it started", async () => {
  const fork: ChildScript = (child) => {
    child.on("SIGTERM");
    child.fork("helper").fork("another", { leads: "group" });
  };
  const before: Hook = { command: ["hook"], timeoutMs: 500 };
  await using stage = new Stage({ hook: fork, job: () => 0 }, { before });
  await stage.until(stage.job.finished);
  stage.kernel.assertNothingLeft();
  assert(stage.kernel.clock.now() < 600);
  assertEquals(stage.log, [
    'Cannot start process "job": the hook "before" did not end within 500 ms',
  ]);
  await using other = new Stage({ hook: fork, job: () => 0 }, {
    after: ["hook"],
  });
  assertEquals((await other.until(other.job.finished)).code, 0);
  assert(other.kernel.clock.now() < 30_100);
  assertEquals(other.log, [
    'The hook "after" of process "job" did not end within 30000 ms',
  ]);
});

Deno.test("What a hook leaves running ends with it", async () => {
  await using stage = new Stage({
    hook: (child) => {
      child.fork("daemon");
      return 0;
    },
    job: () => 0,
  }, { before: ["hook"], after: ["hook"] });
  await stage.until(stage.job.finished);
  assertEquals(stage.started, ["hook", "job", "hook"]);
});

Deno.test("A stop ends before, as the process is stopped", async () => {
  const stop = { signal: "SIGINT", gracePeriodMs: 2_000 } as const;
  for (const [ignores, at] of [[false, 100], [true, 2_100]] as const) {
    await using stage = new Stage({
      before: (child) => ignores && child.on("SIGINT") || undefined,
      job: hang,
    }, { before: ["before"], stop });
    const { job, kernel } = stage;
    await kernel.clock.advance(100);
    const stopped = job.stop();
    await stage.until(stopped);
    assertEquals([kernel.clock.now(), stage.started], [at, ["before"]]);
    assertEquals(kernel.started[0]?.received[0], "SIGINT");
    assertEquals((await stopped).steps, []);
    assertEquals([job.state.kind, stage.log], ["exited", []]);
  }
});

Deno.test("A kill ends hooks at once, and a stop waits for after", async () => {
  for (const hook of ["before", "after"] as const) {
    await using stage = new Stage({
      hook: (child) => child.on("SIGTERM"),
      job: () => 0,
    }, { [hook]: ["hook"] });
    const { job, kernel } = stage;
    await kernel.clock.advance(100);
    const stopped = job.stop();
    await kernel.clock.advance(100);
    assertEquals(kernel.alive.length, 1);
    await stage.until(job.kill());
    await stopped;
    assertEquals(kernel.clock.now(), 200);
  }
});

Deno.test("after runs after a stop, before each restart, and not without a run", async () => {
  await using stage = new Stage(
    { before: () => 0, job: hang, after: wait(50) },
    {
      before: ["before"],
      after: ["after"],
    },
  );
  const { job, kernel } = stage;
  await stage.until(eventOf(stage.events, "start"));
  await stage.until(job.restart());
  const { status } = await stage.until(job.stop());
  assertEquals(status.signal, "SIGTERM");
  assertEquals(stage.started, [
    "before",
    "job",
    "after",
    "before",
    "job",
    "after",
  ]);
  const { PROCESSMAN_SIGNAL, PROCESSMAN_REASON, PROCESSMAN_RUN } = stage
    .variables(5);
  assertEquals([PROCESSMAN_SIGNAL, PROCESSMAN_REASON, PROCESSMAN_RUN], [
    "SIGTERM",
    "requested",
    "2",
  ]);
  assertEquals(kernel.clock.now(), 100);
});

Deno.test("update() changes and removes hooks", async () => {
  await using stage = new Stage({ one: () => 0, two: () => 0, job: () => 0 }, {
    before: ["one"],
  });
  const { job } = stage;
  await stage.until(job.finished);
  job.update({ before: ["two"], after: { command: ["one"] } });
  assertEquals(job.describe().before, { command: ["two"], timeoutMs: 30_000 });
  await stage.until(job.start().then(() => job.finished));
  job.update({ before: null, after: null });
  await stage.until(job.start().then(() => job.finished));
  assertEquals(stage.started, ["one", "job", "two", "job", "one", "job"]);
});

Deno.test("before follows the gate and prepare, and runs again if the gate closes", async () => {
  let checks = 0;
  await using stage = new Stage({ before: () => 0, job: () => 0 }, {
    gate: () => () => ++checks !== 2,
    prepare: () => ({ env: { EXTRA: "1" } }),
    before: ["before"],
  });
  await stage.until(stage.job.finished);
  assertEquals(stage.started, ["before", "before", "job"]);
  assertEquals(stage.variables(0).EXTRA, "1");
});

Deno.test("Defaults have hooks, and each process its own", async () => {
  const programs = { one: () => 0, two: () => 0, job: () => 0 };
  const kernel = new FakeKernel({ programs });
  const defaults = { before: ["one"], restart: { policy: "never" } } as const;
  await using pm = new Processman({ kernel, logger: null, defaults });
  for (const before of [undefined, ["two"]]) {
    await kernel.clock.until(pm.command("job", [], { before }).finished);
  }
  assertEquals(kernel.started.map(({ program }) => program), [
    "one",
    "job",
    "two",
    "job",
  ]);
});

Deno.test("Hooks are checked before anything runs", () => {
  const pm = new Processman({ kernel: new FakeKernel(), logger: null });
  for (
    const [before, message] of [
      [
        "make",
        'Option "before" must be a program and its arguments, or options',
      ],
      [{ timeoutMs: 5 }, 'Option "before.command" must be an array'],
      [{ command: ["a"], timeoutMs: 0 }, 'Option "before.timeoutMs" must be a'],
      [{ command: ["a"], shell: "b" }, 'Option "before.shell" does not exist'],
    ] as const
  ) {
    const options = { before } as unknown as CommandOptions;
    assertThrows(() => pm.command("a", [], options), Error, message);
  }
});

Deno.test({
  name: "Real hooks leave nothing in the process table",
  ignore: !permitted("run"),
  async fn() {
    await using pm = new Processman({ logger: null });
    const hangs = "trap '' TERM; sleep 500 & echo $!; wait; sleep 500";
    const job = pm.command("sh", ["-c", "echo ran"], {
      cwd: "/",
      before: ["sh", "-c", "echo $PWD; sleep 500 & echo $!"],
      after: { command: ["sh", "-c", hangs], timeoutMs: 200 },
      restart: { policy: "never" },
    });
    const ran: string[] = [];
    for await (const { text } of job.lines()) ran.push(text);
    const pids = ran.flatMap((text) => /\] (\d+)$/.exec(text)?.[1] ?? []);
    assertEquals([ran[0], ran.includes("ran")], ["[before] /", true]);
    assertEquals(pids.length, 2);
    for (const pid of pids) assert(!await alive(Number(pid)));
  },
});

Deno.test({
  name: "The guard ends a hook when this program is killed",
  ignore: !permitted("run"),
  async fn() {
    await using parent = runScript(`
      import { printOutput, Processman } from "@isbm/processman";
      const pm = new Processman({ logger: null });
      printOutput(pm);
      pm.command("true", [], {
        before: ["sh", "-c", "sleep 500 & echo $! $$; wait"],
      });
      await pm.finished;
    `);
    const line = await lineOf(parent, /before/);
    const pids = line.match(/\d+/g)?.map(Number) ?? [];
    assertEquals(pids.length, 2);
    parent.signal("SIGKILL");
    await parent.finished;
    // The guard works in a session of its own, and nothing tells its end.
    const isAlive = () => Promise.all(pids.map(alive));
    while ((await isAlive()).includes(true)) await systemClock.delay(10);
  },
});
