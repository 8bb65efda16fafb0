/**
 * Reads configurations for tests.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { LoadOptions, ResolvedConfig } from "../cli/resolved.ts";
import { loadConfig } from "../cli/resolved.ts";
import { CliError } from "../cli/call.ts";
import { Folder } from "./testing.ts";

/** A folder with configurations. */
export class ConfigFolder extends Folder {
  /** Its path without links. */
  readonly real: string = Deno.realPathSync(this.path);

  /** Creates the folder; `files` are the texts of its files by their names. */
  constructor(files: Readonly<Record<string, string>>) {
    super();
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  /** Writes a file. */
  write(name: string, text: string): void {
    const path = join(this.real, name);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }

  /** Loads a configuration of the folder. */
  load(
    files: readonly string[] = [],
    { env = {}, profiles = [] }: {
      env?: Readonly<Record<string, string>>;
      profiles?: readonly string[];
    } = {},
  ): Promise<ResolvedConfig> {
    const options: LoadOptions = {
      files,
      profiles,
      cwd: this.real,
      env: (name) => env[name],
    };
    return loadConfig(options);
  }

  /** Returns the faults of a configuration, without the path of the folder. */
  async faults(
    files: readonly string[] = [],
    options: { env?: Readonly<Record<string, string>> } = {},
  ): Promise<string[]> {
    try {
      await this.load(files, options);
      return [];
    } catch (error) {
      if (!(error instanceof CliError) || error.status !== 2) throw error;
      return error.message.replaceAll(`${this.real}/`, "").split("\n");
    }
  }
}
