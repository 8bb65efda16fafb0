import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Backoff,
  checkExponential,
  EXPONENTIAL_DEFAULTS,
  uniform,
} from "../backoff.ts";
import { checkHook, checkHooks, HOOK_DEFAULTS } from "../hook_options.ts";
import { checkManager, MANAGER_DEFAULTS } from "../manager_options.ts";
import { checkCommand, checkDefaults, COMMAND_DEFAULTS } from "../options.ts";
import { checkOutput, OUTPUT_DEFAULTS } from "../output.ts";
import { checkFile, FILE_DEFAULTS } from "../output_file.ts";
import {
  checkLeftovers,
  checkRestart,
  RESTART_DEFAULTS,
} from "../restart_options.ts";
import { checkExit, EXIT_DEFAULTS } from "../simulate.ts";
import {
  checkLive,
  checkReady,
  LIVE_DEFAULTS,
  READY_DEFAULTS,
} from "../probe_options.ts";
import { checkStop, STOP_DEFAULTS } from "../stop.ts";
import { plan, type PlanEntry, type PlanOptions } from "../plan/mod.ts";
import { exec, file, http, line, tcp } from "../probe/mod.ts";
import { checkOptions as checkInstrument } from "../telemetry/options.ts";
import { root } from "../tools/package.ts";
import { readPages, tablesOf } from "../tools/pages.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read");

/** Options, and where they are documented. */
interface Documented {
  /** The file of their type, and the interfaces that make it up. */
  readonly file: string;
  readonly interfaces: readonly string[];
  /** What the head of their table in the docs calls them, if they have one. */
  readonly table?: string;
  /** Checks an object of them. */
  readonly check: (value: object) => void;
  /** Their defaults, as the code has them. */
  readonly defaults: object;
  /** Defaults that are no values of the code, in the words of the docs. */
  readonly described?: Readonly<Record<string, string>>;
  /** Options that are documented elsewhere. */
  readonly elsewhere?: (value: object) => void;
}

/** A plan whose defaults are those of the docs. */
const PLAN = plan({
  db: { command: ["db"] },
  api: { command: ["api"], dependsOn: { db: "started" } },
});

/** Makes a plan with options that can be wrong. */
function planOf(entries: object, options: object = {}): void {
  plan(entries as Record<string, PlanEntry>, options as PlanOptions);
}

const DOCUMENTED: readonly Documented[] = [
  {
    file: "restart_options.ts",
    interfaces: ["RestartOptions"],
    table: "restart",
    check: (value) => checkRestart(value, ""),
    defaults: RESTART_DEFAULTS,
    described: { random: "Math.random" },
  },
  {
    file: "restart_options.ts",
    interfaces: ["LeftoverOptions"],
    check: (value) => checkLeftovers(value, ""),
    defaults: RESTART_DEFAULTS.leftovers,
  },
  {
    file: "backoff.ts",
    interfaces: ["ExponentialOptions"],
    table: "exponential",
    check: (value) => checkExponential(value, ""),
    defaults: EXPONENTIAL_DEFAULTS,
  },
  {
    file: "stop.ts",
    interfaces: ["StopOptions"],
    table: "stop",
    check: (value) => checkStop(value, ""),
    defaults: STOP_DEFAULTS,
  },
  {
    file: "hook_options.ts",
    interfaces: ["HookOptions"],
    table: "before",
    check: (value) => checkHook({ command: ["a"], ...value }, ""),
    defaults: HOOK_DEFAULTS,
  },
  {
    file: "output.ts",
    interfaces: ["OutputOptions"],
    table: "output",
    check: (value) => checkOutput(value, ""),
    defaults: OUTPUT_DEFAULTS,
  },
  {
    file: "output_file.ts",
    interfaces: ["OutputFileOptions"],
    table: "output.file",
    check: (value) => checkFile(value, ""),
    defaults: FILE_DEFAULTS,
  },
  {
    file: "simulate.ts",
    interfaces: ["SimulatedExit"],
    check: (value) => checkExit(value, ""),
    defaults: EXIT_DEFAULTS,
  },
  {
    file: "probe_options.ts",
    interfaces: ["ReadyOptions"],
    table: "ready",
    check: (value) => checkReady(value, ""),
    defaults: READY_DEFAULTS,
  },
  {
    file: "probe_options.ts",
    interfaces: ["LiveOptions"],
    table: "live",
    check: (value) => checkLive(value, ""),
    defaults: LIVE_DEFAULTS,
  },
  {
    file: "probe/http.ts",
    interfaces: ["HttpOptions"],
    table: "http",
    check: (value) => http("http://localhost/", value),
    defaults: {},
    described: { status: "all from 200 to 399" },
  },
  {
    file: "probe/tcp.ts",
    interfaces: ["TcpOptions"],
    table: "tcp",
    check: (value) => tcp({ port: 1, ...value }),
    defaults: { hostname: Object(tcp({ port: 1 }).toJSON().tcp).hostname },
  },
  {
    file: "probe/exec.ts",
    interfaces: ["ExecOptions"],
    table: "exec",
    check: (value) => exec("true", [], value),
    defaults: {},
    described: {
      cwd: "Deno.cwd()",
      clearEnv: "false",
      user: "the user of this program",
    },
  },
  {
    file: "probe/line.ts",
    interfaces: ["LineOptions"],
    table: "line",
    check: (value) => line("ready", value),
    defaults: {},
    described: { source: "both" },
  },
  {
    file: "probe/file.ts",
    interfaces: ["FileOptions"],
    table: "file",
    check: (value) => file("ready", value),
    defaults: {},
    described: { fresh: "true" },
  },
  {
    file: "plan/entry.ts",
    interfaces: ["EntryBase", "ServiceEntry"],
    table: "entry",
    check: (value) => planOf({ api: { command: ["api"], ...value } }),
    defaults: {},
    elsewhere: (value) => checkCommand(value, ""),
  },
  {
    file: "plan/entry.ts",
    interfaces: ["DependencyOptions"],
    table: "dependsOn",
    check: (value) => {
      const dependsOn = { db: { when: "started", ...value } };
      planOf({ db: { command: ["db"] }, api: { command: ["api"], dependsOn } });
    },
    defaults: {
      required: PLAN.entries.get("api")?.dependencies[0]?.required,
    },
  },
  {
    file: "plan/entry.ts",
    interfaces: ["PlanOptions"],
    table: "plan",
    check: (value) => planOf({}, value),
    defaults: {
      startLimit: PLAN.options.startLimit,
      sharedPorts: PLAN.options.sharedPorts,
    },
  },
  {
    file: "telemetry/options.ts",
    interfaces: ["InstrumentOptions"],
    table: "instrument",
    check: checkInstrument,
    defaults: { probes: true, args: false },
  },
  {
    file: "options.ts",
    interfaces: ["CommandDefaults", "CommandOptions"],
    table: "command",
    check: (value) => checkCommand(value, ""),
    defaults: COMMAND_DEFAULTS,
    elsewhere: (value) => checkHooks(value, ""),
    described: {
      name: "the file name of the program",
      cwd: "Deno.cwd()",
      user: "the user of this program",
    },
  },
  {
    file: "manager_options.ts",
    interfaces: ["ProcessmanOptions"],
    table: "Processman",
    check: (value) => checkManager(value, ""),
    defaults: MANAGER_DEFAULTS,
    described: {
      logger:
        "the logger `processman` of `@std/log` if it is set up, or stderr",
      exitDeadlineMs: "the longest grace period of the processes, plus 5_000",
      kernel: "the system that this program runs on",
    },
  },
];

/** Interfaces whose defaults are no constants: the tests of their files hold them. */
const ELSEWHERE = [
  "DelayOptions",
  "LinesOptions",
  "PrintOutputOptions",
  "SignalOptions",
  "SpawnerOptions",
];

/** The defaults that are functions, as the docs write them. */
const FUNCTIONS: readonly [text: string, backoff: Backoff][] = [
  ["uniform(5_000)", uniform(5_000)],
];

/** Reads a file of the repository. */
function read(file: string): Promise<string> {
  return Deno.readTextFile(new URL(file, root));
}

/** Reads all pages, as one text. */
async function readDocs(): Promise<string> {
  return (await readPages()).map(({ text }) => text).join("\n");
}

/** Returns the names of the options that a check knows, from its message. */
function knownNames(check: (value: object) => void): string[] {
  const { message } = assertThrows(() => check({ "?": 0 }), TypeError);
  const names = message.match(
    /^Option "(?:[\w.]+\.)?\?" does not exist: the options are (.+)$/,
  );
  assert(names?.[1] !== undefined, message);
  return names[1].split(", ").sort();
}

/** Writes a default as the docs do. */
function written(value: unknown): string {
  switch (typeof value) {
    case "number":
      return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
    case "function":
      return FUNCTIONS.find(([, same]) => behavesAs(value as Backoff, same))
        ?.[0] ?? "a function";
    case "object": {
      if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
      const entries = Object.entries(value ?? {})
        .map(([name, entry]) => `${name}: ${written(entry)}`);
      return `{ ${entries.join(", ")} }`;
    }
    default:
      return JSON.stringify(value);
  }
}

/** Whether two backoffs return the same waits for some arguments. */
function behavesAs(backoff: Backoff, other: Backoff): boolean {
  return [1, 2, 9].every((attempt) =>
    [0, 0.3, 0.9].every((drawn) =>
      backoff(attempt, () => drawn, 700) === other(attempt, () => drawn, 700)
    )
  );
}

/** Returns the default of each option as the code has it; "none" without one. */
function actualDefaults(
  { check, defaults, described, elsewhere }: Documented,
): [name: string, text: string][] {
  const values = new Map(Object.entries(defaults));
  const others = elsewhere ? knownNames(elsewhere) : [];
  const own = knownNames(check).filter((name) => !others.includes(name));
  return own.map((name) => [
    name,
    values.has(name) ? written(values.get(name)) : described?.[name] ?? "none",
  ]);
}

/** Returns what the docstrings of an interface say about defaults. */
function docstringDefaults(source: string, type: string): [string, string][] {
  const head = new RegExp(`^export interface ${type}\\b[^]*?\\{\\n`, "m");
  const [, rest] = source.split(head);
  assert(rest !== undefined, `there is no interface ${type}`);
  const body = rest.slice(0, rest.indexOf("\n}\n") + 1);
  const documented = body.matchAll(
    /^ {2}\/\*\*([^]*?)\*\/\n {2}(?:readonly )?(\w+)\??:/gm,
  );
  return Array.from(documented, ([, docs = "", name = ""]) => [
    name,
    docs.match(/@default \{(.*)\}$/m)?.[1] ?? "none",
  ]);
}

/** Returns the options of each table of the docs, with their defaults. */
function optionsIn(docs: string): Map<string, [string, string][]> {
  const tables = new Map<string, [string, string][]>();
  for (const [head = [], ...rows] of tablesOf(docs)) {
    const [, title] = head[0]?.match(/^Option of `([^`]+)`$/) ?? [];
    if (title === undefined) continue;
    assertEquals(head.slice(1), ["Default", "Meaning"]);
    const options = rows.flatMap(([names = "", cell = ""]) => {
      // The docs speak to the user, the docstrings about the program.
      const text = cell.replace("your program", "this program");
      return names.split(",").map((name): [string, string] => [
        name.trim().replaceAll("`", ""),
        text.match(/^`(.*)`$/)?.[1] ?? (text || "none"),
      ]);
    });
    tables.set(title, options);
  }
  return tables;
}

function byName(options: [string, string][]): [string, string][] {
  return options.sort(([a], [b]) => a < b ? -1 : 1);
}

for (const documented of DOCUMENTED) {
  const { file, interfaces, table, defaults } = documented;
  const title = interfaces.at(-1);

  Deno.test(`${title} tells its defaults in its docstrings`, {
    ignore,
  }, async () => {
    const source = await read(file);
    const actual = actualDefaults(documented).map(([name, text]) => {
      // Options in a group are documented where their own interface is.
      const group = text.startsWith("{");
      return [name, group ? "none" : text] as [string, string];
    });
    assertEquals(
      byName(interfaces.flatMap((type) => docstringDefaults(source, type))),
      actual,
    );
  });

  Deno.test(`${title} has a default for known options only`, () => {
    const known = knownNames(documented.check);
    const { described = {} } = documented;
    for (const name of [...Object.keys(defaults), ...Object.keys(described)]) {
      assert(known.includes(name), name);
    }
  });

  if (table === undefined) continue;
  Deno.test(`The docs tell the options of ${table} and their defaults`, {
    ignore,
  }, async () => {
    const rows = optionsIn(await readDocs()).get(table);
    assert(rows !== undefined, `there is no table of ${table}`);
    assertEquals(byName(rows), actualDefaults(documented));
  });
}

Deno.test("A wrong default in the docs is found", { ignore }, async () => {
  const stop = DOCUMENTED.find(({ table }) => table === "stop");
  assert(stop !== undefined);
  const right = await readDocs();
  const wrong = right.replace(
    /^(\| `gracePeriodMs` +\| `)10_000`/m,
    "$19_000`",
  );
  const [before = [], after = []] = [right, wrong]
    .map((docs) => byName(optionsIn(docs).get("stop") ?? []));
  assertEquals(before, actualDefaults(stop));
  assertThrows(() => assertEquals(after, actualDefaults(stop)));
});

Deno.test("The docs have each table of options once", { ignore }, async () => {
  const docs = await readDocs();
  const tables = [...optionsIn(docs).keys()].sort();
  assertEquals(tables, DOCUMENTED.flatMap(({ table }) => table ?? []).sort());
  assertEquals(docs.match(/^\| Option of/gm)?.length, tables.length);
});

Deno.test("All docstrings that tell a default are compared with the code", {
  ignore,
}, async () => {
  const known = [
    ...DOCUMENTED.flatMap(({ interfaces }) => interfaces),
    ...ELSEWHERE,
  ];
  for await (const { name } of Deno.readDir(root)) {
    if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    const source = await read(name);
    for (const { index } of source.matchAll(/@default/g)) {
      const types = source.slice(0, index).matchAll(
        /^export interface (\w+)/gm,
      );
      const [, type = ""] = [...types].at(-1) ?? [];
      assert(known.includes(type), `${name}: ${type}`);
    }
  }
});

Deno.test("The docs tell what defaults do not take", { ignore }, async () => {
  const docs = (await readDocs()).replace(/\s+/g, " ");
  const sentence = docs.match(
    /`new Processman\(\{ defaults \}\)` takes all of them but ([^.]*), for all/,
  );
  const names = sentence?.[1]?.matchAll(/`(\w+)`/g) ?? [];
  const shared = knownNames((value) => checkDefaults(value, ""));
  assertEquals(
    Array.from(names, ([, name]) => name).sort(),
    knownNames((value) => checkCommand(value, ""))
      .filter((name) => !shared.includes(name)),
  );
});
