/**
 * The manager: owns processes, stops all of them, and leaves none behind.
 *
 * @module
 */

import { type DisposableIterator, onAbort } from "./abortable.ts";
import { ProcessmanClosedError } from "./errors.ts";
import { EventHub, type EventsOptions } from "./event_hub.ts";
import type { ProcessEvent } from "./events.ts";
import { Guard } from "./guard.ts";
import type { Clock, Kernel } from "./kernel.ts";
import { type ShowArguments, showProcessman } from "./inspection.ts";
import { type Instrument, Instruments } from "./instruments.ts";
import type { ProcessHost } from "./life_host.ts";
import { Log } from "./log.ts";
import {
  checkManager,
  checkShutdown,
  managerRules,
  pathOf,
  type ProcessmanOptions,
  type ShutdownOptions,
} from "./manager_options.ts";
import type { CommandDefaults, CommandOptions } from "./options.ts";
import { FreeNames, specify } from "./spec.ts";
import { OutputFiles } from "./output_file.ts";
import { NO_GROUPS, NO_TABLE } from "./permissions.ts";
import { Process } from "./process.ts";
import { ProcessTable } from "./process_table.ts";
import { Outlets } from "./outlets.ts";
import type { ProgramExit } from "./program_exit.ts";
import { RunRegistry } from "./run_registry.ts";
import { programExit } from "./signal_end.ts";
import {
  allReports,
  checkStop,
  type StopOptions,
  type StopReport,
} from "./stop.ts";
import { type StopAfter, StopOrder } from "./stop_order.ts";
import { Sweep } from "./sweep.ts";
import { systemKernel } from "./system.ts";
import { text } from "./validate.ts";

/**
 * Starts processes, restarts those that crash, and stops all of them at the
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
  readonly #names = new FreeNames();
  readonly #order = new StopOrder<Process>();
  readonly #outlets = new Outlets();
  readonly #instruments = new Instruments((text) => this.#log.warnOnce(text));
  readonly #events = new EventHub(this.#outlets, this.#instruments);
  readonly #log: Log;
  readonly #host: ProcessHost<Process>;
  readonly #runs: RunRegistry;
  readonly #exit: ProgramExit;
  readonly #defaults: CommandDefaults;
  readonly #closing = new AbortController();
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
    const own = checkManager(options, "");
    this.#defaults = { ...own.defaults };
    // Windows has no groups, and no permission would change that.
    const windows = Deno.build.os === "windows";
    this.#log = new Log(own.logger, windows ? [NO_GROUPS] : []);
    const rules = managerRules(own);
    // Without a guard, only detached children survive an uncaught error.
    const fork = rules.orphans === "leave";
    const kernel = rules.kernel ?? systemKernel({ fork });
    const table = new ProcessTable(kernel, {
      forbidden: () => this.#log.warnOnce(NO_GROUPS),
      unreadable: () => this.#log.warnOnce(NO_TABLE),
    });
    const log = rules.orphanLog && pathOf(rules.orphanLog);
    const guard = rules.kernel || fork || !kernel.sessions
      ? undefined
      : new Guard(kernel, (text) => this.#log.write("warn", text), { log });
    this.#runs = new RunRegistry(kernel, table, guard);
    this.#host = this.#makeHost(kernel, table);
    this.#exit = programExit({
      clock: this.#host.kernel,
      log: this.#log,
      events: this.#events,
      runs: this.#runs,
      order: this.#order,
      outlets: this.#outlets,
      processes: () => [...this],
      refuse: () => this.#closing.abort(),
      shutdown: () => this.shutdown(),
      killAll: () => this.killAll(),
    }, rules);
  }

  /**
   * Starts a process.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const env = { GREETING: "hello" };
   * const job = pm.command("sh", ["-c", "echo $GREETING"], { env });
   * await job.finished;
   * console.log(job.tail(1)[0]?.text); // hello
   * ```
   *
   * @param program The program: a path, or a name that is looked up in `PATH`.
   * @param args Its arguments.
   * @param options How to run, restart and stop it.
   * @returns The process. It is running unless a gate or `prepare` delays it.
   * @throws {TypeError} If an argument or option has a wrong type, an option
   * does not exist, or the name is taken.
   * @throws {RangeError} If an option is out of range.
   * @throws {SpawnError} If the program cannot be started.
   * @throws {ProcessmanClosedError} If the manager has been shut down.
   * @throws {Deno.errors.NotCapable} If this program lacks permission for
   * `output.file`.
   * @throws {Deno.errors.NotFound} If a path is relative and the working
   * directory of this program has been deleted.
   * @throws The reason of `options.signal`, if it has been aborted.
   */
  command(
    program: string,
    args: readonly string[] = [],
    options: CommandOptions = {},
  ): Process {
    const random = () => this.#host.kernel.random();
    const spec = specify(program, args, options, this.#defaults, random);
    const name = spec.name ??
      this.#names.take(program, (each) => this.#processes.has(each));
    const process = new Process(name, spec, this.#host);
    if (spec.group && !this.#host.groups) this.#log.warnOnce(NO_GROUPS);
    return process;
  }

  /**
   * Returns the process with a name, if it is running or waiting to run.
   *
   * @param name The name.
   * @returns The process; `undefined` if there is none.
   * @throws {TypeError} If the name is not a string.
   */
  get(name: string): Process | undefined {
    text(name, "name");
    return this.#processes.get(name);
  }

  /**
   * Iterates over the processes that are running or waiting to run, in the
   * order in which they were started.
   */
  [Symbol.iterator](): IterableIterator<Process> {
    return this.#processes.values();
  }

  /** Aborted when the shutdown begins, or a signal begins to end the program. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The default options of the commands. */
  get defaults(): CommandDefaults {
    return { ...this.#defaults };
  }

  /** The clock: that of the option `kernel`, or of this system. */
  get clock(): Clock {
    return this.#host.kernel;
  }

  /**
   * Returns the processes that have a living child, keyed by process ID.
   *
   * @returns A copy; it does not change when processes start or end.
   */
  processes(): Map<number, Process> {
    const all = [...this].flatMap((process): [number, Process][] =>
      process.pid === undefined ? [] : [[process.pid, process]]
    );
    return new Map(all);
  }

  /** Resolves when no process is running or waiting to run. Never rejects. */
  get finished(): Promise<void> {
    if (this.#processes.size === 0) return Promise.resolve();
    return (this.#idle ??= Promise.withResolvers()).promise;
  }

  /**
   * Stops all processes, as {@linkcode Process.prototype.stop | Process.stop}
   * does: at the same time, unless `stopAfter` of a process sets an order.
   *
   * @param options How to stop them; the options of each command are the
   * defaults.
   * @returns A promise of the reports. It rejects if the options are invalid,
   * and with an `AggregateError` of all failures if any stop failed.
   */
  async stopAll(options: StopOptions = {}): Promise<StopReport[]> {
    const own = checkStop(options, "");
    return await this.#order.end("stop", [...this], (each) => each.stop(own));
  }

  /**
   * Kills all processes at the same time, as
   * {@linkcode Process.prototype.kill | Process.kill} does.
   *
   * @returns A promise of the reports. It rejects like `stopAll()`.
   */
  killAll(): Promise<StopReport[]> {
    return allReports("kill", this, (each) => each.kill());
  }

  /**
   * Stops all processes and frees all resources. Once the shutdown begins, no
   * process can be started. You can call it any number of times.
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
   * @param options When to kill the processes that are left.
   * @returns A promise that resolves when the shutdown is complete. It rejects
   * like `stopAll()`.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { signal } = checkShutdown(options, "");
    const kill = () => {
      this.#host.sweep.hurry();
      this.killAll().catch(() => {});
    };
    this.#closing.abort();
    if (signal?.aborted) kill();
    this.#shutdown ??= this.#close();
    await this.#shutdown.finally(onAbort(signal, kill));
  }

  /** Shuts down, with the defaults of `shutdown()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /**
   * Reopens the files of `output.file` after `logrotate` or another program
   * moved them. Without this call, processman notices the move within a second.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * await pm.reopenFiles();
   * ```
   *
   * @returns A promise that resolves when processman no longer writes to the
   * old files. If a file cannot be opened, the log says why.
   */
  reopenFiles(): Promise<void> {
    return this.#host.files.reopen();
  }

  /**
   * Returns an iterator over the events of all processes, from now until the
   * shutdown.
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
   * @param options When to end the iteration earlier.
   * @returns The events. Up to 10,000 of them wait until you read them.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws The reason of `options.signal`, if it has been aborted.
   */
  events(options: EventsOptions = {}): DisposableIterator<ProcessEvent> {
    return this.#events.subscribe(options);
  }

  /**
   * Calls functions while runs are started, watched and ended, from now on. A
   * tracer needs them; `@isbm/processman/telemetry` uses them.
   *
   * @param instrument The functions.
   * @returns An object that ends the calls when it is disposed of.
   * @throws {TypeError} If a function does not exist or is none.
   */
  instrument(instrument: Instrument): Disposable {
    return this.#instruments.add(instrument);
  }

  /** @ignore Shows the manager, or the prototype, in `console.log()`. */
  [Symbol.for("Deno.customInspect")](...how: ShowArguments): string {
    return #processes in this ? showProcessman(this, ...how) : "Processman {}";
  }

  async #close(): Promise<void> {
    try {
      await this.stopAll();
    } finally {
      this.#exit.ignoreUnload();
      await this.#host.sweep.flush();
      await this.#host.table.idle();
      await this.#runs.close();
      this.#exit.close();
      this.#events.end();
    }
  }

  /** Returns the part of this manager that processes use. */
  #makeHost(kernel: Kernel, table: ProcessTable): ProcessHost<Process> {
    return {
      kernel,
      table,
      sweep: new Sweep(table, kernel),
      files: new OutputFiles((text) => this.#log.write("warn", text), kernel),
      runs: this.#runs,
      outlets: this.#outlets,
      instruments: this.#instruments,
      groups: kernel.sessions,
      adopt: (process, stopAfter) => this.#adopt(process, stopAfter),
      release: (process) => this.#release(process),
      abandon: (process, code) => this.#abandon(process, code),
      events: this.#events,
      log: (level, message) => this.#log.write(level, message),
    };
  }

  #adopt(process: Process, stopAfter: StopAfter): void {
    const { name } = process;
    if (this.closing.aborted || this.#exit.due) {
      const why = this.#exit.due
        ? "a signal is ending this program"
        : "the manager has been shut down";
      throw new ProcessmanClosedError(`Cannot start process "${name}": ${why}`);
    }
    if (this.#processes.has(name)) {
      throw new TypeError(
        `Cannot start process "${name}": the name is already taken`,
      );
    }
    this.#exit.arm();
    this.#processes.set(name, process);
    this.#order.add(process, stopAfter);
  }

  #release(process: Process): void {
    this.#processes.delete(process.name);
    this.#order.remove(process);
    this.#names.free(process.name);
    if (this.#processes.size > 0) return;
    // This comes before the program learns of the end and can start a process.
    this.#exit.rest();
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Shuts down after a critical process ended without being asked to. */
  #abandon({ name }: Process, code: number): void {
    if (this.closing.aborted) return;
    this.#exit.fail(code);
    const level = code === 0 ? "info" : "error";
    this.#log.write(level, `Critical process "${name}" ended: shutting down`);
    this.shutdown().catch((error) => this.#log.write("error", `${error}`));
  }
}
