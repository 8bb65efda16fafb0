import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { mock } from "node:test";
import { constant } from "./backoff.ts";
import { Processman } from "./manager.ts";
import { stopRequest } from "./stop.ts";

/** A value of a wrong type. */
// deno-lint-ignore no-explicit-any
type Wrong = any;

/** What options must be, the class of the error, the options, and bad values. */
type Refusal = [
  expected: string,
  kind: ErrorConstructor,
  paths: readonly string[],
  values: readonly [value: unknown, shown: string][],
];

const BELOW: [unknown, string][] = [[-1, "-1"], [NaN, "NaN"]];
const INFINITE: [unknown, string] = [Infinity, "Infinity"];
const WHOLE = [
  "uid",
  "gid",
  "restart.limit.restarts",
  "output.bufferBytes",
  "output.file.maxFiles",
];
const OBJECTS = ["restart", "restart.limit", "stop", "output", "output.file"];
const SIZES = ["output.maxLineLength", "output.file.maxBytes"];
const PATHS = ["cwd", "output.file.path"];
const TIMES = [
  "restart.resetAfterMs",
  "restart.limit.withinMs",
  "stop.gracePeriodMs",
];

/** The values that commands and defaults refuse. */
const REFUSALS: readonly Refusal[] = [
  ["an object", TypeError, OBJECTS, [
    [null, "null"],
    ["never", '"never"'],
    [[5], "an array"],
    [() => 5, "a function"],
  ]],
  ["a number", TypeError, [...WHOLE, ...TIMES, ...SIZES], [
    ["5", '"5"'],
    [5n, "5n"],
    [null, "null"],
  ]],
  ["a whole number >= 0", RangeError, WHOLE, [...BELOW, INFINITE, [
    1.5,
    "1.5",
  ]]],
  ["a whole number >= 1", RangeError, ["output.maxLineLength"], [[0, "0"]]],
  [
    "a whole number >= 1 or Infinity",
    RangeError,
    ["output.file.maxBytes"],
    [[0, "0"], ...BELOW, [1.5, "1.5"], [-Infinity, "-Infinity"]],
  ],
  ["a whole number <= 1000", RangeError, ["output.file.maxFiles"], [
    [1_001, "1001"],
  ]],
  ["a finite number >= 0", RangeError, TIMES, [...BELOW, INFINITE]],
  ["a string", TypeError, [...PATHS, "env.A"], [[5, "5"], [null, "null"]]],
  ["a string without NUL", TypeError, [...PATHS, "env.A"], [
    ["a\0b", '"a\\u0000b"'],
  ]],
  ["a string that is not empty", TypeError, PATHS, [["", '""']]],
  ["a path or a file: URL", TypeError, PATHS, [
    [new URL("https://a.b/c"), '"https://a.b/c"'],
  ]],
  ["an object of strings", TypeError, ["env"], [
    [null, "null"],
    ["A=1", '"A=1"'],
    [["A=1"], "an array"],
    [new Map([["A", "1"]]), "an object"],
  ]],
  [
    "true or false",
    TypeError,
    ["clearEnv", "windowsRawArguments", "group", "output.file.json"],
    [[0, "0"], ["yes", '"yes"']],
  ],
  [
    'one of "piped", "inherit", "null"',
    TypeError,
    ["stdin", "stdout", "stderr"],
    [["pipe", '"pipe"'], [null, "null"], [2, "2"]],
  ],
  [
    'one of "on-failure", "always", "never"',
    TypeError,
    ["restart.policy"],
    [["on_failure", '"on_failure"'], [true, "true"]],
  ],
  [
    'the name of a signal, such as "SIGTERM"',
    TypeError,
    ["stop.signal"],
    [["TERM", '"TERM"'], ["sigterm", '"sigterm"'], [15, "15"]],
  ],
  ["a function", TypeError, ["restart.backoff", "restart.random", "prepare"], [
    [100, "100"],
    [null, "null"],
  ]],
  ["an array", TypeError, ["restart.successCodes", "restart.stopCodes"], [
    [3, "3"],
    [new Set([3]), "an object"],
  ]],
];

/** Makes `{ a: { b: value } }` from the path `a.b`. */
function nested(path: string, value: unknown): Wrong {
  return path.split(".")
    .reduceRight((inner, name) => ({ [name]: inner }), value);
}

/** Checks the class and the message of the error that a function throws. */
function checkError(
  act: () => unknown,
  kind: ErrorConstructor,
  message: string,
): void {
  const error = assertThrows(act, Error);
  assertEquals(error.message, message);
  assertStrictEquals(error.constructor, kind);
}

/** Runs an action, and checks that no process was started or is managed. */
async function spawningNothing(
  act: (pm: Processman) => void,
): Promise<void> {
  const spawn = mock.method(Deno.Command.prototype, "spawn");
  await using pm = new Processman({ logger: null });
  try {
    act(pm);
    assertEquals([...pm], []);
    await pm.finished;
    assertEquals(spawn.mock.callCount(), 0);
  } finally {
    spawn.mock.restore();
  }
}

for (const [expected, kind, paths, values] of REFUSALS) {
  Deno.test(`Processman.command() refuses what is not ${expected}`, () =>
    spawningNothing((pm) => {
      for (const path of paths) {
        for (const [value, shown] of values) {
          const options = nested(path, value);
          const must = `must be ${expected}: current value is ${shown}`;
          checkError(
            () => pm.command("true", [], options),
            kind,
            `Option "${path}" ${must}`,
          );
          checkError(
            () => new Processman({ defaults: options }),
            kind,
            `Option "defaults.${path}" ${must}`,
          );
          assertEquals([...pm], []);
        }
      }
    }));
}

const OPTIONS = "cwd, env, clearEnv, user, uid, gid, stdin, stdout, stderr, " +
  "windowsRawArguments, group, restart, stop, output, prepare, before, " +
  "after, name, tty, signal, critical, gate, ready, live, stopAfter";

Deno.test("Processman.command() refuses options that do not exist", () =>
  spawningNothing((pm) => {
    const restart = "policy, backoff, resetAfterMs, limit, successCodes, " +
      "stopCodes, leftovers, random";
    const cases: [string, string][] = [
      ["polcy", OPTIONS],
      ["args", OPTIONS],
      ["__proto", OPTIONS],
      ["toString", OPTIONS],
      ["restart.polcy", restart],
      ["restart.limit.within", "restarts, withinMs"],
      ["stop.gracePeriod", "signal, gracePeriodMs, to, command"],
      ["output.keep", "bufferBytes, maxLineLength, file"],
      ["output.file.name", "path, stderr, maxBytes, maxFiles, json"],
    ];
    for (const [path, known] of cases) {
      for (const value of [1, undefined]) {
        checkError(
          () => pm.command("true", [], nested(path, value)),
          TypeError,
          `Option "${path}" does not exist: the options are ${known}`,
        );
      }
    }
  }));

Deno.test("Processman.command() refuses bad arguments", () =>
  spawningNothing((pm) => {
    const cases: [Wrong[], string][] = [
      [
        [""],
        'program" must be a string that is not empty: current value is ""',
      ],
      [[], 'program" must be a string: current value is undefined'],
      [[["true"]], 'program" must be a string: current value is an array'],
      [
        ["a\0b"],
        'program" must be a string without NUL: current value is "a\\u0000b"',
      ],
      [["true", "-v"], 'args" must be an array: current value is "-v"'],
      [["true", null], 'args" must be an array: current value is null'],
      [
        ["true", { cwd: "/" }],
        'args" must be an array: current value is an object',
      ],
      [["true", ["a", 1]], 'args[1]" must be a string: current value is 1'],
      [
        ["true", new Array(1)],
        'args[0]" must be a string: current value is undefined',
      ],
      [
        ["true", ["a\0b"]],
        'args[0]" must be a string without NUL: current value is "a\\u0000b"',
      ],
      [["true", [], null], 'options" must be an object: current value is null'],
      [["true", [], "a"], 'options" must be an object: current value is "a"'],
      [
        ["true", [], { name: "" }],
        'name" must be a string that is not empty: current value is ""',
      ],
      [["true", [], { name: 5 }], 'name" must be a string: current value is 5'],
      [
        ["true", [], { name: "a\ud800" }],
        'name" must be a string without lone surrogates: current value is "a\\ud800"',
      ],
      [
        ["true", [], { name: ".." }],
        'name" must be a string other than "." and "..": current value is ".."',
      ],
      [
        ["true", [], { env: { "": "1" } }],
        'env: a name" must be a string that is not empty: current value is ""',
      ],
      [
        ["true", [], { env: { "A=B": "1" } }],
        'env: a name" must be a string without "=": current value is "A=B"',
      ],
      [
        ["true", [], { env: { "A\0B": "1" } }],
        'env: a name" must be a string without NUL: current value is "A\\u0000B"',
      ],
      [
        ["true", [], { signal: new AbortController() }],
        'signal" must be an AbortSignal: current value is an object',
      ],
      [
        ["true", [], { restart: { stopCodes: ["1"] } }],
        'restart.stopCodes[0]" must be a number: current value is "1"',
      ],
      [
        ["true", [], { restart: { limit: {} } }],
        'restart.limit.restarts" must be a number: current value is undefined',
      ],
      [
        ["true", [], { restart: { limit: { withinMs: 1 } } }],
        'restart.limit.restarts" must be a number: current value is undefined',
      ],
      [
        ["true", [], { output: { file: { maxFiles: 3 } } }],
        'output.file.path" must be a string: current value is undefined',
      ],
    ];
    for (const [[program, args, options], message] of cases) {
      checkError(
        () => pm.command(program, args, options),
        TypeError,
        `Option "${message}`,
      );
    }
  }));

Deno.test("Processman.command() refuses a limit that can never be reached", () =>
  spawningNothing((pm) => {
    const limit = { restarts: 3, withinMs: 1_000 };
    const restart = { backoff: constant(400), limit };
    checkError(
      () => pm.command("true", [], { restart }),
      RangeError,
      'Option "restart.limit" can never be reached: ' +
        "3 restarts take at least 1200 ms of backoff, and withinMs is 1000",
    );
  }));

Deno.test("Processman.command() throws the reason of an aborted signal", () =>
  spawningNothing((pm) => {
    const reason = { because: "it is late" };
    const signal = AbortSignal.abort(reason);
    const error = assertThrows(() => pm.command("true", [], { signal }));
    assertStrictEquals(error, reason);
  }));

Deno.test("Processman refuses bad options", () => {
  const cases: [Wrong, string][] = [
    [null, 'options" must be an object: current value is null'],
    [
      { singals: [] },
      'singals" does not exist: the options are logger, signals, onSignal, exitDeadlineMs, orphans, orphanLog, kernel, defaults',
    ],
    [{ logger: "a" }, 'logger" must be a logger or null: current value is "a"'],
    [
      { logger: { debug() {} } },
      'logger.info" must be a function: current value is undefined',
    ],
    [
      { signals: "SIGINT" },
      'signals" must be an array: current value is "SIGINT"',
    ],
    [
      { signals: ["SIGINT", "INT"] },
      'signals[1]" must be the name of a signal, such as "SIGTERM": ' +
      'current value is "INT"',
    ],
    [
      { signals: ["SIGKILL"] },
      'signals[0]" must be a signal that can be handled: ' +
      'current value is "SIGKILL"',
    ],
    [
      { onSignal: "leave" },
      'onSignal" must be "exit", "stop" or a function: current value is "leave"',
    ],
    [
      { exitOnSignal: true },
      'exitOnSignal" does not exist: the options are logger, signals, onSignal, exitDeadlineMs, orphans, orphanLog, kernel, defaults',
    ],
    [
      { exitDeadlineMs: "5 s" },
      'exitDeadlineMs" must be a number: current value is "5 s"',
    ],
    [
      { orphanLog: "guard.log" },
      'orphanLog" must be an absolute path: current value is "guard.log"',
    ],
    [
      { orphanLog: new URL("file:///guard%zz") },
      'orphanLog" must be an absolute path: current value is "file:///guard%zz"',
    ],
    [
      { orphanLog: new URL("file:///guard%00log") },
      'orphanLog" must be an absolute path: ' +
      'current value is "file:///guard%00log"',
    ],
    [
      { defaults: { name: "web" } },
      `defaults.name" does not exist: the options are ${
        OPTIONS.replace(
          ", name, tty, signal, critical, gate, ready, live, stopAfter",
          "",
        )
      }`,
    ],
  ];
  for (const [options, message] of cases) {
    checkError(() => new Processman(options), TypeError, `Option "${message}`);
  }
});

/** Checks the class and the message of the error that a promise rejects with. */
async function checkRejection(
  act: () => Promise<unknown>,
  kind: ErrorConstructor,
  message: string,
): Promise<void> {
  const error = await assertRejects(async () => await act(), Error);
  assertEquals([error.constructor, error.message], [kind, message]);
}

Deno.test("Processman.shutdown() refuses bad options and does nothing", async () => {
  await using pm = new Processman({ logger: null });
  const cases: [Wrong, string][] = [
    [null, '"options" must be an object: current value is null'],
    [{ timeout: 5 }, '"timeout" does not exist: the options are signal'],
    [{ signal: 5 }, '"signal" must be an AbortSignal: current value is 5'],
  ];
  for (const [options, message] of cases) {
    await checkRejection(
      () => pm.shutdown(options),
      TypeError,
      `Option ${message}`,
    );
  }
  await pm.command("true").finished;
});

Deno.test("Process.stop() and restart() refuse bad options and do nothing", async () => {
  await using pm = new Processman({ logger: null });
  const process = pm.command("sleep", ["500"]);
  const { pid } = process;
  const cases: [Wrong, ErrorConstructor, string][] = [
    [
      { signal: "TERM" },
      TypeError,
      '"signal" must be the name of a signal, such as "SIGTERM": current value is "TERM"',
    ],
    [
      { gracePeriodMs: -1 },
      RangeError,
      '"gracePeriodMs" must be a finite number >= 0: current value is -1',
    ],
    [
      { graceMs: 1 },
      TypeError,
      '"graceMs" does not exist: the options are signal, gracePeriodMs, to, command',
    ],
  ];
  for (const method of ["stop", "restart"] as const) {
    for (const [options, kind, message] of cases) {
      await checkRejection(
        () => process[method](options),
        kind,
        `Option ${message}`,
      );
    }
  }
  assertEquals([process.state.kind, process.pid], ["running", pid]);
});

Deno.test("stopRequest() lets the options of a stop win over those of the command", () => {
  const rules = { signal: "SIGINT", gracePeriodMs: 5, to: "leader" } as const;
  const asSaid = { ...rules, explicit: false };
  assertEquals(stopRequest({}, rules), asSaid);
  assertEquals(stopRequest({ gracePeriodMs: 0, to: "group" }, rules), {
    signal: "SIGINT",
    gracePeriodMs: 0,
    to: "group",
    explicit: true,
  });
  assertEquals(stopRequest({ signal: undefined } as Wrong, rules), asSaid);
});
