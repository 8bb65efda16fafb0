/**
 * When a run is ready and when it hangs, with a clock that the tests move.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type CommandOptions,
  constant,
  type Probe,
  type ProbeContext,
  type ProcessEvent,
  Processman,
  ReadinessError,
} from "./mod.ts";
import { FakeKernel } from "./testing/mod.ts";

/** A fake kernel whose clock can jump, as if this program had been suspended. */
class SuspendedKernel extends FakeKernel {
  jumpMs = 0;

  override now(): number {
    return super.now() + this.jumpMs;
  }
}

/** A manager with one process, whose probes answer as the test says. */
function fake(options: CommandOptions, program = "server") {
  const kernel = new SuspendedKernel({
    programs: {
      server: () => {},
      stubborn: (child) => child.on("SIGTERM"),
      job: (child) => {
        child.write("at work\n");
        child.writeError("no disk\n");
        return 1;
      },
    },
  });
  const log: string[] = [];
  const note = (message: string) => void log.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const pm = new Processman({ kernel, logger });
  const events: ProcessEvent[] = [];
  (async () => {
    for await (const event of pm.events()) events.push(event);
  })();
  const job = pm.command(program, [], {
    name: "job",
    restart: { backoff: constant(1_000) },
    ...options,
  });
  return {
    kernel,
    pm,
    job,
    events,
    log,
    kinds: () => events.map(({ kind }) => kind),
    isReady: () => job.state.kind === "running" && job.state.ready,
    async over() {
      await kernel.clock.until(pm.shutdown());
      assertEquals(kernel.clock.pending, 0, "no timer is left");
      kernel.assertNothingLeft();
    },
  };
}

/** A probe that answers as a test says, and keeps what it is called with. */
function answers(answer: ReturnType<Probe> | Error = false) {
  const contexts: ProbeContext[] = [];
  return {
    contexts,
    answer,
    /** The number of calls. */
    get count() {
      return contexts.length;
    },
    probe(context: ProbeContext) {
      contexts.push(context);
      if (this.answer instanceof Error) throw this.answer;
      return this.answer;
    },
  };
}

/** Returns a probe of an object of `answers()`. */
function probeOf(asked: ReturnType<typeof answers>): Probe {
  return (context) => asked.probe(context);
}

Deno.test("ProcessState.ready is true without a probe, as soon as a run is alive", async () => {
  const { kernel, job, isReady, kinds, over } = fake({});
  assert(isReady());
  await job.ready;
  kernel.started[0]?.exit(1);
  await kernel.clock.settle();
  let ready = false;
  job.ready.then(() => ready = true);
  await kernel.clock.advance(999);
  assert(!ready);
  await kernel.clock.advance(1);
  assert(ready && isReady());
  assert(!kinds().includes("ready"), "the event start says it");
  await over();
});

Deno.test("CommandOptions.ready is asked again and again until a run is ready", async () => {
  const asked = answers();
  const { kernel, job, events, isReady, over } = fake({
    ready: { probe: probeOf(asked), intervalMs: 50 },
  });
  let ready = 0;
  job.ready.then(() => ready++);
  await kernel.clock.advance(120);
  assertEquals([asked.count, isReady(), ready], [3, false, 0]);
  asked.answer = Promise.resolve(true);
  await kernel.clock.advance(29);
  assertEquals(isReady(), false);
  await kernel.clock.advance(1);
  assertEquals([asked.count, isReady(), ready], [4, true, 1]);
  const event = events.find(({ kind }) => kind === "ready");
  const { name, pid = 0 } = job;
  const time = kernel.time();
  assertEquals(event, { kind: "ready", name, time, pid, run: 1, afterMs: 150 });

  asked.answer = false;
  await kernel.clock.advance(100_000);
  assertEquals([asked.count, isReady()], [4, true], "ready stays ready");
  await over();
});

Deno.test("A probe is called with the process, the run, and signals for the call and the run", async () => {
  const asked = answers();
  const { kernel, job, over } = fake({ ready: probeOf(asked) });
  await kernel.clock.advance(200);
  const [first, second] = asked.contexts;
  assert(first && second);
  assertEquals([first.process, first.run], [job, 1]);
  assert(first.signal.aborted, "the call is over");
  assert(first.probing === second.probing && !second.probing.aborted);
  kernel.started[0]?.exit(1);
  await kernel.clock.settle();
  assert(second.probing.aborted, "the run is over");
  await kernel.clock.advance(1_000);
  assertEquals(asked.contexts.at(-1)?.run, 2);
  await over();
  assert(asked.contexts.at(-1)?.probing.aborted);
});

Deno.test("Process.ready resolves once for waits that began at any point", async () => {
  const asked = answers();
  const { kernel, job, isReady, over } = fake({ ready: probeOf(asked) });
  const resolved: string[] = [];
  const wait = (when: string) => job.ready.then(() => resolved.push(when));
  wait("starting");
  await kernel.clock.settle();
  wait("running");
  kernel.started[0]?.exit(1);
  await kernel.clock.settle();
  assertEquals(job.state.kind, "backoff");
  wait("backoff");
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "running");
  wait("running again");
  assertEquals(resolved, []);
  asked.answer = true;
  await kernel.clock.advance(200);
  assert(isReady());
  const all = ["starting", "running", "backoff", "running again"];
  assertEquals(resolved, all);
  wait("ready");
  await kernel.clock.settle();
  assertEquals(resolved, [...all, "ready"]);

  asked.answer = false;
  kernel.started[1]?.exit(1);
  await kernel.clock.settle();
  wait("after the crash");
  await kernel.clock.advance(30_000);
  assertEquals(resolved.length, 5, "the new run is not ready yet");
  asked.answer = true;
  await kernel.clock.advance(200);
  assertEquals(resolved.length, 6);
  await over();
});

Deno.test("Process.ready rejects once the process has ended for good, and not before", async () => {
  const { kernel, job, over } = fake({
    ready: () => {
      throw new Error("no answer on port 1");
    },
    restart: {
      backoff: constant(1_000),
      limit: { restarts: 1, withinMs: 60_000 },
    },
  }, "job");
  let error: unknown;
  job.ready.catch((reason) => error = reason);
  await kernel.clock.settle();
  assertEquals([job.state.kind, error], ["backoff", undefined]);
  await kernel.clock.advance(1_000);
  assert(error instanceof ReadinessError);
  assertEquals(error.process, "job");
  assertEquals(error.state, job.state);
  assertEquals(error.tail, ["at work", "no disk", "at work", "no disk"]);
  assertStringIncludes(
    error.message,
    'Process "job" is not ready: it was given up',
  );
  const again = await assertRejects(() => job.ready, ReadinessError);
  assertEquals(again.message, error.message);
  await over();
});

Deno.test("Process.ready rejects after a stop, and waits for the next run after a start", async () => {
  const asked = answers(new Error("connection refused"));
  const { kernel, job, over } = fake({ ready: probeOf(asked) });
  await kernel.clock.settle();
  const waited = assertRejects(() => job.ready, ReadinessError);
  await job.stop();
  const { answer, message } = await waited;
  assertEquals(answer, "connection refused");
  assertEquals(
    message,
    'Process "job" is not ready: it has ended (last answer: connection refused)',
  );
  asked.answer = true;
  await job.start();
  await kernel.clock.settle();
  await job.ready;
  await over();
});

Deno.test("Process.ready that nothing waits for does not end this program", async () => {
  const { kernel, job, over } = fake({ ready: () => false }, "job");
  void job.ready;
  await kernel.clock.settle();
  await job.stop();
  void job.ready;
  await over();
});

Deno.test("ReadyOptions.withinMs ends a run that is not ready in time, as a crash", async () => {
  const { kernel, job, events, log, over } = fake({
    ready: {
      probe: () => {
        throw new Error("connection refused");
      },
      withinMs: 10_000,
    },
    stop: { signal: "SIGINT" },
  });
  await kernel.clock.advance(9_999);
  assertEquals(job.state.kind, "running");
  await kernel.clock.advance(1);
  assertEquals(kernel.started[0]?.received.slice(0, 1), ["SIGINT"]);
  assertEquals(job.state.kind, "backoff");
  const exit = events.find((event) => event.kind === "exit");
  assert(exit?.kind === "exit" && exit.decision?.kind === "restart");
  assertEquals([exit.crashed, exit.requested], [true, false]);
  assertEquals(exit.verdict, {
    reason: "not-ready",
    answer: "connection refused",
  });
  assertEquals([exit.decision.reason, exit.decision.attempt], ["not-ready", 1]);
  assertEquals(
    log.find((line) => line.startsWith("Ended")),
    'Ended process "job" by SIGINT after 10000 ms, because it was not ready ' +
      "in time: connection refused, restarting in 1000 ms (attempt 1)",
  );
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "running");
  await kernel.clock.advance(10_000);
  assertEquals(job.state.kind, "backoff", "the time begins again with a run");
  await over();
});

Deno.test("ReadyOptions.withinMs counts against the limit, and for resetAfterMs only time in which a run is ready", async () => {
  const { kernel, job, over } = fake({
    ready: { probe: () => false, withinMs: 5_000 },
    restart: {
      backoff: constant(0),
      resetAfterMs: 1_000,
      limit: { restarts: 2 },
    },
  });
  await kernel.clock.advance(15_000);
  assert(job.state.kind === "failed");
  assertEquals(
    job.state.error.message,
    'Cannot restart process "job": 2 restarts in a row: it was not ready in ' +
      "time: the probe returned false",
  );
  const { answer, message } = await assertRejects(
    () => job.ready,
    ReadinessError,
  );
  assertEquals(answer, "the probe returned false");
  assertEquals(message.split("the probe returned false").length, 2);
  assertEquals(kernel.started.length, 3);
  await over();
});

Deno.test("RestartOptions.resetAfterMs counts from when a run was first ready", async () => {
  const asked = answers();
  const attempts: number[] = [];
  const { kernel, events, over } = fake({
    ready: { probe: probeOf(asked), intervalMs: 1_000 },
    restart: { backoff: constant(0), resetAfterMs: 10_000 },
  });
  for (const readyMs of [0, 9_000, 10_000]) {
    await kernel.clock.advance(20_000);
    asked.answer = true;
    if (readyMs > 0) await kernel.clock.advance(1_000 + readyMs);
    asked.answer = false;
    kernel.started.at(-1)?.exit(1);
    await kernel.clock.settle();
  }
  for (const event of events) {
    if (event.kind === "restart") attempts.push(event.decision.attempt);
  }
  assertEquals(attempts, [1, 2, 1]);
  await over();
});

Deno.test("ReadyOptions.withinMs of Infinity never ends a run", async () => {
  const { kernel, job, over } = fake({
    ready: { probe: () => false, withinMs: Infinity, intervalMs: 60_000 },
  });
  await kernel.clock.advance(10_000_000);
  assert(job.state.kind === "running" && !job.state.ready);
  await over();
});

Deno.test("ReadyOptions.recheckMs takes readiness away and gives it back, and ends nothing", async () => {
  const asked = answers(true);
  const { kernel, job, events, isReady, log, over } = fake({
    ready: {
      probe: probeOf(asked),
      intervalMs: 100,
      recheckMs: 5_000,
      withinMs: 1_000,
    },
  });
  await kernel.clock.settle();
  assert(isReady());
  asked.answer = new Error("503");
  await kernel.clock.advance(4_999);
  assert(isReady());
  await kernel.clock.advance(1);
  assert(!isReady());
  const event = events.find(({ kind }) => kind === "unready");
  const { name, pid = 0 } = job;
  const time = kernel.time();
  assertEquals(event, {
    kind: "unready",
    name,
    time,
    pid,
    run: 1,
    reason: "503",
  });
  assert(log.includes('Process "job" is not ready: 503'));
  let ready = false;
  job.ready.then(() => ready = true);
  await kernel.clock.advance(60_000);
  assert(job.state.kind === "running" && !ready);
  assertEquals(job.state.answer, "503");
  assertEquals(kernel.started.length, 1, "nothing has ended the run");
  asked.answer = true;
  await kernel.clock.advance(100);
  assert(isReady() && ready);
  assert(!("answer" in job.state));
  assertEquals(events.filter(({ kind }) => kind === "ready").length, 2);
  await over();
});

Deno.test("CommandOptions.live is asked only after a run has been ready", async () => {
  const ready = answers();
  const live = answers(false);
  const { kernel, job, over } = fake({
    ready: probeOf(ready),
    live: { probe: probeOf(live), intervalMs: 1_000, failures: 1 },
  });
  await kernel.clock.advance(50_000);
  assertEquals([live.count, job.state.kind], [0, "running"]);
  ready.answer = true;
  await kernel.clock.advance(200);
  assertEquals(live.count, 0);
  await kernel.clock.advance(1_000);
  assertEquals([live.count, job.state.kind], [1, "backoff"]);
  await over();
});

Deno.test("LiveOptions.failures in a row end a run, as a crash", async () => {
  const live = answers(new Error("status 500"));
  const { kernel, job, events, log, over } = fake({
    live: { probe: probeOf(live), intervalMs: 1_000, failures: 3 },
  });
  await kernel.clock.advance(2_000);
  live.answer = true;
  await kernel.clock.advance(1_000);
  live.answer = new Error("status 500");
  await kernel.clock.advance(2_000);
  assertEquals(job.state.kind, "running", "a good answer begins a new count");
  const { pid = 0 } = job;
  await kernel.clock.advance(1_000);
  assertEquals([live.count, job.state.kind], [6, "backoff"]);
  const unhealthy = events.find(({ kind }) => kind === "unhealthy");
  assertEquals(unhealthy, {
    kind: "unhealthy",
    name: "job",
    time: kernel.time(),
    pid,
    run: 1,
    failures: 3,
    reason: "status 500",
  });
  const exit = events.find((event) => event.kind === "exit");
  assert(exit?.kind === "exit" && exit.decision?.kind === "restart");
  assertEquals(exit.decision.reason, "unhealthy");
  assertStringIncludes(
    log.find((line) => line.startsWith("Ended")) ?? "",
    'Ended process "job" by SIGTERM after 6000 ms, because it was unhealthy: status 500',
  );
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "running");
  await kernel.clock.advance(2_000);
  assertEquals(job.state.kind, "running", "a run begins with no failures");
  await over();
});

Deno.test("LiveOptions ends a run that ignores SIGTERM with SIGKILL", async () => {
  const { kernel, job, over } = fake({
    live: { probe: () => false, intervalMs: 1_000, failures: 1 },
    stop: { gracePeriodMs: 3_000 },
  }, "stubborn");
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "stopping");
  await kernel.clock.advance(3_000);
  assertEquals(job.state.kind, "backoff");
  await over();
});

Deno.test("A verdict is under the restart policy, whatever code the run ends with", async () => {
  for (const code of [0, 7]) {
    const { kernel, job, over } = fake({
      live: { probe: () => false, intervalMs: 1_000, failures: 1 },
      restart: { backoff: constant(500), stopCodes: [7] },
    });
    kernel.program(
      "server",
      (child) => child.on("SIGTERM", () => child.exit(code)),
    );
    kernel.started[0]?.on("SIGTERM", () => kernel.started[0]?.exit(code));
    await kernel.clock.advance(1_000);
    assertEquals(job.state.kind, "backoff");
    await over();
  }
  const { kernel, job, log, over } = fake({
    live: { probe: () => false, intervalMs: 1_000, failures: 1 },
    restart: { policy: "never" },
  });
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "exited");
  assert(log.some((line) => line.includes('not restarted (policy "never")')));
  await over();
});

Deno.test("Process.stop() while a verdict ends the run is a stop", async () => {
  const { kernel, job, events, over } = fake({
    live: { probe: () => false, intervalMs: 1_000, failures: 1 },
  }, "stubborn");
  await kernel.clock.advance(1_000);
  const stopped = job.stop({ gracePeriodMs: 100 });
  await kernel.clock.advance(100);
  assertEquals((await stopped).forced, true);
  const exit = events.find((event) => event.kind === "exit");
  assert(exit?.kind === "exit");
  assertEquals([exit.requested, exit.crashed, exit.verdict], [
    true,
    false,
    undefined,
  ]);
  await over();
});

Deno.test("A run that has ended by itself is not unhealthy, whatever its probe says", async () => {
  for (let steps = 0; steps < 30; steps++) {
    const { kernel, events, over } = fake({
      live: {
        probe() {
          later();
          return false;
        },
        intervalMs: 1_000,
        failures: 1,
      },
    });
    const [child] = kernel.started;
    assert(child);
    const later = async () => {
      for (let i = 0; i < steps; i++) await undefined;
      child.exit(0);
    };
    let told = false;
    const kill = child.kill.bind(child);
    child.kill = (signal) => {
      told = true;
      kill(signal);
    };
    await kernel.clock.advance(1_000);
    const exit = events.find((event) => event.kind === "exit");
    assert(exit?.kind === "exit");
    const unhealthy = events.some(({ kind }) => kind === "unhealthy");
    const { crashed, verdict } = exit;
    const all = [crashed, verdict !== undefined, unhealthy];
    assertEquals(all, [told, told, told], `${steps} steps`);
    await over();
  }
});

Deno.test("A probe that does not end in time is aborted, and its answer is no", async () => {
  const signals: AbortSignal[] = [];
  const { kernel, job, over } = fake({
    live: {
      probe: ({ signal }) => {
        signals.push(signal);
        const { promise, reject } = Promise.withResolvers<boolean>();
        signal.addEventListener("abort", () => reject(new Error("too late")));
        return promise;
      },
      intervalMs: 1_000,
      timeoutMs: 300,
      failures: 2,
    },
  });
  await kernel.clock.advance(1_299);
  assertEquals(signals.map(({ aborted }) => aborted), [false]);
  await kernel.clock.advance(1);
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
  await kernel.clock.advance(1_300);
  assertEquals([signals.length, job.state.kind], [2, "backoff"]);
  await over();
});

Deno.test("A probe can say at its timeout why the answer is no", async () => {
  const cases: [(signal: AbortSignal) => unknown, string][] = [
    [() => new Error("no line has matched"), "no line has matched"],
    [({ reason }) => reason, "no answer within 300 ms"],
  ];
  for (const [reasonOf, why] of cases) {
    const { kernel, events, over } = fake({
      live: {
        probe: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(reasonOf(signal)));
          }),
        intervalMs: 1_000,
        timeoutMs: 300,
        failures: 1,
      },
    });
    await kernel.clock.advance(1_300);
    const unhealthy = events.find((event) => event.kind === "unhealthy");
    assert(unhealthy?.kind === "unhealthy");
    assertEquals(unhealthy.reason, why);
    await over();
  }
});

Deno.test("A call that ends some time after its timeout counts once", async () => {
  let calls = 0;
  const { kernel, job, over } = fake({
    live: {
      async probe({ signal }) {
        if (calls++ > 0) return true;
        await kernel.delay(60_000, { signal });
        await kernel.delay(200);
        return false;
      },
      intervalMs: 50,
      timeoutMs: 500,
      failures: 2,
    },
  });
  await kernel.clock.advance(10_000);
  assertEquals([job.state.kind, kernel.started.length], ["running", 1]);
  assert(calls > 100);
  await over();
});

Deno.test("A probe that never ends is called once, and its answer stays no", async () => {
  let calls = 0;
  const { kernel, job, events, over } = fake({
    live: {
      probe: () => {
        calls++;
        return new Promise<boolean>(() => {});
      },
      intervalMs: 1_000,
      timeoutMs: 500,
    },
  });
  await kernel.clock.advance(4_500);
  assertEquals([calls, job.state.kind], [1, "stopping"]);
  await kernel.clock.advance(1_000);
  assertEquals([calls, job.state.kind], [1, "running"]);
  const unhealthy = events.find((event) => event.kind === "unhealthy");
  assert(unhealthy?.kind === "unhealthy");
  assertEquals(unhealthy.reason, "the last call of the probe has not ended");
  await over();
});

Deno.test("A probe that returns anything but true has not said yes", async () => {
  const cases: [() => unknown, string][] = [
    [() => false, "the probe returned false"],
    [() => undefined, "the probe returned neither true nor false"],
    [() => "yes", "the probe returned neither true nor false"],
    [() => Promise.reject(new Error("refused")), "refused"],
    [() => Promise.reject(null), "null"],
  ];
  for (const [answer, why] of cases) {
    const { kernel, events, over } = fake({
      ready: { probe: () => answer() as boolean, withinMs: 100 },
    });
    await kernel.clock.advance(100);
    const exit = events.find((event) => event.kind === "exit");
    assert(exit?.kind === "exit");
    assertEquals(exit.verdict?.answer, why);
    await over();
  }
});

Deno.test("A program that was suspended condemns nothing for it", async () => {
  const asked = answers(true);
  const { kernel, job, over } = fake({
    live: {
      probe: async ({ signal, ...context }) => {
        if (await asked.probe({ signal, ...context })) return true;
        // It answers only when the time of the call is over.
        await kernel.delay(60_000, { signal });
        return false;
      },
      intervalMs: 10_000,
      failures: 1,
    },
  });
  await kernel.clock.advance(19_999);
  asked.answer = false;
  await kernel.clock.advance(1);
  kernel.jumpMs += 60_000;
  await kernel.clock.advance(1_000);
  assertEquals([asked.count, job.state.kind], [2, "running"]);
  await kernel.clock.advance(10_999);
  assertEquals([asked.count, job.state.kind], [3, "running"]);
  await kernel.clock.advance(1);
  assertEquals(job.state.kind, "backoff", "that answer was in time");
  await over();
});

Deno.test("ReadyOptions.withinMs does not count time in which this program was suspended", async () => {
  const { kernel, job, over } = fake({
    ready: { probe: () => false, withinMs: 30_000, intervalMs: 1_000 },
  });
  await kernel.clock.advance(10_500);
  kernel.jumpMs += 60_000;
  await kernel.clock.advance(19_400);
  assertEquals(job.state.kind, "running");
  await kernel.clock.advance(1_000);
  assertEquals(job.state.kind, "backoff");
  await over();
});

Deno.test("A stop, a restart and a crash abort the call of a probe, and wait for its end", async (t) => {
  for (const how of ["stop", "kill", "restart", "crash"] as const) {
    await t.step(how, async () => {
      const left = Promise.withResolvers<boolean>();
      const asked = answers(left.promise);
      const { kernel, job, over } = fake({ ready: probeOf(asked) });
      await kernel.clock.settle();
      assertEquals(kernel.clock.pending, 1);
      if (how === "crash") kernel.started[0]?.exit(1);
      else job[how]().catch(() => {});
      await kernel.clock.settle();
      const [context] = asked.contexts;
      assert(context?.signal.aborted && context.probing.aborted);
      await kernel.clock.advance(900);
      assertEquals(job.state.kind, "stopping");
      left.resolve(true);
      await kernel.clock.settle();
      const { kind } = job.state;
      const next = how === "crash" ? "backoff" : "running";
      const ended = how === "stop" || how === "kill";
      assertEquals(kind, ended ? "exited" : next);
      await over();
    });
  }
});

Deno.test("A stop that takes long does not wait again for a call of a probe", async () => {
  const { kernel, job, over } = fake({
    ready: () => new Promise(() => {}),
    stop: { gracePeriodMs: 3_000 },
  }, "stubborn");
  await kernel.clock.settle();
  const stopped = job.stop();
  await kernel.clock.advance(2_999);
  assertEquals(job.state.kind, "stopping");
  await kernel.clock.advance(1);
  assertEquals(job.state.kind, "exited");
  await stopped;
  await over();
});

Deno.test("Process.update() replaces probes, and keeps the readiness", async () => {
  const first = answers(true);
  const second = answers(true);
  const { kernel, job, isReady, kinds, over } = fake({
    ready: { probe: probeOf(first), recheckMs: 1_000 },
  });
  await kernel.clock.settle();
  job.update({ ready: { probe: probeOf(second), recheckMs: 1_000 } });
  await kernel.clock.advance(1_000);
  assert(isReady() && first.contexts[0]?.probing.aborted);
  assertEquals([first.count, second.count], [1, 1]);
  second.answer = false;
  await kernel.clock.advance(1_000);
  assert(!isReady());
  job.update({ ready: null });
  assert(isReady(), "without a probe, a run is ready");
  await kernel.clock.advance(60_000);
  assertEquals(second.count, 2);

  const live = answers(false);
  job.update({ live: { probe: probeOf(live), intervalMs: 100, failures: 3 } });
  await kernel.clock.advance(250);
  job.update({ critical: false });
  await kernel.clock.advance(49);
  assertEquals(live.count, 2, "another option leaves the probes alone");
  await kernel.clock.advance(1);
  assertEquals(job.state.kind, "backoff");
  const told = kinds().filter((kind) => kind.endsWith("ready"));
  assertEquals(told, ["ready", "unready", "ready"]);
  await over();
});

Deno.test("Process.update() gives a run that is not ready its time again", async () => {
  const { kernel, job, isReady, over } = fake({
    ready: { probe: () => false, withinMs: 1_000 },
  });
  await kernel.clock.advance(900);
  job.update({
    ready: { probe: () => kernel.now() >= 1_800, withinMs: 1_000 },
  });
  await kernel.clock.advance(899);
  assert(!isReady() && job.state.kind === "running");
  await kernel.clock.advance(200);
  assert(isReady());
  await over();
});

Deno.test("Process.update() with a probe that is not rechecked still gives readiness back", async () => {
  const first = answers(true);
  const second = answers();
  const { kernel, job, isReady, over } = fake({
    ready: { probe: probeOf(first), recheckMs: 1_000 },
  });
  await kernel.clock.settle();
  first.answer = false;
  await kernel.clock.advance(1_000);
  job.update({ ready: { probe: probeOf(second), intervalMs: 100 } });
  await kernel.clock.advance(1_000);
  assertEquals([second.count, isReady()], [10, false]);
  second.answer = true;
  await kernel.clock.advance(100);
  assertEquals([second.count, isReady()], [11, true]);
  await kernel.clock.advance(100_000);
  assertEquals(second.count, 11);
  await over();
});

Deno.test("Process.update() with the first probe keeps the readiness of a run that had none", async () => {
  const asked = answers();
  const { kernel, job, isReady, events, over } = fake({});
  await kernel.clock.advance(3_600_000);
  job.update({ ready: { probe: probeOf(asked), recheckMs: 1_000 } });
  assert(isReady());
  await kernel.clock.advance(999);
  assertEquals([asked.count, isReady()], [0, true]);
  await kernel.clock.advance(1);
  assertEquals([asked.count, isReady()], [1, false]);
  asked.answer = true;
  await kernel.clock.advance(200);
  assert(isReady());
  const kinds = events.map(({ kind }) => kind);
  assertEquals(kinds, ["start", "unready", "ready"]);
  kernel.started[0]?.exit(1);
  asked.answer = false;
  await kernel.clock.advance(1_000);
  assert(job.state.kind === "running" && !job.state.ready, "the next run");
  await over();
});

Deno.test("RestartOptions.resetAfterMs counts from the start for a run without a probe, even if one is added", async () => {
  const { kernel, job, events, over } = fake({
    restart: { backoff: constant(0), resetAfterMs: 10_000 },
  });
  for (const aliveMs of [1_000, 20_000]) {
    await kernel.clock.advance(aliveMs);
    if (aliveMs > 10_000) job.update({ live: () => true });
    kernel.started.at(-1)?.exit(1);
    await kernel.clock.settle();
  }
  const attempts = events.flatMap((event) =>
    event.kind === "restart" ? [event.decision.attempt] : []
  );
  assertEquals(attempts, [1, 1]);
  await over();
});

Deno.test("CommandOptions.ready and live refuse wrong options before anything starts", () => {
  const pm = new Processman({ kernel: new FakeKernel(), logger: null });
  const probe = () => true;
  const cases: [object, string][] = [
    [
      { ready: 1 },
      'Option "ready" must be a function or an object: current value is 1',
    ],
    [{ ready: {} }, 'Option "ready.probe" must be a function'],
    [
      { ready: { probe, intervalMs: 0 } },
      'Option "ready.intervalMs" must be a number >= 1: current value is 0',
    ],
    [
      { ready: { probe, timeoutMs: Infinity } },
      'Option "ready.timeoutMs" must be a finite number >= 0',
    ],
    [
      { ready: { probe, withinMs: -1 } },
      'Option "ready.withinMs" must be a finite number >= 0',
    ],
    [
      { ready: { probe, recheckMs: "1" } },
      'Option "ready.recheckMs" must be a number',
    ],
    [
      { ready: { probe, failures: 1 } },
      'Option "ready.failures" does not exist',
    ],
    [
      { ready: null },
      'Option "ready" must be a function or an object: current value is null',
    ],
    [
      { live: { probe, failures: 0 } },
      'Option "live.failures" must be a number >= 1: current value is 0',
    ],
    [{ live: { probe, withinMs: 1 } }, 'Option "live.withinMs" does not exist'],
    [
      { live: true },
      'Option "live" must be a function or an object: current value is true',
    ],
    [{ stopAfter: [] }, 'Option "stopAfter" must be a function'],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => pm.command("x", [], options), Error);
    assertStringIncludes(error.message, message);
  }
});
