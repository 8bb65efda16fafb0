/**
 * Finds the files of other tools, and reads them.
 *
 * @module
 */

import { basename, dirname, join, relative, resolve } from "node:path";
import { CliError, type Io, STATUS } from "./call.ts";
import { movedConfig } from "./init_moved.ts";
import { withNames } from "./init_names.ts";
import type { Found, Origin, OriginFile } from "./init_origin.ts";
import { ORIGINS } from "./init_origins.ts";
import { withSharedPorts } from "./init_ports.ts";

/** A file of another tool, and the tool. */
export interface Source {
  /** The tool. */
  readonly origin: Origin;
  /** The file. */
  readonly file: OriginFile;
}

/**
 * Lists the files of other tools in a folder, the one that is read first; one
 * for each tool.
 *
 * @param folder The path of the folder.
 * @param named Whether the user names scripts.
 */
export function sourcesIn(folder: string, named: boolean): Source[] {
  return ORIGINS.flatMap((origin) => {
    for (const name of origin.files) {
      const path = join(folder, name);
      const text = textOf(path);
      if (text === undefined) continue;
      const file = { path, text };
      const starts = named || origin.scripts?.(file) !== false;
      if (origin.is(file) && starts) return [{ origin, file }];
    }
    return [];
  });
}

/**
 * Reads a file of another tool that the user names.
 *
 * @param path Its absolute path.
 * @throws {CliError} If it cannot be read, or if its tool is not known.
 */
export function sourceAt(path: string): Source {
  const text = textOf(path);
  if (text === undefined) {
    throw new CliError(
      `there is no file ${path}, or it cannot be read`,
      STATUS.usage,
    );
  }
  const file = { path, text };
  const named = ORIGINS.find((origin) =>
    origin.files.includes(basename(path)) && origin.is(file)
  );
  const origin = named ?? ORIGINS.find((origin) => origin.is(file));
  if (origin !== undefined) return { origin, file };
  const known = ORIGINS.map(({ name, files: [file] }) => `${name} (${file})`);
  throw new CliError(
    `${path} is no file of a tool that "processman init" knows: ${
      known.join(", ")
    }`,
    STATUS.usage,
  );
}

/**
 * Reads a file of another tool.
 *
 * @param source The file.
 * @param folder The folder of the configuration to be written: its paths become
 * relative to it.
 * @param env Returns a variable of the environment.
 * @param scripts The scripts that the user names.
 */
export async function readSource(
  { origin, file }: Source,
  folder: string,
  env: Io["env"],
  scripts: readonly string[] = [],
): Promise<Found> {
  const read = await origin.load();
  const own = dirname(file.path);
  const written = await read(file, {
    read: (path) => textOf(resolve(own, path)),
    list: (path) => namesIn(resolve(own, path)),
    env,
    scripts,
  });
  const found = withSharedPorts(withNames(written), env);
  const to = relative(folder, own);
  return to === "" ? found : {
    ...found,
    config: movedConfig(found.config, to),
    stubs: movedConfig({ processes: found.stubs ?? {} }, to).processes,
  };
}

/** Returns the text of a file; nothing if it is none that can be read. */
function textOf(path: string): string | undefined {
  try {
    // To read a pipe of this name would take forever.
    if (!Deno.statSync(path).isFile) return undefined;
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return decoder.decode(Deno.readFileSync(path)).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Lists the names in a folder; none if it cannot be read. */
function namesIn(path: string): string[] {
  try {
    return Array.from(Deno.readDirSync(path), ({ name }) => name);
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}
