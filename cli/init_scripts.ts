/**
 * Reads the scripts of `package.json` and the tasks of `deno.json` for
 * `processman init`: those that are servers become processes.
 *
 * @module
 */

import { basename } from "node:path";
import { CliError, STATUS } from "./call.ts";
import { readJson } from "./init_json.ts";
import { listOf, mapOf, textOf } from "./init_keys.ts";
import type { Around, Found, Gap, OriginFile } from "./init_origin.ts";
import {
  commonDefaults,
  type Draft,
  literal,
  processName,
} from "./init_parts.ts";
import { type Step, type Steps, stepsOf } from "./init_runners.ts";
import { packagesOf, type Workspace } from "./init_workspaces.ts";

/** The scripts of which the first one that exists is run. */
const MAIN = [
  "dev",
  "develop",
  "start:dev",
  "dev:start",
  "serve",
  "start",
  "server",
  "watch",
];

/** What runs beside the main script. */
const BESIDE =
  /^((dev|start|serve|run|watch)[:_-])?(workers?|queues?|consumers?|scheduler)([:_-](dev|start|watch))?$/;

/** The scripts of a file, and how they are run. */
interface Scripts {
  /** The command lines, by the names of the scripts. */
  readonly lines: ReadonlyMap<string, string>;
  /** Returns the command that runs a script. */
  run(script: string): string[];
  /** The variables that a line of a script needs. */
  readonly env: Readonly<Record<string, string>>;
  /** The packages of the workspace. */
  readonly packages: readonly Workspace[];
}

/** What has been found so far. */
interface Collected {
  readonly processes: Map<string, Draft>;
  readonly taken: Set<string>;
  readonly gaps: Gap[];
  readonly used: Set<string>;
}

/** Reads the scripts of a `package.json`. */
export async function readPackage(
  file: OriginFile,
  around: Around,
): Promise<Found> {
  const json = mapOf(await readJson(file));
  const manager = managerOf(json, around);
  return foundIn(file, around, {
    lines: linesOf(mapOf(json.scripts)),
    run: (script) => [manager, "run", script],
    env: { PATH: "node_modules/.bin:${PATH}" },
    packages: await packagesOf(file.path, json, around),
  });
}

/** Reads the tasks of a `deno.json`. */
export async function readDeno(
  file: OriginFile,
  around: Around,
): Promise<Found> {
  const json = mapOf(await readJson(file));
  return foundIn(file, around, {
    lines: linesOf(mapOf(json.tasks)),
    run: (task) => ["deno", "task", task],
    env: {},
    packages: await packagesOf(file.path, json, around),
  });
}

/** Returns the package manager: as it is written, or that of the lock file. */
function managerOf(json: Readonly<Record<string, unknown>>, around: Around) {
  const [written] = textOf(json.packageManager)?.match(/^[a-z]+/) ?? [];
  if (written !== undefined) return written;
  const locks = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
  };
  const files = around.list(".");
  const [, name = "npm"] = Object.entries(locks)
    .find(([lock]) => files.includes(lock)) ?? [];
  return name;
}

/** Returns scripts; a task that only has dependencies runs all of them. */
function linesOf(scripts: Readonly<Record<string, unknown>>) {
  return new Map(
    Object.entries(scripts).flatMap(([name, value]): [string, string][] => {
      const line = textOf(value) ?? textOf(mapOf(value).command);
      if (line !== undefined) return [[name, line]];
      const others = listOf(mapOf(value).dependencies).map(String);
      if (others.length === 0) return [];
      return [[name, others.map((each) => `deno task ${each}`).join(" & ")]];
    }),
  );
}

function foundIn(file: OriginFile, around: Around, scripts: Scripts): Found {
  const collected: Collected = {
    processes: new Map(),
    taken: new Set(),
    gaps: [],
    used: new Set(),
  };
  const chosen = chosenOf(file, around, scripts);
  for (const script of chosen) {
    add(script, undefined, {}, [], scripts, collected);
  }
  if (chosen.length === 0) addPackages(MAIN, {}, scripts, collected);
  if (collected.processes.size === 0) {
    const names = [...scripts.lines.keys()].join(", ");
    throw new CliError(
      `${basename(file.path)} has no script that is a server: ${
        names === "" ? "there are none" : `name one of ${names} with --script`
      }`,
      STATUS.usage,
    );
  }
  const { processes, gaps } = collected;
  gaps.push(...restOf(file, scripts, collected));
  const { defaults } = commonDefaults(processes);
  return {
    config: {
      ...defaults !== undefined && { defaults },
      processes: Object.fromEntries(processes),
    },
    gaps,
    variables: true,
  };
}

/** Returns the scripts that are servers, or those that the user names. */
function chosenOf(
  file: OriginFile,
  { scripts: named = [] }: Around,
  { lines }: Scripts,
): readonly string[] {
  const names = [...lines.keys()];
  const missing = named.find((name) => !lines.has(name));
  if (missing !== undefined) {
    throw new CliError(
      `${basename(file.path)} has no script "${missing}": it has ${
        names.join(", ")
      }`,
      STATUS.usage,
    );
  }
  if (named.length > 0) return named;
  const main = MAIN.find((name) => lines.has(name));
  const parts = names.filter((name) => /^dev[:_-]/.test(name));
  const first = main === "dev" || main === "develop" || parts.length < 2
    ? main === undefined ? [] : [main]
    : parts;
  const beside = names.filter((name) =>
    BESIDE.test(name) && !first.includes(name)
  );
  return [...first, ...beside];
}

/** Adds the processes of a script. */
function add(
  script: string,
  name: string | undefined,
  options: Draft,
  above: readonly string[],
  scripts: Scripts,
  collected: Collected,
): string[] {
  const { processes, taken, gaps, used } = collected;
  used.add(script);
  const split = splitOf(script, above, scripts.lines);
  if (split === undefined) {
    const own = processName(name ?? shortName(script, above), taken);
    processes.set(own, { command: scripts.run(script), ...options });
    return [own];
  }
  gaps.push(...split.gaps);
  let before: string[] = [];
  let current: string[] = [];
  for (const step of split.steps) {
    if (step.waits) [before, current] = [current, []];
    const all = { ...options, ...step.options };
    if (before.length > 0) {
      all.dependsOn = Object.fromEntries(
        before.map((each) => [each, "completed"] as const),
      );
    }
    const names = addStep(step, all, [...above, script], scripts, collected);
    current.push(...names);
  }
  return current;
}

/** Returns the steps of a script; nothing if it is one program in the end. */
function splitOf(
  script: string,
  above: readonly string[],
  lines: Scripts["lines"],
): Steps | undefined {
  if (above.includes(script)) return undefined;
  const others = [...lines.keys()].filter((each) => each !== script);
  const split = stepsOf(lines.get(script) ?? "", others);
  const [only, ...more] = split?.steps ?? [];
  if (only === undefined) return undefined;
  const alias = more.length === 0 && "script" in only.what && !only.everywhere
    ? only.what.script
    : undefined;
  return alias === undefined ||
      splitOf(alias, [...above, script], lines) !== undefined
    ? split
    : undefined;
}

function addStep(
  { what, name, everywhere }: Step,
  options: Draft,
  above: readonly string[],
  scripts: Scripts,
  collected: Collected,
): string[] {
  if ("line" in what) {
    return addLine(what.line, name, options, above, scripts, collected);
  }
  if (everywhere) {
    const names = addPackages([what.script], options, scripts, collected);
    if (names.length > 0) return names;
    const own = processName(above.at(-1) ?? what.script, collected.taken);
    collected.processes.set(own, {
      command: scripts.run(above.at(-1) ?? what.script),
      ...options,
    });
    return [own];
  }
  return add(what.script, name, options, above, scripts, collected);
}

/** Adds a command line, which can be a script again. */
function addLine(
  line: string,
  name: string | undefined,
  options: Draft,
  above: readonly string[],
  scripts: Scripts,
  collected: Collected,
): string[] {
  const names = [...scripts.lines.keys()];
  const [only, ...more] = stepsOf(line, names)?.steps ?? [];
  if (
    only !== undefined && more.length === 0 && "script" in only.what &&
    !only.everywhere
  ) {
    const both = { ...options, ...only.options };
    return add(only.what.script, name, both, above, scripts, collected);
  }
  const { processes, taken } = collected;
  const own = processName(name ?? nameOfLine(line), taken);
  const env = { ...scripts.env, ...options.env };
  processes.set(own, {
    shell: line,
    ...options,
    ...Object.keys(env).length > 0 && { env },
  });
  return [own];
}

/** What runs a program that is named after it. */
const RUNS_ANOTHER =
  /^(node|deno|bun|tsx|ts-node|nodemon|python3?|sh|bash|npx|run|watch|\w+=.*|-.*)$/;

/** Names a command line after its program, or what the program runs. */
function nameOfLine(line: string): string {
  const words = line.split(/\s+/);
  const word = words.find((word) => !RUNS_ANOTHER.test(word)) ?? words[0];
  return basename(word ?? "process").replace(/(?<=.)\.[^.]*$/, "");
}

/** `dev:api` is `api` below `dev`. */
function shortName(script: string, above: readonly string[]): string {
  const parent = above.findLast((each) => script.startsWith(`${each}:`));
  return parent === undefined ? script : script.slice(parent.length + 1);
}

/** Adds a script of all packages that have it. */
function addPackages(
  names: readonly string[],
  options: Draft,
  { packages, run }: Scripts,
  { processes, taken }: Collected,
): string[] {
  return packages.flatMap(({ folder, scripts }) => {
    const script = names.find((name) => scripts.includes(name));
    if (script === undefined) return [];
    const own = processName(basename(folder), taken);
    processes.set(own, {
      command: run(script),
      cwd: literal(folder),
      ...options,
    });
    return [own];
  });
}

/** Tells which scripts are not started. */
function restOf(
  file: OriginFile,
  { lines, packages }: Scripts,
  { used, processes }: Collected,
): Gap[] {
  const rest = [...lines.keys()].filter((name) => !used.has(name));
  const folders = new Set(
    Array.from(processes.values(), ({ cwd }) => cwd),
  );
  const others = packages.filter(({ folder, scripts }) =>
    !folders.has(literal(folder)) && MAIN.some((name) => scripts.includes(name))
  );
  return [
    ...rest.length === 0 ? [] : [{
      key: rest.join(", "),
      why: "only servers are started: `processman init --script NAME` takes " +
        "what you name",
    }],
    ...others.length === 0 ? [] : [{
      key: others.map(({ folder }) => folder).join(", "),
      why: "only the scripts of the root are started: write a process with " +
        "the folder of a package as `cwd`",
    }],
  ].map((gap) => ({ ...gap, key: `${gap.key} in ${basename(file.path)}` }));
}
