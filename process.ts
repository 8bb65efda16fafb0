/**
 * The public class of one supervised process, across all its runs and lives.
 *
 * @module
 */

import { type DisposableIterator, onAbort } from "./abortable.ts";
import { describeSpec, type ProcessDescription } from "./description.ts";
import type { EventsOptions } from "./event_hub.ts";
import type { ProcessEvent } from "./events.ts";
import { type ShowArguments, showProcess } from "./inspection.ts";
import { Life, type LifeOwner } from "./life.ts";
import type { ProcessHost } from "./life_host.ts";
import { stoppedFirst } from "./phases.ts";
import { checkLines, type Line, Lines, type LinesOptions } from "./lines.ts";
import type { UpdateOptions } from "./options.ts";
import { checkGone, type Remains } from "./remains.ts";
import { type Spec, updated } from "./spec.ts";
import type { ProcessState } from "./process_state.ts";
import { checkSignal, signalName, type SignalOptions } from "./signals.ts";
import type { OutputTap } from "./output.ts";
import { piped, type StreamName, streamsFor } from "./streams.ts";
import {
  KILL,
  type StopOptions,
  type StopReport,
  stopRequest,
} from "./stop.ts";

/** One program that processman runs, watches, restarts and stops. */
export class Process implements AsyncDisposable {
  /** The name, unique among the processes of a manager. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  readonly #host: ProcessHost<Process>;
  readonly #owner: LifeOwner;
  readonly #taps = new Set<OutputTap>();
  #spec: Spec;
  #life: Life;
  /** Processes that an earlier stop could not end, if there are any. */
  #remains: Remains | undefined;
  /** How many times a stop of the process has been requested. */
  #stops = 0;

  /** @ignore Called by `Processman.command()`; starts the process at once. */
  constructor(name: string, spec: Spec, host: ProcessHost<Process>) {
    this.name = name;
    this.program = spec.program;
    this.args = spec.args;
    this.#spec = spec;
    this.#host = host;
    this.#owner = this.#makeOwner();
    this.#life = this.#newLife();
    this.#begin(this.#life);
  }

  /** The current state of the process. */
  get state(): ProcessState {
    return this.#life.state;
  }

  /** The process ID of the child; `undefined` while none is alive. */
  get pid(): number | undefined {
    return this.#life.alive?.pid;
  }

  /**
   * Resolves with the status of the current run when it ends; while there is no
   * run, with the status of the last one. Never rejects.
   *
   * If the program could not be started, the code is what a shell returns: 127
   * for a missing program, otherwise 126. After a signal that has no name in
   * Deno, such as a real-time signal, the code is 128.
   */
  get status(): Promise<Deno.CommandStatus> {
    return this.#life.status;
  }

  /** Resolves with the last status once no run follows. Never rejects. */
  get finished(): Promise<Deno.CommandStatus> {
    return this.#life.report.then(({ status }) => status);
  }

  /**
   * Resolves when the current or the next run is ready. The wait goes on through
   * restarts, and rejects with a `ReadinessError` once no run follows.
   */
  get ready(): Promise<void> {
    return this.#life.ready;
  }

  /**
   * The stdout of the process, across all its runs.
   *
   * Until the first read, only the newest `output.bufferBytes` bytes are kept.
   * Then nothing is lost: a child that writes faster than you read has to wait.
   * After `cancel()`, `stdout` is a new stream, and only the newest bytes are
   * kept again. It closes when the process has finished.
   *
   * @throws {TypeError} If stdout is not `"piped"`.
   */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#piped("stdout", this.#life.streams.output.stdout).stream;
  }

  /**
   * The stderr of the process, across all its runs; works like `stdout`.
   *
   * @throws {TypeError} If stderr is not `"piped"`.
   */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#piped("stderr", this.#life.streams.output.stderr).stream;
  }

  /**
   * The stdin of the process, across all its runs.
   * Each chunk goes to one run, and waits until there is one. If the run ends
   * before it has read the whole chunk, the next run gets the whole chunk.
   * Writing fails once the process has finished. A closed stream stays closed.
   * With the option `tty`, it is a {@linkcode TerminalInput}, which has a size.
   *
   * @throws {TypeError} If stdin is not `"piped"`.
   */
  get stdin(): WritableStream<Uint8Array> {
    return this.#piped("stdin", this.#life.streams.stdin).writable;
  }

  /** Describes its options, with all defaults, and what its probes say. */
  describe(): ProcessDescription {
    return { ...describeSpec(this.#spec), answers: this.#life.answers };
  }

  /** The number of output bytes dropped because nothing read them. */
  get droppedBytes(): { readonly stdout: number; readonly stderr: number } {
    const { stdout, stderr } = this.#life.streams.output;
    return { stdout: stdout.droppedBytes, stderr: stderr.droppedBytes };
  }

  /**
   * Reads stdout and stderr as lines, by default with the buffered lines.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const greeter = pm.command("echo", ["hello"]);
   * for await (const { source, text } of greeter.lines()) {
   *   console.log(source, text); // stdout hello
   * }
   * ```
   *
   * @param options Whether to start with the buffered lines, and when to end.
   * @returns The lines. Any number of readers can read them at the same time.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws The reason of `options.signal`, if it has been aborted.
   */
  lines(options: LinesOptions = {}): Lines {
    const own = checkLines(options, "");
    own.signal?.throwIfAborted();
    const output = this.#life.streams.output;
    return new Lines(() => output.batches(own), own.signal);
  }

  /**
   * Returns the newest buffered lines of both outputs, whether read or not.
   *
   * @param count The maximum number of lines; `Infinity` for all.
   * @throws {TypeError} If `count` is not a number.
   * @throws {RangeError} If `count` is negative or not a whole number.
   */
  tail(count: number = 10): Line[] {
    return this.#life.streams.output.tail(count);
  }

  /**
   * Gives a function the buffered bytes of both outputs, and then all that
   * arrive, in all lives. It must not throw, and never makes the process wait.
   */
  tap(tap: OutputTap): Disposable {
    this.#life.streams.output.replay(tap);
    this.#taps.add(tap);
    return { [Symbol.dispose]: () => void this.#taps.delete(tap) };
  }

  /**
   * Returns an iterator over the events of this process, from now until the
   * manager shuts down. It covers all runs and lives of the process.
   *
   * @param options When to end the iteration earlier.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws The reason of `options.signal`, if it has been aborted.
   */
  events(options: EventsOptions = {}): DisposableIterator<ProcessEvent> {
    return this.#host.events.subscribe(options, this.#owner);
  }

  /**
   * Starts the process unless it is running. A process that has ended, or waits
   * for a restart, starts at once. During a stop, it starts after the stop.
   *
   * @returns A promise that resolves when a run is alive. It rejects with a
   * `SpawnError` if no run can be started, with a `StopError` while a process
   * that a stop could not end is alive, with a `TypeError` if a stop comes
   * first or another process has taken the name, and with a
   * `ProcessmanClosedError` after the shutdown of the manager.
   */
  async start(): Promise<void> {
    if (this.#remains !== undefined) {
      await checkGone(this.name, this.#remains, this.#host.table);
      this.#remains = undefined;
    }
    const stops = this.#stops;
    if (this.#life.over) {
      this.#begin(this.#newLife());
      if (stops !== this.#stops) throw stoppedFirst(this.name);
    }
    if (!this.#life.stopping) return await this.#life.start();
    await this.#life.stopped();
    if (stops !== this.#stops) throw stoppedFirst(this.name);
    return await this.start();
  }

  /**
   * Ends a backoff, so that the restart happens now. Unlike `start()`, this
   * leaves the count of crashes and the restart limit alone.
   *
   * @returns Whether there was a backoff.
   */
  retry(): boolean {
    return this.#life.retry();
  }

  /**
   * Ends the current run as `stop()` does and starts another one, whatever the
   * restart policy. A process that has ended is started.
   *
   * @param options How to end the current run.
   * @returns A promise that resolves when the new run is alive. It rejects like
   * `start()`, and with a `TypeError` if a stop is in progress, because the
   * stop takes precedence.
   */
  async restart(options: StopOptions = {}): Promise<void> {
    const request = stopRequest(options, this.#spec.stop);
    if (this.#life.over) return await this.start();
    if (this.#life.stopping) {
      throw new TypeError(
        `Cannot restart process "${this.name}": it is being stopped`,
      );
    }
    await this.#life.restart(request);
  }

  /**
   * Stops the process and everything in its session, and does not restart it:
   * sends a signal and, after the grace period, `SIGKILL` to what is left.
   *
   * You can call it any number of times. Each call sends its signal at once,
   * unless it has been sent before. `SIGKILL` follows at the earliest deadline
   * of all calls. Once a call states `gracePeriodMs`, calls without it no longer
   * affect the deadline.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const job = pm.command("sleep", ["500"]);
   * const { status, forced } = await job.stop({ gracePeriodMs: 3_000 });
   * console.log(status.signal, forced); // SIGTERM false
   * ```
   *
   * @param options How to stop it; the options of the command are the defaults.
   * @returns A promise of the report, which resolves when the stop is complete.
   * It rejects if the options are invalid, and with a `StopError` if the child
   * survives `SIGKILL`.
   */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    const request = stopRequest(options, this.#spec.stop);
    this.#stops++;
    return await this.#life.stop(request);
  }

  /**
   * Sends `SIGKILL` to the process and everything in its session, and does not
   * restart it. The promise rejects like that of `stop()`.
   */
  kill(): Promise<StopReport> {
    this.#stops++;
    return this.#life.stop(KILL);
  }

  /**
   * Sends a signal to the child and does nothing else. If the child ends, that
   * is a success if the exit code is 0, and otherwise a crash. The restart
   * policy decides what follows.
   *
   * @param signal The signal.
   * @param options What receives the signal.
   * @returns Whether any process received the signal.
   * @throws {TypeError} If the signal or an option does not exist.
   * @throws {Deno.errors.PermissionDenied} If the child runs as another user.
   */
  signal(signal: Deno.Signal, options: SignalOptions = {}): boolean {
    signalName(signal, "signal");
    const { to = "leader" } = checkSignal(options, "");
    return this.#life.signal(signal, to);
  }

  /**
   * Changes options of the process. Each option replaces the option of the
   * command as a whole; the manager's `defaults` supply what it leaves out.
   *
   * `prepare` and `gate` take effect at the next start, `restart` when the next
   * run ends, and the others at once.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   *
   * await using pm = new Processman();
   * const job = pm.command("sleep", ["500"]);
   * job.update({ stop: { gracePeriodMs: 500 } });
   * ```
   *
   * @param options The options to change.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  update(options: UpdateOptions): void {
    this.#spec = updated(this.#spec, options);
    this.#life.update();
  }

  /** @ignore Shows the process, or the prototype, in `console.log()`. */
  [Symbol.for("Deno.customInspect")](...how: ShowArguments): string {
    if (!(#life in this)) return "Process {}";
    const { name, state: { kind: state }, pid } = this;
    const { restarts } = this.#life;
    return showProcess({ name, state, pid, restarts }, ...how);
  }

  /** Stops the process with the defaults of {@linkcode Process.prototype.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Begins a life, and with it the first run.
   *
   * @throws What `command()` throws; the process then stays as it was.
   */
  #begin(life: Life): void {
    const { command: { user }, signal } = this.#spec;
    const { kernel } = this.#host;
    signal?.throwIfAborted();
    // These steps can fail, so they come before anything runs.
    if (user !== undefined) kernel.checkUser?.(user);
    this.#host.adopt(this, () => this.#spec.stopAfter);
    const last = this.#life;
    // The start of the first run calls the logger, which can call `stop()`.
    this.#life = life;
    life.report.then(onAbort(signal, () => void this.stop().catch(() => {})));
    try {
      life.begin();
    } catch (error) {
      this.#life = last;
      this.#host.release(this);
      throw error;
    }
  }

  #newLife(): Life {
    const streams = streamsFor(this.name, this.#spec, this.#host, this.#taps);
    return new Life(this.#owner, this.#host, streams);
  }

  /** Returns the part of this process that each life uses. */
  #makeOwner(): LifeOwner {
    const spec = () => this.#spec;
    return {
      name: this.name,
      program: this.program,
      get spec() {
        return spec();
      },
      probed: this,
      over: () => this.#host.release(this),
      left: (remains) => this.#remains = remains,
      lost: (code) => this.#host.abandon(this, code),
    };
  }

  #piped<Stream>(name: StreamName, stream: Stream | undefined): Stream {
    return piped(this.name, this.#spec, name, stream);
  }
}
