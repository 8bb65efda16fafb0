/**
 * The types of a configuration that is a module.
 *
 * @module
 */

import type {
  CommandDefaults,
  CommandOptions,
  ExponentialOptions,
  OutputFileOptions,
  OutputOptions,
  ProcessmanOptions,
  RestartOptions,
} from "../mod.ts";
import type {
  Condition,
  DependencyOptions,
  PlanOptions,
  RollOptions,
} from "../plan/mod.ts";

import type { Facility } from "./line_target.ts";

/** A number, or an expression such as `"$[8000 + replica]"`. */
export type Numeric = number | `${string}$[${string}`;

/** A backoff, as a configuration writes it: one of the three. */
export interface WrittenBackoff {
  /** A random delay from 0 to this many milliseconds. */
  uniform?: number | undefined;
  /** Always the same delay, in milliseconds. */
  constant?: number | undefined;
  /** A delay that grows with each crash in a row. */
  exponential?: ExponentialOptions | undefined;
}

/** Restart options, as a configuration writes them. */
export interface WrittenRestart
  extends Omit<RestartOptions, "backoff" | "random"> {
  /** The delay before a restart. */
  backoff?: WrittenBackoff | undefined;
}

/** When something happens by itself: a cron expression, or options. */
export type WrittenSchedule = string | {
  /** A cron expression, such as `0 3 * * *`. */
  cron: string;
  /**
   * The time zone of the expression, such as `Europe/Berlin`.
   *
   * @default {the time zone of this machine}
   */
  timeZone?: string | undefined;
  /**
   * The longest random delay, in milliseconds.
   *
   * @default {0}
   */
  jitterMs?: number | undefined;
  /**
   * Whether what was missed, because the computer slept or its clock was set,
   * happens once, as soon as possible.
   *
   * @default {true}
   */
  catchUp?: boolean | undefined;
};

/** A probe, as a configuration writes it: one of the six. */
export interface WrittenProbe {
  /** A server answers a request: a URL, or options. */
  http?: string | {
    /** The URL. */
    url: string;
    /** The status codes that mean yes. */
    status?: number | readonly number[] | undefined;
    /** Headers of the request. */
    headers?: Readonly<Record<string, string>> | undefined;
    /** Certificates, in PEM format. */
    caCerts?: readonly string[] | undefined;
  } | undefined;
  /** A server accepts a connection: a port, or options. */
  tcp?: Numeric | {
    /** The name or IP address of the host. */
    hostname?: string | undefined;
    /** The port. */
    port: Numeric;
  } | undefined;
  /** A program exits with code 0: the program and its arguments, or options. */
  exec?: readonly (string | number)[] | {
    /** The program and its arguments. */
    command: readonly (string | number)[];
    /** The working directory. */
    cwd?: string | undefined;
    /** Environment variables. */
    env?: Readonly<Record<string, string | number | boolean>> | undefined;
    /** Whether it gets no variables but its own. */
    clearEnv?: boolean | undefined;
    /** The user that it runs as. */
    user?: string | number | undefined;
  } | undefined;
  /** A line contains a text, or matches `/…/`: the pattern, or options. */
  line?: string | RegExp | {
    /** The text, or a regular expression. */
    pattern: string | RegExp;
    /** The output that the line must be in. */
    source?: "stdout" | "stderr" | undefined;
  } | undefined;
  /** A file exists: its path, or options. */
  file?: string | {
    /** The path. */
    path: string;
    /** Whether it must be of the present run. */
    fresh?: boolean | undefined;
  } | undefined;
  /** All of several probes say yes. */
  all?: readonly WrittenProbe[] | undefined;
}

/** When a run is ready: a probe, and how it is used. */
export interface WrittenReady extends WrittenProbe {
  /** Time from a negative answer to the next try, in milliseconds. */
  intervalMs?: number | undefined;
  /** How long a try can take, in milliseconds. */
  timeoutMs?: number | undefined;
  /** How long a run can take to become ready, in milliseconds. */
  withinMs?: number | undefined;
  /** How often to ask again once it is ready, in milliseconds. */
  recheckMs?: number | undefined;
}

/** How to find out that a run hangs: a probe, and how it is used. */
export interface WrittenLive extends WrittenProbe {
  /** Time from an answer to the next try, in milliseconds. */
  intervalMs?: number | undefined;
  /** How long a try can take, in milliseconds. */
  timeoutMs?: number | undefined;
  /** How many negative answers in a row end the run. */
  failures?: number | undefined;
}

/** What a program for Deno may do: `true` for everything of a kind, or a list. */
export interface DenoPermissions {
  /** Hosts, such as `localhost:8000`. */
  net?: boolean | readonly string[] | undefined;
  /** Files and folders to read. */
  read?: boolean | readonly string[] | undefined;
  /** Files and folders to write. */
  write?: boolean | readonly string[] | undefined;
  /** Names of environment variables. */
  env?: boolean | readonly string[] | undefined;
  /** Programs. */
  run?: boolean | readonly string[] | undefined;
  /** Facts about the system, such as `hostname`. */
  sys?: boolean | readonly string[] | undefined;
  /** Dynamic libraries. */
  ffi?: boolean | readonly string[] | undefined;
  /** Hosts to import from. */
  import?: boolean | readonly string[] | undefined;
}

/** A program for Deno. */
export interface DenoProgram {
  /** The program: a path or a URL. */
  script: string;
  /** What it may do; nothing by default. */
  allow?: DenoPermissions | undefined;
  /** Its arguments. */
  args?: readonly (string | number)[] | undefined;
}

/** A program that runs before or after each run, with one of the first two. */
export interface WrittenHook {
  /** The program and its arguments. */
  command?: readonly (string | number)[] | undefined;
  /** A command line for `sh -c`. */
  shell?: string | undefined;
  /** How long it can take, in milliseconds. */
  timeoutMs?: number | undefined;
}

/** A command or a server that is told, with one of the first three. */
export interface WrittenAlert {
  /** A program and its arguments, which is run. */
  command?: readonly (string | number)[] | undefined;
  /** A command line for `sh -c`, which is run. */
  shell?: string | undefined;
  /** Where a request with JSON is sent. */
  url?: string | undefined;
  /** Headers of the request. */
  headers?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** How long it can take, in milliseconds. */
  timeoutMs?: number | undefined;
}

/** The options that `defaults` and a process have in common. */
export interface WrittenDefaults extends
  Omit<
    CommandDefaults,
    "cwd" | "env" | "prepare" | "restart" | "output" | "before" | "after"
  > {
  /**
   * The working directory, relative to the folder of the file.
   *
   * @default {the folder of the file}
   */
  cwd?: string | undefined;
  /** Environment variables; `null` removes one. */
  env?:
    | Readonly<Record<string, string | number | boolean | null>>
    | undefined;
  /** Files of environment variables. */
  envFiles?:
    | readonly (string | { path: string; required?: boolean | undefined })[]
    | undefined;
  /** When and how the process is restarted. */
  restart?: WrittenRestart | undefined;
  /** What must succeed before each run. */
  before?: readonly (string | number)[] | WrittenHook | undefined;
  /** What runs after each run. */
  after?: readonly (string | number)[] | WrittenHook | undefined;
  /** What is told when it is given up: a URL, a command, or options. */
  onFailed?: string | readonly (string | number)[] | WrittenAlert | undefined;
  /** What is told when it hangs: a URL, a command, or options. */
  onUnhealthy?: WrittenDefaults["onFailed"];
  /** What happens with the output. */
  output?:
    | Omit<OutputOptions, "file"> & {
      file?:
        | Omit<OutputFileOptions, "path" | "stderr"> & {
          path: string;
          stderr?: string | undefined;
        }
        | undefined;
      /** Whether lines go to the journal of systemd, too. */
      journald?: boolean | {
        /**
         * What the lines are found by.
         *
         * @default {the name of the process}
         */
        identifier?: string | undefined;
      } | undefined;
      /** Whether lines go to syslog, too. */
      syslog?: boolean | {
        /**
         * The server, such as `tcp://logs.example.com:514`, `udp://…`, or the
         * socket of one, such as `unix:///run/log`.
         *
         * @default {that of this machine}
         */
        server?: string | undefined;
        /**
         * The facility of the lines.
         *
         * @default {"daemon"}
         */
        facility?: Facility | undefined;
        /**
         * What the lines are found by.
         *
         * @default {the name of the process}
         */
        tag?: string | undefined;
      } | undefined;
    }
    | undefined;
}

/** For which changes of files a process is restarted. */
export interface WrittenWatch {
  /** Files, folders, and patterns such as `src/*.ts`. */
  paths: readonly string[];
  /** Patterns of files and folders that do not count. */
  ignore?: readonly string[] | undefined;
  /**
   * How long nothing must change before the restart, in milliseconds.
   *
   * @default {200}
   */
  debounceMs?: number | undefined;
  /**
   * Whether what depends on it is restarted too.
   *
   * @default {false}
   */
  cascade?: boolean | undefined;
}

/** A process. It has one of `command`, `shell` and `deno`. */
export interface WrittenProcess extends WrittenDefaults {
  /** Whether it serves, or does something once. */
  type?: "service" | "task" | undefined;
  /** The program and its arguments. */
  command?: readonly (string | number)[] | undefined;
  /** A command line for `sh -c`. */
  shell?: string | undefined;
  /** A program for Deno. */
  deno?: DenoProgram | undefined;
  /** When and how the process is restarted. */
  restart?:
    | WrittenRestart & {
      /** When it is restarted by itself. */
      schedule?: WrittenSchedule | undefined;
    }
    | undefined;
  /** When it runs, instead of when the supervisor starts; it is a task. */
  schedule?: WrittenSchedule | undefined;
  /** Whether each run has a terminal of its own. */
  tty?: CommandOptions["tty"];
  /** Whether its end ends everything. */
  critical?: CommandOptions["critical"];
  /** When a run is ready. */
  ready?: WrittenReady | undefined;
  /** How to find out that a run hangs. */
  live?: WrittenLive | undefined;
  /** What must hold before it starts. */
  dependsOn?:
    | Readonly<
      Record<
        string,
        | Condition
        | Omit<DependencyOptions, "restart"> & {
          restart?: "never" | "explicit" | "always" | undefined;
        }
      >
    >
    | undefined;
  /** How many run side by side. */
  replicas?: number | undefined;
  /** How the replicas are replaced one after another. */
  roll?: RollOptions | undefined;
  /** It belongs to these profiles alone. */
  profiles?: readonly string[] | undefined;
  /**
   * Whether it starts by itself.
   *
   * @default {true}
   */
  autoStart?: boolean | undefined;
  /**
   * The files for whose changes the process is restarted: files, folders and
   * patterns, or options.
   */
  watch?: readonly string[] | WrittenWatch | undefined;
  /** What `processman export` needs to know. */
  export?: {
    /** The image that Compose and Kubernetes run. */
    image?: string | undefined;
  } | undefined;
}

/** A configuration. */
export interface Config
  extends
    PlanOptions,
    Pick<ProcessmanOptions, "signals" | "exitDeadlineMs" | "orphans"> {
  /** The JSON Schema, for editors. */
  $schema?: string | undefined;
  /**
   * The name of the supervisor.
   *
   * @default {the name of the folder}
   */
  name?: string | undefined;
  /** Other files whose processes belong to this configuration. */
  include?: string | readonly string[] | undefined;
  /** The processes, by their names. */
  processes?: Readonly<Record<string, WrittenProcess>> | undefined;
  /** Options that all processes have. */
  defaults?: WrittenDefaults | undefined;
  /** How the logs are kept on disk. */
  logs?: {
    /** Where they are kept. */
    folder?: string | undefined;
    /** How much is kept of each process: bytes, or a size such as `100MB`. */
    maxBytes?: number | string | undefined;
    /** How long lines are kept: milliseconds, or a time such as `7d`. */
    maxAge?: number | string | undefined;
  } | undefined;
}

/** A configuration, or a function that returns one or a promise of one. */
export type ConfigExport = Config | (() => Config | Promise<Config>);
