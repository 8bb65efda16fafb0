/**
 * Reads the files of a configuration.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";
import { withVariables } from "./config_expand.ts";
import { type ConfigFaults, type Spot, spotAt } from "./config_fault.ts";
import { parseJson } from "./config_json.ts";
import { merged } from "./config_merge.ts";
import {
  type ConfigNode,
  type MapEntry,
  type MapNode,
  mapNode,
  type ScalarNode,
  withEntry,
} from "./config_node.ts";
import { load } from "./load.ts";
import { parseDotenv } from "./dotenv.ts";
import { evaluate } from "./evaluate.ts";
import type { LoadOptions } from "./config_types.ts";
import { parseProcfile } from "./procfile.ts";
import { withDefaults } from "./config_merge.ts";
import type { Lookup } from "./interpolate.ts";

/** How long the evaluation of a module can take, in milliseconds. */
const EVALUATION_MS = 10_000;

/** Files that belong together, and where their faults go. */
export interface Reading {
  /** Returns the value of a variable: of the environment, or of `.env`. */
  readonly lookup: Lookup;
  /** The variables of `.env`. */
  readonly dotenv: ReadonlyMap<string, string>;
  /** Where the faults go. */
  readonly faults: ConfigFaults;
  /** The files that have been read. */
  readonly files: Set<string>;
  /** The texts of files that have not been written yet. */
  readonly texts?: ReadonlyMap<string, string> | undefined;
}

/**
 * Begins to read a configuration: reads the `.env` beside its first file.
 *
 * @param first The path of the first file.
 * @param options Which configuration; the environment takes precedence.
 * @param faults Where the faults go.
 */
export async function startReading(
  first: string,
  { env, texts }: Pick<LoadOptions, "env" | "texts">,
  faults: ConfigFaults,
): Promise<Reading> {
  const file = join(dirname(first), ".env");
  const text = await readText(file, undefined, faults);
  const dotenv = text === undefined
    ? new Map<string, string>()
    : parseDotenv(file, text, faults);
  const lookup = (name: string) => env(name) ?? dotenv.get(name);
  return { lookup, dotenv, faults, files: new Set(), texts };
}

/** Reads all files, and lets each override those before it. */
export async function readFiles(
  files: readonly string[],
  reading: Reading,
): Promise<ConfigNode | undefined> {
  let all: ConfigNode | undefined;
  for (const file of files) {
    const node = await readFile(file, reading, []);
    if (node === undefined) continue;
    all = all === undefined ? node : merged(all, node);
  }
  return all;
}

/** Reads one file, and those that it includes. */
async function readFile(
  file: string,
  reading: Reading,
  above: readonly string[],
  included?: Spot,
): Promise<ConfigNode | undefined> {
  const { faults, lookup, files, texts } = reading;
  const missing = included ?? { file, line: 0, column: 0 };
  const text = texts?.get(file) ?? await readText(file, missing, faults);
  if (text === undefined) return undefined;
  files.add(file);
  const kind = kindOf(file);
  const before = faults.count;
  const raw = kind === "typescript"
    ? await evaluate({ file, text, limitMs: limitOf(lookup) }, faults)
    : await parse(kind, file, text, reading);
  if (raw === undefined) {
    if (faults.count === before) {
      faults.add(spotAt(file, text, 0), "the file has no processes");
    }
    return undefined;
  }
  if (raw.kind !== "map") {
    faults.add(
      raw.spot,
      "a configuration must be a map with the key processes",
    );
    return undefined;
  }
  const node = kind === "yaml" || kind === "json"
    ? withVariables(raw, lookup, faults)
    : raw;
  if (node.kind !== "map") return node;
  return await withIncluded(ofInterest(node), file, reading, above);
}

type Kind = "yaml" | "json" | "typescript" | "procfile";

function kindOf(file: string): Kind {
  if (/\.ya?ml$/i.test(file)) return "yaml";
  if (/\.json$/i.test(file)) return "json";
  if (/\.[mc]?[tj]s$/i.test(file)) return "typescript";
  return /procfile/i.test(basename(file)) ? "procfile" : "yaml";
}

async function parse(
  kind: Exclude<Kind, "typescript">,
  file: string,
  text: string,
  { dotenv, faults }: Reading,
): Promise<ConfigNode | undefined> {
  if (kind === "yaml") {
    // Only this form needs the package, which takes a while to load.
    const { parseYaml } = await load<typeof import("./config_yaml.ts")>(
      "./config_yaml.ts",
    );
    return parseYaml(file, text, faults);
  }
  if (kind === "json") return parseJson(file, text, faults);
  return parseProcfile(file, text, dotenv, faults);
}

/** How long a module can take; the environment can change it. */
function limitOf(lookup: Lookup): number {
  const limit = Number(lookup("PROCESSMAN_CONFIG_TIMEOUT_MS"));
  return limit > 0 ? limit : EVALUATION_MS;
}

/** Leaves out `$schema`, and keys such as `x-common`, which hold anchors. */
function ofInterest(node: MapNode): MapNode {
  const entries = [...node.entries].filter(([name]) =>
    name !== "$schema" && !name.startsWith("x-")
  );
  return mapNode(node.spot, entries);
}

/** Adds the processes of the files that a configuration includes. */
async function withIncluded(
  node: MapNode,
  file: string,
  reading: Reading,
  above: readonly string[],
): Promise<MapNode> {
  const include = node.entries.get("include")?.value;
  if (include === undefined) return node;
  const list = include.kind === "list" ? include.items : [include];
  const files = list.filter(isFileName);
  // The schema reports what is no list of names.
  if (files.length < list.length || list.length === 0) return node;
  const all = new Map(processesOf(node));
  const chain = [...above, file];
  for (const { spot, value } of files) {
    const path = resolve(dirname(file), value);
    if (chain.includes(path)) {
      const circle = [...chain.slice(chain.indexOf(path)), path];
      reading.faults.add(
        spot,
        `files cannot include each other in a circle: ${circle.join(" → ")}`,
      );
      continue;
    }
    const other = await readFile(path, reading, chain, spot);
    if (other?.kind === "map") addAll(all, other, spot, reading.faults);
  }
  const entries = [...node.entries].filter(([name]) => name !== "include");
  const spot = node.entries.get("processes")?.value.spot ?? node.spot;
  return withEntry(
    mapNode(node.spot, entries),
    "processes",
    mapNode(spot, all),
    node.entries.get("processes")?.key,
  );
}

function isFileName(
  node: ConfigNode,
): node is ScalarNode & { readonly value: string } {
  return node.kind === "scalar" && typeof node.value === "string" &&
    node.value !== "";
}

function processesOf(node: MapNode): Iterable<[string, MapEntry]> {
  const processes = node.entries.get("processes")?.value;
  return processes?.kind === "map" ? processes.entries : [];
}

/** Adds the processes of an included file. */
function addAll(
  all: Map<string, MapEntry>,
  other: MapNode,
  at: Spot,
  faults: ConfigFaults,
): void {
  for (const [name, { key }] of other.entries) {
    if (name === "processes" || name === "defaults") continue;
    faults.add(
      key,
      `"${name}" cannot be in a file that is included (${at.file}:${at.line}): only processes, defaults and include can`,
    );
  }
  const defaults = other.entries.get("defaults")?.value;
  for (const [name, entry] of processesOf(other)) {
    const first = all.get(name)?.key;
    if (first !== undefined) {
      faults.add(
        entry.key,
        `"${name}" is already in ${first.file}:${first.line}`,
      );
      continue;
    }
    const value = defaults === undefined
      ? entry.value
      : withDefaults(entry.value, defaults);
    all.set(name, { ...entry, value });
  }
}

/**
 * Reads the text of a file, without a byte order mark, and with LF as line
 * breaks.
 *
 * @param file The path of the file.
 * @param missing Where a fault is if there is no such file; `undefined` if it
 * need not exist.
 * @param faults Where the faults go.
 */
export async function readText(
  file: string,
  missing: Spot | undefined,
  faults: ConfigFaults,
): Promise<string | undefined> {
  try {
    const bytes = await Deno.readFile(file);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.replaceAll("\r\n", "\n");
  } catch (error) {
    const spot = missing ?? { file, line: 0, column: 0 };
    if (error instanceof Deno.errors.NotFound) {
      if (missing === undefined) return undefined;
      const what = missing.file === file
        ? "there is no such file"
        : `there is no file ${file}`;
      faults.add(spot, what);
    } else if (error instanceof TypeError) {
      faults.add({ file, line: 0, column: 0 }, "the file is not UTF-8");
    } else {
      const why = error instanceof Error ? error.message : String(error);
      faults.add(spot, `cannot read ${file}: ${why}`);
    }
    return undefined;
  }
}
