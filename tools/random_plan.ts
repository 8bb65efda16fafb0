/**
 * Plans for the tests of the exports: random ones, and pairs that differ in one
 * option alone.
 *
 * @module
 */

import type { OptionPath } from "../export/option_paths.ts";
import {
  type CommandOptions,
  constant,
  exponential,
  type Probe,
  uniform,
} from "../mod.ts";
import {
  type Plan,
  plan,
  type PlanEntry,
  type PlanOptions,
} from "../plan/mod.ts";
import { all, exec, file, http, line, tcp } from "../probe/mod.ts";

/** Texts that an engine must hand to a process unchanged. */
export const NASTY: readonly string[] = [
  "",
  " ",
  " lead and trail ",
  "a b",
  "tab\there",
  "line\nbreak",
  "\n",
  "trailing newline\n",
  "carriage\rreturn",
  "$",
  "$$",
  "$HOME",
  "${HOME}",
  "${HOME:-x}",
  "$(HOME)",
  "$$(HOME)",
  "$$$(HOME)",
  "$(",
  "$)",
  "`id`",
  "%",
  "%%",
  "%h",
  "%i%n",
  "100%",
  '"',
  '""',
  "'",
  "it's",
  `"it's"`,
  "\\",
  "\\\\",
  "\\n",
  "\\x41",
  "\\$",
  ";",
  "a;b",
  "&&",
  "|",
  "#",
  "# not a comment",
  "a #b",
  "=",
  "A=B",
  "-",
  "--",
  "-x",
  "@x",
  ":x",
  "!x",
  "+x",
  "*",
  "?",
  "[a]",
  "{a}",
  "{{.Name}}",
  "~",
  "yes",
  "no",
  "on",
  "null",
  "true",
  "0",
  "007",
  "0x10",
  "1e3",
  "1_000",
  "12:30",
  "2026-11-28",
  ".5",
  "<<",
  "&a",
  "*a",
  "? a",
  "a: b",
  "- a",
  "ä ö ü",
  "日本語",
  "🦕",
  "\u00a0",
  "\u0085",
  "\u2028",
  "\u200b",
  "\ufeff",
  "\u0001",
  "\u001b[31mred",
  "\u007f",
  "x".repeat(3_000),
];

/** A change to the entry `api`, or to the options of the plan. */
interface Variation {
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly options?: PlanOptions;
}

const PROBE = exec("true");

/** Returns two variations of the entry. */
function entries(...both: [object, object]): [Variation, Variation] {
  const [a, b] = both;
  return [{ entry: { ...a } }, { entry: { ...b } }];
}

/** Returns two variations of a part of the entry, such as `stop`. */
function within(
  name: keyof CommandOptions,
  base: object,
  a: object,
  b: object,
): [Variation, Variation] {
  return entries({ [name]: { ...base, ...a } }, { [name]: { ...base, ...b } });
}

/** For each option, two variations of a plan that differ in it alone. */
export const VARIATIONS: Readonly<
  Record<OptionPath, readonly [Variation, Variation]>
> = {
  command: entries({ command: ["true", "a"] }, { command: ["true", "b"] }),
  type: entries({ type: "service" }, { type: "task" }),
  replicas: entries({ replicas: 2 }, { replicas: 3 }),
  each: entries(
    { replicas: 2, each: () => ({ env: { A: "1" } }) },
    { replicas: 2, each: () => ({ env: { A: "2" } }) },
  ),
  cwd: entries({ cwd: "/srv/shop/a" }, { cwd: "/srv/shop/b" }),
  env: entries({ env: { A: "1" } }, { env: { A: "2" } }),
  clearEnv: entries({ clearEnv: true }, { clearEnv: false }),
  user: entries({ user: "root" }, { user: "daemon" }),
  uid: entries({ uid: 1_000 }, { uid: 1_001 }),
  gid: entries({ gid: 1_000 }, { gid: 1_001 }),
  tty: entries({ tty: true }, { tty: false }),
  stdin: entries({ stdin: "inherit" }, { stdin: "null" }),
  stdout: entries({ stdout: "null" }, { stdout: "piped" }),
  stderr: entries({ stderr: "null" }, { stderr: "piped" }),
  windowsRawArguments: entries(
    { windowsRawArguments: true },
    { windowsRawArguments: false },
  ),
  group: entries({ group: true }, { group: false }),
  prepare: entries({ prepare: () => {} }, { prepare: async () => {} }),
  critical: entries({ critical: true }, { critical: false }),
  "dependsOn.when": entries(
    { dependsOn: { db: "started" } },
    { dependsOn: { db: "ready" } },
  ),
  "dependsOn.restart": entries(
    { dependsOn: { db: { when: "ready", restart: "explicit" } } },
    { dependsOn: { db: { when: "ready", restart: "always" } } },
  ),
  "dependsOn.required": entries(
    { dependsOn: { db: { when: "ready", required: true } } },
    { dependsOn: { db: { when: "ready", required: false } } },
  ),
  "live.probe": entries({ live: exec("true") }, { live: exec("false") }),
  "live.intervalMs": within(
    "live",
    { probe: PROBE },
    { intervalMs: 4_000 },
    { intervalMs: 8_000 },
  ),
  "live.timeoutMs": within(
    "live",
    { probe: PROBE },
    { timeoutMs: 4_000 },
    { timeoutMs: 8_000 },
  ),
  "live.failures": within(
    "live",
    { probe: PROBE },
    { failures: 2 },
    { failures: 4 },
  ),
  "ready.probe": entries({ ready: exec("true") }, { ready: exec("false") }),
  "ready.intervalMs": within(
    "ready",
    { probe: PROBE },
    { intervalMs: 4_000 },
    { intervalMs: 8_000 },
  ),
  "ready.timeoutMs": within(
    "ready",
    { probe: PROBE },
    { timeoutMs: 4_000 },
    { timeoutMs: 8_000 },
  ),
  "ready.withinMs": within(
    "ready",
    { probe: PROBE },
    { withinMs: 30_000 },
    { withinMs: 90_000 },
  ),
  "ready.recheckMs": within(
    "ready",
    { probe: PROBE },
    { recheckMs: 4_000 },
    { recheckMs: 8_000 },
  ),
  "output.bufferBytes": within(
    "output",
    {},
    { bufferBytes: 1_024 },
    { bufferBytes: 2_048 },
  ),
  "output.maxLineLength": within(
    "output",
    {},
    { maxLineLength: 1_024 },
    { maxLineLength: 2_048 },
  ),
  "output.file.path": within(
    "output",
    {},
    { file: { path: "/var/log/a" } },
    { file: { path: "/var/log/b" } },
  ),
  "output.file.stderr": within(
    "output",
    {},
    { file: { path: "/var/log/a", stderr: "/var/log/b" } },
    { file: { path: "/var/log/a", stderr: "/var/log/c" } },
  ),
  "output.file.maxBytes": within(
    "output",
    {},
    { file: { path: "/var/log/a", maxBytes: 1_000 } },
    { file: { path: "/var/log/a", maxBytes: 2_000 } },
  ),
  "output.file.maxFiles": within(
    "output",
    {},
    { file: { path: "/var/log/a", maxFiles: 2 } },
    { file: { path: "/var/log/a", maxFiles: 3 } },
  ),
  "output.file.json": within(
    "output",
    {},
    { file: { path: "/var/log/a", json: true } },
    { file: { path: "/var/log/a", json: false } },
  ),
  "restart.policy": within(
    "restart",
    {},
    { policy: "always" },
    { policy: "never" },
  ),
  "restart.backoff": within(
    "restart",
    {},
    { backoff: constant(1_000) },
    { backoff: constant(4_000) },
  ),
  "restart.resetAfterMs": within(
    "restart",
    {},
    { resetAfterMs: 1_000 },
    { resetAfterMs: 2_000 },
  ),
  "restart.limit.restarts": within(
    "restart",
    {},
    { limit: { restarts: 2 } },
    { limit: { restarts: 3 } },
  ),
  "restart.limit.withinMs": within(
    "restart",
    {},
    { limit: { restarts: 2, withinMs: 60_000 } },
    { limit: { restarts: 2, withinMs: 90_000 } },
  ),
  "restart.successCodes": within(
    "restart",
    {},
    { successCodes: [3] },
    { successCodes: [3, 143] },
  ),
  "restart.stopCodes": within(
    "restart",
    {},
    { stopCodes: [4] },
    { stopCodes: [4, 143] },
  ),
  "restart.leftovers.signal": within(
    "restart",
    {},
    { leftovers: { signal: "SIGINT" } },
    { leftovers: { signal: "SIGQUIT" } },
  ),
  "restart.leftovers.gracePeriodMs": within(
    "restart",
    {},
    { leftovers: { gracePeriodMs: 1_000 } },
    { leftovers: { gracePeriodMs: 2_000 } },
  ),
  "restart.random": within(
    "restart",
    {},
    { random: () => 0 },
    { random: () => 0.5 },
  ),
  "roll.order": entries(
    { replicas: 2, roll: { order: "start-first" } },
    { replicas: 2, roll: { order: "stop-first" } },
  ),
  "roll.minReadyMs": entries(
    { replicas: 2, roll: { minReadyMs: 1_000 } },
    { replicas: 2, roll: { minReadyMs: 2_000 } },
  ),
  "stop.signal": within(
    "stop",
    {},
    { signal: "SIGINT" },
    { signal: "SIGQUIT" },
  ),
  "stop.gracePeriodMs": within(
    "stop",
    {},
    { gracePeriodMs: 5_000 },
    { gracePeriodMs: 20_000 },
  ),
  "stop.to": within("stop", {}, { to: "group" }, { to: "leader" }),
  before: entries({ before: ["api", "migrate"] }, { before: ["true"] }),
  after: entries(
    { after: { command: ["sh", "-c", "echo $PROCESSMAN_EXIT_CODE"] } },
    { after: { command: ["true"], timeoutMs: 5_000 } },
  ),
  "stop.command": within(
    "stop",
    {},
    { command: ["api", "quit"] },
    { command: ["sh", "-c", "kill -QUIT $PROCESSMAN_PID"] },
  ),
  startLimit: [{ options: { startLimit: 1 } }, { options: { startLimit: 2 } }],
  restartBudget: [
    { options: { restartBudget: { restarts: 2, withinMs: 60_000 } } },
    { options: { restartBudget: { restarts: 3, withinMs: 60_000 } } },
  ],
  sharedPorts: [
    { options: { sharedPorts: [8_000] } },
    { options: { sharedPorts: [9_000] } },
  ],
};

/**
 * Returns a plan of `db` and `api` in which one option of `api`, or of the plan,
 * is varied.
 *
 * @param option The option.
 * @param which Which of the two variations.
 */
export function variedPlan(option: OptionPath, which: 0 | 1): Plan {
  const { entry, options } = VARIATIONS[option][which];
  const api = { command: ["true"], ...entry } as unknown as PlanEntry;
  return plan<Record<string, PlanEntry>>({
    db: { command: ["sleep", "500"], ready: PROBE },
    api,
  }, options);
}

/** Draws from random numbers. */
class Dice {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }

  /** Returns an object with some of the properties. */
  some(all: Record<string, () => unknown>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(all).filter(() => this.random() < 0.3)
        .map(([name, value]) => [name, value()]),
    );
  }
}

const NAMES = [
  "api",
  "db",
  "web-1",
  "web",
  "Web",
  "a.b",
  "a b",
  "ä",
  "it's",
  "50%",
  "$x",
  "x".repeat(80),
  '"quoted"',
  "line\nbreak",
];

/**
 * Returns a random plan.
 *
 * @param random The source of random numbers in `[0, 1)`.
 */
export function randomPlan(random: () => number): Plan {
  const dice = new Dice(random);
  const options = {
    ...dice.some({
      startLimit: () => 1 + dice.below(4),
      restartBudget: () => ({ restarts: 3, withinMs: 60_000 }),
    }),
    sharedPorts: [8_000, 8_001, 8_002],
  };
  const count = 1 + dice.below(5);
  let made = plan<Record<string, PlanEntry>>({}, options);
  while (made.entries.size < count) {
    const { entries } = made.source;
    const entry = drawnEntry(dice, Object.entries(entries));
    try {
      made = plan({ ...entries, [dice.of(NAMES)]: entry }, options);
    } catch {
      // Not all combinations make sense.
    }
  }
  return made;
}

function drawnEntry(
  dice: Dice,
  others: readonly [string, PlanEntry][],
): PlanEntry {
  const words = (count: number) =>
    Array.from({ length: dice.below(count) }, () => dice.of(NASTY));
  const dependsOn = Object.fromEntries(
    others.filter(() => dice.below(2) === 0).map(([name, other]) => [name, {
      when: other.type === "task"
        ? "completed"
        : other.ready === undefined
        ? "started"
        : "ready",
      ...dice.some({
        restart: () => dice.of(["explicit", "always"]),
        required: () => dice.below(2) === 0,
      }),
    }]),
  );
  const common: PlanEntry = {
    command: ["/bin/sh", ...words(6)],
    dependsOn: dependsOn as PlanEntry["dependsOn"],
    ...dice.some(commonOptions(dice)),
  };
  if (dice.below(4) === 0) return { ...common, type: "task" } as PlanEntry;
  return {
    ...common,
    ...dice.some({
      ready: () => ({ probe: drawnProbe(dice), ...drawnReady(dice) }),
      live: () => ({ probe: drawnProbe(dice), ...drawnLive(dice) }),
      critical: () => dice.below(2) === 0,
      replicas: () => 1 + dice.below(3),
    }),
  };
}

function commonOptions(dice: Dice): Record<string, () => unknown> {
  return {
    env: () =>
      Object.fromEntries(
        Array.from(
          { length: dice.below(5) },
          () => [
            dice.of(["A", "B_1", "API_TOKEN", "PORT_NAME", "a.b", "x-y"]),
            dice.of(NASTY),
          ],
        ),
      ),
    cwd: () => dice.of(["/srv/shop", "/srv/shop/a b%", "/elsewhere"]),
    clearEnv: () => dice.below(2) === 0,
    user: () => dice.of(["root", "daemon", 1_000]),
    stdin: () => dice.of(["inherit", "null", "piped"]),
    stdout: () => dice.of(["inherit", "null", "piped"]),
    stderr: () => dice.of(["inherit", "null", "piped"]),
    group: () => dice.below(2) === 0,
    prepare: () => () => {},
    restart: () =>
      dice.some({
        policy: () => dice.of(["on-failure", "never"]),
        backoff: () =>
          dice.of([uniform(2_000), constant(500), exponential(), () => 5]),
        resetAfterMs: () => 5_000,
        limit: () => dice.of([{ restarts: 3 }, { restarts: 3, withinMs: 6e5 }]),
        successCodes: () => [2, 143],
        stopCodes: () => [3, 130],
        leftovers: () => ({ signal: "SIGINT", gracePeriodMs: 500 }),
      }),
    stop: () =>
      dice.some({
        signal: () => dice.of(["SIGINT", "SIGQUIT", "SIGUSR1", "SIGTERM"]),
        gracePeriodMs: () => dice.of([0, 500, 20_000]),
        to: () => dice.of(["group", "leader"]),
        command: () => dice.of([["true"], ["a b", "$x", "50%", "'"]]),
      }),
    output: () => ({ file: { path: `/var/log/${dice.below(1e9)}` } }),
  };
}

function drawnReady(dice: Dice): Record<string, unknown> {
  return dice.some({
    intervalMs: () => dice.of([1, 200, 1_500]),
    timeoutMs: () => dice.of([1, 1_000, 2_500]),
    withinMs: () => dice.of([0, 1_500, 600_000, Infinity]),
    recheckMs: () => dice.of([100, 5_000]),
  });
}

function drawnLive(dice: Dice): Record<string, unknown> {
  return dice.some({
    intervalMs: () => dice.of([1, 1_500, 30_000]),
    timeoutMs: () => dice.of([1, 1_000, 2_500]),
    failures: () => 1 + dice.below(5),
  });
}

function drawnProbe(dice: Dice): Probe {
  const one = (): Probe =>
    dice.of([
      () => tcp({ port: dice.of([8_000, 8_001, 8_002]) }),
      () => tcp({ hostname: "db.example", port: 5_432 }),
      () => http("http://localhost:8000/a%20b?c=$d", { headers: { A: "b'c" } }),
      () => http("http://me:p%24s@127.0.0.1:8001/", { status: [200, 204] }),
      () =>
        exec("test", ["-e", dice.of(NASTY)], { env: { A: dice.of(NASTY) } }),
      () => exec("true", [], { cwd: "/srv/shop/a", clearEnv: true, user: 1 }),
      () => file("/run/a b"),
      () => line("ready"),
      () => () => true,
    ])();
  return dice.below(4) === 0 ? all(one(), one()) : one();
}
