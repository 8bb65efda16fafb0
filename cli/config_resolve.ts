/**
 * Resolves a configuration that is right: fills in what other options say.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import type { ConfigFaults } from "./config_fault.ts";
import { readText } from "./config_files.ts";
import { withDefaults } from "./config_merge.ts";
import {
  type ConfigNode,
  type MapNode,
  mapNode,
  plainOf,
} from "./config_node.ts";
import { denoCommand } from "./deno_command.ts";
import { parseDotenv } from "./dotenv.ts";
import { escaped } from "./expression.ts";
import type { ResolvedConfig } from "./config_types.ts";
import { UNITS_MS } from "./values.ts";

/** What a configuration is resolved with. */
export interface Surroundings {
  /** The files. */
  readonly files: readonly string[];
  /** The files without those that they include. */
  readonly named: readonly string[];
  /** The folder of the first file. */
  readonly cwd: string;
  /** The active profiles; `*` stands for all. */
  readonly profiles: readonly string[];
  /** Where the faults go. */
  readonly faults: ConfigFaults;
}

/** How much is kept of the output of each process, in bytes. */
const LOG_BYTES = 100_000_000;

/** How long output is kept: a week, in milliseconds. */
const LOG_AGE_MS = 7 * 24 * 3_600_000;

type Plain = Record<string, unknown>;

/**
 * Resolves a configuration.
 *
 * @param node The configuration, which has been checked.
 * @param around What it is resolved with.
 */
export async function resolved(
  node: ConfigNode,
  around: Surroundings,
): Promise<ResolvedConfig> {
  const map = node.kind === "map" ? node : mapNode(node.spot);
  const { processes: _, defaults: __, name, logs, ...options } = plain(map);
  return {
    name: typeof name === "string" ? name : nameFor(around.cwd),
    files: around.files,
    source: { files: around.named, profiles: around.profiles },
    cwd: around.cwd,
    options,
    logs: logsOf(objectOf(logs)),
    processes: await processesOf(map, around),
  };
}

/** The name of a folder, with only the letters that a name can have. */
function nameFor(folder: string): string {
  const name = basename(folder).replace(/[^A-Za-z0-9_.-]+/g, "-");
  return name.replace(/^[_.-]+|-+$/g, "") || "processman";
}

async function processesOf(
  map: MapNode,
  around: Surroundings,
): Promise<Record<string, Plain>> {
  const processes = map.entries.get("processes")?.value;
  const defaults = map.entries.get("defaults")?.value;
  const found: Record<string, Plain> = {};
  if (processes?.kind !== "map") return found;
  for (const [name, { value }] of processes.entries) {
    const entry = defaults === undefined
      ? value
      : withDefaults(value, defaults);
    if (entry.kind !== "map" || !isActive(plain(entry), around.profiles)) {
      continue;
    }
    found[name] = await entryOf(entry, around.faults);
  }
  return found;
}

function isActive(
  { profiles }: Plain,
  active: readonly string[],
): boolean {
  if (!Array.isArray(profiles) || profiles.length === 0) return true;
  return active.includes("*") || profiles.some((each) => active.includes(each));
}

/** Returns a process with a command, a folder, and all of its variables. */
async function entryOf(entry: MapNode, faults: ConfigFaults): Promise<Plain> {
  const { shell, deno, envFiles: _, ...own } = plain(entry);
  const program = own.command !== undefined
    ? own.command
    : shell !== undefined
    ? ["sh", "-c", shell]
    : denoCommand(objectOf(deno));
  const env = { ...await filesEnv(entry, faults), ...objectOf(own.env) };
  const { spot } = entry.entries.get("command")?.value ??
    entry.entries.get("shell")?.value ?? entry;
  const found = {
    ...own,
    // What runs at certain times does something once each time.
    ...own.schedule !== undefined && { type: own.type ?? "task" },
    ...hooksOf(own),
    command: program,
    cwd: own.cwd ?? dirname(spot.file),
    ...Object.keys(env).length > 0 && { env },
  };
  // The command comes first, and then what it runs with.
  const { type, command, cwd, ...rest } = { type: undefined, ...found };
  return { ...type !== undefined && { type }, command, cwd, ...rest };
}

/** Returns the hooks of a process, with a program instead of a command line. */
function hooksOf(own: Plain): Plain {
  const named = Object.entries(own).filter(([name]) => HOOKS.includes(name));
  return Object.fromEntries(named.map(([name, hook]) => {
    const { shell, ...options } = objectOf(hook);
    return typeof shell === "string"
      ? [name, { command: ["sh", "-c", shell], ...options }]
      : [name, hook];
  }));
}

const HOOKS = ["before", "after"];

/** Reads the variables of the option `envFiles`. */
async function filesEnv(
  entry: MapNode,
  faults: ConfigFaults,
): Promise<Record<string, string>> {
  const files = entry.entries.get("envFiles")?.value;
  const env: Record<string, string> = {};
  for (const item of files?.kind === "list" ? files.items : []) {
    const value = plainOf(item);
    const { path, required = true } = typeof value === "string"
      ? { path: value }
      : objectOf(value);
    const spot = required === false ? undefined : item.spot;
    const text = await readText(String(path), spot, faults);
    if (text === undefined) continue;
    for (const [name, value] of parseDotenv(String(path), text, faults)) {
      env[name] = escaped(value);
    }
  }
  return env;
}

/** How logs are kept if nothing says it. */
export const LOGS: ResolvedConfig["logs"] = logsOf({});

function logsOf({ folder, maxBytes, maxAge }: Plain): ResolvedConfig["logs"] {
  return {
    folder: typeof folder === "string" ? folder : null,
    maxBytes: bytesOf(maxBytes) ?? LOG_BYTES,
    maxAgeMs: ageOf(maxAge) ?? LOG_AGE_MS,
  };
}

function bytesOf(value: unknown): number | undefined {
  if (typeof value !== "string") {
    return typeof value === "number" ? value : undefined;
  }
  const [, number, unit = "", binary] = /^(\d+) ?([kMGT]?)(i?)B$/.exec(value) ??
    [];
  const power = ["", "k", "M", "G", "T"].indexOf(unit);
  return Number(number) * (binary === "i" ? 1_024 : 1_000) ** power;
}

function ageOf(value: unknown): number | undefined {
  if (typeof value !== "string") {
    return typeof value === "number" ? value : undefined;
  }
  const [, number, unit = ""] = /^([\d.]+) ?(\w+)$/.exec(value) ?? [];
  return Number(number) * (UNITS_MS[unit] ?? 1);
}

/** Returns a map as a plain object; infinity is written as a text. */
function plain(map: MapNode): Plain {
  return objectOf(
    plainOf(map, ({ value }) => value === Infinity ? "Infinity" : value),
  );
}

/** Returns an object that may have any property. */
export function objectOf(value: unknown): Plain {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
