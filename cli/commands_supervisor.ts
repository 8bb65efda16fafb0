/**
 * The commands that run, change, end or check what a configuration says.
 *
 * @module
 */

import {
  ASKS,
  type CommandSpec,
  GRACE,
  type OptionSpec,
} from "./command_spec.ts";
import { load } from "./load.ts";

const PROFILE: OptionSpec = {
  long: "profile",
  value: "NAME",
  many: true,
  summary: "Include the entries with this profile",
};

const up: CommandSpec = {
  name: "up",
  summary: "Start what the configuration says",
  usage: "[OPTION]... [NAME]...",
  description: [
    "Starts all entries of the configuration, or those that are named with " +
    "what they depend on, and supervises them. It prints their output until " +
    "all have ended, or until Ctrl-C, which stops them in reverse order.",
    "On a terminal, a line at the bottom says how many run, and keys act on " +
    "them: ? shows the keys.",
    "With -d, it starts a supervisor in the background and returns when all " +
    "processes run, or with --wait when they are ready. If one of them " +
    "fails, it says why, with the last lines of its stderr; the supervisor " +
    "and the others go on until `processman down`.",
    "With --web, it also serves the dashboard, as `processman web -d` does, " +
    "and prints its link. The dashboard outlives the supervisor for ten " +
    "minutes, so that the page goes on after the next `up`.",
    "If a supervisor of this configuration runs already, nothing is started " +
    "twice: up starts only what is named, and says what the configuration " +
    "would change. `processman reload` applies that.",
    "The configuration is the nearest `processman.config.ts`, " +
    "`processman.yaml`, `processman.json` or `Procfile`, from this folder " +
    "upwards.",
  ],
  names: { least: 0, most: Infinity },
  options: [
    { long: "detach", short: "d", summary: "Supervise in the background" },
    {
      long: "wait",
      summary: "Wait until all are ready or completed; implies -d",
    },
    {
      long: "wait-timeout",
      value: "TIME",
      kind: "duration",
      default: "no limit",
      summary: "Wait no longer than this, such as 30s; implies --wait",
    },
    { long: "no-deps", summary: "Start the named entries alone" },
    { long: "web", summary: "Also serve the dashboard, and print its link" },
    {
      long: "exit-code-from",
      value: "NAME",
      summary: "Stop all when NAME ends, and exit with its status",
    },
    PROFILE,
  ],
  examples: [
    { line: "processman up", what: "Runs everything, with its output." },
    {
      line: "processman up -d --wait --wait-timeout 1m",
      what: "Starts everything in the background, and waits until it is ready.",
    },
  ],
  statuses: [
    ["1", "a process failed"],
    ["4", "not ready within --wait-timeout"],
  ],
  load: async () => (await load<typeof import("./up.ts")>("./up.ts")).up,
};

const down: CommandSpec = {
  name: "down",
  summary: "Stop all processes, and end the supervisor",
  usage: "[OPTION]...",
  description: [
    "Stops all processes in reverse order of their dependencies, and returns " +
    "when the supervisor has ended and nothing is left. What does not end " +
    "within --timeout is ended by SIGKILL.",
  ],
  names: { least: 0, most: 0 },
  options: [GRACE],
  examples: [
    { line: "processman down", what: "Ends the supervisor of this folder." },
    {
      line: "processman down -S shop --timeout 5s",
      what: "Ends the supervisor shop within about five seconds.",
    },
  ],
  statuses: ASKS,
  load: async () => (await load<typeof import("./down.ts")>("./down.ts")).down,
};

const reload: CommandSpec = {
  name: "reload",
  summary: "Apply the changed configuration",
  usage: "[OPTION]...",
  description: [
    "Reads the configuration again, prints what differs from what runs, and " +
    "applies it. What has not changed is not touched. A configuration with a " +
    "mistake changes nothing.",
    "Without -f and --profile, it reads the files, and includes the profiles, " +
    "that `up` or the last `reload` was given.",
  ],
  names: { least: 0, most: 0 },
  options: [
    { long: "dry-run", summary: "Print what would change, and change nothing" },
    PROFILE,
  ],
  json: true,
  examples: [
    { line: "processman reload --dry-run", what: "Shows what would change." },
    { line: "processman reload", what: "Applies it." },
  ],
  statuses: [...ASKS, ["4", "a new version did not get ready"]],
  load: async () =>
    (await load<typeof import("./reload.ts")>("./reload.ts")).reload,
};

const run: CommandSpec = {
  name: "run",
  summary: "Run a command in the environment of a process",
  usage: "[OPTION]... NAME -- COMMAND [ARGUMENT]...",
  description: [
    "Runs a command in the folder, with the environment, and as the user of a " +
    "process of the configuration. No supervisor is needed. The status is " +
    "that of the command.",
  ],
  names: { least: 1, most: 1, what: "the name of a process" },
  rest: true,
  options: [PROFILE],
  examples: [
    {
      line: "processman run api -- deno task migrate",
      what: "Runs a task with the variables of api.",
    },
    {
      line: "processman run worker.2 -- env",
      what: "Prints the environment of a replica.",
    },
  ],
  statuses: [["n", "the status of the command"]],
  load: async () => (await load<typeof import("./run.ts")>("./run.ts")).run,
};

const check: CommandSpec = {
  name: "check",
  summary: "Check the configuration",
  usage: "[OPTION]...",
  description: [
    "Finds all mistakes of the configuration, each with its file, line and " +
    "column, and says what each process would do in a crash loop. Nothing is " +
    "started.",
  ],
  names: { least: 0, most: 0 },
  options: [PROFILE],
  json: true,
  examples: [
    { line: "processman check", what: "Checks the nearest configuration." },
    {
      line: "processman check -f base.yaml -f production.yaml",
      what: "Checks two files, the second of which overrides the first.",
    },
  ],
  statuses: [],
  load: async () =>
    (await load<typeof import("./check.ts")>("./check.ts")).check,
};

const config: CommandSpec = {
  name: "config",
  summary: "Print the configuration in its resolved form",
  usage: "[OPTION]...",
  description: [
    "Prints the configuration with all files merged, variables filled in and " +
    "paths made absolute, as YAML or JSON.",
  ],
  names: { least: 0, most: 0 },
  options: [
    PROFILE,
    { long: "no-env", summary: "Hide the values of environment variables" },
  ],
  json: true,
  examples: [
    { line: "processman config", what: "Prints the nearest configuration." },
    {
      line: "processman config --json | jq '.processes | keys'",
      what: "Lists the names of its entries.",
    },
  ],
  statuses: [],
  load: async () =>
    (await load<typeof import("./config.ts")>("./config.ts")).config,
};

/** The commands around a configuration, in the order of the help. */
export const supervisor: readonly CommandSpec[] = [
  up,
  down,
  reload,
  run,
  check,
  config,
];
