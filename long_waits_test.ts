/**
 * Waits that are longer than a timer can run: 2 ** 31 - 1 ms, or 24.8 days. A
 * longer `setTimeout()` or `AbortSignal.timeout()` ends at once. Each test
 * waits for something that takes longer than that, on real clocks, and then
 * looks whether the long waits go on.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  constant,
  exponential,
  Processman,
  type RestartOptions,
  uniform,
} from "./mod.ts";
import { systemClock } from "./system.ts";
import { ended } from "./tools/attack_guard.ts";
import { alive, eventOf, lineOf, runScript } from "./tools/testing.ts";

/** Milliseconds that do not fit into 31 bits, or not into 32. */
const LONG_MS = [2 ** 31, 3_000_000_000, 2 ** 32 + 5, Number.MAX_VALUE];

/** Time that a wait takes which is not cut, in milliseconds. */
const SHORT_MS = 30;

/** A program that does not end at SIGTERM. */
const STUBBORN = "trap '' TERM; echo ready; while :; do sleep 1; done";

for (const persistent of [true, false]) {
  const kind = persistent ? "that keep" : "that do not keep";
  Deno.test(`The clock has long waits ${kind} the program alive`, async () => {
    const scope = new AbortController();
    const options = { signal: scope.signal, persistent };
    const over: number[] = [];
    const waits = LONG_MS.map((ms) =>
      systemClock.delay(ms, options).then(() => over.push(ms))
    );
    await systemClock.delay(SHORT_MS);
    assertEquals(over, []);
    scope.abort();
    // Without it, nothing would keep the program alive.
    const timer = setInterval(() => {}, 1_000);
    await Promise.all(waits);
    clearInterval(timer);
  });
}

/** Backoffs of such waits. */
const backoffs: Record<string, (ms: number) => RestartOptions> = {
  "constant()": (ms) => ({ backoff: constant(ms) }),
  "uniform()": (ms) => ({ backoff: uniform(ms), random: () => 0.999999 }),
  "exponential()": (ms) => ({
    backoff: exponential({ initialMs: ms, maxMs: ms, jitter: "none" }),
  }),
  "a function": (ms) => ({ backoff: () => ms }),
};

for (const [name, restart] of Object.entries(backoffs)) {
  Deno.test(`A backoff of ${name} can be long`, async () => {
    await using pm = new Processman({ logger: null });
    // The last one of them begins to wait before the one with a short wait.
    const jobs = [];
    for (const ms of LONG_MS) {
      const events = pm.events();
      jobs.push(pm.command("false", [], { restart: restart(ms) }));
      await eventOf(events, "restart");
    }
    const events = pm.events();
    pm.command("false", [], { restart: { backoff: constant(SHORT_MS) } });
    await eventOf(events, "restart");
    await eventOf(events, "start");
    for (const { state } of jobs) {
      assert(state.kind === "backoff", state.kind);
      assertEquals(state.attempt, 1);
    }
  });
}

Deno.test("The grace period of a stop can be long", async () => {
  await using pm = new Processman({ logger: null });
  const start = async () => {
    const job = pm.command("sh", ["-c", STUBBORN]);
    await lineOf(job, "ready");
    return job;
  };
  const jobs = await Promise.all(LONG_MS.map(start));
  const stops = LONG_MS.map((gracePeriodMs, i) =>
    jobs[i]?.stop({ gracePeriodMs })
  );
  const short = await start();
  const { forced } = await short.stop({ gracePeriodMs: SHORT_MS });
  assertEquals(forced, true);
  for (const { state } of jobs) {
    assert(state.kind === "stopping", state.kind);
    assert(state.killAt !== undefined && state.killAt > Date.now() + 2 ** 30);
  }
  await pm.killAll();
  await Promise.all(stops);
});

Deno.test("The grace period of what a run left behind can be long", async () => {
  await using pm = new Processman({ logger: null });
  // A child inherits that a signal is ignored.
  const script = "trap '' TERM; sleep 500 >/dev/null 2>&1 & exit 1";
  const events = pm.events();
  const crash = (gracePeriodMs: number) =>
    pm.command("sh", ["-c", script], {
      restart: { policy: "never", leftovers: { gracePeriodMs } },
    });
  const jobs = LONG_MS.map(crash);
  for (const _ of jobs) await eventOf(events, "exit");
  const short = crash(SHORT_MS);
  const { name, forced } = await eventOf(events, "leftovers");
  assertEquals([name, forced], [short.name, true]);
  for (const { state } of jobs) assertEquals(state.kind, "stopping");
  await pm.killAll();
});

Deno.test("The guard keeps long grace periods", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const start = async (gracePeriodMs) => {
      const job = pm.command("sh", ["-c", ${JSON.stringify(STUBBORN)}], {
        stop: { gracePeriodMs },
      });
      for await (const _ of job.lines()) return job;
    };
    const jobs = [];
    for (const ms of [${LONG_MS}]) jobs.push(await start(ms));
    const short = await start(${SHORT_MS});
    // One of them is being stopped already.
    jobs[1].stop();
    console.log("pids", short.pid, ...jobs.map(({ pid }) => pid));
    await new Promise((resolve) => setTimeout(resolve, 50));
    Deno.kill(Deno.pid, "SIGKILL");
  `);
  const line = await lineOf(parent, /^pids/);
  const [short = 0, ...pids] = line.split(" ").slice(1).map(Number);
  try {
    await parent.finished;
    assertEquals(await ended([short]), []);
    assertEquals(await Promise.all(pids.map(alive)), pids.map(() => true));
  } finally {
    for (const pid of pids) Deno.kill(-pid, "SIGKILL");
  }
});
