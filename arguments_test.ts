/**
 * What public functions do with wrong arguments: each names the argument and
 * its value, in a `TypeError` or a `RangeError`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import {
  type Backoff,
  constant,
  exponential,
  printOutput,
  type Process,
  Processman,
  simulate,
  uniform,
} from "./mod.ts";
import { FakeKernel, seededRandom, VirtualClock } from "./testing/mod.ts";

/** An argument of any type. */
// deno-lint-ignore no-explicit-any
type Any = any;

/** What the calls are made on. */
interface Subjects {
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  readonly job: Process;
}

/** A call with one argument that varies, and what that may not be. */
interface Row {
  /** The call, as the reader of a failure knows it. */
  readonly call: string;
  /** The name of the argument, as the message tells it. */
  readonly argument: string;
  /** Makes the call. */
  readonly act: (value: Any, subjects: Subjects) => unknown;
  /** Whether the promise that it returns is rejected. */
  readonly rejects?: boolean;
  /** Groups of wrong values. */
  readonly wrong: readonly (keyof typeof VALUES)[];
}

/** A proxy that nothing can be done with. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Wrong values, and what a message says of them. */
const VALUES = {
  "no value": [[undefined, "undefined"]],
  "no object": [
    [null, "null"],
    [true, "true"],
    [5, "5"],
    ["text", '"text"'],
    [Symbol("mine"), "Symbol(mine)"],
    [5n, "5n"],
  ],
  "no plain object": [
    [[], "an array"],
    [new Map(), "an object"],
    [AbortSignal.timeout(0), "an object"],
    [new Date(), "an object"],
    [Object.create({ signal: 5 }), "an object"],
    [new Proxy([], {}), "an array"],
    [() => {}, "a function"],
  ],
  "an unknown option": [[{ sginal: 1 }, "sginal"]],
  "no text": [
    [null, "null"],
    [5, "5"],
    [{}, "an object"],
    [["web"], "an array"],
    [new String("web"), "an object"],
    [Symbol("mine"), "Symbol(mine)"],
    [5n, "5n"],
  ],
  "no number": [
    [null, "null"],
    ["3", '"3"'],
    [3n, "3n"],
    [true, "true"],
    [{}, "an object"],
    [[3], "an array"],
    [new Number(3), "an object"],
    [Symbol("mine"), "Symbol(mine)"],
  ],
  "not a number": [[NaN, "NaN"]],
  "negative": [[-1, "-1"], [-Infinity, "-Infinity"]],
  "endless": [[Infinity, "Infinity"]],
  "a fraction": [[0.5, "0.5"]],
  "no function": [
    [null, "null"],
    ["run", '"run"'],
    [{}, "an object"],
    [5, "5"],
  ],
  "no signal": [
    [null, "null"],
    ["TERM", '"TERM"'],
    ["sigterm", '"sigterm"'],
    [15, "15"],
    [Symbol("SIGTERM"), "Symbol(SIGTERM)"],
    [["SIGTERM"], "an array"],
  ],
  "no array": [
    [null, "null"],
    ["-v", '"-v"'],
    [{ length: 0 }, "an object"],
    [new Set(["-v"]), "an object"],
  ],
} as const satisfies Record<string, readonly (readonly [unknown, string])[]>;

const OPTIONS = ["no object", "no plain object", "an unknown option"] as const;
const MS = ["no number", "not a number", "negative", "endless"] as const;

const random = () => 0.5;

/** Rows for the arguments of the functions that a backoff maker returns. */
function backoffRows(maker: string, backoff: Backoff): Row[] {
  const call = `${maker}(…)()`;
  return [
    {
      call,
      argument: "attempt",
      act: (value) => backoff(value, random, 0),
      wrong: ["no value", ...MS, "a fraction"],
    },
    {
      call,
      argument: "random",
      act: (value) => backoff(1, value, 0),
      wrong: ["no value", "no function"],
    },
    {
      call,
      argument: "previousMs",
      act: (value) => backoff(1, random, value),
      wrong: ["no value", ...MS],
    },
  ];
}

/** Rows for options: of the core, each given with the prefix of its path. */
function optionRows(
  call: string,
  act: Row["act"],
  rejects = false,
): Row[] {
  return [{ call, argument: "options", act, rejects, wrong: OPTIONS }];
}

const ROWS: readonly Row[] = [
  ...optionRows("new Processman()", (value) => new Processman(value)),
  ...optionRows(
    "Processman.command()",
    (value, { pm }) => pm.command("job", [], value),
  ),
  ...optionRows(
    "Processman.stopAll()",
    (value, { pm }) => pm.stopAll(value),
    true,
  ),
  ...optionRows(
    "Processman.shutdown()",
    (value, { pm }) => pm.shutdown(value),
    true,
  ),
  ...optionRows("Processman.events()", (value, { pm }) => pm.events(value)),
  ...optionRows("Process.events()", (value, { job }) => job.events(value)),
  ...optionRows("Process.lines()", (value, { job }) => job.lines(value)),
  ...optionRows("Process.stop()", (value, { job }) => job.stop(value), true),
  ...optionRows(
    "Process.restart()",
    (value, { job }) => job.restart(value),
    true,
  ),
  ...optionRows(
    "Process.signal()",
    (value, { job }) => job.signal("SIGCONT", value),
  ),
  ...optionRows("Process.update()", (value, { job }) => job.update(value)),
  ...optionRows("printOutput()", (value, { job }) => printOutput(job, value)),
  ...optionRows("exponential()", (value) => exponential(value)),
  {
    call: "Process.update()",
    argument: "options",
    act: (value, { job }) => job.update(value),
    wrong: ["no value"],
  },
  {
    call: "Processman.command()",
    argument: "program",
    act: (value, { pm }) => pm.command(value),
    wrong: ["no value", "no text"],
  },
  {
    call: "Processman.command()",
    argument: "args",
    act: (value, { pm }) => pm.command("job", value),
    wrong: ["no array"],
  },
  {
    call: "Processman.get()",
    argument: "name",
    act: (value, { pm }) => pm.get(value),
    wrong: ["no value", "no text"],
  },
  {
    call: "Process.tail()",
    argument: "count",
    act: (value, { job }) => job.tail(value),
    wrong: ["no number", "not a number", "negative", "a fraction"],
  },
  {
    call: "Process.signal()",
    argument: "signal",
    act: (value, { job }) => job.signal(value),
    wrong: ["no value", "no signal"],
  },
  {
    call: "printOutput()",
    argument: "source",
    act: (value) => printOutput(value),
    wrong: ["no value", "no object", "no plain object", "an unknown option"],
  },
  {
    call: "simulate()",
    argument: "restart",
    act: (value) => simulate(value, []),
    wrong: ["no value", ...OPTIONS],
  },
  {
    call: "simulate()",
    argument: "exits",
    act: (value) => simulate({}, value),
    wrong: ["no value", "no array"],
  },
  {
    call: "simulate()",
    argument: "exits[1]",
    act: (value) => simulate({}, [{ durationMs: 1 }, value]),
    wrong: ["no value", ...OPTIONS],
  },
  {
    call: "simulate()",
    argument: "exits[0].durationMs",
    act: (durationMs) => simulate({}, [{ durationMs }]),
    wrong: ["no value", ...MS],
  },
  {
    call: "simulate()",
    argument: "exits[0].code",
    act: (code) => simulate({}, [{ durationMs: 1, code }]),
    wrong: [...MS, "a fraction"],
  },
  ...["uniform", "constant"].map((maker): Row => ({
    call: `${maker}()`,
    argument: maker === "uniform" ? "maxMs" : "ms",
    act: (value) => maker === "uniform" ? uniform(value) : constant(value),
    wrong: ["no value", ...MS],
  })),
  ...backoffRows("uniform", uniform(100)),
  ...backoffRows("constant", constant(100)),
  ...(["none", "full", "equal", "decorrelated"] as const).flatMap((jitter) =>
    backoffRows(`exponential/${jitter}`, exponential({ jitter }))
  ),
  {
    call: "seededRandom()",
    argument: "seed",
    act: (value) => seededRandom(value),
    wrong: ["no value", "no number", "not a number", "endless", "a fraction"],
  },
  {
    call: "new VirtualClock()",
    argument: "epoch",
    act: (value) => new VirtualClock(value),
    wrong: ["no number", "not a number", "endless"],
  },
  {
    call: "VirtualClock.delay()",
    argument: "ms",
    act: (value) => new VirtualClock().delay(value),
    wrong: ["no value", "no number", "not a number"],
  },
  {
    call: "VirtualClock.delay()",
    argument: "options",
    act: (value) => new VirtualClock().delay(1, value),
    wrong: ["no object", "an unknown option"],
  },
  {
    call: "VirtualClock.delay()",
    argument: "signal",
    act: (signal) => new VirtualClock().delay(1, { signal }),
    wrong: ["no object", "an unknown option"],
  },
  {
    call: "VirtualClock.advance()",
    argument: "ms",
    act: (value) => new VirtualClock().advance(value),
    rejects: true,
    wrong: ["no value", ...MS],
  },
  {
    call: "VirtualClock.until()",
    argument: "promise",
    act: (value) => new VirtualClock().until(value),
    rejects: true,
    wrong: ["no value", "no object"],
  },
  {
    call: "VirtualClock.until()",
    argument: "maxMs",
    act: (value) => new VirtualClock().until(Promise.resolve(), value),
    rejects: true,
    wrong: ["no number", "not a number", "negative"],
  },
  {
    call: "new FakeKernel()",
    argument: "options",
    act: (value) => new FakeKernel(value),
    wrong: ["no object", "an unknown option"],
  },
  {
    call: "new FakeKernel()",
    argument: "programs",
    act: (programs) => new FakeKernel({ programs }),
    wrong: ["no object"],
  },
  {
    call: "new FakeKernel()",
    argument: 'program "job"',
    act: (job) => new FakeKernel({ programs: { job } }),
    wrong: ["no function"],
  },
  {
    call: "new FakeKernel()",
    argument: "seed",
    act: (seed) => new FakeKernel({ seed }),
    wrong: ["no number", "not a number", "endless", "a fraction"],
  },
  {
    call: "FakeKernel.program()",
    argument: "name",
    act: (value, { kernel }) => kernel.program(value, () => {}),
    wrong: ["no value", "no text"],
  },
  {
    call: "FakeKernel.program()",
    argument: 'program "job"',
    act: (value, { kernel }) => kernel.program("job", value),
    wrong: ["no function"],
  },
  {
    call: "FakeKernel.spawn()",
    argument: "request",
    act: (value, { kernel }) => kernel.spawn(value),
    wrong: ["no value", "no object", "an unknown option"],
  },
  {
    call: "FakeKernel.kill()",
    argument: "target",
    act: (value, { kernel }) => kernel.kill(value, 0),
    wrong: ["no value", "no number", "not a number", "endless", "a fraction"],
  },
  {
    call: "FakeKernel.kill()",
    argument: "signal",
    act: (value, { kernel }) => kernel.kill(1, value),
    wrong: ["no value", "no signal"],
  },
  ...(["on", "receive", "kill"] as const).map((method): Row => ({
    call: `FakeChild.${method}()`,
    argument: "signal",
    act: (value, { kernel }) => kernel.started[0]?.[method](value),
    wrong: ["no signal"],
  })),
  {
    call: "FakeChild.on()",
    argument: "handler",
    act: (value, { kernel }) => kernel.started[0]?.on("SIGHUP", value),
    wrong: ["no function"],
  },
  {
    call: "FakeChild.exit()",
    argument: "code",
    act: (value, { kernel }) => kernel.started[0]?.exit(value),
    wrong: ["no value", ...MS, "a fraction"],
  },
  ...(["write", "writeError"] as const).map((method): Row => ({
    call: `FakeChild.${method}()`,
    argument: "output",
    act: (value, { kernel }) => kernel.started[0]?.[method](value),
    wrong: ["no value", "no text"],
  })),
  {
    call: "FakeChild.fork()",
    argument: "name",
    act: (value, { kernel }) => kernel.started[0]?.fork(value),
    wrong: ["no value", "no text"],
  },
  {
    call: "FakeChild.fork()",
    argument: "options",
    act: (value, { kernel }) => kernel.started[0]?.fork("fork", value),
    wrong: ["no object", "an unknown option"],
  },
  {
    call: "FakeChild.fork()",
    argument: "leads",
    act: (leads, { kernel }) => kernel.started[0]?.fork("fork", { leads }),
    wrong: ["no text"],
  },
];

/** Returns what a call throws or rejects with; fails if it does neither. */
async function errorOf(
  { call, act, rejects = false }: Row,
  value: unknown,
  subjects: Subjects,
): Promise<Error> {
  let promise: unknown;
  try {
    promise = act(value, subjects);
  } catch (error) {
    assert(!rejects, `${call} throws`);
    assertInstanceOf(error, Error);
    return error;
  }
  assert(rejects, `${call} accepts the value, or rejects`);
  assertInstanceOf(promise, Promise);
  return await promise.then(
    () => assert(false, `${call} accepts the value`),
    (error) => error,
  );
}

for (const row of ROWS) {
  const { call, argument, wrong } = row;
  Deno.test(`${call} refuses a wrong ${argument}`, async () => {
    const kernel = new FakeKernel({ programs: { job: () => {} } });
    await using pm = new Processman({ kernel, logger: null });
    const job = pm.command("job");
    for (const group of wrong) {
      for (const [value, shown] of VALUES[group]) {
        const error = await errorOf(row, value, { kernel, pm, job });
        const { message } = error;
        const range = /negative|endless|fraction|not a number/.test(group);
        assertEquals(
          error.constructor,
          range ? RangeError : TypeError,
          message,
        );
        if (group === "an unknown option") {
          if (argument === "options") assertMatch(message, /"sginal"/);
          continue;
        }
        assert(message.includes(`"${argument}" must be `), message);
        if (message.startsWith("Argument")) {
          assertMatch(message, /: current value is ./);
        } else assert(message.endsWith(`: current value is ${shown}`), message);
      }
    }
    assertEquals([...pm], [job]);
    assertEquals([job.state.kind, kernel.started.length], ["running", 1]);
  });
}

Deno.test("Functions that name a value can name any", async () => {
  const values = [
    revoked(),
    new Proxy({}, {
      getPrototypeOf: () => {
        throw new Error("no prototype");
      },
    }),
    Object.create(null),
  ];
  await using pm = new Processman({ kernel: new FakeKernel(), logger: null });
  for (const value of values as Any[]) {
    const calls = [
      () => uniform(value),
      () => pm.get(value),
      () => pm.command(value),
      () => exponential({ jitter: value }),
      () => new Processman({ orphans: value }),
    ];
    for (const call of calls) {
      try {
        call();
        assert(false, `${call} accepts the value`);
      } catch (error) {
        assertInstanceOf(error, TypeError);
        assertMatch(error.message, /must be .*: current value is an object$/);
      }
    }
  }
});

Deno.test("Backoffs refuse what is no random number in [0, 1)", () => {
  const backoffs = [
    uniform(100),
    ...(["full", "equal", "decorrelated"] as const)
      .map((jitter) => exponential({ jitter })),
  ];
  const wrong = [[1, RangeError], [-0.1, RangeError], [NaN, RangeError], [
    "0.5",
    TypeError,
  ], [undefined, TypeError]] as const;
  for (const backoff of backoffs) {
    for (const [value, kind] of wrong) {
      try {
        backoff(1, () => value as Any, 0);
        assert(false, `${value} is accepted`);
      } catch (error) {
        assertInstanceOf(error, kind);
        assertMatch(error.message, /^Option "random\(\)" must be a number/);
      }
    }
  }
});

Deno.test("Process.tail() returns all lines for Infinity", async () => {
  const kernel = new FakeKernel({
    programs: { job: (child) => child.write("line\n".repeat(50)) },
  });
  await using pm = new Processman({ kernel, logger: null });
  const job = pm.command("job");
  await kernel.clock.settle();
  assertEquals(
    [job.tail(Infinity), job.tail(), job.tail(0)].map(({ length }) => length),
    [50, 10, 0],
  );
});

Deno.test("printOutput() throws, and rejects never, for what has no output", () => {
  const proxy = new Proxy(Object.create(Processman.prototype), {});
  for (const source of [{}, { events: () => {} }, proxy] as Any[]) {
    try {
      printOutput(source);
      assert(false, "the source is accepted");
    } catch (error) {
      assertInstanceOf(error, TypeError);
    }
  }
});
