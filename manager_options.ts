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
 * What happens on a signal to this program. `"exit"`: the program ends.
 * `"stop"`: the processes are stopped, and the program continues. A function:
 * it is called before the program ends.
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
   * By default, processman uses the logger named `processman` of `@std/log`
   * once this program has set it up. Until then, it writes messages of level
   * INFO and above to stderr.
   *
   * @default {the logger `processman` of `@std/log` if it is set up, or stderr}
   */
  logger?: Logger | null | undefined;
  /**
   * The signals to this program that stop all processes. `onSignal` decides
   * what follows. While there are processes, the first such signal has no other
   * effect on this program. A second one kills all processes and ends this
   * program at once; signals within a second of the first count as the same
   * signal. With the option `kernel`, the default is an empty list.
   *
   * @default {["SIGTERM", "SIGINT", "SIGHUP"]}
   */
  signals?: readonly Deno.Signal[] | undefined;
  /**
   * What happens on one of `signals`.
   *
   * - `"exit"`: processman starts no more commands, stops all processes, and
   *   delivers all output, events and log lines. Then this program ends by the
   *   signal, so its exit code is 128 plus the number of the signal.
   * - A function: the same, but processman first calls the function with the
   *   signal, and waits for the promise that it returns. Use it to drain, for
   *   example to shut down a server of this program.
   * - `"stop"`: processman stops all processes, and this program continues. It
   *   ends when nothing keeps it alive.
   *
   * If a program has several managers and one of them ends the program, they
   * all end at the same time, whatever their `onSignal` is.
   *
   * @default {"exit"}
   */
  onSignal?: OnSignal | undefined;
  /**
   * How long the end of this program can take, in milliseconds from the signal.
   * `onSignal()` and the readers of output and events share this time. The stop
   * begins early enough for the longest grace period, but `onSignal()` always
   * gets at least a quarter of the time before the kill. Grace periods of
   * processes that `stopAfter` stops one after another add up. At most a second
   * before the deadline, processman kills all processes that are left. At the
   * deadline it abandons what has not finished, and logs an error that names
   * it.
   *
   * @default {the longest grace period of the processes, plus 5_000}
   */
  exitDeadlineMs?: number | undefined;
  /**
   * What happens to the processes when this program ends without stopping them.
   * `"stop"`: the guard, a small shell, stops them, each within its grace
   * period. `"kill"`: the same, but at `Deno.exit()` and at a reload under
   * `--watch`, processman kills them at once. `"leave"`: they keep running.
   * @default {"stop"}
   */
  orphans?: "stop" | "kill" | "leave" | undefined;
  /**
   * The absolute path of a file to which the guard appends a line of JSON for
   * each run that it ends:
   * `{"time":1795676578,"name":"api","pid":123,"signal":15, "killed":false}`,
   * with the time in seconds since the epoch. After a restart, this program can
   * read there what happened. The guard writes the file, so this program needs
   * no permission for it. If the file cannot be written, the guard still ends
   * the runs.
   */
  orphanLog?: string | URL | undefined;
  /**
   * The system that the manager uses, for tests: children, signals, the process
   * table, time and random numbers. With this option there is no guard, because
   * a guard can end only real processes.
   *
   * @default {the system that this program runs on}
   */
  kernel?: Kernel | undefined;
  /** Default options of all commands. */
  defaults?: CommandDefaults | undefined;
}

/**
 * Options for {@linkcode Processman.prototype.shutdown | Processman.shutdown}.
 */
export interface ShutdownOptions {
  /** Kills all processes that are left when the signal is aborted. */
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
  // A test that provides a kernel leaves the signals to the program.
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
