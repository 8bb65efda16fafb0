/**
 * Finds the configuration that a call is about. Nothing is read.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";

/** The names of configurations, the first of a folder is used. */
export const CONFIG_NAMES: readonly string[] = [
  "processman.config.ts",
  "processman.yaml",
  "processman.yml",
  "processman.json",
  "Procfile",
];

/**
 * Returns the real paths of the files that are named, or of the nearest
 * configuration.
 *
 * @param files What was given with `--file`.
 * @param cwd The folder to begin with; its parents follow.
 * @returns The paths; none if nothing was given and nothing was found.
 * @throws {CliError} If a file does not exist that was named.
 */
export function findConfig(
  files: readonly string[],
  cwd: string,
): string[] {
  if (files.length > 0) return files.map((file) => named(file, cwd));
  for (const path of pathsAbove(cwd)) {
    // To read a pipe of this name would take forever.
    const real = realFile(path, ({ isFile }) => isFile);
    if (real !== undefined) return [real];
  }
  return [];
}

/**
 * Lists where the configuration of a call was, if it is not there any more.
 *
 * @param files What was given with `--file`.
 * @param cwd The folder to begin with; its parents follow.
 * @returns Paths, the most likely one first.
 */
export function formerConfigs(
  [file]: readonly string[],
  cwd: string,
): Iterable<string> {
  return file === undefined ? pathsAbove(cwd) : [absolute(file, cwd)];
}

/** Lists where a configuration can be, the nearest place first. */
function* pathsAbove(cwd: string): Generator<string, void> {
  let folder = cwd.replace(/\/+$/, "");
  while (true) {
    for (const name of CONFIG_NAMES) yield `${folder}/${name}`;
    if (folder === "") return;
    folder = folderOf(folder);
  }
}

function absolute(file: string, cwd: string): string {
  return file.startsWith("/") ? file : `${cwd}/${file}`;
}

/**
 * Returns the folder of an absolute path; an empty text for the root. This is
 * not from `node:path`, whose import would be a large part of the time of `ps`.
 */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Returns the message for a folder without a configuration. */
export function noConfig(cwd: string): string {
  return `there is no configuration in ${cwd} or above it: write a Procfile ` +
    'or a processman.yaml (as "processman init" does), or name a file with -f';
}

function named(file: string, cwd: string): string {
  const path = realFile(
    absolute(file, cwd),
    ({ isDirectory }) => !isDirectory,
  );
  if (path !== undefined) return path;
  throw new CliError(
    `there is no file "${file}", which --file names`,
    STATUS.usage,
  );
}

/**
 * Returns the real path of a file; nothing if it does not suit. It looks while
 * others wait, because to begin with threads would be a part of the time of
 * `ps`.
 */
function realFile(
  path: string,
  suits: (facts: Deno.FileInfo) => boolean,
): string | undefined {
  try {
    return suits(Deno.statSync(path)) ? Deno.realPathSync(path) : undefined;
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory ||
      // A folder above that may not be read has nothing for us.
      error instanceof Deno.errors.PermissionDenied;
    if (absent) return undefined;
    throw error;
  }
}
