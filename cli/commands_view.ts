/**
 * The commands that show something.
 *
 * @module
 */

import { NAMES, ps } from "./command_ps.ts";
import { ASKS, type CommandSpec } from "./command_spec.ts";
import { load } from "./load.ts";

const ls: CommandSpec = {
  name: "ls",
  summary: "List all supervisors of this user",
  usage: "[OPTION]...",
  description: [
    "Lists the supervisors that `processman up` has started, programs that " +
    "have exposed their processes with `expose()`, and supervisors that have " +
    "died without stopping their processes.",
  ],
  names: { least: 0, most: 0 },
  options: [],
  json: true,
  examples: [
    { line: "processman ls", what: "Lists all supervisors." },
    {
      line: "processman ls --json | jq -r '.[].config'",
      what: "Prints the paths of their configurations.",
    },
  ],
  statuses: [],
  load: async () => (await load<typeof import("./ls.ts")>("./ls.ts")).ls,
};

const status: CommandSpec = {
  name: "status",
  summary: "Show everything about processes, or about the supervisor",
  usage: "[OPTION]... [NAME]...",
  description: [
    "Shows what each process does and why, how its last run ended, the last " +
    "lines of stderr if it crashed, what it depends on, what its probes say, " +
    "and how it is restarted and stopped. Of environment variables, it shows " +
    "the names. Without a name, it shows the supervisor.",
    NAMES,
  ],
  names: { least: 0, most: Infinity, are: ["process"] },
  options: [],
  json: true,
  examples: [
    { line: "processman status api", what: "Shows the process api." },
    { line: "processman status", what: "Shows the supervisor of this folder." },
  ],
  statuses: [
    ["1", "a process that was named has failed"],
    ["3", "no supervisor runs"],
  ],
  load: async () =>
    (await load<typeof import("./status.ts")>("./status.ts")).status,
};

const why: CommandSpec = {
  name: "why",
  summary: "Say why a process is in its state",
  usage: "[OPTION]... NAME...",
  description: [
    "Says in one sentence what a process waits for, until when, or how it " +
    "ended.",
    NAMES,
  ],
  names: {
    least: 1,
    most: Infinity,
    what: "the name of a process",
    are: ["process"],
  },
  options: [],
  json: true,
  examples: [
    { line: "processman why api", what: "Says why api does not run." },
    { line: "processman why '*'", what: "Says it of each process." },
  ],
  statuses: ASKS,
  load: async () => (await load<typeof import("./why.ts")>("./why.ts")).why,
};

const top: CommandSpec = {
  name: "top",
  summary: "Show processes, their logs and their graph on the whole terminal",
  usage: "[OPTION]...",
  description: [
    "Shows the processes, and below them the log, the details or the " +
    "dependency graph of the one that is chosen. Keys move, search, start and " +
    "stop; `?` shows them. `q` quits, and the processes go on.",
    "When the supervisor ends, it waits for the next one.",
  ],
  names: { least: 0, most: 0 },
  options: [],
  examples: [
    { line: "processman top", what: "Shows the processes of this folder." },
    {
      line: "processman top -S shop",
      what: "Shows those of the supervisor shop.",
    },
  ],
  statuses: ASKS,
  load: async () => (await load<typeof import("./top.ts")>("./top.ts")).top,
};

const logs: CommandSpec = {
  name: "logs",
  summary: "Print what processes have written",
  usage: "[OPTION]... [NAME]...",
  description: [
    "Prints the output of processes, which the supervisor keeps on disk; also " +
    "if no supervisor runs now. With -f, it goes on over restarts of the " +
    "processes.",
    NAMES,
  ],
  names: { least: 0, most: Infinity, are: ["process"] },
  options: [
    { long: "follow", short: "f", summary: "Go on with the lines that arrive" },
    {
      long: "lines",
      short: "n",
      also: ["tail"],
      value: "N",
      kind: "count",
      summary: "Print the newest N lines of all together",
      default: "all, or 10 with -f",
    },
    {
      long: "since",
      value: "TIME",
      kind: "time",
      summary: "Print lines from this time on: 10m, 2026-03-01T12:00",
    },
    {
      long: "until",
      value: "TIME",
      kind: "time",
      summary: "Print lines before this time",
    },
    {
      long: "grep",
      short: "g",
      value: "PATTERN",
      summary: "Print lines that match this regular expression",
    },
    {
      long: "level",
      value: "LEVEL",
      oneOf: ["debug", "info", "warn", "error"],
      summary: "Print lines of this level or above",
    },
    {
      long: "run",
      value: "N",
      kind: "integer",
      summary:
        "Print lines of one run: 0 for the newest, -1 for the one before",
    },
    {
      long: "source",
      value: "SOURCE",
      oneOf: ["stdout", "stderr"],
      summary: "Print lines of one output",
    },
    {
      long: "timestamps",
      short: "t",
      summary: "Print the local time before each line",
    },
    { long: "no-prefix", summary: "Print no names before the lines" },
  ],
  json: true,
  examples: [
    {
      line: "processman logs -f api",
      what: "Prints the newest 10 lines of api, and those that arrive.",
    },
    {
      line: "processman logs --since 2h --grep 'timed? out'",
      what: "Finds lines of the last two hours.",
    },
  ],
  statuses: [["3", "no supervisor runs, and there is no log"]],
  load: async () => (await load<typeof import("./logs.ts")>("./logs.ts")).logs,
};

const events: CommandSpec = {
  name: "events",
  summary: "Print what has happened to processes",
  usage: "[OPTION]... [NAME]...",
  description: [
    "Prints starts, ends, restarts and the like, as far back as the " +
    "supervisor remembers them.",
    NAMES,
  ],
  names: { least: 0, most: Infinity, are: ["process"] },
  options: [
    { long: "follow", short: "f", summary: "Go on with the events that come" },
    {
      long: "since",
      value: "TIME",
      kind: "time",
      summary: "Print events from this time on: 10m, 2026-03-01T12:00",
    },
    {
      long: "kind",
      value: "KIND",
      many: true,
      summary: "Print events of this kind, such as `exit` or `restart`",
    },
  ],
  json: true,
  examples: [
    {
      line: "processman events --since 10m api",
      what: "Prints recent events.",
    },
    {
      line: "processman events -f --json",
      what: "Writes one JSON object per line for each event.",
    },
  ],
  statuses: ASKS,
  load: async () =>
    (await load<typeof import("./events.ts")>("./events.ts")).events,
};

const web: CommandSpec = {
  name: "web",
  summary: "Serve the dashboard, a page that shows the processes",
  usage: "[OPTION]...",
  description: [
    "Serves a page for a browser of this machine, and prints a link that " +
    "opens it once. The page shows the processes, their output and why they " +
    "are in their states, and can act on them. It waits for a supervisor if " +
    "none runs, and goes on with the next one.",
    "Serves until Ctrl-C. With -d, it serves in the background, and ends " +
    "with --stop, or after ten minutes in which no supervisor ran and nobody " +
    "looked at the page. If the dashboard is served already, it prints a new " +
    "link.",
    "An address that other machines can reach needs a token, from a file or " +
    "the variable PROCESSMAN_WEB_TOKEN.",
  ],
  names: { least: 0, most: 0 },
  options: [
    { long: "detach", short: "d", summary: "Serve in the background" },
    { long: "open", summary: "Open the page in the browser" },
    { long: "read-only", summary: "Let the page change nothing" },
    {
      long: "port",
      value: "N",
      kind: "count",
      summary: "Listen on this port",
      default: "any that is free",
    },
    {
      long: "host",
      value: "ADDRESS",
      summary: "Listen on this address",
      default: "127.0.0.1",
    },
    {
      long: "allow-host",
      value: "HOST",
      many: true,
      summary: "Also serve under this name of the machine, such as devbox",
    },
    {
      long: "token-file",
      value: "FILE",
      summary: "Let those in who have the token in this file",
    },
    { long: "stop", summary: "End the dashboard" },
  ],
  examples: [
    { line: "processman web --open", what: "Opens the dashboard." },
    {
      line: "processman web -d --read-only",
      what: "Serves a page in the background that can change nothing.",
    },
  ],
  statuses: [
    ["1", "it cannot be served, or is served with other options"],
    ["3", "there is no configuration; with --stop: nothing is served"],
  ],
  load: async () => (await load<typeof import("./web.ts")>("./web.ts")).web,
};

const report: CommandSpec = {
  name: "report",
  summary: "Write a page with what has happened, to send it to others",
  usage: "[OPTION]...",
  description: [
    "Writes one HTML file with the processes, events and lines of the last " +
    "hour: the dashboard as it is now, which opens offline. If no supervisor " +
    "runs, it has the lines that are on disk. It has the newest 50,000 lines " +
    "and 20 MB at most.",
    "Secrets are replaced: values of variables whose names look like secrets, " +
    "and what looks like a password, a token or a private key. Other secrets " +
    "can remain, so read the file before you send it.",
  ],
  names: { least: 0, most: 0 },
  options: [
    {
      long: "output",
      short: "o",
      value: "FILE",
      summary: "Write this file; - is stdout",
      default: "NAME-report-TIME.html in this folder",
    },
    {
      long: "since",
      value: "TIME",
      kind: "time",
      summary: "Go back to this time: 10m, 2026-03-01T12:00",
      default: "1h",
    },
    { long: "force", summary: "Overwrite the file" },
  ],
  examples: [
    { line: "processman report", what: "Writes a report of the last hour." },
    {
      line: "processman report --since 10m -o crash.html",
      what: "Writes the last ten minutes to the file crash.html.",
    },
  ],
  statuses: [
    ["1", "the file exists, or cannot be written"],
    ["3", "no supervisor runs, and there is no log"],
  ],
  load: async () =>
    (await load<typeof import("./report.ts")>("./report.ts")).report,
};

/** The commands that show something, in the order of the help. */
export const view: readonly CommandSpec[] = [
  ps,
  ls,
  status,
  top,
  why,
  logs,
  events,
  web,
  report,
];
