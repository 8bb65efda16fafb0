/**
 * The command `ps` in the table of commands. Nothing is started more often, so
 * it is there at once, and the others are loaded when they are called.
 *
 * @module
 */

import type { CommandSpec } from "./command_spec.ts";
import { ps as runPs } from "./ps.ts";

/** What a name of a command can be. */
export const NAMES =
  "A name is that of a process (`api.2`) or of an entry of the configuration, " +
  "which stands for all of its replicas (`api`). It can be a pattern with `*` " +
  "and `?` (`'api.*'`), and `@web` stands for all entries with the profile " +
  "`web`.";

/** The command. */
export const ps: CommandSpec = {
  name: "ps",
  summary: "List the processes of a supervisor",
  usage: "[OPTION]... [NAME]...",
  description: [
    "Lists the processes with their states, process IDs, restarts, last ends, " +
    "and what they use of the processor and the memory.",
    NAMES,
  ],
  names: { least: 0, most: Infinity, are: ["process"] },
  options: [
    {
      long: "all",
      short: "a",
      summary: "List the processes of all supervisors of this user",
    },
    {
      long: "watch",
      short: "w",
      summary: "Show changes as they happen, until Ctrl-C",
    },
    {
      long: "check",
      summary: "Exit with status 1 if a process is not as it should be",
    },
  ],
  json: true,
  examples: [
    { line: "processman ps", what: "Lists all processes." },
    {
      line: "processman ps --check --json 'api.*'",
      what: "Tells a health check how the replicas of api are.",
    },
  ],
  statuses: [
    ["1", "with --check: a process failed, or is not ready"],
    ["3", "no supervisor runs"],
  ],
  load: () => Promise.resolve(runPs),
};
