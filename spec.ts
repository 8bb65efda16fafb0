/**
 * A command with every default filled in, and how an update changes it.
 *
 * @module
 */

import { absolutePath, workingDirectory } from "./file_path.ts";
import { call } from "./foreign.ts";
import { type HookRules, hookRules, type RunHooks } from "./hook_options.ts";
import type { ChildOptions } from "./kernel.ts";
import {
  checkCommand,
  checkPreparedRun,
  checkUpdate,
  COMMAND_DEFAULTS,
  type CommandDefaults,
  type CommandOptions,
  type PrepareContext,
  type PreparedRun,
  type UpdateOptions,
} from "./options.ts";
import { OUTPUT_DEFAULTS, type OutputRules } from "./output.ts";
import { FILE_DEFAULTS, type FileRules } from "./output_file.ts";
import {
  type RestartOptions,
  type RestartRules,
  restartRules,
} from "./restart_options.ts";
import {
  type LiveRules,
  liveRules,
  type ReadyRules,
  readyRules,
} from "./probe_options.ts";
import { STOP_DEFAULTS, type StopOptions, type StopRules } from "./stop.ts";
import { arrayOf, filled, given, text } from "./validate.ts";

/** A command with every default filled in. */
export interface Spec {
  /** The name in the options; `undefined` for a default name. */
  readonly name: string | undefined;
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** The options for starting a child, except the arguments. */
  readonly command: ChildOptions;
  /**
   * The working directory of this program when the command was specified,
   * against which relative paths are resolved; `undefined` if it had been
   * deleted.
   */
  readonly home: string | undefined;
  /** Whether each run leads a session. */
  readonly group: boolean;
  /** When and how the process is restarted. */
  readonly restart: RestartRules;
  /** How the process is stopped. */
  readonly stop: StopRules;
  /** How the output is buffered and split. */
  readonly output: OutputRules;
  /** The file that the output is written to; `undefined` for none. */
  readonly file: FileRules | undefined;
  /** Stops the process when the signal is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Whether the manager shuts down when the process ends by itself. */
  readonly critical: boolean;
  /** Returns the checked changes for the next run. */
  readonly prepare: CheckedPrepare | undefined;
  /** What runs before each run; `undefined` for nothing. */
  readonly before: HookRules | undefined;
  /** What runs after each run; `undefined` for nothing. */
  readonly after: HookRules | undefined;
  /** Holds back each run until it returns. */
  readonly gate: CommandOptions["gate"];
  /** When a run is ready; `undefined` if it is ready as soon as it runs. */
  readonly ready: ReadyRules | undefined;
  /** How to find out that a run hangs; `undefined` if nothing does. */
  readonly live: LiveRules | undefined;
  /** Returns the processes that end before this one is asked to. */
  readonly stopAfter: CommandOptions["stopAfter"];
  /** The default options of the manager, which an update falls back on. */
  readonly defaults: CommandDefaults;
  /** The source of random numbers, which an update falls back on. */
  readonly random: () => number;
}

/** Prepares a run, and checks the changes before it returns them. */
export type CheckedPrepare = (context: PrepareContext) => Promise<PreparedRun>;

/**
 * Checks a command, and fills in its defaults.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param options The options of the command.
 * @param defaults The default options of the manager, which have been checked.
 * @param random The source of random numbers if the options contain none.
 * @returns The command.
 * @throws {TypeError} If an argument or option has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function specify(
  program: unknown,
  args: unknown,
  options: CommandOptions,
  defaults: CommandDefaults,
  random: () => number,
): Spec {
  filled(program, "program");
  const argList = arrayOf<string>(text)(args, "args");
  const own = checkTerminal(checkCommand(options, ""));
  const all = { ...COMMAND_DEFAULTS, ...given(defaults), ...given(own) };
  const home = workingDirectory();
  if (all.cwd !== undefined) all.cwd = absolutePath(all.cwd, "cwd", home);
  const { file, ...output } = {
    ...given(defaults.output),
    ...given(own.output),
  };
  return {
    name: own.name,
    program,
    args: argList,
    command: childOptions({ ...all, env: { ...defaults.env, ...own.env } }),
    home,
    group: all.group || all.tty,
    restart: restartOf(own.restart, defaults.restart, random),
    stop: stopOf(own.stop, defaults.stop),
    output: { ...OUTPUT_DEFAULTS, ...output },
    file: file && { ...FILE_DEFAULTS, ...given(file) },
    signal: own.signal,
    critical: all.critical,
    prepare: prepareOf(own.prepare, defaults.prepare),
    gate: own.gate,
    ready: own.ready && readyRules(own.ready),
    live: own.live && liveRules(own.live),
    ...hooksOf(all),
    stopAfter: own.stopAfter,
    defaults,
    random,
  };
}

/**
 * Checks the options of a command without starting anything. For a program that
 * gets them from elsewhere, such as a file, and wants to know of each fault
 * before the first process starts.
 *
 * @example
 * ```ts
 * import { checkCommandOptions } from "@isbm/processman";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => checkCommandOptions({ stop: { gracePeriodMs: -1 } }, "web"),
 *   RangeError,
 *   'Option "web.stop.gracePeriodMs" must be a finite number >= 0',
 * );
 * ```
 *
 * @param options The options.
 * @param path What the names of the options begin with in messages; nothing by
 * default.
 * @returns A copy of the options, without those that are `undefined`.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function checkCommandOptions(
  options: unknown,
  path = "",
): CommandOptions {
  const at = path === "" ? "" : `${path}.`;
  const own = checkCommand(options, path);
  if (own.cwd instanceof URL) absolutePath(own.cwd, `${at}cwd`, undefined);
  childOptions(own, at);
  checkTerminal(own, at);
  restartRules(own.restart ?? {}, () => 0, `${at}restart`);
  return own;
}

/**
 * Replaces options of a command. Each given option replaces the command's
 * option as a whole; for what it leaves out, the defaults of the manager apply.
 *
 * @param spec The command.
 * @param options The options that replace those of the command.
 * @returns The new command; the old one does not change.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function updated(spec: Spec, options: UpdateOptions): Spec {
  const { defaults, random } = spec;
  const { restart, stop, critical, prepare, gate, ...own } = checkUpdate(
    options,
    "",
  );
  return {
    ...spec,
    ready: replaced(spec.ready, own.ready, readyRules),
    live: replaced(spec.live, own.live, liveRules),
    before: replaced(spec.before, own.before, hookRules),
    after: replaced(spec.after, own.after, hookRules),
    ...given({
      restart: restart && restartOf(restart, defaults.restart, random),
      stop: stop && stopOf(stop, defaults.stop),
      critical,
      prepare: prepare && prepareOf(prepare, defaults.prepare),
      gate,
      stopAfter: own.stopAfter,
    }),
  };
}

/** Fills in the defaults of hooks. */
function hooksOf({ before, after }: RunHooks): Pick<Spec, "before" | "after"> {
  return {
    before: before && hookRules(before),
    after: after && hookRules(after),
  };
}

/** Returns the rules after an update; `null` removes what they are for. */
function replaced<Rules, Own>(
  rules: Rules | undefined,
  own: Own | null | undefined,
  fill: (own: Own) => Rules,
): Rules | undefined {
  if (own === undefined) return rules;
  return own === null ? undefined : fill(own);
}

/**
 * Returns the working directory of a run. It is the same for each run, even if
 * this program has changed its own.
 *
 * @param spec The command.
 * @param cwd The directory that `prepare` returned, if it did.
 * @returns The absolute path; `undefined` for the directory of this program.
 * @throws {Deno.errors.NotFound} If the path is relative, and the directory
 * that it is resolved against had been deleted.
 */
export function directoryOf(
  { command, home }: Pick<Spec, "command" | "home">,
  cwd: string | URL | undefined,
): string | URL | undefined {
  if (cwd !== undefined) return absolutePath(cwd, "prepare().cwd", home);
  if (command.cwd !== undefined) return command.cwd;
  // A child can still inherit a directory that has been deleted.
  const here = workingDirectory();
  return here === home || here === undefined ? undefined : home;
}

function childOptions(options: CommandOptions, at = ""): ChildOptions {
  const { cwd, env, clearEnv, user, uid, gid, tty } = options;
  const { windowsRawArguments, stdin, stdout, stderr } = options;
  if (user !== undefined && (uid ?? gid) !== undefined) {
    throw new TypeError(
      `Option "${at}user" cannot be combined with "uid" or "gid"`,
    );
  }
  return given({
    cwd,
    env,
    clearEnv,
    user,
    uid,
    gid,
    windowsRawArguments,
    tty,
    stdin,
    stdout,
    stderr,
    ...tty && TERMINAL_STREAMS,
  });
}

/** The streams of a terminal, which has one output. */
const TERMINAL_STREAMS = {
  stdin: "piped",
  stdout: "piped",
  stderr: "null",
} as const;

/** Checks that a process on a terminal has the streams of the terminal. */
function checkTerminal<Own extends CommandOptions>(own: Own, at = ""): Own {
  if (!own.tty) return own;
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    if (own[name] === undefined) continue;
    throw new TypeError(
      `Option "${at}tty" cannot be combined with "${name}", which is the terminal`,
    );
  }
  if (own.group !== false) return own;
  throw new TypeError(
    `Option "${at}tty" cannot be combined with "group: false", as a terminal needs a session`,
  );
}

function restartOf(
  own: RestartOptions | undefined,
  defaults: RestartOptions | undefined,
  random: () => number,
): RestartRules {
  const leftovers = {
    ...given(defaults?.leftovers),
    ...given(own?.leftovers),
  };
  return restartRules({ ...given(defaults), ...given(own), leftovers }, random);
}

function stopOf(
  own: StopOptions | undefined,
  defaults: StopOptions | undefined,
): StopRules {
  return { ...STOP_DEFAULTS, ...given(defaults), ...given(own) };
}

type Prepare = NonNullable<CommandOptions["prepare"]>;

/**
 * Combines the functions that prepare a run; the function of the defaults comes
 * first.
 */
function prepareOf(
  own: Prepare | undefined,
  defaults: Prepare | undefined,
): CheckedPrepare | undefined {
  const steps = [
    ...defaults ? [checked(defaults, "defaults.prepare()")] : [],
    ...own ? [checked(own, "prepare()")] : [],
  ];
  if (steps.length === 0) return undefined;
  return async (context) => {
    let { args, cwd, env }: PreparedRun = {};
    for (const step of steps) {
      context.signal.throwIfAborted();
      const changes = await step(context);
      args = changes.args ?? args;
      cwd = changes.cwd ?? cwd;
      env = { ...env, ...changes.env };
    }
    return given({ args, cwd, env });
  };
}

function checked(prepare: Prepare, path: string): CheckedPrepare {
  return async (context) => {
    const changes = await call(prepare, context);
    if (changes === undefined) return {};
    return checkPreparedRun(changes, path);
  };
}

/** Finds names that no process has: `node`, `node-2`, `node-3` and so on. */
export class FreeNames {
  /** The smallest number that can be free, by the file name of the program. */
  readonly #numbers = new Map<string, number>();

  /**
   * Returns a free name made from the file name of a program.
   *
   * @param program The program.
   * @param taken Returns whether a process has a given name.
   */
  take(program: string, taken: (name: string) => boolean): string {
    const base = program.slice(program.lastIndexOf("/") + 1) || program;
    let number = this.#numbers.get(base) ?? 1;
    const name = () => number === 1 ? base : `${base}-${number}`;
    while (taken(name())) number++;
    this.#numbers.set(base, number);
    return name();
  }

  /** Records that a name is free again. */
  free(name: string): void {
    this.#numbers.delete(name);
    const [, base = "", digits] = /^(.+)-([1-9]\d*)$/s.exec(name) ?? [];
    const number = this.#numbers.get(base) ?? 1;
    if (Number(digits) < number) this.#numbers.set(base, Number(digits));
  }
}
