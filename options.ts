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
  text,
  whole,
  wrong,
} from "./validate.ts";
import { checkOutput, type OutputOptions } from "./output.ts";
import { checkRestart, type RestartOptions } from "./restart_options.ts";
import { checkStop, type StopOptions } from "./stop.ts";

/** Options that all commands of a manager can have in common. */
export interface CommandDefaults {
  /**
   * The working directory. A relative path starts from the working directory
   * that this program has when it calls `command()`, also if `prepare` returns
   * it. All runs use the same directory, although this program may change its
   * own. A relative path of the program starts from here.
   *
   * @default {Deno.cwd()}
   */
  cwd?: string | URL | undefined;
  /**
   * Environment variables, added to those of this program. Those of a command
   * are added to those of the defaults.
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
   * The user, by name or ID, that the process runs as, with its primary and
   * supplementary groups, and with `HOME`, `USER` and `LOGNAME` as after a
   * login. Variables of these names in `env` take precedence.
   *
   * The option works on Linux, with `--allow-run` for all programs. A program
   * that runs as root can start a process as another user, if the `setpriv` of
   * util-linux is installed (that of BusyBox is not enough). processman looks
   * each user up once. For an ID without a user, use `uid` and `gid`, which
   * cannot be combined with this option.
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
   * What the process reads as stdin. With `"piped"`, it reads what is written
   * to `process.stdin`.
   *
   * @default {"null"}
   */
  stdin?: "piped" | "inherit" | "null" | undefined;
  /**
   * Where the process writes its stdout. With `"piped"`, processman always
   * drains it, whether or not the program reads it.
   *
   * @default {"piped"}
   */
  stdout?: "piped" | "inherit" | "null" | undefined;
  /**
   * Where the process writes its stderr; like `stdout`.
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
   * Whether each run leads a session of its own. A stop then reaches all that
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
  /** What is done with the output. */
  output?: OutputOptions | undefined;
  /**
   * Is called before each run, and can change what the child is started with.
   * The run waits for the result; a stop does not. An error that it throws
   * counts as a failed start, and the restart policy decides what follows.
   *
   * The function of the defaults is called first, and then that of the command;
   * where both change the same thing, the change of the command counts.
   *
   * With `prepare`, the first run starts after `command()` has returned. If the
   * program is missing, `command()` does not throw, but the run fails.
   */
  prepare?:
    | ((context: PrepareContext) => Prepared | Promise<Prepared>)
    | undefined;
}

/** Options for {@linkcode Processman.command}. */
export interface CommandOptions extends CommandDefaults {
  /**
   * The name, unique among the processes of the manager. A number is added to
   * the default if it is taken.
   *
   * @default {the file name of the program}
   */
  name?: string | undefined;
  /** Stops the process, as `stop()` does, when the signal is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the manager shuts down when the process ends for good without
   * having been asked to end. Set it for a process without which the others are
   * of no use.
   *
   * The exit code of the process then becomes that of this program, unless
   * `Deno.exitCode` has been set to another one than 0: 128 plus the number of
   * the signal if a signal ended the process, and 1 if the process was given up
   * after a run that ended with success. The first such process counts.
   *
   * @default {false}
   */
  critical?: boolean | undefined;
  /**
   * Is called before every run, and before `prepare`: before the first run,
   * before each restart, and before each start by `start()` or `restart()`. The
   * run waits until it returns or its promise resolves; a stop does not wait.
   * An error that it throws counts as a failed start, and the restart policy
   * decides what follows.
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
  gate?: ((context: GateContext) => void | Promise<void>) | undefined;
}

/** The options that {@linkcode Process.update} can change. */
export type UpdateOptions = Pick<
  CommandOptions,
  "restart" | "stop" | "critical" | "prepare" | "gate"
>;

/** The facts about the next run that `prepare` gets. */
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

/** Changes to what the child of the next run is started with. */
export interface PreparedRun {
  /** The arguments, instead of those of the command. */
  args?: readonly string[] | undefined;
  /** Environment variables, added to those of the command. */
  env?: Record<string, string> | undefined;
  /**
   * The working directory, instead of that of the command. A relative path
   * starts where that of the option does.
   */
  cwd?: string | URL | undefined;
}

/**
 * The facts about the next run that a gate gets, and the means to report a
 * wait.
 */
export interface GateContext extends PrepareContext {
  /**
   * Puts the process into the state `waiting`, until the gate lets the run
   * start. Another call replaces the reason.
   *
   * @param reason What the run waits for.
   */
  readonly wait: (reason: string) => void;
}

/**
 * The default options of a command, except for those in
 * {@linkcode RESTART_DEFAULTS}, {@linkcode STOP_DEFAULTS},
 * {@linkcode OUTPUT_DEFAULTS} and {@linkcode FILE_DEFAULTS}.
 */
export const COMMAND_DEFAULTS = {
  clearEnv: false,
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
  windowsRawArguments: false,
  group: true,
  critical: false,
} as const satisfies CommandOptions;

const stdio = oneOf("piped", "inherit", "null");

const PLACE_CHECKS: Checks<Pick<CommandDefaults, "cwd" | "env">> = {
  cwd: fileOrUrl,
  env: (value, path) => {
    if (
      typeof value !== "object" || value === null || Symbol.iterator in value
    ) wrong(path, "an object of strings", value);
    const copy = { ...value };
    for (const [name, entry] of Object.entries(copy)) {
      filled(name, `${path}: a name`);
      if (name.includes("=")) wrong(`${path}: a name`, "without =", name);
      text(entry, `${path}.${name}`);
    }
    return copy;
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
  prepare: callable,
};

const COMMAND_CHECKS: Checks<CommandOptions> = {
  ...DEFAULTS_CHECKS,
  name: filled,
  signal: abortSignal,
  critical: flag,
  gate: callable,
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
});

/** Checks changes for the next run. */
export const checkPreparedRun: OptionsCheck<PreparedRun> = options<PreparedRun>(
  {
    ...PLACE_CHECKS,
    args: arrayOf(text),
  },
);
