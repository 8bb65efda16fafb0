/**
 * What things cost, in counts that are the same on every machine: a guard
 * against changes that make all of it slower.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { mock } from "node:test";
import {
  type CommandOptions,
  constant,
  type ProbeContext,
  Processman,
} from "./mod.ts";
import { Output } from "./output.ts";
import { Table } from "./process_table.ts";
import { systemClock } from "./system.ts";
import { FakeKernel } from "./testing/mod.ts";
import { lineOf, outputOf, permitted, runScript } from "./tools/testing.ts";

const silent = { logger: null };
const RUNS = 20;

/** How many shared looks at the process table there are at most. */
const LOOKS = 3;

/** Counts the calls of methods while something is done. */
async function callsOf(
  methods: Record<string, object>,
  act: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const calls: Record<string, number> = {};
  const restore = Object.entries(methods).map(([name, object]) => {
    // Some of them are getters, which `mock.method()` does not take.
    const descriptor = Object.getOwnPropertyDescriptor(object, name) ?? {};
    const method = Reflect.get(object, name);
    calls[name] = 0;
    Object.defineProperty(object, name, {
      configurable: true,
      value: function (this: unknown, ...args: unknown[]) {
        calls[name] = (calls[name] ?? 0) + 1;
        return Reflect.apply(method, this, args);
      },
    });
    return () => Object.defineProperty(object, name, descriptor);
  });
  try {
    await act();
    return calls;
  } finally {
    restore.forEach((undo) => undo());
  }
}

/** The options of a command that runs a number of times, without a wait. */
function restarted(runs: number): CommandOptions {
  const limit = { restarts: runs - 1, withinMs: 3_600_000 };
  return { restart: { policy: "always", backoff: constant(0), limit } };
}

/** Makes the machine one on which nothing else ends while the table is read. */
function calm(): Disposable {
  const doubtful = mock.method(Table.prototype, "doubtful", () => false);
  return { [Symbol.dispose]: () => doubtful.mock.restore() };
}

/** Runs a program a number of times, each in its own way. */
const ways: Record<string, (pm: Processman) => Promise<unknown>> = {
  "of restarts": (pm) => pm.command("true", [], restarted(RUNS)).finished,
  "of commands in a row": async (pm) => {
    for (let i = 0; i < RUNS; i++) await pm.command("true").finished;
  },
  "of commands at once": async (pm) => {
    const runs = Array.from({ length: RUNS }, () => pm.command("true"));
    await Promise.all(runs.map(({ finished }) => finished));
  },
};

for (const [way, run] of Object.entries(ways)) {
  Deno.test(`The costs ${way}`, async () => {
    using _ = calm();
    await using pm = new Processman(silent);
    await pm.command("true").finished; // with which the guard starts
    const calls = await callsOf({
      spawn: Deno.Command.prototype,
      setTimeout: globalThis,
      setInterval: globalThis,
      kill: Deno,
      write: WritableStreamDefaultWriter.prototype,
      addSignalListener: Deno,
      close: MessagePort.prototype,
      getReader: ReadableStream.prototype,
      output: Deno.ChildProcess.prototype, // of a look at the process table
    }, () => run(pm));
    const {
      write = 0,
      addSignalListener = 0,
      close = 0,
      output = 0,
      ...exact
    } = calls;
    assertLessOrEqual(output, LOOKS);
    assertEquals(exact, {
      spawn: RUNS + output,
      setTimeout: 0,
      setInterval: 0,
      kill: RUNS, // to see that nothing is left of the group
      getReader: 2 * RUNS,
    });
    // What the guard is told of an end and the next start goes in one message,
    // and so does what is to be told while it takes one.
    assertLessOrEqual(write, RUNS + 1);
    assertLessOrEqual(addSignalListener, 3 * RUNS);
    // One channel keeps the program alive from the first run to the last.
    assertLessOrEqual(close, 2);
  });
}

Deno.test("The costs of a stop", async () => {
  using _ = calm();
  await using pm = new Processman(silent);
  for (let i = 0; i < RUNS; i++) pm.command("sleep", ["500"]);
  const methods = {
    setTimeout: globalThis,
    kill: Deno,
    spawn: Deno.Command.prototype,
  };
  const { setTimeout, kill, spawn = 0 } = await callsOf(
    methods,
    () => pm.stopAll(),
  );
  assertEquals(setTimeout, RUNS); // the grace period
  // One look for all that are asked to end, one for all that end in one turn;
  // on a busy machine they do not all end in one.
  assertLessOrEqual(2, spawn);
  assertLessOrEqual(spawn, RUNS / 2);
  // SIGTERM, SIGCONT, and to see that nothing is left of the group.
  assertEquals(kill, 3 * RUNS);
});

Deno.test("The costs of doing nothing", async () => {
  await using pm = new Processman(silent);
  const methods = { setTimeout: globalThis, setInterval: globalThis };
  const calls = await callsOf(methods, async () => {
    const jobs = Array.from(
      { length: RUNS },
      (_, i) => pm.command("sh", ["-c", `echo ${i}; exec sleep 500`]),
    );
    for (const [i, job] of jobs.entries()) await lineOf(job, String(i));
  });
  assertEquals(calls, { setTimeout: 0, setInterval: 0 });
});

/** What a process uses of a clock. */
const clockMethods = {
  now: FakeKernel.prototype,
  time: FakeKernel.prototype,
  delay: FakeKernel.prototype,
};

/** A manager of programs that exist for one test only, and of their time. */
function fake() {
  const kernel = new FakeKernel({
    programs: { true: () => 0, server: () => {} },
  });
  return { kernel, pm: new Processman({ ...silent, kernel }) };
}

Deno.test("The costs of the clock without probes", async () => {
  const { kernel, pm } = fake();
  const { clock } = kernel;
  await clock.until(pm.command("true").finished); // with which the guard starts
  const restarts = await callsOf(clockMethods, async () => {
    await clock.until(pm.command("true", [], restarted(RUNS)).finished);
  });
  assertEquals(restarts, { now: 3 * RUNS, time: 4 * RUNS, delay: 0 });
  const idle = await callsOf(clockMethods, async () => {
    pm.command("server");
    await clock.advance(3_600_000);
  });
  assertEquals(idle, { now: 1, time: 2, delay: 0 });
  assertEquals(clock.pending, 0);
  await clock.until(pm.shutdown());
});

Deno.test("The costs of liveness", async () => {
  const { kernel, pm } = fake();
  const { clock } = kernel;
  const live = { probe: () => true, intervalMs: 10_000 };
  const calls = await callsOf(clockMethods, async () => {
    pm.command("server", [], { live });
    await clock.advance(RUNS * live.intervalMs);
  });
  // One wait for the next call, and one for the answer to each.
  const delay = 1 + 2 * RUNS;
  assertEquals(calls.delay, delay);
  // The clock tells whether a wait took too long.
  assertLessOrEqual(calls.now ?? 0, 2 + 2 * delay);
  assertEquals(calls.time, 2);
  assertEquals(clock.pending, 1);
  await clock.until(pm.shutdown());
  assertEquals(clock.pending, 0);
});

Deno.test("The costs of readiness", async () => {
  const { kernel, pm } = fake();
  const { clock } = kernel;
  let tries = 0;
  const calls = await callsOf(clockMethods, async () => {
    const { ready } = pm.command("server", [], {
      ready: () => ++tries === RUNS,
    });
    await clock.until(ready);
  });
  assertEquals(calls.delay, RUNS + RUNS - 1);
  assertEquals(clock.pending, 0);
  const later = await callsOf(clockMethods, () => clock.advance(3_600_000));
  assertEquals(later, { now: 0, time: 0, delay: 0 });
  await clock.until(pm.shutdown());
});

Deno.test("The calls of a probe leave no listener behind", async () => {
  const { kernel, pm } = fake();
  const listeners = new Set<unknown>();
  const seen = new Set<AbortSignal>();
  const probe = ({ probing }: ProbeContext) => {
    if (seen.has(probing)) return true;
    seen.add(probing);
    const { addEventListener, removeEventListener } = probing;
    Object.assign(probing, {
      addEventListener(type: string, listener: () => void, options: object) {
        listeners.add(listener);
        addEventListener.call(probing, type, listener, options);
      },
      removeEventListener(type: string, listener: () => void) {
        listeners.delete(listener);
        removeEventListener.call(probing, type, listener);
      },
    });
    return true;
  };
  pm.command("server", [], { live: { probe, intervalMs: 1_000 } });
  await kernel.clock.advance(1_000 * 1_000);
  assertEquals(seen.size, 1);
  assertEquals(listeners.size, 1); // of the wait for the next call
  await kernel.clock.until(pm.shutdown());
});

Deno.test("A probe that answers sets one timer, and clears it", async () => {
  await using pm = new Processman(silent);
  const methods = { setTimeout: globalThis, clearTimeout: globalThis };
  const calls = await callsOf(methods, async () => {
    await pm.command("sleep", ["500"], { ready: () => true }).ready;
  });
  assertEquals(calls, { setTimeout: 1, clearTimeout: 1 });
});

Deno.test("Timers are not even looked at while all goes well", async () => {
  // Deno loads its timers when they are first touched, which takes 6 ms.
  await using parent = runScript(`
    import { constant, Processman } from "@isbm/processman";
    for (const name of ["setTimeout", "setInterval", "clearTimeout"]) {
      Object.defineProperty(globalThis, name, {
        get() {
          throw new Error(name + " is touched");
        },
      });
    }
    await using pm = new Processman({ logger: null });
    await pm.command("echo", ["hello"]).finished;
    await pm.command("echo", ["hello"], {
      restart: {
        policy: "always",
        backoff: constant(0),
        limit: { restarts: 3, withinMs: 60_000 },
      },
    }).finished;
    console.log("done");
  `);
  await parent.finished;
  assertEquals(parent.tail(1).map(({ text }) => text), ["done"]);
});

/** What `deno info` tells of a module. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
  }[];
}

/** What `deno info --json` prints. */
interface Graph {
  readonly roots: readonly [string];
  readonly modules: readonly Module[];
  readonly redirects: Readonly<Record<string, string>>;
}

/** Returns what Deno tells of the package and the modules that it imports. */
async function graph(): Promise<Graph> {
  const info = await outputOf(Deno.execPath(), "info", "--json", "mod.ts");
  return JSON.parse(info);
}

/** Returns the modules that are loaded; others are imported for types only. */
function loaded({ roots, modules, redirects }: Graph): Set<string> {
  const byName = new Map(modules.map((each) => [each.specifier, each]));
  const found = new Set<string>(roots);
  for (const specifier of found) {
    for (const { code } of byName.get(specifier)?.dependencies ?? []) {
      if (code?.specifier === undefined) continue;
      found.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return found;
}

Deno.test({
  name: "docs/speed.md tells how many modules the package loads",
  ignore: !permitted("read"),
  async fn() {
    const page = await Deno.readTextFile(
      new URL("docs/speed.md", import.meta.url),
    );
    const [, count] = page.match(/\bit loads (\d+)\s+modules\b/) ?? [];
    assertEquals(Number(count), loaded(await graph()).size);
  },
});

Deno.test("Importing the package loads the core, no ring, and few other modules", async () => {
  const { modules } = await graph();
  const specifiers = modules.map(({ specifier }) => specifier);
  const root = new URL(".", import.meta.url).href;
  const own = specifiers.filter((specifier) => specifier.startsWith(root))
    .map((specifier) => specifier.slice(root.length)).sort();
  // The rings are folders, so the list of files does not have their modules.
  const files = (await outputOf("ls")).split("\n")
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"));
  assertEquals(own, files.sort());
  for (const specifier of specifiers) {
    assert(
      specifier.startsWith(root) || /\/@std\/(async|log)\//.test(specifier) ||
        /\/@std\/(fmt|io|fs|path)\//.test(specifier), // of @std/log
      specifier,
    );
    assert(!/^(node|npm):/.test(specifier), specifier);
  }
});

const CHUNKS = 1_000;
const CHUNK_BYTES = 65_536;

/** A stream that fills whatever it is read into. */
function fullStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = CHUNKS;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest: request } = controller;
      if (left-- === 0) controller.close();
      request?.respond(left < 0 ? 0 : request.view?.byteLength ?? 0);
    },
  });
}

/** Counts the bytes that are copied and allocated while output is read. */
async function memoryOf(
  use: (output: Output) => Promise<unknown>,
): Promise<{ read: number; copied: number; allocated: number }> {
  const rules = { bufferBytes: CHUNK_BYTES, maxLineLength: 1_000 };
  const output = new Output(rules, systemClock);
  const counted = { copied: 0, allocated: 0 };
  const { set, slice } = Uint8Array.prototype;
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const mocks = [
    mock.method(
      prototype,
      "set",
      function (this: Uint8Array, from, at) {
        counted.copied += from.length;
        return set.call(this, from, at);
      } as typeof set,
    ),
    mock.method(
      prototype,
      "slice",
      function (this: Uint8Array, start, end) {
        const result = slice.call(this, start, end);
        counted.copied += result.length;
        counted.allocated += result.length;
        return result;
      } as typeof slice,
    ),
  ];
  const Bytes = Uint8Array;
  globalThis.Uint8Array = new Proxy(Bytes, {
    construct(target, args) {
      if (typeof args[0] === "number") counted.allocated += args[0];
      return Reflect.construct(target, args);
    },
  });
  try {
    const used = use(output);
    await output.pump("stdout", fullStream(), 1).done;
    output.end();
    await used;
  } finally {
    globalThis.Uint8Array = Bytes;
    for (const each of mocks) each.mock.restore();
  }
  return { read: output.stdout.end, ...counted };
}

Deno.test("Output that nobody reads is neither copied nor given new memory", async () => {
  const { read, copied, allocated } = await memoryOf(async () => {});
  assertLessOrEqual(15_000_000, read);
  assertEquals(copied, 0);
  assertLessOrEqual(allocated, 8 * 16_384);
});

Deno.test("Output that is read as a stream is copied once", async () => {
  const { read, copied, allocated } = await memoryOf(async (output) => {
    for await (const _ of output.stdout.stream);
  });
  assertLessOrEqual(30_000_000, read);
  assertEquals(copied, read);
  assertLessOrEqual(allocated, read + 8 * 32_768);
});

Deno.test("Output that is read into the reader's own memory takes no other", async () => {
  const { read, copied, allocated } = await memoryOf(async (output) => {
    const reader = output.stdout.stream.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    while (true) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      buffer = value.buffer;
    }
  });
  assertLessOrEqual(30_000_000, read);
  assertEquals(copied, read);
  assertLessOrEqual(allocated, 8 * 32_768);
});

Deno.test("Output that is read as lines is not copied as bytes", async () => {
  const { read, copied, allocated } = await memoryOf(async (output) => {
    for await (const _ of output.batches({}));
  });
  assertLessOrEqual(60_000_000, read);
  assertEquals(copied, 0);
  assertLessOrEqual(allocated, 8 * 65_536);
});
