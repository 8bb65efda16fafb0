/**
 * The command `completions`.
 *
 * @module
 */

import { CliError, type Command, STATUS } from "./call.ts";
import { SCRIPTS } from "./completion_scripts.ts";

/** Prints the completions for a shell. */
export const completions: Command = async ({ names, io }) => {
  const [shell = ""] = names;
  const script = SCRIPTS.get(shell);
  if (script === undefined) {
    const all = [...SCRIPTS.keys()].join(", ");
    const message =
      `completions: there are none for "${shell}", only for ${all}`;
    throw new CliError(message, STATUS.usage);
  }
  await io.out(script);
  return STATUS.ok;
};
