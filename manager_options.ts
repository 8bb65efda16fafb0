/**
 * The options of a manager.
 *
 * @module
 */

import type { Kernel } from "./kernel.ts";
import type { Logger } from "./log.ts";
import { checkDefaults, type CommandDefaults } from "./options.ts";
import { handledSignalName } from "./signals.ts";
import {
  abortSignal,
  arrayOf,
  callable,
  fileOrUrl,
  type Filled,
  flag,
  given,
  milliseconds,
  oneOf,
  options as optionsOf,
  type OptionsCheck,
  wrong,
} from "./validate.ts";

/**
 * What happens at a signal to this program: the program ends, or goes on when
 * all processes have been stopped, or a function is called before it ends.
 */
export type OnSignal =
  | "exit"
  | "stop"
  | ((signal: Deno.Signal) => void | Promise<void>);

/** Options for {@linkcode Processman}. */
export interface ProcessmanOptions {
  /**
   * The logger that writes the log; `null` turns the log off. processman
   * ignores the errors of the logger.
   *
   * By default, that is the logger named `processman` of `@std/log`, from the
   * moment at which this program sets it up. Until then, messages of the level
   * INFO and above go to stderr.
   *
   * @default {the logger `processman` of `@std/log` if it is set up, or stderr}
   */
  logger?: Logger | null | undefined;
  /**
   * The signals to this program that stop all processes; `onSignal` says what
   * follows. While there are processes, the first such signal has no other
   * effect on this program, and a second one kills all processes and ends this
   * program at once. Signals within a second of the first count as the same
   * one. With the option `kernel`, the default is an empty list.
   *
   * @default {["SIGTERM", "SIGINT", "SIGHUP"]}
   */
  signals?: readonly Deno.Signal[] | undefined;
  /**
   * What happens at one of `signals`.
   *
   * - `"exit"`: no command is started any more, all processes are stopped, all
   *   output, events and lines of the log are delivered, and then this program
   *   ends by the signal. Its exit code is 128 plus the number of the signal.
   * - A function: the same, but processman first calls the function with the
   *   signal, and waits for the promise that it returns. Use it to drain, such
   *   as to shut down a server of this program.
   * - `"stop"`: all processes are stopped, and this program goes on. It ends
   *   when nothing keeps it alive.
   *
   * Managers of one program end side by side, whatever their `onSignal` is,
   * once one of them ends the program.
   *
   * @default {"exit"}
   */
  onSignal?: OnSignal | undefined;
  /**
   * How long the end of this program can take, in milliseconds from the signal.
   * `onSignal()` has that time, and readers have it for what is left for them.
   * The stop begins early enough for the longest grace period, but `onSignal()`
   * always gets at least a quarter of the time before. Shortly before the end,
   * at most a second, all processes that are left are killed. What has not
   * finished by the end is cut off, and an error in the log says what it is.
   *
   * @default {the longest grace period of the processes, plus 5_000}
   */
  exitDeadlineMs?: number | undefined;
  /**
   * What happens to the processes when this program ends without having stopped
   * them. `"stop"`: a guard, which is one small shell, stops them, each within
   * its grace period. `"kill"`: the same, but at `Deno.exit()` and at a reload
   * under `--watch`, processman kills them at once. `"leave"`: they live on.
   *
   * @default {"stop"}
   */
  orphans?: "stop" | "kill" | "leave" | undefined;
  /**
   * The absolute path of a file to which the guard adds a line of JSON for each
   * run that it ends: `{"time":1795676578,"name":"api","pid":123,"signal":15,
   * "killed":false}`, with the time in seconds since the epoch. When this
   * program starts again, it can read there what happened. The guard writes the
   * file, so this program needs no permission for it. If the file cannot be
   * written, the guard ends the runs without a log.
   */
  orphanLog?: string | URL | undefined;
  /**
   * The system that the manager uses, for tests: children, signals, the process
   * table, time and random numbers. With this option there is no guard, since a
   * guard can only end real processes.
   *
   * @default {the system that this program runs on}
   */
  kernel?: Kernel | undefined;
  /** Default options of all commands. */
  defaults?: CommandDefaults | undefined;
}

/** Options for {@linkcode Processman.shutdown}. */
export interface ShutdownOptions {
  /** When it is aborted, the manager kills all processes that are left. */
  signal?: AbortSignal | undefined;
}

/** Checks the options of a manager. */
export const checkManager: OptionsCheck<ProcessmanOptions> = optionsOf<
  ProcessmanOptions
>({
  logger: (value, path) => {
    if (value === null) return;
    if (typeof value !== "object") wrong(path, "a logger or null", value);
    for (const level of ["debug", "info", "warn", "error"] as const) {
      callable((value as Partial<Logger>)[level], `${path}.${level}`);
    }
  },
  signals: arrayOf(handledSignalName),
  onSignal: (value, path) => {
    if (typeof value === "function" || value === "exit") return;
    if (value !== "stop") wrong(path, '"exit", "stop" or a function', value);
  },
  exitDeadlineMs: milliseconds,
  orphans: oneOf("stop", "kill", "leave"),
  orphanLog: (value, path) => {
    fileOrUrl(value, path);
    let file = "";
    try {
      file = pathOf(value);
    } catch {
      // The URL contains an invalid escape.
    }
    if (!/^\/[^\0]*$/.test(file)) wrong(path, "an absolute path", value);
  },
  kernel: (value, path) => {
    if (typeof value !== "object" || value === null) {
      wrong(path, "a kernel", value);
    }
    const methods = ["now", "time", "delay", "spawn", "kill", "readTable"];
    for (const name of [...methods, "random"] as (keyof Kernel)[]) {
      callable((value as Partial<Kernel>)[name], `${path}.${name}`);
    }
    flag((value as Partial<Kernel>).sessions, `${path}.sessions`);
  },
  defaults: checkDefaults,
});

/** The default options of a manager. */
export const MANAGER_DEFAULTS: Filled<
  Pick<ProcessmanOptions, "signals" | "onSignal" | "orphans">
> = {
  signals: ["SIGTERM", "SIGINT", "SIGHUP"],
  onSignal: "exit",
  orphans: "stop",
};

/** The options of a manager, with the defaults filled in. */
export type ManagerRules =
  & typeof MANAGER_DEFAULTS
  & Pick<ProcessmanOptions, "kernel" | "orphanLog" | "exitDeadlineMs">;

/** Fills in the defaults of the options of a manager. */
export function managerRules(options: ProcessmanOptions): ManagerRules {
  const { kernel } = options;
  // A test that provides a kernel leaves the signals to the program itself.
  const signals = kernel ? { signals: [] } : {};
  return { ...MANAGER_DEFAULTS, ...signals, ...given(options) };
}

/** Checks the options of a shutdown. */
export const checkShutdown: OptionsCheck<ShutdownOptions> = optionsOf<
  ShutdownOptions
>({
  signal: abortSignal,
});

/** Returns the path of a file. */
export function pathOf(file: string | URL): string {
  return file instanceof URL ? decodeURIComponent(file.pathname) : file;
}
