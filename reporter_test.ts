import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { OutputSource } from "./lines.ts";
import {
  constant,
  type ExitEvent,
  type Process,
  type ProcessEvent,
  Processman,
  RestartLimitError,
  type RestartOptions,
  SpawnError,
  type StopOptions,
} from "./mod.ts";
import type { LogLevel } from "./reporter.ts";
import { type FakeChild, FakeKernel } from "./testing/mod.ts";
import { systemKernel } from "./system.ts";
import { STREAM_ERRORS } from "./tools/foreign_values.ts";
import { Pipe } from "./tools/output_testing.ts";
import { eventOf, permitted, stateOf } from "./tools/testing.ts";

/** A manager on a fake kernel, and all that it reports. */
function fake(script: (child: FakeChild) => number | void) {
  const kernel = new FakeKernel({ programs: { job: script } });
  const lines: [LogLevel, string][] = [];
  const write = (level: LogLevel) => (message: string) =>
    void lines.push([level, message]);
  const logger = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const pm = new Processman({ kernel, logger });
  const events: ProcessEvent[] = [];
  const listen = async () => {
    for await (const event of pm.events()) events.push(event);
  };
  listen();
  return { kernel, pm, lines, events };
}

/** Lists the ends of runs. */
function exits(events: readonly ProcessEvent[]): ExitEvent[] {
  return events.filter((event) => event.kind === "exit");
}

/** Runs a job to its end, which writes a line to stderr and exits. */
async function story(code: number, restart: RestartOptions) {
  const { kernel, pm, lines, events } = fake((child) => {
    child.writeError("last words\n");
    return code;
  });
  const job = pm.command("job", [], { restart });
  await kernel.clock.until(job.finished);
  await pm.shutdown();
  const [exit] = exits(events).slice(-1);
  const [end] = lines.filter(([, text]) => / (ended|crashed) /.test(text))
    .slice(-1);
  assert(exit !== undefined && end !== undefined);
  return { job, exit, end, lines };
}

Deno.test("Reporter tells a clean end from a crash, whatever follows", async () => {
  const limit = { restarts: 1, withinMs: 60_000 };
  const always = { policy: "always", backoff: constant(0) } as const;
  const cases: [boolean, number, RestartOptions][] = [
    // whether it crashed, with which code, by which rules
    [false, 0, {}],
    [false, 0, { policy: "never" }],
    [false, 0, { policy: "always", stopCodes: [0] }],
    [false, 0, { ...always, limit }],
    [false, 0, { ...always, backoff: () => NaN }],
    [false, 3, { successCodes: [3] }],
    [false, 3, { successCodes: [3], policy: "never" }],
    [false, 3, { successCodes: [3], stopCodes: [3] }],
    [false, 3, { ...always, successCodes: [3], stopCodes: [3] }],
    [false, 3, { ...always, successCodes: [3], limit }],
    [true, 3, { policy: "never" }],
    [true, 3, { stopCodes: [3] }],
    [true, 3, { ...always, limit }],
    [true, 3, { backoff: () => NaN }],
  ];
  for (const [crashed, code, rules] of cases) {
    const { job, exit, end } = await story(code, rules);
    const { state } = job;
    assertEquals(exit.crashed, crashed, JSON.stringify(rules));
    assertEquals(exit.decision?.crashed, crashed);
    assertEquals(exit.requested, false);
    assertEquals(exit.stderr, crashed ? ["last words"] : []);
    const said = crashed ? "crashed" : "ended";
    const words = crashed ? ": last words" : "";
    const why = new Map<string | undefined, string>([
      ["never", ', not restarted (policy "never")'],
      ["stop-code", ", not restarted (stopCodes)"],
    ]).get(exit.decision?.reason) ?? "";
    assertEquals(end, [
      crashed ? "warn" : "debug",
      `Process "job" ${said} with code ${code} after 0 ms${why}${words}`,
    ]);
    const failed = exit.decision?.kind === "fail";
    assertEquals(state.kind, failed ? "failed" : "exited");
  }
});

Deno.test("RestartLimitError quotes stderr only after a crash", async () => {
  const limit = { restarts: 1, withinMs: 60_000 };
  const backoff = constant(0);
  for (const code of [0, 1]) {
    const { job, lines } = await story(code, {
      policy: "always",
      backoff,
      limit,
    });
    const { error } = stateOf(job, "failed");
    assert(error instanceof RestartLimitError);
    const message = 'Cannot restart process "job": 1 restart within 60000 ms';
    assertEquals(error.message, message + (code ? ": last words" : ""));
    assertEquals(error.stderr, code ? ["last words"] : []);
    assertEquals(lines.at(-1), ["error", error.message]);
  }
});

Deno.test("RestartLimitError tells a row of crashes from a window", async () => {
  const { job, lines } = await story(1, {
    backoff: constant(0),
    limit: { restarts: 2 },
  });
  const { error } = stateOf(job, "failed");
  assert(error instanceof RestartLimitError);
  assertEquals(
    error.message,
    'Cannot restart process "job": 2 restarts in a row: last words',
  );
  assertEquals(error.decision.limit, { restarts: 2 });
  const [first] = lines.filter(([level]) => level === "warn");
  assertStringIncludes(first?.[1] ?? "", "(attempt 1, 1 left)");
});

Deno.test("Process.restart() begins a new row of crashes", async () => {
  const { kernel, pm } = fake(() => {});
  const job = pm.command("job", [], {
    restart: { backoff: constant(0), limit: { restarts: 1 } },
  });
  const crash = async () => {
    kernel.started.at(-1)?.exit(1);
    await kernel.clock.settle();
  };
  await crash();
  assertEquals([job.state.kind, kernel.started.length], ["running", 2]);
  await job.restart();
  await crash();
  assertEquals([job.state.kind, kernel.started.length], ["running", 4]);
  await crash();
  assertEquals(job.state.kind, "failed");
  await pm.shutdown();
});

Deno.test("Reporter takes no requested end for a crash", async () => {
  for (const how of ["stop", "kill", "restart"] as const) {
    const { kernel, pm, lines, events } = fake((child) => {
      child.on("SIGTERM", () => {
        child.writeError("oh\n");
        child.exit(1);
      });
    });
    const job = pm.command("job");
    await job.start();
    await job[how]();
    await kernel.clock.settle();
    const [exit] = exits(events);
    assertEquals(
      [exit?.requested, exit?.crashed, exit?.decision, exit?.stderr],
      [true, false, undefined, []],
    );
    assertEquals(lines.filter(([level]) => level !== "debug"), []);
    await pm.shutdown();
  }
});

Deno.test("Reporter tells a clean end from a crash if a stop comes right after it", async () => {
  const cases: [boolean, number][] = [[false, 0], [false, 3], [true, 4]];
  for (const [crashed, code] of cases) {
    for (const when of ["status", "backoff"]) {
      const { kernel, pm, lines, events } = fake(() => code);
      const stop = () => void job.stop();
      const backoff = () => {
        if (when === "backoff") stop();
        return 50;
      };
      const job: Process = pm.command("job", [], {
        restart: { policy: "always", successCodes: [3], backoff },
      });
      if (when === "status") job.status.then(stop);
      await kernel.clock.until(job.finished);
      await pm.shutdown();
      const [exit] = exits(events);
      assertEquals(
        [exit?.requested, exit?.crashed, exit?.decision],
        [false, crashed, undefined],
        `${code}, ${when}`,
      );
      const said = lines.find(([, text]) => text.includes(" with code "));
      const verb = crashed ? "crashed" : "ended";
      assertEquals(said, [
        crashed ? "warn" : "debug",
        `Process "job" ${verb} with code ${code} after 0 ms`,
      ]);
    }
  }
});

Deno.test("Process ends what a success with another code left like any success", async () => {
  for (const code of [0, 3]) {
    const { kernel, pm, events } = fake((child) => {
      child.fork("worker", { leads: "group" });
      return code;
    });
    const job = pm.command("job", [], { restart: { successCodes: [3] } });
    await kernel.clock.until(job.finished);
    // What is left in another group is ended later, and nothing waits for it.
    assertEquals(kernel.alive.map(({ name }) => name), ["worker"], `${code}`);
    await kernel.clock.until(pm.shutdown());
    assertEquals(
      events.map(({ kind }) => kind),
      ["start", "exit", "leftovers"],
    );
    kernel.assertNothingLeft();
  }
});

Deno.test("Reporter takes a program that was not started for no success", async () => {
  const { kernel, pm, lines, events } = fake(() => 127);
  const { spawn } = kernel;
  const error = new SpawnError("it is missing", {
    process: "job",
    program: "job",
  });
  kernel.spawn = (request) => ({
    ...spawn.call(kernel, request),
    explain: () => Promise.resolve({ error, moved: false }),
  });
  const job = pm.command("job", [], { restart: { successCodes: [127] } });
  await kernel.clock.until(job.finished);
  await pm.shutdown();
  assertEquals(stateOf(job, "failed").error, error);
  assertEquals(exits(events).map(({ crashed }) => crashed), [true]);
  assertEquals(lines.filter(([level]) => level !== "debug"), [
    ["error", "it is missing"],
  ]);
});

Deno.test("Reporter logs each failed start once", async () => {
  const restart = { backoff: constant(5), limit: { restarts: 1 } };
  const why = 'Cannot start process "job": prepare() failed: no';
  const cases: [RestartOptions, [LogLevel, string][]][] = [
    [{ policy: "never" }, [["error", why]]],
    [restart, [
      ["warn", `${why}, restarting in 5 ms (attempt 1, 0 left)`],
      ["warn", why],
      [
        "error",
        'Cannot restart process "job": 1 restart in a row: prepare() failed: no',
      ],
    ]],
  ];
  for (const [rules, expected] of cases) {
    const { kernel, pm, lines } = fake(() => {});
    const prepare = () => {
      throw new Error("no");
    };
    const job = pm.command("job", [], { restart: rules, prepare });
    await kernel.clock.until(job.finished);
    await pm.shutdown();
    assertEquals(lines.filter(([level]) => level !== "debug"), expected);
  }
});

Deno.test("Reporter names the processes that live on after SIGKILL", async () => {
  for (const end of ["crash", "stop"]) {
    const { kernel, pm, lines } = fake((child) => {
      child.fork("worker");
      child.fork("worker");
    });
    const { kill } = kernel;
    kernel.kill = (target, signal) =>
      kill.call(kernel, target, signal && "SIGCHLD");
    const job = pm.command("job", [], { restart: { policy: "never" } });
    await kernel.clock.settle();
    const [child] = kernel.started;
    if (end === "stop") job.stop();
    child?.exit(1);
    await kernel.clock.until(job.finished);
    const survivors = kernel.alive;
    const pids = survivors.map(({ pid }) => pid).join(", ");
    assertEquals(survivors.length, 2);
    assertEquals(lines.filter(([level]) => level === "warn").at(-1), [
      "warn",
      `Processes of "job" are still alive after SIGKILL: pid ${pids}`,
    ]);
    kernel.kill = kill;
    for (const { pid } of survivors) kernel.kill(pid, "SIGKILL");
    await kernel.clock.until(pm.shutdown());
    kernel.assertNothingLeft();
  }
});

/** A stop, and what is logged about it. */
interface Stop {
  /** What the child does with SIGTERM. */
  child: "obeys" | "ignores" | "leaves";
  /** How it is stopped. */
  how: (job: Process) => Promise<unknown>;
  /** What is logged last. */
  line: [LogLevel, string];
}

Deno.test("Reporter warns of a stop that needed SIGKILL, but not of a kill", async () => {
  const stop = (options: StopOptions) => (job: Process) => job.stop(options);
  const grace = stop({ gracePeriodMs: 300 });
  const late = "did not end within 300 ms of SIGTERM";
  const kill = (job: Process) => job.kill();
  const cases: Stop[] = [
    { child: "obeys", how: grace, line: ["debug", 'Stopped process "job"'] },
    {
      child: "ignores",
      how: grace,
      line: ["warn", `Killed process "job": it ${late}`],
    },
    {
      child: "leaves",
      how: grace,
      line: ["warn", `Killed the leftovers of process "job": they ${late}`],
    },
    {
      child: "ignores",
      how: (job) => {
        grace(job);
        return job.stop({ signal: "SIGINT", gracePeriodMs: 200 });
      },
      line: [
        "warn",
        'Killed process "job": it did not end within 200 ms of SIGTERM',
      ],
    },
    ...[stop({ gracePeriodMs: 0 }), stop({ signal: "SIGKILL" }), kill].map((
      how,
    ): Stop => ({
      child: "ignores",
      how,
      line: ["debug", 'Stopped process "job" by SIGKILL'],
    })),
  ];
  for (const { child, how, line } of cases) {
    const { kernel, pm, lines } = fake((leader) => {
      leader.on("SIGTERM", () => child !== "ignores" && leader.exit(0));
      leader.on("SIGINT");
      if (child === "leaves") leader.fork("worker").on("SIGTERM");
    });
    const job = pm.command("job");
    await job.start();
    await kernel.clock.until(how(job));
    assertEquals(lines.at(-1), line);
    await pm.shutdown();
    kernel.assertNothingLeft();
  }
});

Deno.test("Reporter warns once of leftovers of a crash that needed SIGKILL", async () => {
  const restart: RestartOptions = {
    policy: "never",
    leftovers: { gracePeriodMs: 50 },
  };
  for (const stopped of [false, true]) {
    const { kernel, pm, lines } = fake((child) => {
      child.fork("worker").on("SIGTERM");
      return 1;
    });
    const job = pm.command("job", [], { restart });
    await kernel.clock.advance(20);
    if (stopped) job.stop();
    await kernel.clock.until(job.finished);
    // A stop that finds the leftovers ending does not repeat the warning.
    assertEquals(lines.filter(([level]) => level === "warn").slice(1), [[
      "warn",
      'Killed the leftovers of process "job": they did not end within 50 ms of SIGTERM',
    ]]);
    await pm.shutdown();
    kernel.assertNothingLeft();
  }
});

/** Replaces outputs of each child by pipes, which a test can break. */
function withPipes(kernel: FakeKernel, names: readonly OutputSource[]) {
  const { spawn } = kernel;
  const pipes: Pipe[][] = [];
  kernel.spawn = (request) => {
    const spawned = spawn.call(kernel, request);
    const own = names.map((name) => {
      const pipe = new Pipe();
      Object.defineProperty(spawned.child, name, { value: pipe.stream });
      return pipe;
    });
    pipes.push(own);
    return spawned;
  };
  return pipes;
}

Deno.test("Reporter tells once of each run that its output cannot be read", async () => {
  const { kernel, pm, lines, events } = fake(() => {});
  const pipes = withPipes(kernel, ["stdout", "stderr"]);
  const job = pm.command("job", [], { restart: { backoff: constant(0) } });
  const cause = new Error("Input/output error");
  const warning = 'Cannot read stdout of process "job": Input/output error';
  for (const run of [1, 2]) {
    for (const pipe of pipes[run - 1] ?? []) pipe.fail(cause);
    await kernel.clock.settle();
    const warnings = lines.filter(([, text]) => text.startsWith("Cannot read"));
    assertEquals(warnings, Array(run).fill(["warn", warning]));
    kernel.started[run - 1]?.exit(run === 1 ? 1 : 0);
    await kernel.clock.settle();
  }
  await kernel.clock.until(job.finished);
  await pm.shutdown();
  for (const { outputError } of exits(events)) {
    assertEquals(outputError?.message, warning);
    assertEquals(outputError?.cause, cause);
  }
  assertEquals(exits(events).map(({ crashed }) => crashed), [true, false]);
});

Deno.test("Reporter tells of an output that cannot be read however the run ends", async () => {
  for (const make of STREAM_ERRORS) {
    for (const name of ["stdout", "stderr"] as const) {
      const { kernel, pm, lines, events } = fake((child) =>
        child.on("SIGTERM", () => child.exit(0))
      );
      const pipes = withPipes(kernel, [name]);
      const job = pm.command("job");
      pipes[0]?.[0]?.fail(make());
      await job.stop();
      await pm.shutdown();
      const [exit] = exits(events);
      const said = `Cannot read ${name} of process "job": `;
      assertStringIncludes(exit?.outputError?.message ?? "", said);
      assertEquals(
        lines.filter(([level]) => level === "warn"),
        [["warn", exit?.outputError?.message]],
      );
    }
  }
});

Deno.test("Reporter warns of an output that fails after the end was told", async () => {
  const { kernel, pm, lines, events } = fake(() => {});
  const pipes = withPipes(kernel, ["stdout", "stderr"]);
  const job = pm.command("job", [], { restart: { policy: "never" } });
  kernel.started[0]?.exit(1);
  await kernel.clock.advance(100);
  assertEquals(exits(events).length, 1);
  for (const pipe of pipes[0] ?? []) pipe.fail(new Error("broken"));
  await kernel.clock.until(job.finished);
  await pm.shutdown();
  const said = lines.filter(([, text]) => text.startsWith("Cannot read"));
  assertEquals(said, [["warn", 'Cannot read stdout of process "job": broken']]);
  kernel.assertNothingLeft();
});

Deno.test("Reporter tells of no failure if processman stops reading", async () => {
  const { kernel, pm, lines, events } = fake(() => {});
  // Something else holds the pipe open when the child has ended.
  const pipes = withPipes(kernel, ["stdout"]);
  const job = pm.command("job", [], { restart: { policy: "never" } });
  kernel.started[0]?.exit(0);
  await kernel.clock.until(job.finished);
  await pm.shutdown();
  assert(pipes[0]?.[0]?.cancelled);
  assertEquals(exits(events).map(({ outputError }) => outputError), [
    undefined,
  ]);
  assertEquals(lines.filter(([level]) => level !== "debug"), []);
});

Deno.test({
  name: "Reporter tells of a real output that cannot be read",
  ignore: !permitted("read") || Deno.build.os !== "linux",
  async fn() {
    const kernel = systemKernel();
    const { spawn } = kernel;
    kernel.spawn = (request) => {
      const { child } = spawn(request);
      // A folder can be opened, but the system refuses to read it.
      const { readable } = Deno.openSync("/");
      child.stdout.cancel();
      return {
        child: Object.defineProperty(child, "stdout", { value: readable }),
      };
    };
    const warned = Promise.withResolvers<string>();
    const none = () => {};
    const warn = (message: string) => warned.resolve(message);
    const logger = { debug: none, info: none, warn, error: none };
    await using pm = new Processman({ kernel, logger });
    const events = pm.events();
    const job = pm.command("sleep", ["5"]);
    const message = await Promise.race([warned.promise, job.finished]);
    assert(typeof message === "string", "there was no warning");
    assertStringIncludes(
      message,
      'Cannot read stdout of process "sleep": Is a',
    );
    await job.stop();
    const { outputError } = await eventOf(events, "exit");
    assertEquals(outputError?.message, message);
  },
});
