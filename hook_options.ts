/**
 * The programs that run for a process besides its own: what they are, and how
 * they ended.
 *
 * @module
 */

import {
  aMillisecond,
  arrayOf,
  type Check,
  type Checks,
  type Filled,
  filled,
  given,
  options as optionsOf,
  type OptionsCheck,
  text,
  wrong,
} from "./validate.ts";

/** A program that runs before each run of a process, or after it. */
export interface HookOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /**
   * How long it can take, in milliseconds. Then it gets `SIGKILL`, with
   * everything that it has started, and has failed.
   *
   * @default {30_000}
   */
  timeoutMs?: number | undefined;
}

/** A hook: a program and its arguments, or options with these. */
export type Hook = readonly string[] | HookOptions;

/** The programs that run before and after each run of a process. */
export interface RunHooks {
  /**
   * A program that runs before each run, after the gate and `prepare`. The run
   * starts when the program has ended with success. Otherwise, the start has
   * failed, and the restart policy decides what follows. A stop ends it.
   *
   * It runs in the folder, with the environment and as the user of the process,
   * and `PROCESSMAN_NAME` and `PROCESSMAN_RUN` tell which run it is for. Its
   * output goes to the stderr of the process; each line begins with `[before]`.
   *
   * As with `prepare`, the first run starts after `command()` has returned.
   */
  before?: Hook | undefined;
  /**
   * A program that runs after each run that was started, once nothing is left
   * of the run. What follows waits for it: the next run, and the end of a stop.
   * Its failure is logged and changes nothing. Only a kill ends it.
   *
   * It runs like `before`. In addition, `PROCESSMAN_PID` is the process ID that
   * the child had, `PROCESSMAN_EXIT_CODE` its exit code, `PROCESSMAN_SIGNAL` the
   * signal that ended it, if one did, and `PROCESSMAN_REASON` why the run
   * ended: `success`, `crash`, `signal`, `not-ready`, `unhealthy` or
   * `requested`.
   */
  after?: Hook | undefined;
}

/** How a hook ended: a program that ran for a process. */
export interface HookEnd {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Its status; `undefined` if it could not be started. */
  readonly status: Deno.CommandStatus | undefined;
  /**
   * Why it failed, such as `exited with code 1`; `undefined` if it ended with
   * success.
   */
  readonly failure: string | undefined;
  /** How long it ran, in milliseconds. */
  readonly durationMs: number;
}

/** Checks for a program and its arguments. */
export function checkProgram(value: unknown, path: string): string[] {
  const words = arrayOf<string>(text)(value, path);
  if (words.length === 0) wrong(path, "a program and its arguments", value);
  filled(words[0], `${path}[0]`);
  return words;
}

/** A hook with its defaults. */
export type HookRules = Filled<HookOptions>;

/** The default options of a hook. */
export const HOOK_DEFAULTS = {
  timeoutMs: 30_000,
} as const satisfies Partial<HookOptions>;

const checkHookOptions = optionsOf<HookOptions>({
  command: checkProgram,
  timeoutMs: aMillisecond,
}, ["command"]);

/** Checks a hook. */
export const checkHook: Check = (value, path) => {
  if (Array.isArray(value)) return checkProgram(value, path);
  if (typeof value === "object" && value !== null) {
    return checkHookOptions(value, path);
  }
  wrong(path, "a program and its arguments, or options", value);
};

/** The checks of hooks. */
export const HOOK_CHECKS: Checks<RunHooks> = {
  before: checkHook,
  after: checkHook,
};

/** Checks the hooks of a process. */
export const checkHooks: OptionsCheck<RunHooks> = optionsOf(HOOK_CHECKS);

/** Fills in the defaults of a hook. */
export function hookRules(hook: Hook): HookRules {
  const { command, ...options } = "command" in hook ? hook : { command: hook };
  return { ...HOOK_DEFAULTS, ...given(options), command };
}
