import {
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type ComingRun,
  constant,
  type GateContext,
  type Instrument,
  type ProbeCall,
  Processman,
  SpawnError,
} from "./mod.ts";
import { Instruments } from "./instruments.ts";
import { FakeKernel } from "./testing/mod.ts";

const SHELL = ["-c", "echo $TRACE $OWN; exit 1"];

Deno.test("instrument() adds variables to each run, below those of the command", async () => {
  await using pm = new Processman({ logger: null });
  const seen: ComingRun[] = [];
  using _ = pm.instrument({
    beforeRun(run) {
      seen.push(run);
      return { TRACE: `run-${run.run}`, OWN: "of the instrument" };
    },
  });
  const job = pm.command("sh", SHELL, {
    name: "job",
    env: { OWN: "of the command" },
    restart: { backoff: constant(0), limit: { restarts: 1 } },
  });
  await job.finished;
  assertEquals(job.tail(Infinity).map(({ text }) => text), [
    "run-1 of the command",
    "run-2 of the command",
  ]);
  const facts = { name: "job", program: "sh", args: SHELL };
  assertEquals(seen, [{ ...facts, run: 1 }, { ...facts, run: 2 }]);
});

Deno.test("instrument() is told of the arguments that prepare() returns", async () => {
  const seen: (readonly string[])[] = [];
  await using pm = new Processman({ logger: null });
  pm.instrument({ beforeRun: ({ args }) => void seen.push(args) });
  await pm.command("true", ["a"], { prepare: () => ({ args: ["b"] }) })
    .finished;
  assertEquals(seen, [["b"]]);
});

Deno.test("instrument() ends when it is disposed of", async () => {
  await using pm = new Processman({ logger: null });
  let calls = 0;
  const instrument = pm.instrument({ beforeRun: () => void calls++ });
  await pm.command("true").finished;
  instrument[Symbol.dispose]();
  await pm.command("true").finished;
  assertEquals(calls, 1);
});

Deno.test("instrument() sees a start that fails", async () => {
  await using pm = new Processman({ logger: null });
  const seen: string[] = [];
  pm.instrument({ beforeRun: ({ program }) => void seen.push(program) });
  assertThrows(() => pm.command("/missing"));
  assertEquals(seen, ["/missing"]);
});

/** Returns what is logged, and whether a run with an instrument gets ready. */
async function probedWith(instrument: Instrument, answers: unknown[]) {
  const kernel = new FakeKernel({ programs: { server: () => {} } });
  const log: string[] = [];
  const note = (message: string) => void log.push(message);
  const pm = new Processman({
    kernel,
    logger: { debug: note, info: note, warn: note, error: note },
  });
  pm.instrument(instrument);
  const answer = () => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return Boolean(next);
  };
  const server = pm.command("server", [], { name: "web", ready: answer });
  await kernel.clock.advance(10_000);
  const { state } = server;
  await Promise.all([pm.shutdown(), kernel.clock.advance(60_000)]);
  return { log, ready: state.kind === "running" && state.ready };
}

Deno.test("instrument() calls probes", async () => {
  const seen: string[] = [];
  const { ready } = await probedWith({
    async aroundProbe({ name, run, option, probe }: ProbeCall, ask) {
      const answer = await ask().catch((error: Error) => error.message);
      seen.push(`${name} ${run} ${option} ${typeof probe} ${answer}`);
    },
  }, [false, new Error("no"), true]);
  assertEquals(seen, [
    "web 1 ready function false",
    "web 1 ready function no",
    "web 1 ready function true",
  ]);
  assertEquals(ready, true);
});

Deno.test("instrument() sees the probes of a run that is alive, until its disposal", async () => {
  const kernel = new FakeKernel({ programs: { server: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  pm.command("server", [], {
    live: { probe: () => true, intervalMs: 100 },
  });
  await kernel.clock.advance(1_000);
  let seen = 0;
  const added = pm.instrument({
    aroundProbe(_, ask) {
      seen++;
      return ask();
    },
  });
  await kernel.clock.advance(250);
  added[Symbol.dispose]();
  await kernel.clock.advance(1_000);
  assertEquals(seen, 2);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("A probe is called directly without an instrument for it", () => {
  const probe = () => true;
  const instruments = new Instruments(() => {});
  instruments.add({ beforeRun: () => {} });
  const about = { name: "web", run: 1, option: "live", probe } as const;
  assertStrictEquals(instruments.around(about), probe);
});

Deno.test("instrument() cannot change an answer", async () => {
  const broken: Instrument["aroundProbe"][] = [
    () => true,
    () => {
      throw new Error("broken");
    },
    (_, ask) => Promise.all([ask(), ask(), Promise.reject("broken")]),
    () => new Promise((resolve) => resolve("nothing")),
  ];
  for (const aroundProbe of broken) {
    assertEquals((await probedWith({ aroundProbe }, [true])).ready, true);
    assertEquals((await probedWith({ aroundProbe }, [false])).ready, false);
  }
});

Deno.test("instrument() that fails is named once, and does no harm", async () => {
  const { log, ready } = await probedWith({
    beforeRun: () => ({ "A=B": "c" }),
  }, [true]);
  assertEquals(ready, true);
  assertMatch(
    log.join("\n"),
    /^beforeRun\(\) of an instrument failed: Option/m,
  );
  const probed = await probedWith({
    async aroundProbe(_, ask) {
      // That the probe throws is its answer.
      await ask();
      throw new Error("broken");
    },
  }, [new Error("no"), false, true]);
  assertEquals(probed.ready, true);
  assertEquals(
    probed.log.filter((text) => text.includes("instrument")),
    ["aroundProbe() of an instrument failed: broken"],
  );
});

Deno.test("instrument() checks its argument", async () => {
  await using pm = new Processman({ logger: null });
  const wrong = { before: () => {} } as unknown as Instrument;
  assertThrows(
    () => pm.instrument(wrong),
    TypeError,
    'Option "before" does not exist',
  );
});

Deno.test("instrument() is told of events before their readers, in the context of the start", async () => {
  const context = new AsyncLocalStorage<string>();
  await using pm = new Processman({ logger: null });
  const seen: string[] = [];
  const note = (text: string) => seen.push(`${text} ${context.getStore()}`);
  pm.instrument({
    beforeRun: ({ run }) => void note(`before ${run}`),
    onEvent: ({ kind }) => void note(kind),
  });
  const gate = ({ wait }: GateContext) => wait("a moment");
  const job = context.run(
    "caller",
    () => pm.command("true", [], { gate, name: "job" }),
  );
  await job.finished;
  await Promise.resolve();
  assertEquals(seen, [
    "waiting caller",
    "before 1 caller",
    "start caller",
    "exit caller",
  ]);
});

Deno.test("instrument() is told of each start that fails", async () => {
  const kernel = new FakeKernel({ programs: { job: new Error("no memory") } });
  const pm = new Processman({ logger: null, kernel });
  const seen: unknown[] = [];
  pm.instrument({
    startFailed: ({ name, run, error }) => void seen.push([name, run, error]),
  });
  const error = assertThrows(() => pm.command("job"), SpawnError);
  assertEquals(seen, [["job", 1, error]]);
  const job = pm.command("job", [], {
    gate: () => {},
    restart: { backoff: constant(0), limit: { restarts: 1 } },
  });
  await kernel.clock.until(job.finished);
  assertEquals(seen.length, 3);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("instrument() that throws at an event does no harm", async () => {
  const log: string[] = [];
  const note = (message: string) => void log.push(message);
  await using pm = new Processman({
    logger: { debug() {}, info: note, warn: note, error: note },
  });
  pm.instrument({
    onEvent() {
      throw new Error("broken");
    },
  });
  pm.instrument({ onEvent: () => Promise.reject(new Error("late")) });
  assertEquals((await pm.command("true").finished).code, 0);
  assertEquals(log, ["onEvent() of an instrument failed: broken"]);
});
