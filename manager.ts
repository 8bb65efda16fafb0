/**
 * The manager: owns processes, stops all of them, and leaves none behind.
 *
 * @module
 */

import { getLogger } from "@std/log/get-logger";
import "@std/log/setup";
import {
  arrayOf,
  callable,
  fileOrUrl,
  flag,
  oneOf,
  options as optionsOf,
  wrong,
} from "./validate.ts";
import { ProcessmanClosedError } from "./errors.ts";
import { EventHub } from "./event_hub.ts";
import type { ProcessEvent } from "./events.ts";
import {
  checkDefaults,
  type CommandDefaults,
  type CommandOptions,
} from "./options.ts";
import { Guard, type GuardInfo, HANDOVER_MS } from "./guard.ts";
import { OutputFiles } from "./output_file.ts";
import { type Host, Process } from "./process.ts";
import { mayRun } from "./permissions.ts";
import { ProcessTable, type Table, type TableEntry } from "./process_table.ts";
import type { Run } from "./run.ts";
import { handledSignalName, raise, SignalTrap } from "./signals.ts";
import { specify } from "./spec.ts";
import {
  type Asked,
  checkStop,
  type StopOptions,
  type StopReport,
} from "./stop.ts";
import { Sweep } from "./sweep.ts";
import { systemClock, systemKernel } from "./system.ts";
import type { LogLevel } from "./reporter.ts";
import { later } from "./abortable.ts";

/** What writes the log: a logger of `@std/log`, `console`, or the like. */
export interface Logger {
  /** Writes a message that helps to find a mistake. */
  debug(message: string): unknown;
  /** Writes a message about the normal course of things. */
  info(message: string): unknown;
  /** Writes a message about something that should not happen. */
  warn(message: string): unknown;
  /** Writes a message about something that cannot be mended. */
  error(message: string): unknown;
}

/** Options for {@linkcode Processman}. */
export interface ProcessmanOptions {
  /**
   * What writes the log; `null` writes none. What it throws is ignored.
   *
   * @default {the default logger of `@std/log`}
   */
  logger?: Logger | null;
  /**
   * The signals of this program that stop all processes. While there are any,
   * these have no other effect on this program, unless they come again.
   *
   * @default {["SIGTERM", "SIGINT", "SIGHUP"]}
   */
  signals?: readonly Deno.Signal[];
  /**
   * Whether this program ends by the signal that it was sent, when all
   * processes have been stopped: its status is then 128 and the number of the
   * signal. Otherwise the program goes on, and ends when nothing keeps it
   * alive.
   *
   * It is for one manager of a program, and for a program that does not listen
   * to these signals itself.
   *
   * @default {false}
   */
  exitOnSignal?: boolean;
  /**
   * What happens to the processes when this program ends without having stopped
   * them. `"stop"`: a guard, one small shell, stops them, each within its grace
   * period. `"kill"`: the same, but they are killed at once at `Deno.exit()` and
   * at a reload under `--watch`. `"leave"`: they live on.
   *
   * @default {"stop"}
   */
  orphans?: "stop" | "kill" | "leave";
  /**
   * A file, by its absolute path, to which the guard adds a line for each run
   * that it ended, as JSON: `{"time":1795676578,"name":"api","pid":123,
   * "signal":15,"killed":false}`, with the time in seconds since the epoch. So a
   * later start can tell what happened. The guard writes it, without a
   * permission of this program; a file that cannot be written is left alone.
   */
  orphanLog?: string | URL;
  /** Options that all commands have unless they say otherwise. */
  defaults?: CommandDefaults;
}

/** The default options of a manager. */
export const MANAGER_DEFAULTS = {
  signals: ["SIGTERM", "SIGINT", "SIGHUP"],
  exitOnSignal: false,
  orphans: "stop",
} as const satisfies ProcessmanOptions;

/** Options for {@linkcode Processman.shutdown}. */
export interface ShutdownOptions {
  /** Kills all processes that are left, when it is aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * How long a program may take to put itself into the background, in
 * milliseconds, for that to be noticed.
 */
const DAEMON_MS = 60_000;

const checkManager = optionsOf<ProcessmanOptions>({
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
      // It is not encoded as a URL is.
    }
    if (!/^\/[^\0]*$/.test(file)) wrong(path, "an absolute path", value);
  },
  defaults: checkDefaults,
});

const checkShutdown = optionsOf<ShutdownOptions>({
  signal: (value, path) => {
    if (!(value instanceof AbortSignal)) wrong(path, "an AbortSignal", value);
  },
});

/**
 * Starts processes, restarts those that crash, and stops all of them in the
 * end.
 *
 * @example Two servers that live as long as this block
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 *
 * await using pm = new Processman();
 * pm.command("deno", ["run", "--allow-net", "api.ts"]);
 * pm.command("npm", ["run", "dev"], { cwd: "frontend" });
 * await pm.finished;
 * ```
 */
export class Processman implements AsyncDisposable, Iterable<Process> {
  readonly #processes = new Map<string, Process>();
  /** By program, the first number that may be free in names made of it. */
  readonly #numbers = new Map<string, number>();
  readonly #events = new EventHub();
  readonly #trap: SignalTrap;
  readonly #runs = new Set<Run>();
  /** The runs whose leader is to be asked alone, until it has been. */
  readonly #leaders = new Map<Run, GuardInfo>();
  /** What there is left to do about a signal to this program. */
  #rest: (() => void) | undefined;
  /** The processes in the background that were told of. */
  readonly #told = new Set<string>();
  readonly #guard: Guard | undefined;
  readonly #unload: () => void = () => this.#unloaded();
  readonly #host: Host;
  readonly #logger: Logger | null | undefined;
  readonly #defaults: CommandDefaults;
  readonly #exitOnSignal: boolean;
  readonly #orphans: "stop" | "kill" | "leave";
  /** The signal by which this program is about to end. */
  #exitBy: Deno.Signal | undefined;
  #raised = false;
  readonly #warned = new Set(Deno.build.os === "windows" ? [NO_GROUPS] : []);
  #closing = false;
  #shutdown: Promise<void> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;

  /**
   * Creates a manager without processes.
   *
   * @param options The log, the signals, and defaults for the commands.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws {RangeError} If one of the defaults is out of range.
   */
  constructor(options: ProcessmanOptions = {}) {
    checkManager(options, "");
    this.#logger = options.logger;
    this.#defaults = { ...options.defaults };
    this.#exitOnSignal = options.exitOnSignal ?? MANAGER_DEFAULTS.exitOnSignal;
    this.#trap = new SignalTrap(
      options.signals ?? MANAGER_DEFAULTS.signals,
      {
        first: (signal) => this.#passOn(signal),
        again: () => this.#killAllNow(),
      },
    );
    const table = new ProcessTable(
      () => this.#warnOnce(NO_GROUPS),
      () => this.#warnOnce(NO_TABLE),
    );
    this.#host = {
      table,
      sweep: new Sweep(table),
      logs: new OutputFiles(
        (message) => this.#log("warn", message),
        systemClock,
      ),
      groups: Deno.build.os !== "windows" && mayRun(),
      // At an uncaught error, Deno kills them unless there is a guard.
      kernel: systemKernel({ fork: options.orphans === "leave" }),
      began: (run, info) => this.#began(run, info),
      asked: (run, how) => this.#asked(run, how),
      // What follows from an end depends on whether it was asked for.
      died: () => this.#rest?.(),
      rests: (run) => this.#guard?.rests(run),
      holders: (pid, startedAt) => {
        const others = this.#pids();
        others.delete(pid);
        return table.pipeHolders(startedAt, others);
      },
      daemons: (table, from, until) => this.#daemons(table, from, until),
      ended: (run) => this.#ended(run),
      adopt: (process) => this.#adopt(process),
      release: (process) => this.#release(process),
      emit: (event) => this.#events.publish(event),
      abandon: (process) => this.#abandon(process),
      log: (level, message) => this.#log(level, message),
    };
    if (this.#host.groups && options.orphans !== "leave") {
      const { orphanLog } = options;
      this.#guard = new Guard((message) => this.#log("warn", message), {
        log: orphanLog && pathOf(orphanLog),
      });
    }
    this.#orphans = options.orphans ?? MANAGER_DEFAULTS.orphans;
    // Now, so that it comes before listeners that start commands or exit.
    if (this.#orphans !== "leave") addEventListener("unload", this.#unload);
  }

  /**
   * Starts a process.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   * import { assertEquals } from "@std/assert";
   *
   * await using pm = new Processman();
   * const process = pm.command("sh", ["-c", "echo $GREETING"], {
   *   env: { GREETING: "hello" },
   * });
   * await process.finished;
   * assertEquals(process.tail().map(({ text }) => text), ["hello"]);
   * ```
   *
   * @param program The program: a path, or a name to be found in `PATH`.
   * @param args Its arguments.
   * @param options How it is run, restarted and stopped.
   * @returns The process, which is running.
   * @throws {TypeError} If an argument or option has a wrong type, an option
   * does not exist, or the name is taken.
   * @throws {RangeError} If an option is out of range.
   * @throws {SpawnError} If the program cannot be started.
   * @throws {ProcessmanClosedError} If the manager has been shut down.
   * @throws {Deno.errors.NotCapable} If `output.file` lacks a permission.
   * @throws The reason of `options.signal`, if it has been aborted.
   */
  command(
    program: string,
    args: readonly string[] = [],
    options: CommandOptions = {},
  ): Process {
    const spec = specify(
      program,
      args,
      options,
      this.#defaults,
      Math.random,
    );
    const name = options.name ?? this.#freeName(program);
    const process = new Process(name, spec, this.#host);
    if (spec.group && !this.#host.groups) this.#warnOnce(NO_GROUPS);
    return process;
  }

  /**
   * Returns the process of a name, if it runs or waits to be restarted.
   *
   * @param name The name.
   * @returns The process; `undefined` if there is none.
   */
  get(name: string): Process | undefined {
    return this.#processes.get(name);
  }

  /**
   * Iterates over the processes that run or wait to be restarted, in the order
   * in which they were started.
   *
   * @returns The iterator.
   */
  [Symbol.iterator](): IterableIterator<Process> {
    return this.#processes.values();
  }

  /**
   * Returns the processes that have a living child, by its process ID.
   *
   * @returns A copy, which does not change by itself.
   */
  processes(): Map<number, Process> {
    const running = new Map<number, Process>();
    for (const process of this) {
      if (process.pid !== undefined) running.set(process.pid, process);
    }
    return running;
  }

  /** Resolves when no process runs or waits to be restarted. Never rejects. */
  get finished(): Promise<void> {
    if (this.#processes.size === 0) return Promise.resolve();
    return (this.#idle ??= Promise.withResolvers()).promise;
  }

  /**
   * Stops all processes, all at once, as {@linkcode Process.stop} does.
   *
   * @param options How; what is left out is as in the options of each command.
   * @returns A promise of the reports. It rejects with an `AggregateError` of
   * all failures, if there were any.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws {RangeError} If the grace period is negative or not finite.
   */
  async stopAll(options: StopOptions = {}): Promise<StopReport[]> {
    checkStop(options, "");
    return await this.#each("stop", (process) => process.stop(options));
  }

  /**
   * Kills all processes, all at once, as {@linkcode Process.kill} does.
   *
   * @returns A promise of the reports.
   * @throws {AggregateError} With all failures, if there were any.
   */
  killAll(): Promise<StopReport[]> {
    return this.#each("kill", (process) => process.kill());
  }

  /**
   * Stops all processes and frees everything; no process can be started after
   * it. May be called any number of times.
   *
   * @example No process gets more than five seconds
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * const pm = new Processman();
   * pm.command("sleep", ["500"]);
   * await pm.shutdown({ signal: AbortSignal.timeout(5_000) });
   * ```
   *
   * @param options When to lose patience.
   * @returns A promise that resolves when nothing is left.
   * @throws {AggregateError} With all failures, if there were any.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkShutdown(options, "");
    const { signal } = options;
    const kill = () => {
      this.#host.sweep.hurry();
      this.killAll().catch(() => {});
    };
    this.#closing = true;
    if (signal?.aborted) kill();
    this.#shutdown ??= this.#close();
    signal?.addEventListener("abort", kill, { once: true });
    try {
      await this.#shutdown;
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  /** Shuts down, as {@linkcode Processman.shutdown} does by default. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /**
   * Opens the files of `output.file` anew, after they have been moved away, as
   * `logrotate` does. Without this call that is noticed within a second.
   *
   * @example At the signal that `logrotate` is told to send
   * ```ts ignore
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * Deno.addSignalListener("SIGUSR1", () => pm.reopenFiles());
   * ```
   *
   * @returns A promise that resolves when nothing more is written to the old
   * files. A file that cannot be opened is told in the log.
   */
  reopenFiles(): Promise<void> {
    return this.#host.logs.reopen();
  }

  /**
   * Tells what happens to the processes from now on, until the shutdown.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * const pm = new Processman();
   * const events = pm.events();
   * pm.command("true");
   * pm.finished.then(() => pm.shutdown());
   * for await (const event of events) console.log(event.kind); // start, exit
   * ```
   *
   * @returns The events, each told apart by its `kind`. Up to 10,000 of them
   * wait to be read.
   */
  events(): AsyncIterableIterator<ProcessEvent, void> {
    return this.#events.subscribe();
  }

  async #close(): Promise<void> {
    try {
      await this.stopAll();
    } finally {
      this.#trap.disarm();
      removeEventListener("unload", this.#unload);
      await this.#host.sweep.flush();
      await this.#host.table.idle();
      await this.#guard?.close();
      this.#events.end();
    }
  }

  async #each(
    what: string,
    act: (process: Process) => Promise<StopReport>,
    processes: readonly Process[] = [...this],
  ): Promise<StopReport[]> {
    const results = await Promise.allSettled(processes.map(act));
    const reports: StopReport[] = [];
    const errors: unknown[] = [];
    for (const result of results) {
      if (result.status === "fulfilled") reports.push(result.value);
      else errors.push(result.reason);
    }
    if (errors.length === 0) return reports;
    throw new AggregateError(
      errors,
      `Cannot ${what} ${errors.length} of ${results.length} processes`,
    );
  }

  /** Makes a name of a program: `node`, or else `node-2` and so on. */
  #freeName(program: string): string {
    const base = program.slice(program.lastIndexOf("/") + 1) || program;
    let number = this.#numbers.get(base) ?? 1;
    const name = () => number === 1 ? base : `${base}-${number}`;
    while (this.#processes.has(name())) number++;
    this.#numbers.set(base, number);
    return name();
  }

  /** Notes that a name can be given again. */
  #freed(name: string): void {
    this.#numbers.delete(name);
    const [, base = "", digits] = /^(.+)-([1-9]\d*)$/s.exec(name) ?? [];
    const number = this.#numbers.get(base) ?? 1;
    if (Number(digits) < number) this.#numbers.set(base, Number(digits));
  }

  #adopt(process: Process): void {
    const { name } = process;
    if (this.#closing) {
      throw new ProcessmanClosedError(
        `Cannot start process "${name}": the manager has been shut down`,
      );
    }
    if (this.#processes.has(name)) {
      throw new TypeError(
        `Cannot start process "${name}": the name is already taken`,
      );
    }
    // Deno is slow to act on a signal: listening again would take it back.
    if (!this.#raised) this.#trap.arm();
    this.#processes.set(name, process);
    if (this.#exitBy === undefined) return;
    // What is started while the program ends must not outlive it either.
    queueMicrotask(() => void process.stop().catch(() => {}));
  }

  #began(run: Run, info: GuardInfo): void {
    this.#runs.add(run);
    const { to, gracePeriodMs } = info;
    if (to === "leader" && gracePeriodMs > HANDOVER_MS) {
      this.#leaders.set(run, info);
    }
    this.#guard?.watch(run, info);
  }

  #asked(run: Run, how: Asked): void {
    this.#leaders.delete(run);
    this.#guard?.asked(run, how);
  }

  #ended(run: Run): void {
    this.#runs.delete(run);
    this.#leaders.delete(run);
    this.#guard?.forget(run);
  }

  /** Lists what was put into the background, each process once. */
  async #daemons(
    table: Table,
    from: number,
    until: number,
  ): Promise<TableEntry[]> {
    // A program that puts itself into the background does so at its start.
    if (until - from > DAEMON_MS) return [];
    const all = await table.daemons(from, until, this.#pids());
    return all.filter(({ pid, startedAt }) => {
      const key = `${pid} ${startedAt}`;
      return !this.#told.has(key) && this.#told.add(key);
    });
  }

  /** Lists the process IDs of all runs, and of the guard. */
  #pids(): Set<number> {
    const pids = new Set([...this.#runs].map(({ pid }) => pid));
    const guard = this.#guard?.pid;
    return guard === undefined ? pids : pids.add(guard);
  }

  /** Ends everything after a process without which nothing is to go on. */
  #abandon({ name }: Process): void {
    if (this.#closing) return;
    this.#log("error", `Critical process "${name}" ended: shutting down`);
    this.shutdown().catch((error) => this.#log("error", `${error}`));
  }

  #release(process: Process): void {
    this.#processes.delete(process.name);
    this.#freed(process.name);
    if (this.#processes.size > 0) return;
    this.#numbers.clear();
    // Before the program hears of it, and may start something else.
    this.#exit();
    this.#trap.rest();
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /**
   * Passes a signal on to the leaders that are asked alone, before anything else.
   * All that a stop takes besides is done when they have handed over.
   */
  #passOn(signal: Deno.Signal): Promise<void> {
    if (this.#exitOnSignal) this.#exitBy = signal;
    // What the program starts in reaction to the signal is not among them.
    const processes = [...this];
    let asked = false;
    for (const [run, info] of this.#leaders) {
      if (!run.ask(info.signal)) continue;
      asked = true;
      const killAt = Date.now() + info.gracePeriodMs;
      this.#asked(run, { ...info, groups: [], killAt });
    }
    if (!asked) return this.#stopOn(signal, processes);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#rest = () => {
      this.#rest = undefined;
      resolve(this.#stopOn(signal, processes));
    };
    later(HANDOVER_MS).then(() => this.#rest?.());
    return promise;
  }

  async #stopOn(
    signal: Deno.Signal,
    processes: readonly Process[],
  ): Promise<void> {
    const names = processes.map(({ name }) => `"${name}"`);
    // A server is not to wait for the log.
    const stopped = this.#each("stop", (each) => each.stop(), processes);
    this.#log("info", `Received ${signal}: stopping ${names.join(", ")}`);
    this.#events.publish({ kind: "signal", signal, time: Date.now() });
    try {
      await stopped;
    } catch (error) {
      this.#log("error", `${error}`);
    }
    this.#exit();
  }

  /** Ends this program, if it was asked to and nothing is in the way. */
  #exit(): void {
    const signal = this.#exitBy;
    if (signal === undefined || this.#raised) return;
    this.#raised = true;
    this.#trap.disarm();
    raise(signal);
  }

  /** Leaves everything to the guard, or else ends it now. */
  #unloaded(): void {
    this.#guard?.leave();
    if (this.#orphans === "stop" && this.#guard) {
      return this.#killNow(this.#guard.secure());
    }
    this.#killAllNow();
  }

  /** Kills everything, in groups of its own too, as this program ends. */
  #killAllNow(): void {
    this.#killNow();
    // It finds the other groups.
    this.#guard?.killAll();
  }

  /** Kills everything at once, since there is no later. */
  #killNow(runs: Iterable<Run> = this.#runs): void {
    for (const run of runs) {
      try {
        run.signalGroup("SIGKILL");
      } catch {
        // It runs as somebody else, and there is nobody left to tell.
      }
    }
  }

  /** Says once that a stop reaches less than it should, and why. */
  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#log("warn", message);
  }

  /** Writes to the log; what the logger does wrong is none of our business. */
  #log(level: LogLevel, message: string): void {
    if (this.#logger === null) return;
    try {
      const logger: Logger = this.#logger ?? getLogger();
      const result: unknown = logger[level](message);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A supervisor outlives its logger.
    }
  }
}

const NO_GROUPS = "Process groups and the orphan guard are off, since they " +
  "need --allow-run for all programs: a stop reaches each child, but not what " +
  "it started";

const NO_TABLE =
  "The process table cannot be read: what a process started in " +
  "a process group of its own is left behind, and no stop says so";

function pathOf(file: string | URL): string {
  return file instanceof URL ? decodeURIComponent(file.pathname) : file;
}
