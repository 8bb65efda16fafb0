/**
 * An option that is `undefined` is left out: for the compiler, also with
 * `exactOptionalPropertyTypes`, and at run time.
 *
 * @module
 */

import { assertEquals, assertGreater } from "@std/assert";
import { managerRules } from "./manager_options.ts";
import {
  type CommandDefaults,
  type CommandOptions,
  type DelayOptions,
  type EventsOptions,
  exponential,
  type ExponentialOptions,
  type LeftoverOptions,
  type LinesOptions,
  type OutputFileOptions,
  type OutputOptions,
  type PreparedRun,
  printOutput,
  type PrintOutputOptions,
  Processman,
  type ProcessmanOptions,
  type RestartLimit,
  type RestartOptions,
  type ShutdownOptions,
  type SignalOptions,
  simulate,
  type SimulatedExit,
  type StopOptions,
  type UpdateOptions,
} from "./mod.ts";
import { specify, updated } from "./spec.ts";
import { STOP_DEFAULTS, stopRequest } from "./stop.ts";
import {
  FakeKernel,
  type FakeKernelOptions,
  type ForkOptions,
} from "./testing/mod.ts";
import { outputOf } from "./tools/testing.ts";

/** All options that can be left out, each `undefined`. */
type Undefined<T> = {
  [Name in keyof T as T extends Record<Name, unknown> ? never : Name]-?:
    undefined;
};

/** Makes them; the compiler asks for all, and that they are options. */
function none<T>(options: Undefined<T> & Partial<T>): typeof options {
  return options;
}

const LEFTOVERS = none<LeftoverOptions>({
  signal: undefined,
  gracePeriodMs: undefined,
});
const RESTART = none<RestartOptions>({
  policy: undefined,
  backoff: undefined,
  resetAfterMs: undefined,
  limit: undefined,
  successCodes: undefined,
  stopCodes: undefined,
  leftovers: undefined,
  random: undefined,
});
const LIMIT = none<Omit<RestartLimit, "restarts">>({ withinMs: undefined });
const STOP = none<StopOptions>({
  signal: undefined,
  gracePeriodMs: undefined,
  to: undefined,
  command: undefined,
});
const OUTPUT = none<OutputOptions>({
  bufferBytes: undefined,
  maxLineLength: undefined,
  file: undefined,
});
const FILE = none<OutputFileOptions>({
  stderr: undefined,
  maxBytes: undefined,
  maxFiles: undefined,
  json: undefined,
});
const DEFAULTS = none<CommandDefaults>({
  cwd: undefined,
  env: undefined,
  clearEnv: undefined,
  user: undefined,
  uid: undefined,
  gid: undefined,
  stdin: undefined,
  stdout: undefined,
  stderr: undefined,
  windowsRawArguments: undefined,
  group: undefined,
  restart: undefined,
  stop: undefined,
  output: undefined,
  prepare: undefined,
  before: undefined,
  after: undefined,
});
const COMMAND = none<CommandOptions>({
  ready: undefined,
  live: undefined,
  stopAfter: undefined,
  ...DEFAULTS,
  name: undefined,
  signal: undefined,
  critical: undefined,
  gate: undefined,
  tty: undefined,
});
const MANAGER = none<ProcessmanOptions>({
  logger: undefined,
  signals: undefined,
  onSignal: undefined,
  exitDeadlineMs: undefined,
  orphans: undefined,
  orphanLog: undefined,
  kernel: undefined,
  defaults: undefined,
});
const EXPONENTIAL = none<ExponentialOptions>({
  initialMs: undefined,
  factor: undefined,
  maxMs: undefined,
  jitter: undefined,
});
const KERNEL = none<FakeKernelOptions>({
  programs: undefined,
  seed: undefined,
});

const random = () => 0.5;
const path = "/tmp/log";

/** Groups of options, each the same as without what is `undefined`. */
const GROUPS: readonly [CommandDefaults, CommandDefaults][] = [
  [DEFAULTS, {}],
  [{ restart: RESTART }, {}],
  [{ restart: { ...RESTART, leftovers: LEFTOVERS } }, {}],
  [
    { restart: { limit: { restarts: 3, ...LIMIT } } },
    { restart: { limit: { restarts: 3 } } },
  ],
  [{ stop: STOP }, {}],
  [{ output: OUTPUT }, {}],
  [{ output: { file: { path, ...FILE } } }, { output: { file: { path } } }],
];

Deno.test("specify() takes undefined for left out, in commands and in defaults", () => {
  const other: CommandDefaults = {
    env: { A: "1" },
    stdin: "piped",
    clearEnv: true,
    restart: {
      policy: "always",
      backoff: () => 1,
      leftovers: { gracePeriodMs: 7 },
    },
    stop: { signal: "SIGINT", gracePeriodMs: 5, to: "leader" },
    output: { bufferBytes: 9, maxLineLength: 8, file: { path, maxFiles: 3 } },
  };
  const { file: _, ...output } = other.output ?? {};
  for (const [own, same] of [[COMMAND, {}] as const, ...GROUPS]) {
    // A file replaces that of the defaults as a whole.
    const defaults = same.output ? { ...other, output } : other;
    for (const each of [{}, defaults]) {
      const { defaults: _, ...spec } = specify("true", [], own, each, random);
      const { defaults: __, ...plain } = specify(
        "true",
        [],
        same,
        each,
        random,
      );
      assertEquals(spec, plain);
    }
  }
  for (const [defaults, same] of GROUPS) {
    const { defaults: _, ...spec } = specify("true", [], {}, defaults, random);
    const { defaults: __, ...plain } = specify("true", [], {}, same, random);
    assertEquals(spec, plain);
  }
});

Deno.test("updated() changes nothing for undefined", () => {
  const spec = specify(
    "true",
    [],
    {
      critical: true,
      restart: { policy: "always" },
      stop: { gracePeriodMs: 5 },
      prepare: () => {},
      gate: () => {},
    },
    {},
    random,
  );
  const update = none<UpdateOptions>({
    ready: undefined,
    live: undefined,
    before: undefined,
    after: undefined,
    stopAfter: undefined,
    restart: undefined,
    stop: undefined,
    critical: undefined,
    prepare: undefined,
    gate: undefined,
  });
  assertEquals(updated(spec, update), spec);
  assertEquals(
    updated(spec, { stop: STOP, restart: RESTART }),
    updated(spec, { stop: {}, restart: {} }),
  );
});

Deno.test("prepare() can return undefined for what it does not change", async () => {
  const prepared = none<PreparedRun>({
    args: undefined,
    env: undefined,
    cwd: undefined,
  });
  const spec = specify("true", [], { prepare: () => prepared }, {}, random);
  const { signal } = new AbortController();
  const run = { run: 1, attempt: 0, lastStatus: undefined, signal };
  assertEquals(await spec.prepare?.(run), { env: {} });
});

Deno.test("All else takes undefined for left out", async () => {
  assertEquals(managerRules(MANAGER), managerRules({}));
  assertEquals(
    stopRequest(STOP, STOP_DEFAULTS),
    stopRequest({}, STOP_DEFAULTS),
  );
  const wait = (options: ExponentialOptions) =>
    exponential(options)(3, random, 200);
  assertEquals(wait(EXPONENTIAL), wait({}));
  const exit = none<SimulatedExit>({ code: undefined });
  const runs = (options: RestartOptions, code: { code?: undefined }) =>
    simulate({ random, ...options }, [{ durationMs: 1, ...code }]);
  assertEquals(runs({ ...RESTART, random }, exit), runs({}, {}));

  const kernel = new FakeKernel(KERNEL);
  assertEquals(kernel.random(), new FakeKernel().random());
  kernel.program("job", (child) => {
    const fork = child.fork("fork", none<ForkOptions>({ leads: undefined }));
    assertEquals(fork.group, child.group);
    fork.exit(0);
    child.write("line\n");
  });
  const pm = new Processman({ ...MANAGER, kernel, logger: null });
  await using events = pm.events(none<EventsOptions>({ signal: undefined }));
  const job = pm.command("job", [], COMMAND);
  await kernel.clock.settle();
  assertEquals((await events.next()).value?.kind, "start");
  const lines = none<LinesOptions>({ buffered: undefined, signal: undefined });
  for await (const { text } of job.lines(lines)) {
    assertEquals(text, "line");
    break;
  }
  const to = none<SignalOptions>({ to: undefined });
  assertEquals(job.signal("SIGCONT", to), true);
  await kernel.clock.until(job.restart(STOP));
  await kernel.clock.until(job.stop(STOP));
  kernel.program("quiet", () => 0);
  const print = none<PrintOutputOptions>({ time: undefined, color: undefined });
  await kernel.clock.until(
    printOutput(pm.command("quiet", [], COMMAND), print),
  );
  await kernel.clock.until(pm.stopAll(STOP));
  await kernel.clock.until(
    pm.shutdown(none<ShutdownOptions>({ signal: undefined })),
  );
  const delay = none<DelayOptions>({
    signal: undefined,
    persistent: undefined,
  });
  await kernel.clock.until(kernel.delay(5, delay));
});

/** A property of a type, as `deno doc --json` describes it. */
interface Property {
  readonly name: string;
  readonly optional?: boolean;
  readonly tsType?: { readonly kind: string; readonly value: unknown };
}

/** Finds the properties of all types in the output of `deno doc --json`. */
function* propertiesIn(node: unknown): Generator<Property> {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "properties" && Array.isArray(value)) yield* value;
    yield* propertiesIn(value);
  }
}

Deno.test("All optional properties of public types accept undefined", async () => {
  const doors = ["mod.ts", "probe/mod.ts", "plan/mod.ts", "testing/mod.ts"]
    .concat("dashboard/mod.ts");
  const args = ["doc", "--json", ...doors];
  const docs = JSON.parse(await outputOf(Deno.execPath(), ...args));
  const optional = [...propertiesIn(docs)].filter(({ optional }) => optional);
  assertGreater(optional.length, 50);
  const refusing = optional.filter(({ tsType }) => {
    const values = tsType?.kind === "union" ? tsType.value : [tsType];
    return !JSON.stringify(values).includes('"repr":"undefined"');
  });
  assertEquals(refusing.map(({ name }) => name), []);
});
