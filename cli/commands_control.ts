/**
 * The commands that change what processes do.
 *
 * @module
 */

import {
  ASKS,
  type CommandSpec,
  GRACE,
  TIMEOUT,
  WAITS,
} from "./command_spec.ts";
import { load } from "./load.ts";

const NAMES =
  "A name is that of a process (`api.2`) or of an entry (`api`), a pattern " +
  "(`'api.*'`), or a profile (`@web`).";

const SEVERAL: CommandSpec["names"] = {
  least: 1,
  most: Infinity,
  what: "the name of a process, or '*' for all",
  are: ["process"],
};

const start: CommandSpec = {
  name: "start",
  summary: "Start processes",
  usage: "[OPTION]... NAME...",
  description: [
    "Starts processes that were stopped, have ended, failed, or do not start " +
    "by themselves, together with what they depend on. Returns when they are " +
    "ready or completed.",
    NAMES,
  ],
  names: SEVERAL,
  options: [TIMEOUT],
  examples: [
    { line: "processman start api", what: "Starts api." },
    {
      line: "processman start --timeout 30s @tools",
      what: "Starts all entries with the profile tools.",
    },
  ],
  statuses: WAITS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).start,
};

const attach: CommandSpec = {
  name: "attach",
  summary: "Type into a process, and see what it writes",
  usage: "[OPTION]... NAME",
  description: [
    "Connects this terminal with a process that runs, over all its restarts. " +
    "With `tty: true`, all keys go to the program, also Ctrl-C, and Ctrl-P " +
    "Ctrl-Q detaches. With `stdin: piped`, lines go to it, and Ctrl-C or " +
    "Ctrl-D detaches. Otherwise, only the output is shown. The process goes " +
    "on after that.",
    "If stdin is no terminal, all of it is passed on; then this ends.",
  ],
  names: {
    least: 1,
    most: 1,
    what: "the name of a process",
    are: ["process"],
  },
  options: [
    {
      long: "detach-keys",
      value: "KEYS",
      is: "other",
      default: "ctrl-p,ctrl-q",
      summary: "Detach with these keys, such as ctrl-x or ctrl-x,d",
    },
    { long: "no-stdin", summary: "Show the output, and pass nothing on" },
  ],
  examples: [
    { line: "processman attach console", what: "Types into console." },
    {
      line: "processman attach --no-stdin api",
      what: "Shows what api writes, as it is.",
    },
  ],
  statuses: [
    ["n", "the status of the process, if it has ended"],
    ...ASKS,
  ],
  load: async () =>
    (await load<typeof import("./attach.ts")>("./attach.ts")).attach,
};

const add: CommandSpec = {
  name: "add",
  summary: "Add a process that is in no configuration",
  usage: "[OPTION]... NAME -- COMMAND...",
  description: [
    "Adds a process to the supervisor that runs, and keeps it: `up` starts it " +
    "again, and `delete` forgets it. Without a configuration, a supervisor is " +
    "started in the background for this folder.",
    "The process runs in this folder, with the environment of the supervisor. " +
    "Its command and variables are in a file that only you can read.",
  ],
  names: {
    least: 1,
    most: 1,
    what: "the name of the new process",
    are: ["other"],
  },
  rest: "needed",
  options: [
    {
      long: "cwd",
      value: "DIR",
      is: "folder",
      default: "this folder",
      summary: "Run it in this folder",
    },
    {
      long: "env",
      value: "K=V",
      many: true,
      is: "other",
      summary: "Set a variable; K alone takes its value from your shell",
    },
    {
      long: "replicas",
      value: "N",
      kind: "count",
      summary: "Run this many side by side",
    },
    {
      long: "restart",
      value: "POLICY",
      oneOf: ["on-failure", "always", "never"],
      default: "on-failure",
      summary: "Restart it when it ends, always or never",
    },
    {
      long: "watch",
      value: "PATH",
      many: true,
      is: "file",
      summary: "Restart it when this file or folder changes",
    },
    { long: "no-start", summary: "Do not start it; `start` does" },
  ],
  examples: [
    {
      line: "processman add web -- node server.js",
      what: "Adds and starts web.",
    },
    {
      line: "processman add --env PORT=8000 --watch src api -- deno task start",
      what: "Adds a process that is restarted when its code changes.",
    },
  ],
  statuses: WAITS,
  load: async () => (await load<typeof import("./add.ts")>("./add.ts")).add,
};

const remove: CommandSpec = {
  name: "delete",
  summary: "Stop processes that were added, and forget them",
  usage: "[OPTION]... NAME...",
  description: [
    "Stops processes that `add` has added, and forgets them. Those of a " +
    "configuration are removed by an edit of it and `reload`.",
  ],
  names: {
    least: 1,
    most: Infinity,
    what: "the name of an added process",
    are: ["entry"],
  },
  options: [],
  examples: [
    { line: "processman delete web", what: "Stops web, and forgets it." },
    { line: "processman delete web api", what: "Does so with two processes." },
  ],
  statuses: WAITS,
  load: async () => (await load<typeof import("./add.ts")>("./add.ts")).remove,
};

const stop: CommandSpec = {
  name: "stop",
  summary: "Stop processes; they stay stopped until they are started",
  usage: "[OPTION]... NAME...",
  description: [
    "Asks processes to end, in reverse order of their dependencies, and ends " +
    "them by SIGKILL after their grace periods. Returns when nothing of them " +
    "is left. `reload` and `up` do not start them again; `start` does.",
    NAMES,
  ],
  names: SEVERAL,
  options: [GRACE],
  examples: [
    { line: "processman stop api", what: "Stops all replicas of api." },
    { line: "processman stop api.3 worker", what: "Stops two processes." },
  ],
  statuses: ASKS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).stop,
};

const restart: CommandSpec = {
  name: "restart",
  summary: "Restart processes",
  usage: "[OPTION]... NAME...",
  description: [
    "Stops processes and starts them again, and returns when they are ready " +
    "or completed. With --roll, it replaces the " +
    "replicas of an entry one after another, each when the one before is " +
    "ready; if a new one does not get ready, the old one is kept.",
    NAMES,
  ],
  names: SEVERAL,
  options: [
    { long: "roll", summary: "Replace one replica after another" },
    TIMEOUT,
  ],
  examples: [
    { line: "processman restart worker", what: "Restarts worker." },
    {
      line: "processman restart --roll api",
      what: "Restarts the replicas of api without an outage.",
    },
  ],
  statuses: WAITS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).restart,
};

const kill: CommandSpec = {
  name: "kill",
  summary: "Stop processes at once, by SIGKILL",
  usage: "[OPTION]... NAME...",
  description: [
    "Ends processes and everything that they have started by SIGKILL, " +
    "without a grace period. They stay stopped, as with `stop`.",
    NAMES,
  ],
  names: SEVERAL,
  options: [],
  examples: [
    { line: "processman kill worker", what: "Ends worker at once." },
    { line: "processman kill '*'", what: "Ends all processes at once." },
  ],
  statuses: ASKS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).kill,
};

const signal: CommandSpec = {
  name: "signal",
  summary: "Send a signal to processes",
  usage: "[OPTION]... SIGNAL NAME...",
  description: [
    "Sends a signal, such as HUP or SIGHUP, to running processes. If the " +
    "signal ends a process, that counts as a crash: use `stop` to stop it.",
    NAMES,
  ],
  names: {
    least: 2,
    most: Infinity,
    what: "a signal and the name of a process",
    are: ["signal", "process"],
  },
  options: [{
    long: "to",
    value: "WHOM",
    oneOf: ["leader", "group"],
    summary: "Send it to the program alone, or to all that it has started, too",
    default: "leader",
  }],
  examples: [
    { line: "processman signal HUP nginx", what: "Lets nginx reload." },
    {
      line: "processman signal --to group USR1 worker",
      what: "Reaches everything that worker has started.",
    },
  ],
  statuses: ASKS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).signal,
};

const scale: CommandSpec = {
  name: "scale",
  summary: "Change how many replicas of an entry run",
  usage: "[OPTION]... NAME=N...",
  description: [
    "Starts or stops replicas until there are N, and returns when the new " +
    "ones are ready. The configuration is not changed: the next `reload` " +
    "with another number of replicas wins.",
  ],
  names: {
    least: 1,
    most: Infinity,
    what: "an entry with a number, NAME=N",
    are: ["count"],
  },
  options: [TIMEOUT],
  examples: [
    { line: "processman scale api=5", what: "Runs five replicas of api." },
    { line: "processman scale api=2 worker=1", what: "Scales two entries." },
  ],
  statuses: WAITS,
  load: async () =>
    (await load<typeof import("./actions.ts")>("./actions.ts")).scale,
};

/** The commands that change what processes do, in the order of the help. */
export const control: readonly CommandSpec[] = [
  attach,
  add,
  remove,
  start,
  stop,
  restart,
  kill,
  signal,
  scale,
];
