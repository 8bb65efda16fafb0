/**
 * Reads, checks and resolves a configuration.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import {
  addedTo,
  findConfigOrAdded,
  isThere,
  type Processes,
} from "./added.ts";
import { buildPlan } from "./build.ts";
import { CliError, STATUS } from "./call.ts";
import { checkSchema, withValues } from "./config_check.ts";
import { expanded } from "./config_expand.ts";
import { ConfigError, ConfigFaults } from "./config_fault.ts";
import { readFiles, type Reading, startReading } from "./config_files.ts";
import {
  type ConfigNode,
  keySpot,
  mapNode,
  nameOf,
  nodeAt,
  plainOf,
  withEntry,
} from "./config_node.ts";
import { didYouMean } from "./nearest.ts";
import { addPlanFaults } from "./config_plan_faults.ts";
import { resolved } from "./config_resolve.ts";
import { ORIGINS } from "./init_origins.ts";
import { noConfig } from "./find_config.ts";
import { load as loadModule } from "./load.ts";
import { orderOf } from "./schedule_order.ts";
import type {
  BuiltConfig,
  LoadOptions,
  ResolvedConfig,
} from "./config_types.ts";

/** A configuration, and where each part of it is written. */
export interface Loaded {
  /** The configuration. */
  readonly config: ResolvedConfig;
  /** What it means. */
  readonly built: BuiltConfig;
  /** Its parts, with their places. */
  readonly node: ConfigNode;
}

/**
 * Reads a configuration.
 *
 * @param options Which one.
 * @returns The configuration, resolved.
 * @throws {ConfigError} With all faults, if there are any.
 * @throws {CliError} If there is no configuration.
 */
export async function load(options: LoadOptions): Promise<Loaded> {
  try {
    return await loadFiles(options);
  } catch (error) {
    throw error instanceof ConfigError ? aboutOrigin(error) : error;
  }
}

/** Says so if what is wrong is that a file is one of another tool. */
function aboutOrigin(error: ConfigError): ConfigError {
  const file = error.faults[0]?.file ?? "";
  const name = basename(file);
  const origin = ORIGINS.find(({ name: tool, files }) =>
    tool !== "Procfile" && files.includes(name)
  );
  return origin === undefined ? error : new ConfigError([{
    file,
    line: 0,
    column: 0,
    message: `this is a file for ${origin.name}: ` +
      `"processman init ${name}" makes a configuration of it`,
  }]);
}

async function loadFiles(options: LoadOptions): Promise<Loaded> {
  const { texts } = options;
  const files = texts === undefined
    ? await findConfigOrAdded(options.files, options.cwd, options.env)
    : [...texts.keys()];
  const [first] = files;
  if (first === undefined) {
    throw new CliError(noConfig(options.cwd), STATUS.usage);
  }
  const faults = new ConfigFaults();
  const reading = await startReading(first, options, faults);
  const added = texts === undefined ? await addedTo(first, options.env) : {};
  const node = await readOrNothing(files, texts !== undefined, reading);
  if (node === undefined) {
    faults.throwAny();
    throw new CliError(`${first} is empty`, STATUS.usage);
  }
  const { written, checked } = expanded(node, faults);
  const values = checkSchema(checked, faults);
  faults.throwAny();
  const typed = withValues(written, literal(values, written));
  const own = await resolved(typed, {
    files: [...new Set([...files, ...reading.files])],
    named: files,
    cwd: dirname(first),
    profiles: options.profiles,
    faults,
  });
  const config = withAdded(own, added);
  checkNames(config, typed, faults);
  await checkTimes(config, typed, faults);
  const built = builtOf(config, typed, faults);
  faults.throwAny();
  if (built === undefined) throw new Error("there is neither plan nor fault");
  return { config, built, node: typed };
}

/** Checks schedules, if there are any. */
async function checkTimes(
  config: ResolvedConfig,
  node: ConfigNode,
  faults: ConfigFaults,
): Promise<void> {
  if (Object.values(config.processes).some(orderOf)) {
    const { checkSchedules } = await loadModule<
      typeof import("./schedule_check.ts")
    >("./schedule_check.ts");
    checkSchedules(config, node, faults);
  }
}

/** Reads files; without a configuration, there is only what was added. */
async function readOrNothing(
  files: readonly string[],
  given: boolean,
  reading: Reading,
): Promise<ConfigNode | undefined> {
  const [first = ""] = files;
  if (given || await isThere(first)) return await readFiles(files, reading);
  return nothingIn(first);
}

/** Returns a configuration without processes. */
function nothingIn(file: string): ConfigNode {
  const spot = { file, line: 0, column: 0 };
  return withEntry(mapNode(spot), "processes", mapNode(spot));
}

/** Adds the processes that have been added; what is written comes first. */
function withAdded(config: ResolvedConfig, added: Processes): ResolvedConfig {
  const names = Object.keys(added)
    .filter((name) => !Object.hasOwn(config.processes, name));
  if (names.length === 0) return config;
  const processes = { ...added, ...config.processes };
  return { ...config, processes, added: names };
}

/** Makes the plan; `undefined` if it has faults. */
function builtOf(
  config: ResolvedConfig,
  node: ConfigNode,
  faults: ConfigFaults,
): BuiltConfig | undefined {
  try {
    return buildPlan(config);
  } catch (error) {
    addPlanFaults(error, node, faults);
    return undefined;
  }
}

/** Finds dependencies that there are not, or not with the active profiles. */
function checkNames(
  { processes }: ResolvedConfig,
  node: ConfigNode,
  faults: ConfigFaults,
): void {
  const all = nodeAt(node, ["processes"]);
  for (const [name, { dependsOn }] of Object.entries(processes)) {
    for (const [on, how] of Object.entries(dependsOn ?? {})) {
      if (Object.hasOwn(processes, on) || how.required === false) continue;
      const path = ["processes", name, "dependsOn"];
      const profiles = nodeAt(node, ["processes", on, "profiles"]);
      const exists = all?.kind === "map" && all.entries.has(on);
      const why = profiles !== undefined && exists
        ? `"${on}" is only in the profiles ${
          [plainOf(profiles)].flat().join(", ")
        }, of which none is active`
        : `there is no process "${on}"${
          didYouMean(on, Object.keys(processes).filter((each) => each !== name))
        }`;
      faults.add(keySpot(node, path, on), `${nameOf([...path, on])}: ${why}`);
    }
  }
}

/** Leaves expressions as they are written. */
function literal(
  values: ReadonlyMap<string, string | number | boolean | null>,
  node: ConfigNode,
): Map<string, string | number | boolean | null> {
  const found = new Map(values);
  const visit = (node: ConfigNode, path: (string | number)[]) => {
    if (node.kind === "map") {
      for (const [name, { value }] of node.entries) {
        visit(value, [...path, name]);
      }
    } else if (node.kind === "list") {
      node.items.forEach((each, i) => visit(each, [...path, i]));
    } else if (typeof node.value === "string" && node.value.includes("$[")) {
      found.delete(JSON.stringify(path));
    }
  };
  visit(node, []);
  return found;
}
