import {
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { constant } from "./backoff.ts";
import type { CommandOptions, PrepareContext } from "./options.ts";
import { OUTPUT_DEFAULTS } from "./output.ts";
import { RESTART_DEFAULTS } from "./restart_options.ts";
import { checkCommandOptions, directoryOf, specify, updated } from "./spec.ts";
import { STOP_DEFAULTS } from "./stop.ts";

/** Options of a wrong type. */
// deno-lint-ignore no-explicit-any
type Wrong = any;

const random = () => 0.5;

/** Specifies a command, and returns the function that prepares its runs. */
function prepareOf(
  own: CommandOptions["prepare"],
  defaults: CommandOptions["prepare"],
) {
  const spec = specify(
    "true",
    [],
    own ? { prepare: own } : {},
    defaults ? { prepare: defaults } : {},
    random,
  );
  return (context: PrepareContext) => spec.prepare?.(context);
}

/** Makes the context of a first run. */
function contextOf(signal = new AbortController().signal): PrepareContext {
  return { run: 1, attempt: 0, lastStatus: undefined, signal };
}

Deno.test("specify() fills in every default", () => {
  const defaults = {};
  assertEquals(specify("true", [], {}, defaults, random), {
    name: undefined,
    program: "true",
    args: [],
    command: {
      env: {},
      clearEnv: false,
      windowsRawArguments: false,
      tty: false,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    },
    home: Deno.cwd(),
    group: true,
    restart: { ...RESTART_DEFAULTS, random },
    stop: STOP_DEFAULTS,
    output: OUTPUT_DEFAULTS,
    file: undefined,
    signal: undefined,
    critical: false,
    prepare: undefined,
    ready: undefined,
    live: undefined,
    before: undefined,
    after: undefined,
    stopAfter: undefined,
    gate: undefined,
    defaults,
    random,
  });
});

Deno.test("specify() merges the fields of leftovers with those of the defaults", () => {
  const { restart: { leftovers } } = specify(
    "true",
    [],
    { restart: { leftovers: { gracePeriodMs: 7 } } },
    { restart: { leftovers: { signal: "SIGINT", gracePeriodMs: 9 } } },
    random,
  );
  assertEquals(leftovers, { signal: "SIGINT", gracePeriodMs: 7 });
});

Deno.test("specify() lets the options of a command win over the defaults", () => {
  const backoff = constant(5);
  const limit = { restarts: 1, withinMs: 9 };
  const { command, group, restart, stop, output, file } = specify(
    "true",
    ["a"],
    {
      cwd: undefined,
      env: { A: "own", B: "own" },
      stdout: "inherit",
      restart: { policy: "always", limit, resetAfterMs: undefined },
      stop: { signal: "SIGINT" },
      output: { bufferBytes: 0 },
    } as Wrong,
    {
      cwd: "/",
      env: { A: "all", C: "all" },
      stderr: "null",
      group: false,
      restart: { policy: "never", backoff, resetAfterMs: 7 },
      stop: { signal: "SIGHUP", gracePeriodMs: 3 },
      output: { maxLineLength: 80, file: { path: "log", json: true } },
    },
    random,
  );
  assertEquals(command, {
    cwd: "/",
    env: { A: "own", B: "own", C: "all" },
    clearEnv: false,
    windowsRawArguments: false,
    tty: false,
    stdin: "null",
    stdout: "inherit",
    stderr: "null",
  });
  assertEquals(group, false);
  assertEquals(restart, {
    ...RESTART_DEFAULTS,
    policy: "always",
    backoff,
    resetAfterMs: 7,
    limit,
    random,
  });
  assertEquals(stop, { signal: "SIGINT", gracePeriodMs: 3, to: "group" });
  assertEquals(output, { bufferBytes: 0, maxLineLength: 80 });
  assertEquals(file, {
    path: "log",
    maxBytes: 10_485_760,
    maxFiles: 5,
    json: true,
  });
});

Deno.test("specify() makes the working directory absolute", () => {
  const home = Deno.cwd();
  const cases: [Pick<CommandOptions, "cwd">, string | undefined][] = [
    [{}, undefined],
    [{ cwd: "a" }, `${home}/a`],
    [{ cwd: "/a" }, "/a"],
    [{ cwd: new URL("file:///a%20b") }, "/a b"],
  ];
  for (const [options, expected] of cases) {
    assertEquals(
      specify("true", [], options, {}, random).command.cwd,
      expected,
    );
    const spec = specify("true", [], {}, options, random);
    assertEquals(spec.command.cwd, expected);
    assertEquals(directoryOf(spec, undefined), expected);
    assertEquals(directoryOf(spec, "b"), `${home}/b`);
  }
});

Deno.test("specify() keeps copies of what it is given", () => {
  const args = ["a"];
  const env: Record<string, string> = { A: "1" };
  const limit = { restarts: 1, withinMs: 1_000 };
  const stopCodes = [1];
  const restart = { backoff: constant(0), limit, stopCodes };
  const spec = specify("true", args, { env, restart }, {}, random);
  args.push("b");
  env.A = "\0";
  limit.restarts = NaN;
  stopCodes.pop();
  assertEquals(spec.args, ["a"]);
  assertEquals(spec.command.env, { A: "1" });
  assertEquals(spec.restart.limit, { restarts: 1, withinMs: 1_000 });
  assertEquals(spec.restart.stopCodes, [1]);
});

Deno.test("specify() merges what prepare() and that of the defaults return", async () => {
  const all = { args: ["all"], env: { A: "all", B: "all" }, cwd: "/all" };
  const cases: [Wrong, Wrong, Wrong][] = [
    // what that of the command returns, that of the defaults, the changes
    [undefined, undefined, {}],
    [{}, all, all],
    [all, {}, all],
    [undefined, all, all],
    [{ args: [] }, all, { ...all, args: [] }],
    [{ cwd: "/own" }, all, { ...all, cwd: "/own" }],
    [{ env: { B: "own", C: "own" } }, all, {
      ...all,
      env: { A: "all", B: "own", C: "own" },
    }],
    [{ args: undefined, env: undefined }, all, all],
  ];
  for (const [own, defaults, expected] of cases) {
    const changes = await prepareOf(() => own, () => defaults)(contextOf());
    assertEquals({ env: {}, ...changes }, { env: {}, ...expected });
  }
  const alone = await prepareOf(undefined, () => all)(contextOf());
  assertEquals(alone, all);
});

Deno.test("specify() calls prepare() after that of the defaults", async () => {
  const calls: string[] = [];
  const context = contextOf();
  const first = Promise.withResolvers<void>();
  const preparing = prepareOf((given) => {
    assertStrictEquals(given, context);
    calls.push("own");
  }, async (given) => {
    assertStrictEquals(given, context);
    calls.push("defaults");
    await first.promise;
    calls.push("resolved");
  })(context);
  assertEquals(calls, ["defaults"]);
  first.resolve();
  await preparing;
  assertEquals(calls, ["defaults", "resolved", "own"]);
});

Deno.test("specify() calls no second prepare() once the run is unwanted", async () => {
  const controller = new AbortController();
  const reason = new Error("it was stopped");
  let called = false;
  const preparing = prepareOf(
    () => {
      called = true;
    },
    () => controller.abort(reason),
  )(contextOf(controller.signal));
  assertStrictEquals(
    await assertRejects(async () => await preparing),
    reason,
  );
  assertEquals(called, false);
});

Deno.test("specify() names the prepare() whose result is wrong", async () => {
  const cases: [Wrong, Wrong, string][] = [
    [() => ({ arsg: [] }), undefined, "prepare().arsg"],
    [() => ({}), () => ({ arsg: [] }), "defaults.prepare().arsg"],
    [() => ({ arsg: [] }), () => ({}), "prepare().arsg"],
  ];
  for (const [own, defaults, path] of cases) {
    await assertRejects(
      async () => await prepareOf(own, defaults)(contextOf()),
      TypeError,
      `Option "${path}" does not exist: the options are cwd, env, args`,
    );
  }
});

Deno.test("updated() replaces the options that it is given, and no others", () => {
  const gate = () => {};
  const own: CommandOptions = {
    restart: { policy: "always", successCodes: [3] },
    stop: { signal: "SIGINT", gracePeriodMs: 5 },
    gate,
  };
  const defaults = {
    restart: { stopCodes: [4], leftovers: { gracePeriodMs: 7 } },
    stop: { to: "leader" },
  } as const;
  const spec = specify("true", [], own, defaults, random);
  const before = { ...spec };
  assertEquals(updated(spec, {}), spec);
  assertEquals(
    updated(spec, { stop: undefined, gate: undefined } as Wrong),
    spec,
  );

  // What an option leaves open is as in the defaults, not as it was.
  const stop = { signal: "SIGHUP" } as const;
  assertEquals(updated(spec, { stop }), {
    ...spec,
    stop: { signal: "SIGHUP", gracePeriodMs: 10_000, to: "leader" },
  });
  const restart = { backoff: constant(1) };
  assertEquals(updated(spec, { restart }), {
    ...spec,
    restart: {
      ...RESTART_DEFAULTS,
      ...restart,
      stopCodes: [4],
      leftovers: { signal: "SIGTERM", gracePeriodMs: 7 },
      random,
    },
  });
  const other = () => {};
  assertEquals(updated(spec, { gate: other, critical: true }), {
    ...spec,
    gate: other,
    critical: true,
  });
  assertEquals(updated(updated(spec, { stop }), { stop: {} }), {
    ...spec,
    stop: { ...STOP_DEFAULTS, to: "leader" },
  });
  assertEquals(spec, before);
});

Deno.test("updated() replaces prepare(), and leaves that of the defaults", async () => {
  const defaults = { prepare: () => ({ env: { A: "all" } }) };
  const own = { prepare: () => ({ args: ["own"] }) };
  const spec = specify("true", [], own, defaults, random);
  const next = updated(spec, { prepare: () => ({ cwd: "/" }) });
  assertEquals(await next.prepare?.(contextOf()), {
    env: { A: "all" },
    cwd: "/",
  });
});

Deno.test("updated() refuses options that cannot be changed, and wrong values", () => {
  const spec = specify("true", [], {}, {}, random);
  const limit = { restarts: 2, withinMs: 1 };
  const cases: [Wrong, string][] = [
    [null, 'Option "options" must be an object'],
    [
      { cwd: "/" },
      'Option "cwd" does not exist: the options are restart, stop, critical, prepare, gate',
    ],
    [{ gate: 5 }, 'Option "gate" must be a function: current value is 5'],
    [{ critical: 1 }, 'Option "critical" must be true or false'],
    [{ stop: { gracePeriodMs: -1 } }, 'Option "stop.gracePeriodMs" must be'],
    [
      { restart: { backoff: constant(9), limit } },
      'Option "restart.limit" can never be reached',
    ],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => updated(spec, options), Error, message);
  }
});

Deno.test("checkCommandOptions() names each option by its path", () => {
  const limit = { restarts: 5, withinMs: 100 };
  const refusals: [CommandOptions, string][] = [
    [{ stop: { gracePeriodMs: -1 } }, "web.stop.gracePeriodMs"],
    [{ uid: 1, user: "a" }, "web.user"],
    [{ cwd: new URL("file://host/a") }, "web.cwd"],
    [{ restart: { limit, backoff: constant(100) } }, "web.restart.limit"],
  ];
  for (const [options, path] of refusals) {
    const check = () => checkCommandOptions(options, "web");
    assertThrows(check, Error, `Option "${path}" `);
    const bare = path.replace("web.", "");
    assertThrows(() => checkCommandOptions(options), Error, `"${bare}" `);
  }
});

Deno.test("checkCommandOptions() returns a copy of what is given", () => {
  const stop = { signal: "SIGINT" as const };
  const copy = checkCommandOptions({ name: undefined, stop }, "web");
  assertEquals(copy, { stop });
  assertNotStrictEquals(copy.stop, stop);
});
