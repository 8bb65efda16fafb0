/**
 * The commands that other programs use: coding agents and shells.
 *
 * @module
 */

import type { CommandSpec } from "./command_spec.ts";
import { load } from "./load.ts";

const mcp: CommandSpec = {
  name: "mcp",
  summary: "Serve coding agents by the Model Context Protocol, on stdio",
  usage: "[OPTION]...",
  description: [
    "Serves tools by which a coding agent sees the processes, why they are in " +
    "their states, and what they write. A client of the Model Context " +
    "Protocol starts it. It serves until its stdin is closed, and answers " +
    "also while no supervisor runs.",
    "Its tools read, and change nothing. With --allow-actions, there are also " +
    "tools that start, stop, restart, kill, signal, scale and reload. With -f " +
    "or -S, all tools are about that supervisor alone.",
  ],
  names: { least: 0, most: 0 },
  options: [
    {
      long: "allow-actions",
      summary: "Also offer the tools that change what processes do",
    },
  ],
  examples: [
    { line: "processman mcp", what: "Serves an agent that can only read." },
    {
      line: "processman mcp -S shop --allow-actions",
      what: "Serves an agent that can act on the supervisor shop.",
    },
  ],
  statuses: [],
  load: async () => (await load<typeof import("./mcp.ts")>("./mcp.ts")).mcp,
};

const completions: CommandSpec = {
  name: "completions",
  summary: "Print completions for a shell",
  usage: "bash|zsh|fish",
  description: [
    "Prints a script by which a shell completes commands, options, their " +
    "values, and the names of processes: those that the supervisor knows, or " +
    "that the configuration has if none runs.",
  ],
  names: {
    least: 1,
    most: 1,
    what: "bash, zsh or fish",
    are: [["bash", "zsh", "fish"]],
  },
  options: [],
  examples: [
    {
      line: "source <(processman completions bash)",
      what: "Completes in this bash; in ~/.bashrc, in each.",
    },
    {
      line: "processman completions fish > " +
        "~/.config/fish/completions/processman.fish",
      what: "Completes in each fish.",
    },
  ],
  statuses: [],
  load: async () =>
    (await load<typeof import("./completions.ts")>("./completions.ts"))
      .completions,
};

/** The commands for other programs, in the order of the help. */
export const clients: readonly CommandSpec[] = [mcp, completions];
