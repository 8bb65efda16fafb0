/**
 * What callbacks throw and return can be anything. It harms neither the program
 * nor the processes.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type CommandOptions,
  constant,
  type Logger,
  Processman,
  type ProcessmanOptions,
  type RestartOptions,
  simulate,
  SpawnError,
} from "./mod.ts";
import { FakeKernel } from "./testing/mod.ts";
import { RETURNED, THROWN } from "./tools/foreign_values.ts";
import { eventOf, lineOf, runScript, stateOf } from "./tools/testing.ts";

/** A manager on a fake kernel, and what it logs as errors and warnings. */
function fake(options: ProcessmanOptions = {}) {
  const programs = { crash: () => 1, server: () => {} };
  const kernel = new FakeKernel({ programs });
  const logged: string[] = [];
  const write = (message: string) => logged.push(message);
  const none = () => {};
  const logger = { debug: none, info: none, warn: write, error: write };
  return { kernel, logged, pm: new Processman({ kernel, logger, ...options }) };
}

/** Runs a program to its end, and returns the error with which it is given up. */
async function failureOf(program: string, options: CommandOptions) {
  const { kernel, pm, logged } = fake();
  const job = pm.command(program, [], { name: "job", ...options });
  await kernel.clock.until(job.finished);
  const { error } = stateOf(job, "failed");
  await pm.shutdown();
  kernel.assertNothingLeft();
  return { error, logged };
}

/** Makes a function that throws what `make` returns. */
function thrower(make: () => unknown): () => never {
  return () => {
    throw make();
  };
}

/** Makes a function that returns what `make` returns, whatever its type. */
function returner(make: () => unknown): () => never {
  return make as () => never;
}

const never = { policy: "never" } as const;

Deno.test("CommandOptions.ready and live can throw and return anything", async () => {
  const values = [
    ...Object.values(THROWN).flatMap((make) => [
      thrower(make),
      () => Promise.reject(make()),
    ]),
    ...Object.values(RETURNED).map(returner),
  ];
  for (const probe of values) {
    for (const option of ["ready", "live"] as const) {
      const { kernel, logged, pm } = fake();
      const options = option === "ready"
        ? { probe, withinMs: 1_000 }
        : { probe, intervalMs: 1_000, failures: 1 };
      const job = pm.command("server", [], {
        name: "job",
        restart: never,
        [option]: options,
      });
      const status = await kernel.clock.until(job.finished);
      assertEquals(status.signal, "SIGTERM");
      assertStringIncludes(logged.join(), 'Ended process "job" by SIGTERM');
      await pm.shutdown();
      assertEquals(kernel.clock.pending, 0);
      kernel.assertNothingLeft();
    }
  }
});

Deno.test("GateResult can throw and return anything", async () => {
  for (const make of Object.values(THROWN)) {
    const { error } = await failureOf("server", {
      gate: () => thrower(make),
      restart: never,
    });
    assert(error instanceof SpawnError);
    assertStringIncludes(error.message, "gate() failed: ");
  }
});

for (const name of ["gate", "prepare"] as const) {
  Deno.test(`CommandOptions.${name} can throw anything`, async () => {
    for (const [what, make] of Object.entries(THROWN)) {
      const calls = {
        sync: thrower(make),
        async: () => Promise.reject(make()),
      };
      for (const [how, call] of Object.entries(calls)) {
        const { error, logged } = await failureOf("server", {
          [name]: call,
          restart: never,
        });
        assert(error instanceof SpawnError, `${what}, ${how}`);
        const message = `Cannot start process "job": ${name}() failed: `;
        assertStringIncludes(error.message, message);
        assert(error.message.length > message.length, what);
        assertEquals(logged, [error.message]);
      }
    }
  });

  Deno.test(`CommandOptions.${name} can return any promise`, async () => {
    for (const [what, make] of Object.entries(RETURNED)) {
      const { error } = await failureOf("server", {
        [name]: returner(make),
        restart: never,
      });
      assert(error instanceof SpawnError, what);
      assertStringIncludes(error.message, `process "job": ${name}() failed: `);
    }
  });

  Deno.test(`CommandOptions.${name} can throw anything at a restart`, async () => {
    for (const make of Object.values(THROWN)) {
      const { kernel, pm } = fake();
      let throws = true;
      const call = ({ run }: { run: number }) => {
        if (run === 2 && throws) {
          throws = false;
          throw make();
        }
      };
      const job = pm.command("server", [], {
        restart: { backoff: constant(0) },
        [name]: call,
      });
      await job.start();
      kernel.started[0]?.exit(1);
      while (kernel.started.length < 2) await kernel.clock.advance(1);
      assertEquals(stateOf(job, "running").run, 2);
      await pm.shutdown();
    }
  });

  Deno.test(`CommandOptions.${name} can return a thenable that calls back twice`, async () => {
    const { kernel, pm } = fake();
    const thenable = {
      then(resolve: (value?: unknown) => void, reject: (why: unknown) => void) {
        resolve();
        resolve({ args: 5 });
        reject(new Error("too late"));
        throw new Error("too late");
      },
    };
    const job = pm.command("server", [], { [name]: returner(() => thenable) });
    await job.start();
    await kernel.clock.settle();
    assertEquals([job.state.kind, kernel.started.length], ["running", 1]);
    await pm.shutdown();
    kernel.assertNothingLeft();
  });

  Deno.test(`CommandOptions.${name} that never settles holds nothing up`, async (t) => {
    const hanging = {
      promise: () => new Promise<never>(() => {}),
      thenable: returner(() => ({ then() {} })),
      // Each calls back again when the run is no longer wanted.
      "late promise": ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => reject(THROWN.undefined?.()));
        }),
    };
    for (const [what, call] of Object.entries(hanging)) {
      await t.step(what, async () => {
        for (const how of ["stop", "kill", "shutdown", "abort"] as const) {
          const { kernel, pm } = fake();
          const abort = new AbortController();
          const job = pm.command("server", [], {
            [name]: call,
            signal: abort.signal,
          });
          await kernel.clock.settle();
          const started = assertRejects(() => job.start(), TypeError);
          if (how === "shutdown") await pm.shutdown();
          else if (how === "abort") abort.abort(THROWN["a symbol"]?.());
          else await job[how]();
          await started;
          await job.finished;
          assertEquals(job.state.kind, "exited");
          assertEquals(kernel.started, []);
          await pm.shutdown();
        }
      });
    }
  });
}

Deno.test("GateContext.wait() refuses anything but a reason", async () => {
  for (const [what, make] of Object.entries(THROWN)) {
    const { error } = await failureOf("server", {
      gate: ({ wait }) => wait(make() as string),
      restart: never,
    });
    const message = 'process "job": gate() failed: Option "reason" must be ';
    assertStringIncludes(error.message, message, what);
  }
});

Deno.test("PreparedRun can do anything when it is read", async () => {
  const nasty = THROWN["a Proxy whose traps throw"];
  const fail = thrower(() => new Error("a trap"));
  const changes: Record<string, () => unknown> = {
    "a getter that throws": () => ({
      get args() {
        return fail();
      },
    }),
    "a Proxy": () => nasty?.(),
    "args that are a Proxy": () => ({ args: nasty?.() }),
    "args that throw when they are read": () => ({
      args: Object.defineProperty([""], 0, { get: fail, enumerable: true }),
    }),
    "env that is a Proxy": () => ({ env: nasty?.() }),
    "env that throws when it is read": () => ({
      env: {
        get A() {
          return fail();
        },
      },
    }),
    "cwd that is a Proxy": () => ({ cwd: nasty?.() }),
    "cwd that is a Proxy of a URL": () => ({
      cwd: new Proxy(new URL("file:///"), {}),
    }),
  };
  for (const [what, make] of Object.entries(changes)) {
    const { error } = await failureOf("server", {
      prepare: returner(make),
      restart: never,
    });
    assert(error instanceof SpawnError, what);
    assertStringIncludes(error.message, `process "job": prepare() failed: `);
  }
});

/** Makes options of which one is wrong whenever it is read again. */
function fickle(name: string, value: unknown) {
  let reads = 0;
  const get = () => ++reads === 1 ? value : Symbol("wrong");
  return Object.defineProperty({}, name, { get, enumerable: true }) as never;
}

Deno.test("PreparedRun is used as it was when it was checked", async () => {
  const changes = [
    fickle("args", ["a"]),
    fickle("env", fickle("A", "a")),
    fickle("cwd", "/"),
  ];
  for (const change of changes) {
    const { kernel, pm } = fake();
    const job = pm.command("server", [], { prepare: () => change });
    await job.start();
    await pm.shutdown();
    kernel.assertNothingLeft();
  }
});

Deno.test("Options are used as they were when they were checked", async () => {
  const { signal } = new AbortController();
  const commands = {
    ...{ name: "api", cwd: "/", env: fickle("A", "a"), clearEnv: true },
    ...{ stdin: "piped", stdout: "null", stderr: "null", group: true, signal },
    ...{ critical: false, gate: () => {}, prepare: () => {} },
    restart: fickle("limit", fickle("restarts", 1)),
    stop: fickle("gracePeriodMs", 5),
    output: fickle("bufferBytes", 10),
  };
  for (const [name, value] of Object.entries(commands)) {
    const { kernel, pm } = fake();
    const job = pm.command("server", [], fickle(name, value));
    await job.start();
    await kernel.clock.until(pm.shutdown());
    kernel.assertNothingLeft();
  }
  const { kernel, pm } = fake(
    fickle("defaults", { stop: fickle("gracePeriodMs", 5) }),
  );
  const job = pm.command("server");
  const stubborn = kernel.started[0];
  stubborn?.on("SIGTERM", () => {});
  job.update(fickle("critical", false));
  job.lines(fickle("signal", signal));
  job.signal("SIGCONT", fickle("to", "group"));
  await kernel.clock.until(job.restart(fickle("gracePeriodMs", 5)));
  await kernel.clock.until(pm.stopAll(fickle("signal", "SIGINT")));
  await job.start();
  await kernel.clock.until(job.stop(fickle("gracePeriodMs", 5)));
  await pm.shutdown(fickle("signal", signal));
  kernel.assertNothingLeft();
  const exits = [fickle("durationMs", 1), fickle("durationMs", 1)];
  const runs = simulate(fickle("backoff", constant(1)), exits);
  assertEquals(runs.map(({ endMs }) => endMs), [1, 3]);
});

Deno.test("RestartOptions.backoff and random can throw and return anything", async () => {
  const all: [string, () => never][] = [
    ...Object.entries(THROWN).map((
      [what, make],
    ): [string, () => never] => [what, thrower(make)]),
    ...Object.entries({ ...THROWN, ...RETURNED }).map((
      [what, make],
    ): [string, () => never] => [`returned: ${what}`, returner(make)]),
  ];
  for (const [what, call] of all) {
    for (const name of ["backoff", "random"] as const) {
      const restart: RestartOptions = { [name]: call };
      const { error, logged } = await failureOf("crash", { restart });
      const message =
        'Cannot restart process "job": restart.backoff() failed: ';
      assertStringIncludes(error.message, message, what);
      assertEquals(logged.at(-1), error.message);
    }
  }
});

Deno.test("ProcessmanOptions.logger can throw and return anything", async () => {
  const all = [
    ...Object.values(THROWN).map(thrower),
    ...Object.values(RETURNED).map(returner),
    ...Object.values(THROWN).map(returner),
  ];
  for (const write of all) {
    const logger: Logger = {
      debug: write,
      info: write,
      warn: write,
      error: write,
    };
    const { kernel, pm } = fake({ logger });
    const job = pm.command("crash", [], {
      restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 9 } },
    });
    await kernel.clock.until(job.finished);
    assertEquals([job.state.kind, kernel.started.length], ["failed", 2]);
    await pm.shutdown();
    kernel.assertNothingLeft();
  }
});

Deno.test("Processman.events() survives readers that throw and change events", async () => {
  const { kernel, pm } = fake();
  const events = pm.events();
  for (const make of Object.values(THROWN)) {
    const reader = async () => {
      for await (const event of pm.events()) {
        Object.freeze(event);
        throw make();
      }
    };
    reader().catch(() => {});
  }
  const job = pm.command("server");
  await job.start();
  await job.stop();
  assertEquals((await eventOf(events, "stop")).name, "server");
  await pm.shutdown();
  kernel.assertNothingLeft();
});

Deno.test("AbortSignal.reason can be anything", async () => {
  for (const make of Object.values(THROWN)) {
    const { kernel, pm } = fake();
    const abort = new AbortController();
    const job = pm.command("server", [], { signal: abort.signal });
    abort.abort(make());
    await job.finished;
    assertEquals(job.state.kind, "exited");
    const { reason } = abort.signal;
    const again = await job.start().then(() => "started", (error) => [error]);
    assert(Object.is((again as unknown[])[0], reason));
    const stubborn = pm.command("server");
    kernel.started[1]?.on("SIGTERM");
    await pm.shutdown({ signal: AbortSignal.abort(make()) });
    assertEquals(stubborn.state.kind, "exited");
    kernel.assertNothingLeft();
  }
});

Deno.test("The program outlives callbacks that throw, and leaves no child", async () => {
  await using script = runScript(`
    import { constant, Processman } from "${import.meta.resolve("./mod.ts")}";
    import { THROWN } from "${
    import.meta.resolve("./tools/foreign_values.ts")
  }";
    const pm = new Processman({ logger: null });
    const makes = Object.values(THROWN);
    const jobs = makes.flatMap((make) => {
      const fail = () => { throw make(); };
      const restart = { policy: "never" };
      return [
        pm.command("sleep", ["500"], { gate: fail, restart }),
        pm.command("sleep", ["500"], { prepare: async () => fail(), restart }),
        pm.command("false", [], { restart: { backoff: fail } }),
      ];
    });
    await Promise.all(jobs.map((job) => job.finished));
    const wrong = jobs.filter(({ name, state }) =>
      !state.error?.message.includes('process "' + name + '"'));
    console.log("wrong:", wrong.length, "left:", pm.processes().size);
    await pm.shutdown();
  `);
  assertEquals(await lineOf(script, /wrong/), "wrong: 0 left: 0");
  assertEquals((await script.finished).code, 0);
});
