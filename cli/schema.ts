/**
 * The schema of a configuration: it checks what is written, and the JSON Schema
 * for editors is made from it.
 *
 * @module
 */

import { z } from "zod";
import { probe, strict, text, url, word } from "./schema_parts.ts";
import {
  ALERT_TARGETS,
  BACKOFFS,
  HOOK_PROGRAMS,
  PROBES,
  PROGRAMS,
} from "./config_choices.ts";
import { FACILITIES } from "./line_target.ts";
import { ENTRY_NAME } from "./entry_name.ts";
import { SIGNALS } from "./config_signals.ts";

const ms = z.number().min(0).describe("A time in milliseconds.");
const fromOne = z.number().min(1).describe("A time in milliseconds.");
const whole = z.int().min(0);
const infinity = z.literal("Infinity");
const signal = z.enum(SIGNALS).describe("The name of a signal.");
const path = text.describe("A path, relative to the folder of this file.");
const stdio = z.enum(["piped", "inherit", "null"]);
const env = z.record(
  z.string().regex(/^[^=\0]+$/),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
).meta({
  id: "env",
  description: "Environment variables; null removes one of the surroundings.",
});

const backoff = strict({
  uniform: ms.describe("A random delay from 0 to this many milliseconds."),
  constant: ms.describe("Always the same delay, in milliseconds."),
  exponential: strict({
    initialMs: ms.describe("The first delay."),
    factor: z.number().min(1).describe("By how much the delay grows."),
    maxMs: ms.describe("The longest delay."),
    jitter: z.enum(["none", "full", "equal", "decorrelated"]),
  }).describe("A delay that grows with each crash in a row."),
}, { choices: BACKOFFS, least: 1 });

const limit = strict({
  restarts: whole.describe("How many restarts are allowed."),
  withinMs: ms.describe("In which window; without it, crashes in a row count."),
}, { required: ["restarts"] });

const leftovers = strict({ signal, gracePeriodMs: ms });

const schedule = z.union([
  text,
  strict({
    cron: text.describe("A cron expression, such as 0 3 * * *."),
    timeZone: text.describe("Its time zone, such as Europe/Berlin."),
    jitterMs: ms.describe("The longest random delay, in milliseconds."),
    catchUp: z.boolean()
      .describe("Whether what was missed happens once, late."),
  }, { required: ["cron"] }),
]).meta({
  id: "schedule",
  description: "A cron expression, such as 0 3 * * *, or options with one.",
});

const restartOptions = {
  policy: z.enum(["on-failure", "always", "never"]),
  backoff: backoff.describe("The delay before a restart."),
  resetAfterMs: ms.describe("After such a time, a run counts as healthy."),
  limit: limit.describe("After how many restarts the process is given up."),
  successCodes: z.array(whole).describe("Exit codes besides 0 of a success."),
  stopCodes: z.array(whole).describe("Exit codes after which it stays ended."),
  leftovers: leftovers.describe("How processes that a run left are ended."),
};

const restart = strict(restartOptions).meta({
  id: "restart",
  description: "When and how the process is restarted.",
});

const restartOfEntry = strict({ ...restartOptions, schedule }).meta({
  id: "restartOfProcess",
  description: "When and how the process is restarted.",
});

const stop = strict({
  signal,
  gracePeriodMs: ms.describe("How long it may take to end before SIGKILL."),
  to: z.enum(["group", "leader"]).describe("Who receives the signal."),
  command: z.array(word).min(1)
    .describe("A program that asks it to end, instead of the signal."),
}).meta({ id: "stop", description: "How the process is stopped." });

const words = z.array(word).min(1);

const hook = z.union([
  words,
  strict({
    command: words.describe("The program and its arguments."),
    shell: text.describe("A command line for sh -c."),
    timeoutMs: fromOne.describe("After which time it is killed."),
  }, { choices: HOOK_PROGRAMS, least: 1 }),
]).meta({ id: "hook", description: "A program that runs beside the runs." });

const alert = z.union([
  url,
  words,
  strict({
    command: words.describe("A program and its arguments, which is run."),
    shell: text.describe("A command line for sh -c, which is run."),
    url: url.describe("Where a request with JSON is sent."),
    headers: z.record(z.string(), word).describe("Headers of the request."),
    timeoutMs: fromOne.describe("How long it can take."),
  }, { choices: ALERT_TARGETS, least: 1 }).superRefine((value, context) => {
    if (value.headers === undefined || value.url !== undefined) return;
    const message = "is only possible with url";
    context.addIssue({ code: "custom", message, path: ["headers"] });
  }),
]).meta({ id: "alert", description: "A command or a server that is told." });

const output = strict({
  bufferBytes: whole.describe("How many bytes of each output are kept."),
  maxLineLength: z.int().min(1).describe("Where longer lines are cut."),
  file: strict({
    path: path.describe("The file that the output is written to."),
    stderr: path.describe("Another file, for stderr alone."),
    maxBytes: z.union([z.int().min(1), infinity])
      .describe("The size at which the file is renamed."),
    maxFiles: z.int().min(0).max(1_000).describe(
      "How many renamed files stay.",
    ),
    json: z.boolean().describe("Whether lines are written as JSON."),
  }, { required: ["path"] }),
  journald: z.union([
    z.boolean(),
    strict({ identifier: text.describe("What the lines are found by.") }),
  ]).describe("Whether lines go to the journal of systemd, too."),
  syslog: z.union([
    z.boolean(),
    strict({
      server: z.string().regex(
        /^((tcp|udp):\/\/(\[[0-9a-fA-F:.]+\]|[^\s/:@?#]+)(:\d{1,5})?|unix:\/\/\/[^\s?#]+)$/,
        "a server such as tcp://logs.example.com:514, or unix:///dev/log",
      ).describe("The server; without one, that of this machine."),
      facility: z.enum(FACILITIES).describe("The facility of the lines."),
      tag: text.describe("What the lines are found by."),
    }),
  ]).describe("Whether lines go to syslog, too."),
}).meta({ id: "output", description: "What happens with the output." });

const ready = strict({
  ...probe,
  intervalMs: fromOne.describe(
    "Time from one negative answer to the next try.",
  ),
  timeoutMs: fromOne.describe("How long a try may take."),
  withinMs: z.union([ms, infinity]).describe("How long a run may take."),
  recheckMs: fromOne.describe("How often to ask again once it is ready."),
}, { choices: PROBES, least: 1 }).meta({
  id: "ready",
  description: "When a run is ready.",
});

const live = strict({
  ...probe,
  intervalMs: fromOne.describe("Time from an answer to the next try."),
  timeoutMs: fromOne.describe("How long a try may take."),
  failures: z.int().min(1).describe("How many negative answers end the run."),
}, { choices: PROBES, least: 1 }).meta({
  id: "live",
  description: "How to find out that a run hangs.",
});

const condition = z.enum(["started", "ready", "completed"]);

const dependsOn = z.record(
  z.string(),
  z.union([
    condition,
    strict({
      when: condition.describe("What the dependency must have reached."),
      restart: z.enum(["never", "explicit", "always"])
        .describe("After which of its restarts this one is restarted too."),
      required: z.boolean().describe("Whether it cannot start without it."),
    }, { required: ["when"] }),
  ]),
).meta({
  id: "dependsOn",
  description: "What must hold before the process starts, by the other's name.",
});

/** A list of what a permission is for; Deno separates it by commas. */
function allowed(pattern: RegExp, what: string): z.ZodType {
  return z.union([z.boolean(), z.array(z.string().regex(pattern, what))]);
}

const item = allowed(/^[^,\0]+$/, "a text without commas");
const host = allowed(/^(?!\w+:\/\/)[^,\s]+$/, "a host such as localhost:8000");
const variable = allowed(/^[A-Za-z_]\w*\*?$/, "the name of a variable");
const fact = allowed(/^[A-Za-z]+$/, "a name such as hostname");

const deno = strict({
  script: text.describe("The program: a path or a URL."),
  allow: strict({
    net: host.describe("Hosts such as localhost:8000, or true for all."),
    read: item.describe("Files and folders, or true for all."),
    write: item.describe("Files and folders, or true for all."),
    env: variable.describe("Names of variables, or true for all."),
    run: item.describe("Programs, or true for all."),
    sys: fact.describe("Facts about the system, or true for all."),
    ffi: item.describe("Libraries, or true for all."),
    import: host.describe("Hosts to import from, or true for all."),
  }).describe("What the program may do; nothing else."),
  args: z.array(word).describe("The arguments of the program."),
}, { required: ["script"] }).meta({
  id: "deno",
  description: "A program for Deno.",
});

const envFiles = z.array(z.union([
  path,
  strict({
    path,
    required: z.boolean().describe("Whether the file must exist."),
  }, { required: ["path"] }),
])).meta({
  id: "envFiles",
  description: "Files of environment variables; later ones take precedence.",
});

/** The options that `defaults` and a process have in common. */
const shared = {
  cwd: path.describe("The working directory; the folder of this file."),
  env,
  envFiles,
  clearEnv: z.boolean().describe("Whether it gets no variables but its own."),
  user: z.union([text, whole]).describe("The user that it runs as."),
  uid: whole.describe("The user ID that it runs as."),
  gid: whole.describe("The group ID that it runs as."),
  stdin: stdio,
  stdout: stdio,
  stderr: stdio,
  windowsRawArguments: z.boolean(),
  group: z.boolean().describe("Whether each run leads its own session."),
  restart,
  stop,
  before: hook.describe("What must succeed before each run."),
  after: hook.describe("What runs after each run."),
  onFailed: alert.describe("What is told when it is given up."),
  onUnhealthy: alert.describe("What is told when it hangs."),
  output,
};

const watched = z.array(path).min(1)
  .describe("Files, folders, and patterns such as src/**/*.ts.");

const watch = z.union([
  watched,
  strict({
    paths: watched,
    ignore: z.array(text)
      .describe("Patterns of files and folders that do not count."),
    debounceMs: ms.describe("How long nothing must change before the restart."),
    cascade: z.boolean()
      .describe("Whether what depends on it is restarted too."),
  }, { required: ["paths"] }),
]).meta({
  id: "watch",
  description: "The files for whose changes the process is restarted.",
});

/** The schema of a process. */
export const entry = strict({
  type: z.enum(["service", "task"])
    .describe("Whether it serves, or does something once."),
  command: z.array(word).min(1).describe("The program and its arguments."),
  shell: text.describe("A command line for sh -c."),
  deno,
  ...shared,
  restart: restartOfEntry,
  schedule,
  tty: z.boolean().describe("Whether each run has a terminal of its own."),
  critical: z.boolean().describe("Whether its end ends everything."),
  ready,
  live,
  dependsOn,
  replicas: z.int().min(1).max(1_000).describe("How many run side by side."),
  roll: strict({
    order: z.enum(["start-first", "stop-first"]),
    minReadyMs: ms.describe("How long a new one must be ready."),
  }).describe("How the replicas are replaced one after another."),
  profiles: z.array(text).describe("It belongs to these profiles alone."),
  autoStart: z.boolean().describe("Whether it starts by itself."),
  watch,
  export: strict({
    image: text.describe("The image that Compose and Kubernetes run."),
  }).describe("What `processman export` needs to know."),
}, { choices: PROGRAMS, least: 1 }).meta({ id: "process" });

const logs = strict({
  folder: path.describe("Where the logs are kept."),
  maxBytes: z.union([
    z.int().min(1),
    z.string().regex(/^\d+ ?([kMGT]i?)?B$/, "a size such as 100MB"),
  ])
    .describe("How much is kept of each process, such as 100MB."),
  maxAge: z.union([
    ms,
    z.string().regex(
      /^\d+(\.\d+)? ?(ms|s|m|h|d|w)$/,
      "a time such as 7d or 12h",
    ),
  ])
    .describe("How long lines are kept, such as 7d."),
}).describe("How the logs are kept on disk.");

/** The schema of a configuration. */
export const config = strict({
  $schema: z.string().describe("The JSON Schema, for editors."),
  name: z.string().regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    "a name of letters, digits, _, . and -",
  )
    .describe("The name of the supervisor; the name of the folder."),
  include: z.union([path, z.array(path)])
    .describe("Other files whose processes belong to this configuration."),
  processes: z.record(z.string().regex(ENTRY_NAME), entry)
    .describe("The processes, by their names."),
  defaults: strict(shared).describe("Options that all processes have."),
  logs,
  startLimit: z.union([z.int().min(1), infinity])
    .describe("How many can start at the same time."),
  restartBudget: strict({ restarts: z.int().min(1), withinMs: ms }, {
    required: ["restarts", "withinMs"],
  }).describe("How many restarts after crashes are allowed in all."),
  sharedPorts: z.array(z.int().min(1).max(65_535))
    .describe("Ports that more than one process can use."),
  signals: z.array(signal)
    .describe("The signals to the supervisor that stop all processes."),
  exitDeadlineMs: ms.describe("How long the end of the supervisor can take."),
  orphans: z.enum(["stop", "kill", "leave"])
    .describe("What happens to the processes if the supervisor dies."),
}, { required: ["processes"] });
