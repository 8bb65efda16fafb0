/**
 * Runs `init` for tests, in this program.
 *
 * @module
 */

import { relative, resolve } from "node:path";
import { readArguments } from "../cli/arguments.ts";
import { CliError, type Io } from "../cli/call.ts";
import { COMMANDS } from "../cli/commands.ts";
import { init } from "../cli/init.ts";
import { sourceAt } from "../cli/init_find.ts";
import type { Around, Found, Reader } from "../cli/init_origin.ts";
import { ConfigFolder } from "./config_testing.ts";

/** What `init` did. */
export interface Initialized {
  /** Its status. */
  readonly status: number;
  /** What it printed. */
  readonly stdout: string;
  /** What it said. */
  readonly stderr: string;
}

/** A folder with files of other tools. */
export class InitFolder extends ConfigFolder {
  /** Runs the command `init` in the folder. */
  async init(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Initialized> {
    const spec = COMMANDS.find(({ name }) => name === "init");
    if (spec === undefined) throw new Error("there is no command init");
    let [stdout, stderr] = ["", ""];
    const io: Io = {
      cwd: this.real,
      env: (name) =>
        env[name] ?? (name === "PATH" ? Deno.env.get(name) : undefined),
      now: () => 0,
      out: (text) => Promise.resolve(void (stdout += text)),
      err: (text) => Promise.resolve(void (stderr += text)),
      terminal: false,
      color: false,
      size: () => undefined,
      signal: new AbortController().signal,
    };
    try {
      const status = await init({ ...readArguments(spec, args, 0), io });
      return { status, stdout, stderr };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return { status: error.status, stdout, stderr: error.message };
    }
  }

  /** Returns the text of a file. */
  text(name: string): string {
    return Deno.readTextFileSync(`${this.real}/${name}`);
  }
}

/**
 * Reads the text of a file of another tool.
 *
 * @param name The name of the file.
 * @param text Its text.
 * @param files The texts of other files by their names.
 */
export async function found(
  name: string,
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Found> {
  await using folder = new ConfigFolder({ [name]: text, ...files });
  const { origin, file } = sourceAt(`${folder.real}/${name}`);
  const read = await origin.load();
  return await read(file, aroundOf(folder.real, files));
}

/**
 * Reads a file of another tool that is nowhere but in memory.
 *
 * @param read The reader.
 * @param name The name of the file.
 * @param files The texts of all files by their names.
 * @param scripts The scripts that the user names.
 */
export async function foundBy(
  read: Reader,
  name: string,
  files: Readonly<Record<string, string>>,
  scripts?: readonly string[],
): Promise<Found> {
  const file = { path: `/shop/${name}`, text: files[name] ?? "" };
  return await read(file, { ...aroundOf("/shop", files), scripts });
}

/** Returns files in memory as what surrounds a file in a folder. */
function aroundOf(
  folder: string,
  files: Readonly<Record<string, string>>,
): Around {
  const pathOf = (path: string) => relative(folder, resolve(folder, path));
  return {
    read: (path) => files[pathOf(path)],
    list: (path) => {
      const start = pathOf(path) === "" ? "" : `${pathOf(path)}/`;
      const below = Object.keys(files).filter((name) => name.startsWith(start));
      return [
        ...new Set(
          below.map((name) => name.slice(start.length).split("/")[0] ?? ""),
        ),
      ];
    },
    env: () => undefined,
  };
}

/** Writes what is not taken over as lines. */
export function gapLines({ gaps }: Found): string[] {
  return gaps.map(({ process, key, why }) =>
    `${process === undefined ? "" : `${process}: `}${key}: ${why}`
  );
}
