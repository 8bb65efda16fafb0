import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  constant,
  type GateContext,
  type ProcessEvent,
  Processman,
  SpawnError,
  StopError,
  type StopReport,
} from "./mod.ts";
import { FakeKernel } from "./testing/mod.ts";

const restart = { backoff: constant(1_000) };

/** A manager on a fake kernel, whose events are listed. */
function fake(
  options: ConstructorParameters<typeof FakeKernel>[0] = {
    programs: { server: () => {}, crash: () => 1 },
  },
) {
  const kernel = new FakeKernel(options);
  const pm = new Processman({ kernel, logger: null });
  const events: ProcessEvent[] = [];
  const listen = async () => {
    for await (const event of pm.events()) events.push(event);
  };
  listen();
  return { kernel, pm, events };
}

/** A gate that a test opens. */
function gate(reason = "the database") {
  const contexts: GateContext[] = [];
  let opened = Promise.withResolvers<void>();
  return {
    contexts,
    open() {
      opened.resolve();
      opened = Promise.withResolvers();
    },
    fail(error: Error) {
      opened.reject(error);
      opened = Promise.withResolvers();
    },
    async pass(context: GateContext) {
      contexts.push(context);
      context.wait(reason);
      await opened.promise;
    },
  };
}

Deno.test("CommandOptions.gate holds back the first run, a restart and a start by hand", async () => {
  const { kernel, pm, events } = fake();
  const { contexts, open, pass } = gate();
  const job = pm.command("server", [], { gate: pass, restart });
  await kernel.clock.settle();
  const since = kernel.time();
  const reason = "the database";
  assertEquals(job.state, { kind: "waiting", run: 1, reason, since });
  assertEquals(kernel.started, []);
  open();
  await kernel.clock.settle();
  assertEquals(job.state.kind, "running");

  kernel.started[0]?.exit(1);
  await kernel.clock.advance(1_000);
  assertEquals(
    [job.state.kind, contexts[1]?.run, contexts[1]?.attempt],
    ["waiting", 2, 1],
  );
  open();
  await kernel.clock.settle();
  assertEquals(job.state.kind, "running");

  await job.stop();
  const started = job.start();
  await kernel.clock.settle();
  assertEquals(job.state.kind, "waiting");
  open();
  await started;
  assertEquals(job.state.kind, "running");
  await pm.shutdown();
  assertEquals(
    events.filter(({ kind }) => kind === "waiting").length,
    3,
  );
  kernel.assertNothingLeft();
});

Deno.test("GateContext.wait() replaces the reason, and does nothing once the gate is open", async () => {
  const { kernel, pm } = fake();
  const { contexts, open, pass } = gate();
  const job = pm.command("server", [], { gate: pass });
  await kernel.clock.settle();
  contexts[0]?.wait("the cache");
  assert(job.state.kind === "waiting");
  assertEquals(job.state.reason, "the cache");
  open();
  await kernel.clock.settle();
  contexts[0]?.wait("nothing");
  assertEquals(job.state.kind, "running");
  await pm.shutdown();
});

Deno.test("CommandOptions.gate that throws is a failed start", async () => {
  const { kernel, pm, events } = fake();
  const { fail, open, pass } = gate();
  const job = pm.command("server", [], { gate: pass, restart });
  const started = assertRejects(
    () => job.start(),
    SpawnError,
    'Cannot start process "server": gate() failed: no network',
  );
  await kernel.clock.settle();
  fail(new Error("no network"));
  await started;
  assertEquals(job.state.kind, "backoff");
  await kernel.clock.advance(1_000);
  open();
  await kernel.clock.settle();
  assertEquals(job.state.kind, "running");
  await pm.shutdown();
  const kinds = events.map(({ kind }) => kind);
  assertEquals(kinds, [
    "waiting",
    "restart",
    "waiting",
    "start",
    "exit",
    "stop",
  ]);
});

Deno.test("GateResult is asked right before the start, and brings the gate back", async () => {
  const { kernel, pm, events } = fake();
  const prepared: number[] = [];
  let calls = 0;
  let opens = false;
  const job = pm.command("server", [], {
    gate({ wait }) {
      wait(`call ${++calls}`);
      return () => opens;
    },
    async prepare({ run }) {
      prepared.push(run);
      await kernel.delay(1_000);
    },
  });
  await kernel.clock.advance(1_500);
  assertEquals([calls, prepared, job.state.kind], [2, [1, 1], "starting"]);
  opens = true;
  await kernel.clock.advance(500);
  assertEquals([calls, job.state.kind], [2, "running"]);
  await pm.shutdown();
  const reasons = events.flatMap((each) =>
    each.kind === "waiting" ? [each.reason] : []
  );
  assertEquals(reasons, ["call 1", "call 2"]);
});

Deno.test("GateResult that never lets a run start does not hold up a stop", async () => {
  const { kernel, pm } = fake();
  const job = pm.command("server", [], {
    gate: async ({ signal }) => {
      await kernel.delay(10, { signal });
      return () => false;
    },
  });
  await kernel.clock.advance(1_000);
  const { steps } = await job.stop();
  assertEquals([steps, kernel.started], [[], []]);
  await pm.shutdown();
  assertEquals(kernel.clock.pending, 0);
});

Deno.test("GateResult that throws is a failed start", async () => {
  const { kernel, pm, events } = fake();
  let fails = true;
  const job = pm.command("server", [], {
    restart,
    gate: () => () => {
      if (fails) throw new Error("no network");
      return true;
    },
  });
  await kernel.clock.settle();
  assertEquals(job.state.kind, "backoff");
  fails = false;
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "running");
  await pm.shutdown();
  const error = events.find((each) => each.kind === "restart");
  assert(error?.kind === "restart");
  assertEquals(
    error.error?.message,
    'Cannot start process "server": gate() failed: no network',
  );
});

Deno.test("Process.retry() ends a backoff, and keeps the count of crashes and the limit", async () => {
  const { kernel, pm, events } = fake();
  const job = pm.command("crash", [], {
    restart: { backoff: constant(60_000), limit: { restarts: 2 } },
  });
  assertEquals(job.retry(), false, "it is running");
  await kernel.clock.settle();
  assertEquals(job.state.kind, "backoff");
  assertEquals(job.retry(), true);
  await kernel.clock.settle();
  assertEquals([kernel.started.length, job.state.kind], [2, "backoff"]);
  assertEquals(job.retry(), true);
  await kernel.clock.settle();
  assertEquals([job.state.kind, job.retry()], ["failed", false]);
  const attempts = events.flatMap((each) =>
    each.kind === "restart" ? [each.decision.attempt] : []
  );
  assertEquals([attempts, kernel.now()], [[1, 2], 0]);
  await pm.shutdown();
});

Deno.test("GateResult that is asynchronous is a failed start", async () => {
  const { kernel, pm } = fake();
  const late = () => () => Promise.reject(new Error("late"));
  const job = pm.command("server", [], {
    gate: late as unknown as () => void,
    restart: { policy: "never" },
  });
  await kernel.clock.settle();
  assert(job.state.kind === "failed");
  assertEquals(
    job.state.error.message,
    'Cannot start process "server": gate() failed: Option "gate()()" must be ' +
      "true or false: current value is an object",
  );
  await pm.shutdown();
});

Deno.test("CommandOptions.gate that closes again and again lets everything else run", async () => {
  const { kernel, pm } = fake();
  let calls = 0;
  let open = false;
  const job = pm.command("server", [], {
    gate() {
      if (++calls > 1_000) throw new Error("called without a pause");
      return () => open;
    },
  });
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "starting");
  open = true;
  await kernel.clock.advance(10);
  assertEquals(job.state.kind, "running");
  open = false;
  kernel.started[0]?.exit(1);
  await kernel.clock.advance(10_000);
  await job.stop();
  assertEquals([kernel.started.length, kernel.clock.pending], [1, 0]);
  await pm.shutdown();
});

Deno.test("Process.stop() while a gate waits ends the wait, and starts nothing", async () => {
  const { kernel, pm } = fake();
  const { contexts, pass } = gate();
  const job = pm.command("server", [], { gate: pass });
  await kernel.clock.settle();
  const started = assertRejects(
    () => job.start(),
    TypeError,
    "a stop came first",
  );
  const { steps } = await job.stop();
  await started;
  assertEquals([steps, job.state.kind], [[], "exited"]);
  assert(contexts[0]?.signal.aborted);
  contexts[0]?.wait("nothing");
  assertEquals(job.state.kind, "exited");
  assertEquals(kernel.started, []);
  await pm.shutdown();
});

Deno.test("Process.restart() waits for the same run if a gate holds that run back", async () => {
  const { kernel, pm } = fake();
  const { open, pass } = gate();
  const job = pm.command("server", [], { gate: pass });
  const restarted = job.restart();
  await kernel.clock.settle();
  open();
  await restarted;
  assertEquals(kernel.started.length, 1);
  await pm.shutdown();
});

Deno.test("Process.update() changes how the present run is stopped", async () => {
  const { kernel, pm } = fake({
    programs: { stubborn: (child) => child.on("SIGINT") },
  });
  const job = pm.command("stubborn", [], { stop: { signal: "SIGTERM" } });
  await kernel.clock.settle();
  job.update({ stop: { signal: "SIGINT", gracePeriodMs: 500 } });
  const { steps } = await kernel.clock.until(job.stop());
  assertEquals(
    steps.map(({ signal, durationMs }) => [signal, durationMs]),
    [["SIGINT", 500], ["SIGKILL", 0]],
  );
  await pm.shutdown();
});

Deno.test("Process.update() changes the restart policy from the next end on", async () => {
  const { kernel, pm } = fake();
  const job = pm.command("server", [], { restart });
  await kernel.clock.settle();
  job.update({ restart: { backoff: constant(7_000) } });
  kernel.started[0]?.exit(1);
  await kernel.clock.settle();
  assert(job.state.kind === "backoff");
  assertEquals(job.state.until - kernel.time(), 7_000);
  // The defaults, not the last update, supply what an update leaves out.
  job.update({ restart: { policy: "never" } });
  await kernel.clock.advance(7_000);
  kernel.started[1]?.exit(1);
  await kernel.clock.settle();
  assertEquals(job.state.kind, "exited");
  await pm.shutdown();
});

Deno.test("Process.update() changes prepare, gate and critical", async () => {
  const { kernel, pm } = fake();
  const job = pm.command("server", ["old"], {
    restart: { backoff: constant(0) },
  });
  const { open, pass } = gate();
  job.update({
    prepare: () => ({ args: ["new"], env: { MODE: "safe" } }),
    gate: pass,
    critical: true,
  });
  await kernel.clock.settle();
  kernel.started[0]?.exit(1);
  await kernel.clock.settle();
  assertEquals(job.state.kind, "waiting");
  open();
  await kernel.clock.settle();
  const [, second] = kernel.started;
  assertEquals([second?.args, second?.env], [["new"], { MODE: "safe" }]);
  second?.exit(0);
  await kernel.clock.settle();
  assertThrows(() => pm.command("server"), Error, "has been shut down");
});

Deno.test("Process.update() refuses bad options and changes nothing then", async () => {
  const { kernel, pm } = fake();
  const job = pm.command("server");
  await kernel.clock.settle();
  assertThrows(
    () => job.update({ stop: { gracePeriodMs: -1 } }),
    RangeError,
    'Option "stop.gracePeriodMs" must be',
  );
  assertThrows(
    () => job.update({ name: "other" } as object),
    TypeError,
    'Option "name" does not exist',
  );
  const { steps } = await job.stop();
  assertEquals(steps.map(({ signal }) => signal), ["SIGTERM"]);
  await pm.shutdown();
});

Deno.test("ProcessmanOptions.defaults.prepare runs before that of the command", async () => {
  const kernel = new FakeKernel({ programs: { job: () => 0 } });
  const order: string[] = [];
  await using pm = new Processman({
    kernel,
    logger: null,
    defaults: {
      prepare: () => {
        order.push("defaults");
        return { env: { A: "1", B: "1" }, args: ["one"] };
      },
    },
  });
  const job = pm.command("job", [], {
    prepare: () => {
      order.push("own");
      return { env: { B: "2" } };
    },
  });
  await job.finished;
  const [child] = kernel.started;
  assertEquals(order, ["defaults", "own"]);
  assertEquals([child?.args, child?.env], [["one"], { A: "1", B: "2" }]);
});

Deno.test("Process.stop() that the logger calls at a crash ends what is left by its own rules", async () => {
  const kernel = new FakeKernel({
    programs: {
      job: (child, clock) => {
        const worker = child.fork("worker");
        worker.on("SIGTERM", async () => {
          await clock.delay(5_000);
          worker.exit(0);
        });
        return 1;
      },
    },
  });
  let stopped: Promise<StopReport> | undefined;
  const note = (message: string) => {
    if (message.includes("crashed")) stopped ??= job.stop();
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const pm = new Processman({ kernel, logger });
  const job = pm.command("job");
  await kernel.clock.until(job.finished);
  // Not by `restart.leftovers`, which would kill the worker after a second.
  const { forced, steps } = await stopped ?? await job.stop();
  assertEquals(
    [forced, steps.map(({ signal }) => signal)],
    [false, ["SIGTERM"]],
  );
  await pm.shutdown();
  kernel.assertNothingLeft();
});

Deno.test("CommandOptions.gate can use the process, and is not called if a stop comes first", async () => {
  const { kernel, pm } = fake();
  const job = pm.command("server", [], {
    gate: ({ wait }) => wait(job.name),
  });
  await kernel.clock.settle();
  assertEquals(job.state.kind, "running");
  let asked = 0;
  const other = pm.command("server", [], { gate: () => void asked++ });
  await other.stop();
  assertEquals([asked, other.state.kind], [0, "exited"]);
  await pm.shutdown();
});

Deno.test("GateContext.wait() accepts only a non-empty string as the reason", async () => {
  const { pm, kernel } = fake();
  for (const reason of [undefined, 42, ""] as string[]) {
    const job = pm.command("server", [], {
      gate: ({ wait }) => wait(reason),
      restart: { policy: "never" },
    });
    await kernel.clock.settle();
    assert(job.state.kind === "failed");
    assert(job.state.error.message.includes('Option "reason" must be'));
  }
  await pm.shutdown();
});

Deno.test("Process.stop() after SIGKILL does not move the deadline, and leaves no wait", async () => {
  const { kernel, pm } = fake({
    programs: { server: (child) => child.on("SIGTERM") },
  });
  // Like a process that hangs in the kernel, this one survives SIGKILL.
  const kill = kernel.kill.bind(kernel);
  kernel.kill = (target, signal) =>
    signal === "SIGKILL" || kill(target, signal);
  const job = pm.command("server");
  await kernel.clock.settle();
  const first = assertRejects(() => job.stop(), StopError);
  await kernel.clock.advance(10_100);
  const { state } = job;
  const second = assertRejects(
    () => job.stop({ gracePeriodMs: 3_600_000 }),
    StopError,
  );
  assertEquals(job.state, state);
  await kernel.clock.advance(5_000);
  await Promise.all([first, second]);
  assertEquals(kernel.clock.pending, 0);
  kernel.kill = kill;
  await kernel.clock.until(job.kill());
  await pm.shutdown();
});

Deno.test("Processman.shutdown() leaves no wait", async () => {
  const { kernel, pm } = fake({ programs: { job: () => 0 } });
  await pm.command("job").finished;
  assertEquals(kernel.clock.pending, 1);
  await pm.shutdown();
  assertEquals([kernel.clock.pending, kernel.now()], [0, 0]);
});
