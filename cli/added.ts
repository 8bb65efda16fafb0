/**
 * The processes that `processman add` has added: a file in the state folder of
 * a supervisor, which is read with its configuration.
 *
 * @module
 */

import { inspect, placeOfConfig } from "../control/client.ts";
import { CliError, STATUS } from "./call.ts";
import { findConfig, folderOf } from "./find_config.ts";
import { type Env, stateFolder } from "./state_folder.ts";

/** Processes in the form of a resolved configuration, by their names. */
export type Processes = Readonly<
  Record<string, Readonly<Record<string, unknown>>>
>;

/** What has been added. */
interface Kept {
  /** Whether there was no configuration when the first one was added. */
  readonly alone: boolean;
  /** The processes. */
  readonly processes: Processes;
}

const NOTHING: Kept = { alone: false, processes: {} };

/**
 * Returns what has been added to a configuration.
 *
 * @param config The path of the configuration, which need not exist.
 * @param env Reads a variable of the environment.
 * @throws {CliError} If the file cannot be read.
 */
export async function addedTo(config: string, env: Env): Promise<Processes> {
  return (await read(await fileOf(config, env))).processes;
}

/**
 * Changes what has been added to a configuration; other calls wait until then.
 *
 * @param config The path of the configuration.
 * @param env Reads a variable of the environment.
 * @param change Returns what there is to be.
 * @param take Lets it take effect; if it throws, the change is undone.
 */
export async function changeAdded<Result>(
  config: string,
  env: Env,
  change: (processes: Processes) => Processes,
  take: () => Promise<Result>,
): Promise<Result> {
  const file = await fileOf(config, env);
  using lock = await openLock(file);
  await lock.lock(true);
  const before = await read(file);
  const processes = change(before.processes);
  const alone = before.alone || !await isThere(config);
  await write(file, { alone, processes });
  try {
    return await take();
  } catch (error) {
    await write(file, before);
    throw error;
  }
}

/**
 * Returns the paths of the configuration of a call. Without one, this is where
 * it would be, if processes have been added there.
 *
 * @throws {CliError} If a file does not exist that was named.
 */
export async function findConfigOrAdded(
  files: readonly string[],
  cwd: string,
  env: Env,
): Promise<readonly string[]> {
  const [only] = files;
  if (files.length === 1 && only !== undefined && !await isThere(only)) {
    if (await isAlone(only, env)) return [only];
  }
  const found = findConfig(files, cwd);
  if (found.length > 0) return found;
  for (let folder = cwd;; folder = folderOf(folder)) {
    const config = `${folder}/processman.yaml`;
    if (await isAlone(config, env)) return [config];
    if (folder === "") return [];
  }
}

/** Returns whether processes are kept, or run, without this configuration. */
async function isAlone(config: string, env: Env): Promise<boolean> {
  try {
    const { alone, processes } = await read(await fileOf(config, env));
    if (!alone) return false;
    if (Object.keys(processes).length > 0) return true;
    return (await inspect(await placeOfConfig(config))).kind === "running";
  } catch (error) {
    if (error instanceof CliError) throw error;
    // There is no such folder, or none that could be used.
    return false;
  }
}

async function fileOf(config: string, env: Env): Promise<string> {
  const place = await placeOfConfig(config);
  return stateFolder(place, env).ownLog.replace(/[^/]*$/, "added.json");
}

/** Opens the file whose lock one holds who changes another file. */
async function openLock(file: string): Promise<Deno.FsFile> {
  const options = { create: true, write: true, mode: 0o600 };
  try {
    await Deno.mkdir(folderOf(file), { recursive: true, mode: 0o700 });
    return await Deno.open(`${file}.lock`, options);
  } catch (error) {
    throw failure(`cannot keep added processes in ${folderOf(file)}`, error);
  }
}

async function read(file: string): Promise<Kept> {
  try {
    const kept: unknown = JSON.parse(await Deno.readTextFile(file));
    if (isKept(kept)) return kept;
    throw new TypeError("it is damaged: remove it, and add them again");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NOTHING;
    throw failure(`cannot read ${file}, which has the added processes`, error);
  }
}

function isKept(value: unknown): value is Kept {
  return isObject(value) && "processes" in value &&
    isObject(value.processes) && Object.values(value.processes).every(isObject);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failure(what: string, error: unknown): CliError {
  const why = error instanceof Error ? error.message : String(error);
  return new CliError(`${what}: ${why}`, STATUS.failed);
}

/** Writes a file that only its owner can read, all of it or nothing. */
async function write(file: string, kept: Kept): Promise<void> {
  const text = `${JSON.stringify(kept, null, 2)}\n`;
  await Deno.writeTextFile(`${file}.new`, text, { mode: 0o600 });
  await Deno.rename(`${file}.new`, file);
}

/** Returns whether there is something at a path. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
