/**
 * The command `up`.
 *
 * @module
 */

import type { CommandSpec, OptionSpec } from "./command_spec.ts";
import { load } from "./load.ts";

/** The option of the commands that read a configuration. */
export const PROFILE: OptionSpec = {
  long: "profile",
  value: "NAME",
  is: "profile",
  many: true,
  summary: "Include the entries with this profile",
};

/** The options of `up`, and how it is called. */
export const up: CommandSpec = {
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
    "With --metrics, Prometheus can read `/metrics` on this port. " +
    "Without HOST, only programs of this machine can reach it.",
    "If a supervisor of this configuration runs already, nothing is started " +
    "twice: up starts only what is named, and says what the configuration " +
    "would change. `processman reload` applies that.",
    "The configuration is the nearest `processman.config.ts`, " +
    "`processman.yaml`, `processman.json` or `Procfile`, from this folder " +
    "upwards.",
  ],
  names: { least: 0, most: Infinity, are: ["entry"] },
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
      long: "metrics",
      value: "[HOST:]PORT",
      summary: "Also serve metrics for Prometheus on this port",
    },
    {
      long: "exit-code-from",
      value: "NAME",
      is: "entry",
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
