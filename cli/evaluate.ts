/**
 * Reads a configuration that is a module, such as `processman.config.ts`.
 *
 * @module
 */

import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Process, Processman, SpawnError } from "../mod.ts";
import { type ConfigFaults, type Spot, spotAt } from "./config_fault.ts";
import {
  type ConfigNode,
  listNode,
  mapNode,
  nameOf,
  type NodePath,
  scalarNode,
} from "./config_node.ts";
import { EVALUATE, LOADERS } from "./evaluate_script.ts";

/** The longest configuration, in characters. */
const MOST_CHARACTERS = 64 * 1_024 * 1_024;

/** How much of stderr a message repeats, in lines. */
const TOLD_LINES = 3;

/** What the child says. */
type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "wrong"; readonly found: readonly Wrong[] }
  | { readonly kind: "thrown"; readonly text: string };

/** A value that no configuration can have. */
interface Wrong {
  readonly path: NodePath;
  readonly what: string;
}

/** A configuration that is a module. */
export interface ConfigModule {
  /** The path of the file. */
  readonly file: string;
  /** Its text, to find places in. */
  readonly text: string;
  /** How long it can take, in milliseconds. */
  readonly limitMs: number;
  /**
   * What it is: a configuration of this tool; a module as Node loads it, of
   * another tool; or an object as JavaScript writes it.
   *
   * @default {"config"}
   */
  readonly form?: keyof typeof LOADERS;
}

/**
 * Evaluates a configuration. A `deno` of its own does it, which can read files
 * and the environment, and nothing else. What it prints goes to stderr.
 *
 * @param module The configuration.
 * @param faults Where the faults go.
 * @returns What the module exports as default; `undefined` if there is a fault.
 */
export async function evaluate(
  module: ConfigModule,
  faults: ConfigFaults,
): Promise<ConfigNode | undefined> {
  const value = await evaluatePlain(module, faults);
  return value === undefined
    ? undefined
    : new Places(module).nodeOf(value, startOf(module));
}

/** The same; returns the value without the places of its parts. */
export async function evaluatePlain(
  module: ConfigModule,
  faults: ConfigFaults,
): Promise<unknown> {
  const spot = startOf(module);
  const answer = await answerOf(module);
  if (typeof answer === "string") {
    faults.add(spot, answer);
    return undefined;
  }
  switch (answer.kind) {
    case "value":
      return answer.value;
    case "wrong":
      for (const { path, what } of answer.found) {
        const at = new Places(module).along(path, spot);
        faults.add(at, `${nameOf(path)} is ${what}: ${instead(path)}`);
      }
      return undefined;
    case "thrown":
      faults.add(thrownAt(answer.text, spot), answer.text.trimEnd());
      return undefined;
  }
}

function startOf({ file }: ConfigModule): Spot {
  return { file, line: 0, column: 0 };
}

/** Runs the child; returns why there is no answer, if there is none. */
async function answerOf(module: ConfigModule): Promise<Answer | string> {
  const { file, text, limitMs, form = "config" } = module;
  const url = JSON.stringify(pathToFileURL(file).href);
  const marker = `processman-${crypto.randomUUID()} `;
  const script = EVALUATE
    .replace("LOAD", () => LOADERS[form](url, JSON.stringify(text)))
    .replace('"MARKER"', () => JSON.stringify(marker));
  const late = AbortSignal.timeout(limitMs);
  await using pm = new Processman({ logger: null, signals: [] });
  try {
    const child = start(pm, module, late);
    const [read] = await Promise.all([
      readAnswer(child, marker),
      // It can end before it has read everything.
      new Response(script).body?.pipeTo(child.stdin).catch(() => {}),
    ]);
    if (read.answer !== undefined) return read.answer;
    const { code } = await child.finished;
    if (late.aborted) {
      return `it took longer than ${limitMs / 1_000} s, and was ended`;
    }
    const told = read.stderr.slice(-TOLD_LINES).map((text) => `\n  ${text}`);
    return `it ended with code ${code} before it gave a configuration${
      told.join("")
    }`;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return `it cannot be evaluated without deno: ${error.message}`;
  }
}

function start(
  pm: Processman,
  { file, form }: ConfigModule,
  signal: AbortSignal,
): Process {
  const deno = Deno.build.standalone ? "deno" : Deno.execPath();
  const allowed = ["--allow-read", "--allow-env", "--no-prompt"];
  // Those of other tools ask how many processors there are.
  if (form === "node") allowed.push("--allow-sys");
  // Deno itself would write a lock file, whatever a program may do.
  const options = ["--quiet", "--ext=ts", "--no-lock", ...allowed];
  return pm.command(deno, ["run", ...options, "-"], {
    name: "configuration",
    cwd: dirname(file),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "piped",
    restart: { policy: "never" },
    stop: { signal: "SIGKILL", gracePeriodMs: 0 },
    output: { maxLineLength: MOST_CHARACTERS },
    signal,
  });
}

/** Reads the answer of the child, and passes on everything else to stderr. */
async function readAnswer(
  child: Process,
  marker: string,
): Promise<{ answer: Answer | undefined; stderr: string[] }> {
  let answer: Answer | undefined;
  const stderr: string[] = [];
  for await (const { text, source } of child.lines()) {
    const [before = "", json] = source === "stdout"
      ? text.split(marker)
      : [text];
    if (json !== undefined) answer = JSON.parse(json);
    if (json !== undefined && before === "") continue;
    // A failure that is told as a fault is not told twice.
    if (source === "stderr") stderr.push(before);
    // deno-lint-ignore no-console
    console.error(before);
  }
  return { answer, stderr };
}

/** What to write instead of a value that no configuration can have. */
function instead(path: NodePath): string {
  switch (path.at(-1)) {
    case "ready":
    case "live":
      return 'write { http: "http://…" }, or another probe';
    case "backoff":
      return "write { uniform: 5000 }, { constant: 1000 } or { exponential: {} }";
    case "each":
      return 'write "$[8000 + replica]" in the options in which replicas differ';
    default:
      return "a configuration can hold texts, numbers, true, false, null, lists and maps";
  }
}

/** Returns the place that the text of an error names first in a file. */
function thrownAt(text: string, spot: Spot): Spot {
  const file = pathToFileURL(spot.file).href;
  const start = text.indexOf(`${file}:`);
  if (start === -1) return spot;
  const [, line, column] =
    /^:(\d+):(\d+)/.exec(text.slice(start + file.length)) ?? [];
  return { ...spot, line: Number(line ?? 0), column: Number(column ?? 0) };
}

/** Finds the keys of a configuration in the text of its module. */
class Places {
  readonly #module: ConfigModule;

  constructor(module: ConfigModule) {
    this.#module = module;
  }

  /** Returns a value with the places that are known. */
  nodeOf(value: unknown, spot: Spot): ConfigNode {
    if (Array.isArray(value)) {
      return listNode(spot, value.map((each) => this.nodeOf(each, spot)));
    }
    if (typeof value === "object" && value !== null) {
      return mapNode(
        spot,
        Object.entries(value).map(([name, each]) => {
          const key = this.of(name, spot);
          return [name, { key, value: this.nodeOf(each, key) }] as const;
        }),
      );
    }
    const known = ["string", "number", "boolean"].includes(typeof value);
    return scalarNode(spot, known ? value as string : null);
  }

  /** Returns the place of the last key of a path that is there once. */
  along(path: NodePath, around: Spot): Spot {
    return path.reduce(
      (spot, step) => typeof step === "string" ? this.of(step, spot) : spot,
      around,
    );
  }

  /** Returns the place of a key that is there once, else that of its map. */
  of(name: string, around: Spot): Spot {
    const { file, text } = this.#module;
    const key = name.replace(/[^A-Za-z0-9_]/g, "\\$&");
    const found = [
      ...text.matchAll(RegExp(`(?<![\\w$-])(["']?)${key}\\1\\s*:`, "g")),
    ];
    const [only] = found;
    return only !== undefined && found.length === 1
      ? spotAt(file, text, only.index)
      : around;
  }
}
