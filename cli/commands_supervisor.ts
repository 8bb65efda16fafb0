/**
 * The commands that run, change, end or check what a configuration says.
 *
 * @module
 */

import { ASKS, type CommandSpec, GRACE } from "./command_spec.ts";
import { PROFILE, up } from "./command_up.ts";
import { load } from "./load.ts";

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
  names: {
    least: 1,
    most: 1,
    what: "the name of a process",
    are: ["entry"],
  },
  rest: "needed",
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

const init: CommandSpec = {
  name: "init",
  summary: "Write a configuration, also from the files of other tools",
  usage: "[OPTION]... [FILE]",
  description: [
    "Writes processman.yaml. If this folder has a file of another tool, such " +
    "as compose.yaml, process-compose.yaml, ecosystem.config.js of pm2, " +
    "supervisord.conf, Procfile, package.json or deno.json, it is made from " +
    "that; FILE names one. Otherwise it is a small one to begin with.",
    "Of package.json and deno.json, it takes the scripts that are servers, " +
    "such as dev, start and worker, or those that --script names.",
    "What cannot be taken over is named in comments there, and on stderr. The " +
    "configuration is checked before it is written. Nothing is started, and " +
    "nothing is overwritten without --force.",
  ],
  names: {
    least: 0,
    most: 1,
    what: "a file of another tool",
    are: ["file"],
  },
  options: [
    {
      long: "output",
      short: "o",
      value: "FILE",
      default: "processman.yaml",
      summary: "Write this file",
    },
    {
      long: "script",
      value: "NAME",
      many: true,
      default: "those that are servers",
      summary: "Take this script of package.json or deno.json",
    },
    { long: "force", summary: "Overwrite the file" },
    { long: "print", summary: "Print the configuration, and write no file" },
  ],
  examples: [
    { line: "processman init", what: "Writes processman.yaml." },
    {
      line: "processman init --print docker-compose.yml",
      what: "Prints what would be made from a file of Docker Compose.",
    },
  ],
  statuses: [["1", "the file is there already, or cannot be written"]],
  load: async () => (await load<typeof import("./init.ts")>("./init.ts")).init,
};

const check: CommandSpec = {
  name: "check",
  summary: "Check the configuration",
  usage: "[OPTION]...",
  description: [
    "Finds all mistakes of the configuration, each with its file, line and " +
    "column, draws the order in which everything starts, and says what each " +
    "process would do in a crash loop. Nothing is started.",
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

const exportTo: CommandSpec = {
  name: "export",
  summary: "Write what systemd, Compose or Kubernetes runs instead",
  usage: "[OPTION]... systemd|compose|kubernetes [-- ARGUMENT...]",
  description: [
    "Writes what another engine needs to run the processes of the " +
    "configuration: units for systemd, a compose.yaml, or manifests for " +
    "Kubernetes. What has no counterpart in the engine is named in comments " +
    "there, and on stderr. It prints the files, or writes them into a folder with " +
    "--output.",
    "Compose and Kubernetes need an image for each process: export.image in " +
    "the configuration, or --image. The folder of the configuration is the " +
    "working directory of the images, unless --workdir says where it is.",
    "With --self, systemd runs the tool instead: it writes the unit that runs " +
    "`processman up` at boot, with the arguments after --.",
  ],
  names: {
    least: 1,
    most: 1,
    what: "systemd, compose or kubernetes",
    are: [["systemd", "compose", "kubernetes"]],
  },
  rest: "possible",
  options: [
    {
      long: "output",
      short: "o",
      value: "FOLDER",
      summary: "Write the files into this folder",
    },
    { long: "force", summary: "Overwrite files that no export has written" },
    {
      long: "image",
      value: "[NAME=]IMAGE",
      many: true,
      summary: "The image of a process, or of all that have none",
    },
    {
      long: "workdir",
      value: "PATH",
      summary: "Where the folder of the configuration is in the images",
    },
    { long: "self", summary: "Write the unit that runs `processman up`" },
    { long: "user", summary: "Write units for the systemd of a user" },
    PROFILE,
  ],
  examples: [
    {
      line: "processman export compose --image shop:1 -o .",
      what: "Writes compose.yaml, in which all processes run the image shop:1.",
    },
    {
      line: "processman export systemd --self -o /etc/systemd/system",
      what: "Installs the unit that runs this configuration at boot.",
    },
  ],
  statuses: [["1", "a file cannot be written"]],
  load: async () =>
    (await load<typeof import("./export.ts")>("./export.ts")).exportTo,
};

/** The commands around a configuration, in the order of the help. */
export const supervisor: readonly CommandSpec[] = [
  init,
  up,
  down,
  reload,
  run,
  check,
  config,
  exportTo,
];
