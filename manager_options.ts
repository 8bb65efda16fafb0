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
  arrayOf,
  callable,
  type Check,
  fileOrUrl,
  flag,
  given,
  oneOf,
  options as optionsOf,
  wrong,
} from "./validate.ts";

/** Options for {@linkcode Processman}. */
export interface ProcessmanOptions {
  /**
   * The logger that writes the log; `null` turns the log off. processman
   * ignores the errors of the logger.
   *
   * @default {the default logger of `@std/log`}
   */
  logger?: Logger | null;
  /**
   * The signals to this program that stop all processes. While there are
   * processes, the first such signal has no other effect on this program, and a
   * second one kills all processes and ends this program. Signals within a
   * second of the first count as the same one. With the option `kernel`, the
   * default is an empty list.
   *
   * @default {["SIGTERM", "SIGINT", "SIGHUP"]}
   */
  signals?: readonly Deno.Signal[];
  /**
   * Whether one of `signals` also ends this program, after all processes have
   * been stopped. The exit code is then 128 plus the number of the signal.
   * Otherwise this program goes on, and ends when nothing keeps it alive.
   *
   * Set this option for one manager of a program only, and only if the program
   * does not listen to these signals itself.
   *
   * @default {false}
   */
  exitOnSignal?: boolean;
  /**
   * What happens to the processes when this program ends without having stopped
   * them. `"stop"`: a guard, which is one small shell, stops them, each within
   * its grace period. `"kill"`: the same, but at `Deno.exit()` and at a reload
   * under `--watch`, processman kills them at once. `"leave"`: they live on.
   *
   * @default {"stop"}
   */
  orphans?: "stop" | "kill" | "leave";
  /**
   * The absolute path of a file to which the guard adds a line of JSON for each
   * run that it ends: `{"time":1795676578,"name":"api","pid":123,"signal":15,
   * "killed":false}`, with the time in seconds since the epoch. When this
   * program starts again, it can read there what happened. The guard writes the
   * file, so this program needs no permission for it. If the file cannot be
   * written, the guard ends the runs without a log.
   */
  orphanLog?: string | URL;
  /**
   * The system that the manager uses, for tests: children, signals, the process
   * table, time and random numbers. With this option there is no guard, since a
   * guard can only end real processes.
   *
   * @default {the system that this program runs on}
   */
  kernel?: Kernel;
  /** Default options of all commands. */
  defaults?: CommandDefaults;
}

/** Options for {@linkcode Processman.shutdown}. */
export interface ShutdownOptions {
  /** When it is aborted, the manager kills all processes that are left. */
  signal?: AbortSignal | undefined;
}

/** Checks the options of a manager. */
export const checkManager: Check = optionsOf<ProcessmanOptions>({
  logger: (value, path) => {
    if (value === null) return;
    if (typeof value !== "object") wrong(path, "a logger or null", value);
    for (const level of ["debug", "info", "warn", "error"] as const) {
      callable((value as Partial<Logger>)[level], `${path}.${level}`);
    }
  },
  signals: arrayOf(handledSignalName),
  exitOnSignal: flag,
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
  },
  defaults: checkDefaults,
});

/** The default options of a manager. */
export const MANAGER_DEFAULTS: Required<
  Pick<ProcessmanOptions, "signals" | "exitOnSignal" | "orphans">
> = {
  signals: ["SIGTERM", "SIGINT", "SIGHUP"],
  exitOnSignal: false,
  orphans: "stop",
};

/** The options of a manager, with the defaults filled in. */
export type ManagerRules =
  & typeof MANAGER_DEFAULTS
  & Pick<ProcessmanOptions, "kernel" | "orphanLog">;

/** Fills in the defaults of the options of a manager. */
export function managerRules(options: ProcessmanOptions): ManagerRules {
  const { kernel } = options;
  // A test that provides a kernel leaves the signals to the program itself.
  const signals = kernel ? { signals: [] } : {};
  return { ...MANAGER_DEFAULTS, ...signals, ...given(options) };
}

/** Checks the options of a shutdown. */
export const checkShutdown: Check = optionsOf<ShutdownOptions>({
  signal: (value, path) => {
    if (!(value instanceof AbortSignal)) wrong(path, "an AbortSignal", value);
  },
});

/** Returns the path of a file. */
export function pathOf(file: string | URL): string {
  return file instanceof URL ? decodeURIComponent(file.pathname) : file;
}
