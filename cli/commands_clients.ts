/**
 * The commands about this machine, and for other programs on it: coding agents
 * and shells.
 *
 * @module
 */

import type { CommandSpec } from "./command_spec.ts";
import { PROFILE } from "./command_up.ts";
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
  usage: "[OPTION]... bash|zsh|fish",
  description: [
    "Prints a script by which a shell completes commands, options, their " +
    "values, and the names of processes: those that the supervisor knows, or " +
    "that the configuration has if none runs. The page of the tool says how " +
    "each shell reads it.",
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
      line: "processman completions bash",
      what: "Prints what `source <(...)` in ~/.bashrc can read.",
    },
    {
      line: "processman completions fish",
      what: "Prints a file for ~/.config/fish/completions.",
    },
  ],
  statuses: [],
  load: async () =>
    (await load<typeof import("./completions.ts")>("./completions.ts"))
      .completions,
};

const doctor: CommandSpec = {
  name: "doctor",
  summary: "Tell what is missing on this machine, and why it matters",
  usage: "[OPTION]...",
  description: [
    "Looks at Deno, permissions, programs, folders, limits, the clock, " +
    "supervisors that have died, and the configuration with its programs and " +
    "ports. It says what is wrong, what matters most first, why that matters, " +
    "and what to do. It changes nothing, and needs no configuration.",
  ],
  names: { least: 0, most: 0 },
  options: [PROFILE],
  json: true,
  examples: [
    { line: "processman doctor", what: "Looks at this machine and folder." },
    {
      line: "processman doctor --json | jq -r '.findings[].what'",
      what: "Prints what is wrong, a line each.",
    },
  ],
  statuses: [["1", "something is wrong, or can go wrong later"]],
  load: async () =>
    (await load<typeof import("./doctor.ts")>("./doctor.ts")).doctor,
};

/** These commands, in the order of the help. */
export const clients: readonly CommandSpec[] = [doctor, mcp, completions];
