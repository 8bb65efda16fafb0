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
  filled,
  flag,
  milliseconds,
  oneOf,
  options,
  text,
  whole,
  wrong,
} from "./checks.ts";
import type { OutputOptions } from "./output.ts";
import {
  checkReachable,
  type RestartLimit,
  type RestartOptions,
  type RestartRules,
  uniform,
} from "./restart.ts";
import { signalName } from "./signals.ts";
import type { StopOptions } from "./stop.ts";

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
  /** The user ID that the process runs as. */
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
   * Whether each run leads a process group of its own, so that a stop reaches
   * all that it started, and Ctrl-C reaches it only through this program. Off
   * where it cannot be had: on Windows, and with `--allow-run` for some
   * programs only.
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
  signal?: AbortSignal;
}

/** A command in which nothing is left open. */
export interface Spec {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** What Deno takes, besides the arguments. */
  readonly command: Deno.CommandOptions;
  /** Whether a run leads a process group, where it can. */
  readonly group: boolean;
  /** When and how it is restarted. */
  readonly restart: RestartRules;
  /** How it is stopped. */
  readonly stop: Required<StopOptions>;
  /** What is kept of the output. */
  readonly output: Required<OutputOptions>;
  /** Stops it when aborted. */
  readonly signal: AbortSignal | undefined;
}

const stdio = oneOf("piped", "inherit", "null");

const checkLimit = options<RestartLimit>({
  restarts: whole,
  withinMs: milliseconds,
});

const STOP_CHECKS: Checks<StopOptions> = {
  signal: signalName,
  gracePeriodMs: milliseconds,
};

const DEFAULTS_CHECKS: Checks<CommandDefaults> = {
  cwd: (value, path) => {
    if (!(value instanceof URL)) filled(value, path);
    else if (value.protocol !== "file:") {
      wrong(path, "a path or a file: URL", value.href);
    }
  },
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
  clearEnv: flag,
  uid: whole,
  gid: whole,
  stdin: stdio,
  stdout: stdio,
  stderr: stdio,
  windowsRawArguments: flag,
  group: flag,
  restart: options<RestartOptions>({
    policy: oneOf("on-failure", "always", "never"),
    backoff: callable,
    resetAfterMs: milliseconds,
    limit: (value, path) => {
      checkLimit(value, path);
      const { restarts, withinMs } = value as Partial<RestartLimit>;
      whole(restarts, `${path}.restarts`);
      milliseconds(withinMs, `${path}.withinMs`);
    },
    successCodes: arrayOf(whole),
    stopCodes: arrayOf(whole),
    random: callable,
  }),
  stop: options(STOP_CHECKS),
  output: options<OutputOptions>({
    keepBytes: whole,
    maxLineLength: (value, path) => {
      whole(value, path);
      if (value === 0) wrong(path, "a whole number >= 1", value, RangeError);
    },
  }),
};

/** Checks options that processes have in common. */
export const checkDefaults: Check = options(DEFAULTS_CHECKS);

const checkCommand = options<CommandOptions>({
  ...DEFAULTS_CHECKS,
  name: filled,
  signal: (value, path) => {
    if (!(value instanceof AbortSignal)) wrong(path, "an AbortSignal", value);
  },
});

const checkStop = options(STOP_CHECKS);

/**
 * Fills in what the options of one stop leave open.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the grace period is negative or not finite.
 */
export function stopRules(
  options: StopOptions,
  rules: Required<StopOptions>,
): Required<StopOptions> {
  checkStop(options, "");
  return { ...rules, ...given(options) };
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
  const { limit, successCodes = [], stopCodes = [], ...others } = {
    ...given(defaults.restart),
    ...given(own.restart),
  };
  const restart: RestartRules = {
    policy: "on-failure",
    backoff: uniform(5_000),
    resetAfterMs: 60_000,
    successCodes: [...successCodes],
    stopCodes: [...stopCodes],
    random: Math.random,
    ...given({ limit: limit && { ...limit } }),
    ...others,
  };
  checkReachable(restart);
  const {
    cwd,
    clearEnv,
    uid,
    gid,
    windowsRawArguments,
    stdin = "null",
    stdout = "piped",
    stderr = "piped",
  } = all;
  const env = { ...defaults.env, ...own.env };
  return {
    program,
    args: [...args as string[]],
    command: given({
      cwd,
      env,
      clearEnv,
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
      signal: "SIGTERM",
      gracePeriodMs: 10_000,
      ...given(defaults.stop),
      ...given(own.stop),
    },
    output: {
      keepBytes: 65_536,
      maxLineLength: 1_048_576,
      ...given(defaults.output),
      ...given(own.output),
    },
    signal: own.signal,
  };
}

/** What an object has that is not `undefined`. */
type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

function given<T extends object>(object: T | undefined): Given<T> {
  return Object.fromEntries(
    Object.entries(object ?? {}).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
