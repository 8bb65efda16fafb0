import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { constant, Processman } from "./mod.ts";
import { alive, eventOf, lineOf, stateOf } from "./tools/testing.ts";

const silent = { logger: null };

Deno.test("Processman.finished waits for all, those in backoff too", async () => {
  await using pm = new Processman(silent);
  await pm.finished;
  const events = pm.events();
  const short = pm.command("true");
  const crash = pm.command("false", [], {
    restart: { backoff: constant(3_600_000) },
  });
  await eventOf(events, "restart");
  await short.finished;
  let finished = false;
  const all = pm.finished.then(() => finished = true);
  assertStrictEquals(pm.get("false"), crash);
  assertEquals([...pm], [crash]);
  assert(!finished);
  await crash.stop();
  await all;
});

Deno.test("Processman.processes() returns a copy", async () => {
  await using pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  const copy = pm.processes();
  copy.clear();
  assertEquals([...pm.processes().values()], [sleep]);
});

Deno.test("Processman.stopAll() passes its options on", async () => {
  await using pm = new Processman();
  const child = pm.command("sh", [
    "-c",
    "trap 'exit 7' INT; trap '' TERM; echo ready; while :; do sleep 0.05; done",
  ]);
  await lineOf(child, "ready");
  const [report] = await pm.stopAll({ signal: "SIGINT" });
  assertEquals(report?.status.code, 7);
  assertEquals(report?.name, "sh");
});

Deno.test("Processman.stopAll() refuses bad options before it stops any", async () => {
  await using pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  await assertRejects(
    () => pm.stopAll({ gracePeriodMs: -1 }),
    RangeError,
    'Option "gracePeriodMs" must be a finite number >= 0: current value is -1',
  );
  assertEquals(sleep.state.kind, "running");
});

Deno.test("Processman refuses signals that cannot be handled", () => {
  for (const signal of ["SIGKILL", "SIGSEGV", "SIGBREAK"] as const) {
    assertThrows(
      () => new Processman({ signals: [signal] }),
      TypeError,
      'Option "signals[0]" must be a signal that',
    );
  }
});

Deno.test("Processman.command() is usable again after stopAll()", async () => {
  await using pm = new Processman();
  pm.command("sleep", ["500"]);
  await pm.stopAll();
  const sleep = pm.command("sleep", ["500"]);
  assertEquals(sleep.state.kind, "running");
});

Deno.test("Processman.shutdown() obeys the signal of each of its calls", async () => {
  const pm = new Processman();
  const child = pm.command("sh", [
    "-c",
    "trap '' TERM; echo ready; while :; do sleep 1; done",
  ], { stop: { gracePeriodMs: 3_600_000 } });
  await lineOf(child, "ready");
  const first = pm.shutdown();
  await pm.shutdown({ signal: AbortSignal.abort() });
  await first;
  assertEquals((await child.finished).signal, "SIGKILL");
});

Deno.test("Processman.shutdown() ends a wait for a restart", async () => {
  const pm = new Processman(silent);
  const events = pm.events();
  const job = pm.command("false", [], {
    restart: { backoff: constant(3_600_000) },
  });
  await eventOf(events, "restart");
  const started = assertRejects(
    () => job.start(),
    TypeError,
    "a stop came first",
  );
  await pm.shutdown();
  await started;
  assertEquals(job.state.kind, "exited");
  assertEquals((await events.next()).value?.kind, "stop");
  assertEquals((await events.next()).done, true);
  assertEquals((await pm.events().next()).done, true);
});

Deno.test("Processman[Symbol.asyncDispose]() leaves nothing after a throw", async () => {
  let pid: number | undefined;
  await assertRejects(async () => {
    await using pm = new Processman();
    pid = pm.command("sleep", ["500"]).pid;
    throw new Error("half-way");
  }, "half-way");
  assert(pid !== undefined && !await alive(pid));
});

Deno.test("Processman may be stopped by its own logger", async () => {
  const none = () => {};
  const warn = (): void => void pm.stopAll();
  const pm = new Processman({
    logger: { debug: none, info: none, warn, error: none },
  });
  const job = pm.command("false", [], {
    restart: { backoff: constant(3_600_000) },
  });
  assertEquals((await job.finished).code, 1);
  assertEquals(stateOf(job, "exited").status.code, 1);
  await pm.shutdown();
});
