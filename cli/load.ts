/**
 * Loads commands when they are called.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";

/** How Deno says that it looks for npm packages in a folder of the user's. */
const NOT_IN_FOLDER =
  /Could not find a matching package for 'npm:.*' in the node_modules/;

/**
 * Loads a module of this folder.
 *
 * Deno reads every module that a literal `import()` names at each start, even
 * if that call never runs; `ps` would start half as fast. It does not read what
 * only a type names, but `deno install` stores that too, so that the command
 * works offline. So a caller names the module twice.
 *
 * @example
 * ```ts ignore
 * const { up } = await load<typeof import("./up.ts")>("./up.ts");
 * ```
 *
 * @param path The path of the module, relative to this folder.
 * @returns A promise of the module.
 * @throws {CliError} If it needs npm packages, and Deno looks for them in the
 * folder of a `package.json`.
 */
export async function load<Module>(path: string): Promise<Module> {
  try {
    return await import(import.meta.resolve(path));
  } catch (error) {
    if (!NOT_IN_FOLDER.test(String(error))) throw error;
    throw new CliError(
      "because of the file package.json, Deno looks for the packages of " +
        "this tool in the folder node_modules beside it.\n" +
        "Run the tool with --no-config, or install it:\n" +
        "  deno run -A --no-config jsr:@isbm/processman/cli\n" +
        "  deno install -gA -n processman jsr:@isbm/processman/cli",
      STATUS.failed,
    );
  }
}
