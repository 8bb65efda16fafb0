/**
 * The options of a command: their types, defaults and checks.
 *
 * @module
 */

import {
  abortSignal,
  arrayOf,
  callable,
  type Check,
  type Checks,
  fileOrUrl,
  filled,
  flag,
  oneOf,
  options,
  type OptionsCheck,
  orNull,
  processName,
  text,
  variables,
  whole,
  wrong,
} from "./validate.ts";
import {
  checkHook,
  type Hook,
  HOOK_CHECKS,
  type RunHooks,
} from "./hook_options.ts";
import { checkOutput, type OutputOptions } from "./output.ts";
import {
  checkLive,
  checkReady,
  type LiveOptions,
  type Probe,
  type ReadyOptions,
} from "./probe_options.ts";
import { checkRestart, type RestartOptions } from "./restart_options.ts";
import { checkStop, type StopOptions } from "./stop.ts";

/** Options that all commands of a manager can have in common. */
export interface CommandDefaults extends RunHooks {
  /**
   * The working directory. processman resolves a relative path when you call
   * `command()`, against the working directory that this program has then; this
   * includes a path that `prepare` returns. All runs use the same directory,
   * even if this program changes its own. A relative path of the program is
   * resolved against this directory.
   *
   * @default {Deno.cwd()}
   */
  cwd?: string | URL | undefined;
  /**
   * Environment variables, added to those of this program. Variables of a
   * command are added to those of the defaults.
   */
  env?: Record<string, string> | undefined;
  /**
   * Whether the process starts without the environment variables of this
   * program.
   *
   * @default {false}
   */
  clearEnv?: boolean | undefined;
  /**
   * The user, by name or ID, that the process runs as. The process gets the
   * user's primary and supplementary groups, and `HOME`, `USER` and `LOGNAME`
   * as after a login. Variables of these names in `env` take precedence.
   *
   * The option works on Linux, with `--allow-run` for all programs. To start a
   * process as another user, this program must run as root, and the `setpriv`
   * of util-linux must be installed (the one of BusyBox is not enough).
   * processman looks each user up once. For an ID without a user, use `uid` and
   * `gid`, which cannot be combined with this option.
   *
   * @default {the user of this program}
   */
  user?: string | number | undefined;
  /**
   * The user ID that the process runs as. Unlike `user`, it changes neither
   * groups nor `HOME`.
   */
  uid?: number | undefined;
  /** The group ID that the process runs as. */
  gid?: number | undefined;
  /**
   * Where the stdin of the process comes from. With `"piped"`, the process
   * reads what you write to `process.stdin`.
   *
   * @default {"null"}
   */
  stdin?: "piped" | "inherit" | "null" | undefined;
  /**
   * Where the stdout of the process goes. With `"piped"`, processman always
   * drains it, whether you read it or not.
   *
   * @default {"piped"}
   */
  stdout?: "piped" | "inherit" | "null" | undefined;
  /**
   * Where the stderr of the process goes; like `stdout`.
   *
   * @default {"piped"}
   */
  stderr?: "piped" | "inherit" | "null" | undefined;
  /**
   * Whether arguments are passed without quoting and escaping on Windows.
   *
   * @default {false}
   */
  windowsRawArguments?: boolean | undefined;
  /**
   * Whether each run leads its own session. A stop then reaches everything that
   * the run started, in every process group of the session, and Ctrl-C does not
   * reach the run directly. The option has no effect on Windows, or if
   * `--allow-run` allows only some programs.
   *
   * @default {true}
   */
  group?: boolean | undefined;
  /** When and how the process is restarted. */
  restart?: RestartOptions | undefined;
  /** How the process is stopped. */
  stop?: StopOptions | undefined;
  /** What processman does with the output. */
  output?: OutputOptions | undefined;
  /**
   * Called before each run; can change the arguments, environment and working
   * directory of the child. The run waits for the result; a stop does not. An
   * error counts as a failed start, and the restart policy decides what
   * follows.
   *
   * processman calls the function of the defaults first, then the function of
   * the command. If both change the same thing, the change of the command
   * applies.
   *
   * With `prepare`, the first run starts after `command()` has returned. If the
   * program is missing, `command()` does not throw; the run fails instead.
   */
  prepare?:
    | ((context: PrepareContext) => Prepared | Promise<Prepared>)
    | undefined;
}

/** Options for {@linkcode Processman.prototype.command | command()}. */
export interface CommandOptions extends CommandDefaults {
  /**
   * The name, unique among the processes of the manager. If the default is
   * taken, processman appends a number to it.
   *
   * @default {the file name of the program}
   */
  name?: string | undefined;
  /**
   * Whether each run has a terminal of its own, on which `process.stdin` types,
   * and whose output is `process.stdout`. It needs Linux and `--allow-ffi`.
   *
   * @default {false}
   */
  tty?: boolean | undefined;
  /** Stops the process, as `stop()` does, when the signal is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the manager shuts down when the process ends for good without
   * having been asked to. Set it for a process that the other processes cannot
   * do without.
   *
   * The exit code of the process then becomes the exit code of this program,
   * unless `Deno.exitCode` is already set to a value other than 0. It is 128
   * plus the number of the signal if a signal ended the process, and 1 if
   * processman gave the process up after a successful run. If several such
   * processes end, the first one counts.
   *
   * @default {false}
   */
  critical?: boolean | undefined;
  /**
   * Called before every run, and before `prepare`: before the first run, before
   * each restart, and before each start by `start()` or `restart()`. The run
   * waits until the function returns or its promise resolves; a stop does not
   * wait. An error counts as a failed start, and the restart policy decides
   * what follows.
   *
   * With a gate, as with `prepare`, the first run starts after `command()` has
   * returned.
   *
   * @example One process waits for another
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const build = pm.command("echo", ["built"]);
   * const app = pm.command("echo", ["at work"], {
   *   gate: async ({ wait }) => {
   *     wait("the build");
   *     await build.finished;
   *   },
   * });
   * await app.finished;
   * ```
   */
  gate?: Gate | undefined;
  /**
   * When a run is ready to do its work: a probe, or options with a probe. Until
   * then, `ready` of the state `running` is `false`. Without this option, a run
   * is ready as soon as it runs.
   */
  ready?: Probe | ReadyOptions | undefined;
  /**
   * How to find out that a run hangs: a probe, or options with a probe. It is
   * called from the first time that the run is ready.
   */
  live?: Probe | LiveOptions | undefined;
  /**
   * Returns the processes that must end before this one is asked to. It matters
   * when `stopAll()`, `shutdown()` or a signal to this program stops all
   * processes. A kill waits for nothing.
   *
   * @example The server ends before its database
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const server = pm.command("sleep", ["500"], { name: "server" });
   * pm.command("sleep", ["500"], { name: "db", stopAfter: () => [server] });
   * ```
   */
  stopAfter?: (() => Iterable<Stoppable>) | undefined;
}

/**
 * Holds back a run until it returns. It can return a function, which processman
 * then calls right before it starts the child. If that function returns
 * `false`, processman calls the gate again.
 */
export type Gate = (context: GateContext) => GateResult | Promise<GateResult>;

/** What a gate returns: a last check, or nothing. */
export type GateResult = (() => boolean) | void;

/** A process that other processes can wait for when they are stopped. */
export interface Stoppable {
  /** The name of the process. */
  readonly name: string;
  /** Resolves when the process has ended for good. */
  readonly finished: Promise<unknown>;
}

/**
 * The options that {@linkcode Process.prototype.update | Process.update} can
 * change.
 */
export interface UpdateOptions extends
  Pick<
    CommandOptions,
    "restart" | "stop" | "critical" | "prepare" | "gate" | "stopAfter"
  > {
  /** When a run is ready; `null` removes the probe. */
  ready?: CommandOptions["ready"] | null | undefined;
  /** How to find out that a run hangs; `null` removes the probe. */
  live?: CommandOptions["live"] | null | undefined;
  /** What runs before each run; `null` removes it. */
  before?: Hook | null | undefined;
  /** What runs after each run; `null` removes it. */
  after?: Hook | null | undefined;
}

/** Facts about the next run, passed to `prepare`. */
export interface PrepareContext {
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The number of consecutive crashes before the run. */
  readonly attempt: number;
  /** How the last run ended; `undefined` before the first run. */
  readonly lastStatus: Deno.CommandStatus | undefined;
  /** Aborted when the run is no longer wanted. */
  readonly signal: AbortSignal;
}

/** What `prepare` returns: changes for the next run, or nothing. */
export type Prepared = PreparedRun | void;

/** Changes to how the child of the next run is started. */
export interface PreparedRun {
  /** The arguments, instead of those of the command. */
  args?: readonly string[] | undefined;
  /** Environment variables, added to those of the command. */
  env?: Record<string, string> | undefined;
  /**
   * The working directory, instead of the one of the command. A relative path
   * is resolved like the option `cwd`.
   */
  cwd?: string | URL | undefined;
}

/**
 * Facts about the next run, passed to `gate`, and a function to report a wait.
 */
export interface GateContext extends PrepareContext {
  /**
   * Puts the process into the state `waiting` until the gate lets the run
   * start. Another call replaces the reason.
   *
   * @param reason What the run waits for.
   */
  readonly wait: (reason: string) => void;
}

/**
 * The default options of a command, except the defaults in {@linkcode
 * RESTART_DEFAULTS}, {@linkcode STOP_DEFAULTS}, {@linkcode OUTPUT_DEFAULTS} and
 * {@linkcode FILE_DEFAULTS}.
 */
export const COMMAND_DEFAULTS = {
  clearEnv: false,
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
  windowsRawArguments: false,
  group: true,
  tty: false,
  critical: false,
} as const satisfies CommandOptions;

const stdio = oneOf("piped", "inherit", "null");

const PLACE_CHECKS: Checks<Pick<CommandDefaults, "cwd" | "env">> = {
  cwd: fileOrUrl,
  env: variables,
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
  prepare: callable,
  ...HOOK_CHECKS,
};

const COMMAND_CHECKS: Checks<CommandOptions> = {
  ...DEFAULTS_CHECKS,
  name: processName,
  tty: flag,
  signal: abortSignal,
  critical: flag,
  gate: callable,
  ready: checkReady,
  live: checkLive,
  stopAfter: callable,
};

/** Checks the options that all commands of a manager have in common. */
export const checkDefaults: Check = options(DEFAULTS_CHECKS);

/** Checks the options of a command. */
export const checkCommand: OptionsCheck<CommandOptions> = options(
  COMMAND_CHECKS,
);

/** Checks the options of an update. */
export const checkUpdate: OptionsCheck<UpdateOptions> = options<UpdateOptions>({
  restart: COMMAND_CHECKS.restart,
  stop: COMMAND_CHECKS.stop,
  critical: COMMAND_CHECKS.critical,
  prepare: COMMAND_CHECKS.prepare,
  gate: COMMAND_CHECKS.gate,
  ready: orNull(checkReady),
  live: orNull(checkLive),
  before: orNull(checkHook),
  after: orNull(checkHook),
  stopAfter: COMMAND_CHECKS.stopAfter,
});

/** Checks changes for the next run. */
export const checkPreparedRun: OptionsCheck<PreparedRun> = options<PreparedRun>(
  {
    ...PLACE_CHECKS,
    args: arrayOf(text),
  },
);
