/**
 * What a process is made from: the options of a command, checked once, with
 * nothing left open.
 *
 * @module
 */

import {
  arrayOf,
  callable,
  type Check,
  type Checks,
  fileOrUrl,
  filled,
  flag,
  given,
  oneOf,
  options,
  text,
  whole,
  wrong,
} from "./validate.ts";
import { FILE_DEFAULTS, type OutputFileOptions } from "./output_file.ts";
import {
  checkOutput,
  OUTPUT_DEFAULTS,
  type OutputOptions,
  type OutputRules,
} from "./output.ts";
import {
  checkRestart,
  type RestartOptions,
  type RestartRules,
  restartRules,
} from "./restart.ts";
import type { ChildOptions } from "./spawn.ts";
import { checkStop, STOP_DEFAULTS, type StopOptions } from "./stop.ts";

/** Options that a process has in common with others, see `defaults`. */
export interface CommandDefaults {
  /**
   * The working directory.
   *
   * @default {Deno.cwd()}
   */
  cwd?: string | URL;
  /** Environment variables, added to those of this program. */
  env?: Record<string, string>;
  /**
   * Whether the process gets none of the environment of this program.
   *
   * @default {false}
   */
  clearEnv?: boolean;
  /**
   * The user, by name or ID, that the process runs as, with its primary and
   * supplementary groups and with `HOME`, `USER` and `LOGNAME` as after a login.
   * What `env` says of these has precedence.
   *
   * For Linux, with `--allow-run` for all programs. To become another user
   * takes root and `setpriv` of util-linux (that of BusyBox will not do). Users
   * are looked up once. For an ID that no user has there are `uid` and `gid`,
   * which cannot be combined with it.
   *
   * @default {the user of this program}
   */
  user?: string | number;
  /**
   * The user ID that the process runs as. Groups and `HOME` do not follow it:
   * see `user`.
   */
  uid?: number;
  /** The group ID that the process runs as. */
  gid?: number;
  /**
   * Where the process reads from. With `"piped"` it is the `stdin` stream.
   *
   * @default {"null"}
   */
  stdin?: "piped" | "inherit" | "null";
  /**
   * Where the process writes to. With `"piped"` it is always drained, read or
   * not.
   *
   * @default {"piped"}
   */
  stdout?: "piped" | "inherit" | "null";
  /**
   * Where the process writes errors to.
   *
   * @default {"piped"}
   */
  stderr?: "piped" | "inherit" | "null";
  /**
   * Whether arguments are passed as they are on Windows.
   *
   * @default {false}
   */
  windowsRawArguments?: boolean;
  /**
   * Whether each run leads a session of its own, so that a stop reaches all that
   * it started, in whichever process group of that session, and Ctrl-C reaches
   * it only through this program. Off where it cannot be had: on Windows, and
   * with `--allow-run` for some programs only.
   *
   * @default {true}
   */
  group?: boolean;
  /** When and how the process is restarted. */
  restart?: RestartOptions;
  /** How the process is stopped. */
  stop?: StopOptions;
  /** What is kept of the output. */
  output?: OutputOptions;
}

/** Options for {@linkcode Processman.command}. */
export interface CommandOptions extends CommandDefaults {
  /**
   * The name, which no other process of the manager may have.
   *
   * @default {the file name of the program, with a number if it is taken}
   */
  name?: string;
  /** Stops the process, as `stop()` does, when it is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the manager shuts down when the process ends for good without
   * having been asked to, so that nothing lives on as an empty shell.
   *
   * @default {false}
   */
  critical?: boolean;
  /**
   * Is called before each run, and may change what it is run with. The run
   * waits for it; a stop does not. What it throws counts as a failed start,
   * after which the restart policy decides.
   *
   * With it the first run starts after `command()` has returned, and a program
   * that is missing is no error of `command()` but one of a run.
   */
  prepare?: (run: PrepareContext) => Prepared | Promise<Prepared>;
}

/** What is known before a run. */
export interface PrepareContext {
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The number of consecutive crashes, 0 if there was none. */
  readonly attempt: number;
  /** How the last run ended; `undefined` before the first. */
  readonly lastStatus: Deno.CommandStatus | undefined;
  /** Aborted when the run is not wanted any more. */
  readonly signal: AbortSignal;
}

/** What a run is to be run with, where it differs; nothing changes nothing. */
export type Prepared = PreparedRun | void;

/** What a run is to be run with, where it differs from the command. */
export interface PreparedRun {
  /** The arguments, instead of those of the command. */
  args?: readonly string[];
  /** Environment variables, added to those of the command. */
  env?: Record<string, string>;
  /** The working directory. */
  cwd?: string | URL;
}

/** A command in which nothing is left open. */
export interface Spec {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** What a child is started with, besides the arguments. */
  readonly command: ChildOptions;
  /** Whether a run leads a process group, where it can. */
  readonly group: boolean;
  /** When and how it is restarted. */
  readonly restart: RestartRules;
  /** How it is stopped. */
  readonly stop: Required<StopOptions>;
  /** What is kept of the output. */
  readonly output: OutputRules;
  /** Where the output is written to. */
  readonly file: Required<OutputFileOptions> | undefined;
  /** Stops it when aborted. */
  readonly signal: AbortSignal | undefined;
  /** Whether nothing goes on without it. */
  readonly critical: boolean;
  /** Is called before each run. */
  readonly prepare: CommandOptions["prepare"];
}

const stdio = oneOf("piped", "inherit", "null");

const PLACE_CHECKS: Checks<Pick<CommandDefaults, "cwd" | "env">> = {
  cwd: fileOrUrl,
  env: (value, path) => {
    if (
      typeof value !== "object" || value === null || Symbol.iterator in value
    ) wrong(path, "an object of strings", value);
    for (const [name, entry] of Object.entries(value)) {
      filled(name, `${path}: a name`);
      if (name.includes("=")) wrong(`${path}: a name`, "without =", name);
      text(entry, `${path}.${name}`);
    }
  },
};

const DEFAULTS_CHECKS: Checks<CommandDefaults> = {
  ...PLACE_CHECKS,
  clearEnv: flag,
  user: (value, path) => {
    if (typeof value === "number") return whole(value, path);
    if (typeof value !== "string") wrong(path, "a name or a number", value);
    filled(value, path);
  },
  uid: whole,
  gid: whole,
  stdin: stdio,
  stdout: stdio,
  stderr: stdio,
  windowsRawArguments: flag,
  group: flag,
  restart: checkRestart,
  stop: checkStop,
  output: checkOutput,
};

/** Checks options that processes have in common. */
export const checkDefaults: Check = options(DEFAULTS_CHECKS);

const checkCommand = options<CommandOptions>({
  ...DEFAULTS_CHECKS,
  name: filled,
  signal: (value, path) => {
    if (!(value instanceof AbortSignal)) wrong(path, "an AbortSignal", value);
  },
  critical: flag,
  prepare: callable,
});

const checkPreparedRun = options<PreparedRun>({
  ...PLACE_CHECKS,
  args: arrayOf(text),
});

/**
 * Checks what `prepare()` gave.
 *
 * @throws {TypeError} If it is not what a run can be run with.
 */
export function checkPrepared(value: unknown): void {
  if (value !== undefined) checkPreparedRun(value, "prepare()");
}

/**
 * Checks a command and fills in what it leaves open.
 *
 * @throws {TypeError} If an argument or option has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function specify(
  program: unknown,
  args: unknown,
  own: CommandOptions,
  defaults: CommandDefaults,
): Spec {
  filled(program, "program");
  arrayOf(text)(args, "args");
  checkCommand(own, "");
  const all = { ...given(defaults), ...given(own) };
  const restart = restartRules({
    ...given(defaults.restart),
    ...given(own.restart),
    leftovers: {
      ...given(defaults.restart?.leftovers),
      ...given(own.restart?.leftovers),
    },
  }, Math.random);
  const { file, ...output } = {
    ...given(defaults.output),
    ...given(own.output),
  };
  const {
    cwd,
    clearEnv,
    user,
    uid,
    gid,
    windowsRawArguments,
    stdin = "null",
    stdout = "piped",
    stderr = "piped",
  } = all;
  if (user !== undefined && (uid ?? gid) !== undefined) {
    wrong("user", 'without "uid" and "gid"', user);
  }
  const env = { ...defaults.env, ...own.env };
  return {
    program,
    args: [...args as string[]],
    command: given({
      cwd,
      env,
      clearEnv,
      user,
      uid,
      gid,
      windowsRawArguments,
      stdin,
      stdout,
      stderr,
    }),
    group: all.group ?? true,
    restart,
    stop: {
      ...STOP_DEFAULTS,
      ...given(defaults.stop),
      ...given(own.stop),
    },
    output: { ...OUTPUT_DEFAULTS, ...output },
    file: file && { ...FILE_DEFAULTS, ...given(file) },
    signal: own.signal,
    critical: own.critical ?? false,
    prepare: own.prepare,
  };
}
