/**
 * A process: one program over all its runs.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { flag, oneOf, options as optionsOf } from "./validate.ts";
import { SpawnError, StopError } from "./errors.ts";
import type { GuardInfo } from "./guard.ts";
import { Stdin } from "./stdin.ts";
import { type Line, Lines, type LinesOptions } from "./lines.ts";
import type { PrepareContext, PreparedRun } from "./options.ts";
import type { OutputFiles } from "./output_file.ts";
import { FLUSH_MS, Output } from "./output.ts";
import type { Pump } from "./pump.ts";
import type { ProcessTable, Table } from "./process_table.ts";
import {
  decideRestart,
  type Decision,
  NO_HISTORY,
  type RestartDecision,
} from "./restart.ts";
import { Run } from "./run.ts";
import { signalName } from "./signals.ts";
import type { Child, Kernel } from "./kernel.ts";
import { spawnError } from "./not_started.ts";
import type { CheckedPrepare, Spec } from "./spec.ts";
import { Ending, KILL_WAIT_MS } from "./ending.ts";
import {
  type Asked,
  type EscapedProcess,
  NOTHING,
  type StopOptions,
  type StopOutcome,
  type StopReport,
  type StopRequest,
  stopRequest,
} from "./stop.ts";
import type { Sweep } from "./sweep.ts";
import { type Audience, failure, Reporter, type RunEnd } from "./reporter.ts";
import { afterReactions, untilAborted } from "./abortable.ts";
import { systemClock } from "./system.ts";

/** Where a process is in its life; each variant holds what is true there. */
export type ProcessState =
  /** A run is about to be started. */
  | { readonly kind: "starting"; readonly run: number }
  /** A run is alive; `since` is in milliseconds since the epoch. */
  | {
    readonly kind: "running";
    readonly run: number;
    readonly pid: number;
    readonly since: number;
  }
  /**
   * A run is on its way down: it was asked to end, or it ended and what it left
   * behind is cleaned up. `killAt` tells when `SIGKILL` is sent, in
   * milliseconds since the epoch, if there is anything to send it to.
   */
  | {
    readonly kind: "stopping";
    readonly run: number;
    readonly killAt: number | undefined;
  }
  /** Waits to be restarted, until a time in milliseconds since the epoch. */
  | {
    readonly kind: "backoff";
    readonly run: number;
    readonly attempt: number;
    readonly until: number;
    readonly status: Deno.CommandStatus;
  }
  /** Ended, and will not be restarted. */
  | { readonly kind: "exited"; readonly status: Deno.CommandStatus }
  /** Given up. */
  | {
    readonly kind: "failed";
    readonly status: Deno.CommandStatus;
    readonly error: Error;
  };

/** Options for {@linkcode Process.signal}. */
export interface SignalOptions {
  /**
   * What gets the signal: the child alone, or everything in its session.
   *
   * @default {"leader"}
   */
  to?: "group" | "leader";
}

/** What a process needs of its manager. */
export interface Host extends Audience {
  /** The process table of the system. */
  readonly table: ProcessTable;
  /** The last looks at runs that seem to have left nothing behind. */
  readonly sweep: Sweep;
  /** Whether a run can lead a session. */
  readonly groups: boolean;
  /** The system. */
  readonly kernel: Kernel;
  /** The files that output is written to. */
  readonly logs: OutputFiles;
  /** Notes that a run began, and how it is to be ended. */
  began(run: Run, info: GuardInfo): void;
  /** Notes who of a run was sent a signal, and when `SIGKILL` follows. */
  asked(run: Run, how: Asked): void;
  /** Notes that a child has ended, before it is decided what follows. */
  died(): void;
  /** Notes that the child of a run has ended, so that it needs no waiting for. */
  rests(run: Run): void;
  /** Lists what holds the output of a run open that has ended. */
  holders(pid: number, startedAt: number): Promise<EscapedProcess[]>;
  /** Lists what was put into the background between two moments. */
  daemons(table: Table, from: number, until: number): Promise<EscapedProcess[]>;
  /** Notes that nothing is left of a run. */
  ended(run: Run): void;
  /** Ends all, since a critical process ended. */
  abandon(process: Process): void;
  /** Takes a process in; throws if it cannot be managed (any more). */
  adopt(process: Process): void;
  /** Lets go of a process that will not be restarted. */
  release(process: Process): void;
}

const checkSignal = optionsOf<SignalOptions>({
  to: oneOf("group", "leader"),
});

const checkLines = optionsOf<LinesOptions>({ buffered: flag });

/** How many lines of stderr are kept with a crash. */
const LAST_LINES = 10;

/** How many bytes must be kept for it to be certain that those are kept. */
const LAST_BYTES = 8_192;

/** How long the last lines of a run may take to arrive, in milliseconds. */
const LAST_LINES_MS = 50;

/** How long no output arrives before it counts as complete, in milliseconds. */
const QUIET_MS = 2;

/** Ends all of a run at once. */
const KILL: StopRequest = {
  signal: "SIGKILL",
  gracePeriodMs: 0,
  to: "group",
  explicit: true,
};

/** A child that is the present run. */
interface Attached {
  readonly run: Run;
  /** What reads its output. */
  readonly pumps: readonly Pump[];
}

/** One program that is run, watched, restarted and stopped. */
export class Process implements AsyncDisposable {
  /** The name, unique among the processes of a manager. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  readonly #spec: Spec;
  readonly #host: Host;
  readonly #reporter: Reporter;
  #state: ProcessState = { kind: "starting", run: 1 };
  /** What comes next: what the policy says, another run, or nothing. */
  #wanted: "policy" | "run" | "nothing" = "policy";
  /** How the process was last asked to stop. */
  #request: StopRequest = KILL;
  #run: Run | undefined;
  #runs = 0;
  #ending: Ending | undefined;
  #waiting: AbortController | undefined;
  #started: PromiseWithResolvers<void> | undefined;
  #stops = 0;
  #status: Promise<Deno.CommandStatus> = Promise.resolve(NOT_FOUND);
  #finished: PromiseWithResolvers<StopReport> = Promise.withResolvers();
  /** What is left in the session of a run that could not be ended. */
  #stuck: { session: number; pids: readonly number[] } | undefined;
  #output: Output;
  #input: Stdin | undefined;

  /** @ignore Made by `Processman.command()`, which starts it at once. */
  constructor(name: string, spec: Spec, host: Host) {
    this.name = name;
    this.program = spec.program;
    this.args = spec.args;
    this.#spec = spec;
    this.#host = host;
    this.#reporter = new Reporter(name, host);
    this.#output = this.#newOutput();
    this.#input = this.#newInput();
    this.#begin();
  }

  /** Where the process is in its life. */
  get state(): ProcessState {
    return this.#state;
  }

  /** The process ID of the child; `undefined` while none is alive. */
  get pid(): number | undefined {
    return this.#run?.alive ? this.#run.pid : undefined;
  }

  /**
   * How the present run ends, or how the last one ended. Never rejects.
   *
   * A program that could not be started at all has the code that a shell gives
   * it: 127 if it is missing, else 126. A child that was ended by a signal that
   * Deno has no name for, such as a real-time signal, has the code 128.
   */
  get status(): Promise<Deno.CommandStatus> {
    return this.#status;
  }

  /** How the last run ended, once there will be no other. Never rejects. */
  get finished(): Promise<Deno.CommandStatus> {
    return this.#finished.promise.then(({ status }) => status);
  }

  /**
   * What the process writes to stdout, over all its runs.
   *
   * Until it is read, the newest `output.bufferBytes` bytes are kept. From the
   * first read on nothing is lost: a child that writes faster than it is read
   * has to wait. After `cancel()` the process is drained again, and this is a
   * new stream. It closes when the process has finished.
   *
   * @throws {TypeError} If stdout is not `"piped"`.
   */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#piped("stdout", this.#output.stdout).stream;
  }

  /**
   * What the process writes to stderr, over all its runs; like `stdout`.
   *
   * @throws {TypeError} If stderr is not `"piped"`.
   */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#piped("stderr", this.#output.stderr).stream;
  }

  /**
   * What the process reads from stdin, over all its runs.
   *
   * A chunk is for one run: while none takes it, it waits, and what a run did
   * not take before it ended is written to the next one. Writing fails once the
   * process has finished. Closing it closes it for all runs to come.
   *
   * @throws {TypeError} If stdin is not `"piped"`.
   */
  get stdin(): WritableStream<Uint8Array> {
    return this.#piped("stdin", this.#input).writable;
  }

  /** How many bytes of output were dropped since nobody read them. */
  get droppedBytes(): { readonly stdout: number; readonly stderr: number } {
    const { stdout, stderr } = this.#output;
    return { stdout: stdout.droppedBytes, stderr: stderr.droppedBytes };
  }

  /**
   * Reads both outputs as lines, beginning with those that are kept.
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
   * @param options Which lines to begin with.
   * @returns The lines; any number of readers may be at them.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   */
  lines(options: LinesOptions = {}): Lines {
    checkLines(options, "");
    const output = this.#output;
    return new Lines(() => output.batches(options));
  }

  /**
   * Returns the newest lines of both outputs, read or not.
   *
   * @param count How many at most.
   * @returns The lines, the newest last.
   */
  tail(count: number = LAST_LINES): Line[] {
    return this.#output.tail(count);
  }

  /**
   * Starts the process if it is not running: again after its end, at once when
   * it waits to be restarted, and after a stop that is under way.
   *
   * @returns A promise that resolves when a run is alive. It rejects with a
   * `SpawnError` if it cannot be started, with a `StopError` as long as the last
   * run could not be ended, with a `TypeError` if the process is stopped first
   * or another has taken its name, and with a `ProcessmanClosedError` after the
   * manager's shutdown.
   */
  async start(): Promise<void> {
    if (this.#stuck !== undefined) await this.#checkStuck();
    if (this.#over) {
      const stops = this.#stops;
      this.#begin();
      if (stops !== this.#stops) throw this.#stoppedFirst();
    }
    if (this.#state.kind === "running") return;
    if (this.#wants("nothing")) {
      const stops = this.#stops;
      await this.#stopped();
      if (stops !== this.#stops) throw this.#stoppedFirst();
      return this.start();
    }
    if (this.#state.kind !== "starting") {
      this.#wanted = "run";
      this.#waiting?.abort();
    }
    await this.#nextRun();
  }

  /**
   * Ends the present run as `stop()` does and starts another one, whatever the
   * restart policy. A process that has ended is started.
   *
   * @param options How the present run is ended.
   * @returns A promise that resolves when the new run is alive. It rejects as
   * that of `start()` does, and with a `TypeError` if the process is being
   * stopped: stopping is the stronger wish.
   */
  async restart(options: StopOptions = {}): Promise<void> {
    const request = stopRequest(options, this.#spec.stop);
    if (this.#over) return this.start();
    if (this.#wants("nothing")) {
      throw new TypeError(
        `Cannot restart process "${this.name}": it is being stopped`,
      );
    }
    const next = this.#nextRun();
    if (this.#state.kind === "starting") return await next;
    this.#wanted = "run";
    this.#waiting?.abort();
    const run = this.#run;
    const ending = this.#end(request);
    ending?.done.then((outcome) => {
      if (!run?.alive) return;
      this.#started?.reject(this.#unstoppable(outcome));
      this.#started = undefined;
      this.#giveUp(ending);
    });
    await next;
  }

  /**
   * Stops the process and everything in its session, and does not restart it:
   * sends a signal, waits for the grace period, sends `SIGKILL`.
   *
   * It can be called at any time and any number of times. A signal that has not
   * been sent yet is sent at once. `SIGKILL` comes at the earliest deadline of
   * all calls; but as soon as one of them says its `gracePeriodMs`, the default
   * of the process does not count any more.
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
   * @param options How; what is left out is as in the options of the command.
   * @returns A promise of the report, resolved when nothing is left. It rejects
   * if the options are wrong, and with a `StopError` if the child lives on even
   * after `SIGKILL`.
   */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    return await this.#takeDown(stopRequest(options, this.#spec.stop));
  }

  /**
   * Sends `SIGKILL` to the process and everything in its session, and does not
   * restart it.
   *
   * @returns A promise of the report, as that of `stop()`.
   */
  kill(): Promise<StopReport> {
    return this.#takeDown(KILL);
  }

  /**
   * Sends a signal to the child. What the child does with it is its own
   * business: if it ends, that is a crash, and it is restarted.
   *
   * With `{ to: "group" }` the group of the child gets it at once, and other
   * groups in its session some milliseconds later, when they have been found.
   *
   * @param signal The signal.
   * @param options What gets it.
   * @returns Whether there was anything to get it.
   * @throws {TypeError} If there is no such signal, or no such option.
   * @throws {Deno.errors.PermissionDenied} If the child runs as another user.
   */
  signal(signal: Deno.Signal, options: SignalOptions = {}): boolean {
    signalName(signal, "signal");
    checkSignal(options, "");
    const run = this.#run;
    if (run === undefined) return false;
    if (options.to !== "group") return run.signal(signal);
    if (run.group) this.#signalOtherGroups(run, signal);
    return run.signalGroup(signal);
  }

  /** Stops the process, as {@linkcode Process.stop} does by default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Whether no run is left and none will follow. */
  get #over(): boolean {
    return this.#state.kind === "exited" || this.#state.kind === "failed";
  }

  /** Begins a life by its first run, or throws with nothing left behind. */
  #begin(): void {
    const { command, prepare, signal } = this.#spec;
    signal?.throwIfAborted();
    // What can fail is done before anything runs.
    const { user } = command;
    if (user !== undefined) this.#host.kernel.checkUser?.(user);
    const fresh = this.#over
      ? { output: this.#newOutput(), input: this.#newInput() }
      : undefined;
    this.#host.adopt(this);
    const stop = () => void this.stop().catch(() => {});
    const before = {
      output: this.#output,
      input: this.#input,
      runs: this.#runs,
      state: this.#state,
      finished: this.#finished,
    };
    let first: Attached | undefined;
    // The logger is called before the first run is there, and may ask for a stop.
    this.#wanted = "policy";
    this.#state = { kind: "starting", run: 1 };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      if (fresh) {
        this.#output = fresh.output;
        this.#input = fresh.input;
        this.#runs = 0;
        this.#finished = Promise.withResolvers();
      }
      first = prepare ? undefined : this.#attach(this.#spawn({}));
    } catch (error) {
      signal?.removeEventListener("abort", stop);
      const { name } = this;
      this.#finished.resolve({ name, status: NOT_RUN, ...NOTHING });
      this.#output = before.output;
      this.#input = before.input;
      this.#runs = before.runs;
      this.#state = before.state;
      this.#finished = before.finished;
      this.#host.release(this);
      throw error;
    }
    this.#supervise(first).then(() =>
      signal?.removeEventListener("abort", stop)
    );
  }

  /** Runs the program again and again, until nothing follows a run. */
  async #supervise(first: Attached | undefined): Promise<void> {
    let history = NO_HISTORY;
    let last: RunEnd = NEVER_RUN;
    let run: Attached | SpawnError | undefined = first;
    while (true) {
      run ??= await this.#launch(history.attempt, last);
      if (run === undefined) {
        return this.#conclude(last, NOTHING, { told: true });
      }
      const ended = run;
      run = undefined;
      last = await this.#attend(ended);

      let decision: Decision | undefined;
      if (this.#wants("policy")) {
        [decision, history] = decideRestart(last, history, this.#spec.restart);
        // The backoff is a function of the program, and may ask for a stop.
        if (!this.#wants("policy")) decision = undefined;
      }
      const words = this.#lastWords(last);
      const tell = () =>
        this.#reporter.ended(last, this.#runs, decision, words);
      const told = !(ended instanceof SpawnError) && !this.#spent(ended, last);
      // An end is told at once, however long it takes to end what is left.
      if (told) tell();
      const outcome = ended instanceof SpawnError
        ? NOTHING
        : await this.#clearUp(ended, last, told);

      // A stop that came meanwhile leaves the decision behind.
      if (decision?.kind === "restart" && this.#wants("nothing")) {
        decision = undefined;
      }
      if (decision?.kind !== "restart" && !this.#wants("run")) {
        return this.#conclude(last, outcome, { decision, told });
      }
      if (!told) tell();
      if (decision?.kind === "restart") {
        this.#reporter.restarting(decision, last.error);
        await this.#backOff(decision, last);
      }
      if (this.#wants("nothing")) {
        return this.#conclude(last, NOTHING, { told: true });
      }
      if (this.#wants("run")) history = NO_HISTORY;
      this.#wanted = "policy";
    }
  }

  /**
   * Ends a life. What hears of it finds it ended, and may begin another one at
   * once: so everything is settled before anything is told.
   */
  #conclude(
    last: RunEnd,
    outcome: StopOutcome,
    { decision, told }: {
      decision?: Exclude<Decision, RestartDecision> | undefined;
      told: boolean;
    },
  ): void {
    const { name } = this;
    const { status } = last;
    const asked = this.#wants("nothing");
    const words = this.#lastWords(last);
    const error = decision?.kind === "fail"
      ? failure(name, decision, last, words())
      : undefined;
    const { escaped } = outcome;
    const pids = [...outcome.survivors, ...escaped.map(({ pid }) => pid)];
    const report: StopReport = {
      name,
      status,
      ...asked ? { ...outcome, survivors: pids } : NOTHING,
    };
    const run = this.#runs;

    this.#output.end();
    this.#input?.end();
    this.#state = error
      ? { kind: "failed", status, error }
      : { kind: "exited", status };
    this.#host.release(this);
    this.#started?.reject(error ?? this.#stoppedFirst());
    this.#started = undefined;
    this.#finished.resolve(report);

    if (!told) this.#reporter.ended(last, run, decision, words);
    if (error) this.#reporter.failed(error);
    else if (asked) this.#reporter.stopped(report);
    if (this.#spec.critical && !asked) this.#host.abandon(this);
  }

  /** Starts a run, or says why not; `undefined` if it is not wanted any more. */
  async #launch(
    attempt: number,
    last: RunEnd,
  ): Promise<Attached | SpawnError | undefined> {
    const { prepare } = this.#spec;
    const run = this.#runs + 1;
    const lastStatus = last === NEVER_RUN ? undefined : last.status;
    const status = Promise.withResolvers<Deno.CommandStatus>();
    this.#status = status.promise;
    this.#state = { kind: "starting", run };
    try {
      const changes = prepare &&
        await this.#prepare(prepare, { run, attempt, lastStatus });
      if (this.#wants("nothing")) {
        status.resolve(last.status);
        return undefined;
      }
      const attached = this.#attach(this.#spawn(changes ?? {}));
      status.resolve(attached.run.status);
      return attached;
    } catch (cause) {
      const error = cause instanceof SpawnError
        ? cause
        : spawnError(this, cause);
      status.resolve(statusOf(error));
      this.#started?.reject(error);
      this.#started = undefined;
      return error;
    }
  }

  /** Asks what a run is to be run with, for as long as it is wanted. */
  async #prepare(
    prepare: CheckedPrepare,
    context: Omit<PrepareContext, "signal">,
  ): Promise<PreparedRun> {
    const waiting = this.#waiting = new AbortController();
    const { signal } = waiting;
    try {
      const changes = await untilAborted(
        prepare({ ...context, signal }),
        signal,
      );
      return changes ?? {};
    } catch (cause) {
      throw spawnError(this, cause, "prepare() failed: ");
    } finally {
      this.#waiting = undefined;
    }
  }

  #newOutput(): Output {
    const { output, file } = this.#spec;
    const writer = file && this.#host.logs.writer(this.name, file);
    return new Output(output, systemClock, writer);
  }

  #newInput(): Stdin | undefined {
    return this.#spec.command.stdin === "piped"
      ? new Stdin(this.name)
      : undefined;
  }

  /** Starts a child. */
  #spawn(changes: PreparedRun): Run {
    const { program, args, command, group } = this.#spec;
    const { cwd = command.cwd } = changes;
    return new Run({
      name: this.name,
      program,
      command: {
        ...command,
        ...cwd !== undefined && { cwd },
        args: [...changes.args ?? args],
        env: { ...command.env, ...changes.env },
      },
      group: group && this.#host.groups,
    }, this.#host.kernel);
  }

  /**
   * Makes a child the present run: connects it to the streams, and tells. If
   * that fails, the child is ended.
   */
  #attach(run: Run): Attached {
    const { command: { stdout, stderr }, stop } = this.#spec;
    const { child, pid } = run;
    const output = this.#output;
    const number = this.#runs + 1;
    const streams = [stdout, stderr].flatMap((stream, i) =>
      stream === "piped" ? [i + 1] : []
    );
    const pumps: Pump[] = [];
    try {
      this.#host.began(run, { ...stop, name: this.name, streams });
      this.#input?.attach(child.stdin);
      if (stdout === "piped") {
        pumps.push(output.pump("stdout", child.stdout, number));
      }
      if (stderr === "piped") {
        pumps.push(output.pump("stderr", child.stderr, number));
      }
    } catch (error) {
      run.trySignalGroup("SIGKILL", pid);
      run.status.then(() => this.#host.ended(run));
      this.#input?.detach();
      release(child, this.#spec.command);
      throw error;
    }
    this.#runs = number;
    this.#run = run;
    this.#status = run.status;
    this.#state = { kind: "running", run: number, pid, since: Date.now() };
    // It came before there was anything to stop.
    if (this.#wants("nothing")) this.#end(this.#request);
    if (number === 1 && run.warning) this.#host.log("warn", run.warning);
    this.#reporter.started(pid, number);
    this.#started?.resolve();
    this.#started = undefined;
    return { run, pumps };
  }

  /** Waits until the child of a run has ended and its last lines are there. */
  async #attend(attached: Attached | SpawnError): Promise<RunEnd> {
    if (attached instanceof SpawnError) return notStarted(attached);
    const { run, pumps } = attached;
    const status = await run.status;
    const now = performance.now();
    const durationMs = now - run.startedAt;
    this.#host.died();
    const requested = !this.#wants("policy");
    this.#input?.detach();
    if (this.#ending === undefined) {
      this.#state = { kind: "stopping", run: this.#runs, killAt: undefined };
    }
    // The end of the output has often arrived with that of the child.
    await afterReactions();
    const latest = now + LAST_LINES_MS;
    while (pumps.some(({ ended }) => !ended) && performance.now() < latest) {
      if (await this.#quiet(pumps)) break;
    }
    const end = { status, now, durationMs, requested, pid: run.pid };
    const lines = () => this.#saidLast();
    const why = requested
      ? undefined
      : await run.explain({ status, durationMs, lines });
    if (why === undefined) return end;
    const { error, moved } = why;
    if (moved) return { ...end, spawnFailure: "moved", error };
    // Where Deno starts the first run itself, such an error is thrown.
    const final = this.#runs === 1 && !this.#spec.prepare;
    return { ...end, spawnFailure: final ? "final" : "transient", error };
  }

  /** The last lines of the present run, if it is known that they are. */
  #saidLast(): string[] | undefined {
    const { command: { stderr }, output: { bufferBytes = 0 } } = this.#spec;
    if (stderr !== "piped" || bufferBytes < LAST_BYTES) return undefined;
    return this.#output.tail(LAST_LINES, undefined, this.#runs)
      .map(({ text }) => text);
  }

  /** Waits for a moment; tells whether no output came in it, or no more will. */
  async #quiet(pumps: readonly Pump[]): Promise<boolean> {
    const { stdout, stderr } = this.#output;
    const before = stdout.end + stderr.end;
    const done = Promise.all(pumps.map(({ done }) => done));
    const pause = new AbortController();
    await Promise.race([
      done,
      delay(QUIET_MS, { signal: pause.signal }).catch(() => {}),
    ]);
    pause.abort();
    return stdout.end + stderr.end === before;
  }

  /**
   * Whether a run that ended by itself has left nothing behind, as far as its
   * group and its pipes show. After a crash that is not enough.
   */
  #spent({ run, pumps }: Attached, { status }: RunEnd): boolean {
    return this.#ending === undefined && (status.success || !run.group) &&
      pumps.every(({ ended }) => ended) && !run.groupLeft();
  }

  /** Ends what is left of a run, and reads what is left of its output. */
  async #clearUp(
    { run, pumps }: Attached,
    end: RunEnd,
    told: boolean,
  ): Promise<StopOutcome> {
    const own = this.#ending === undefined;
    let outcome = NOTHING;
    if (told) {
      if (own && run.group) {
        const { leftovers } = this.#spec.restart;
        this.#end({ ...leftovers, to: "group", explicit: false }, true);
      }
      const ending = this.#ending;
      outcome = await ending?.done ?? NOTHING;
      await afterReactions();
      const { startedAt } = run;
      let holders: Promise<EscapedProcess[]> | undefined;
      const held = () => holders ??= this.#host.holders(run.pid, startedAt);
      await Promise.all(pumps.map((pump) => pump.drain(held)));
      const escaped = [...outcome.escaped, ...await holders ?? []];
      outcome = { ...outcome, escaped: unique(escaped) };
      const { pid } = run;
      if (own && (ending?.effective || escaped.length > 0)) {
        this.#reporter.left(pid, this.#runs, outcome);
      }
      this.#reporter.escaped(outcome.escaped);
      const pids = outcome.survivors;
      if (pids.length > 0) this.#stuck = { session: pid, pids };
    }
    if (!await this.#output.flush()) this.#host.log("warn", this.#unflushed());

    this.#run = undefined;
    this.#ending = undefined;
    // What ended well may have put something into the background.
    if (!own || !run.group || !end.status.success) this.#host.ended(run);
    else {
      this.#host.rests(run);
      const number = this.#runs;
      this.#host.sweep.add(
        run.pid,
        (table, patience) => this.#swept({ run, number, end }, table, patience),
      );
    }
    return outcome;
  }

  /** Ends what the last look finds in the session of a run. */
  async #swept(
    { run, number, end }: { run: Run; number: number; end: RunEnd },
    table: Table | undefined,
    patience: AbortSignal,
  ): Promise<void> {
    const { leftovers } = this.#spec.restart;
    if (table?.session(run.pid).length) {
      const request = { ...leftovers, to: "group", explicit: false } as const;
      const ending = this.#beginToEnd(run, request);
      const kill = () => ending.ask(KILL);
      if (patience.aborted) kill();
      patience.addEventListener("abort", kill, { once: true });
      this.#reporter.left(run.pid, number, await ending.done);
      patience.removeEventListener("abort", kill);
    }
    if (table) {
      const daemons = await this.#host.daemons(table, run.startedAt, end.now);
      if (daemons.length > 0) this.#reporter.daemonized(this.program, daemons);
    }
    this.#host.ended(run);
  }

  /** Sends a signal to the groups of a session besides that of the child. */
  async #signalOtherGroups(run: Run, signal: Deno.Signal): Promise<void> {
    const table = await this.#host.table.look();
    const groups = new Set(table?.session(run.pid).map(({ group }) => group));
    groups.delete(run.pid);
    for (const group of groups) {
      try {
        run.signalGroup(signal, group);
      } catch {
        // It runs as another user.
      }
    }
  }

  /** Waits before a restart, unless something else is wanted meanwhile. */
  async #backOff(
    { reason, attempt, delayMs }: RestartDecision,
    { status, now }: RunEnd,
  ): Promise<void> {
    if (!this.#wants("policy")) return;
    // The wait has begun with the end of the run.
    const restMs = Math.max(0, delayMs - (performance.now() - now));
    // A timer of no time costs a millisecond. What cannot be started needs one,
    // since no child's end gives the rest of the program a turn.
    const output = this.#output;
    if (restMs < 1 && reason !== "spawn" && !output.behind) return;
    const until = Date.now() + restMs;
    const run = this.#runs + 1;
    this.#state = { kind: "backoff", run, attempt, until, status };
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    await delay(restMs, { signal }).catch(() => {});
    // What a reader does not take would fill the memory, from run to run.
    while (output.behind && !signal.aborted) {
      await untilAborted(output.roomMade(), signal);
    }
    this.#waiting = undefined;
  }

  /**
   * Ends what is left of the present run, or adds a request to its end.
   *
   * @param request How it is ended.
   * @param look Whether there may be something left though the group is empty.
   */
  #end(request: StopRequest, look: boolean = false): Ending | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    if (this.#ending) this.#ending.ask(request);
    else if (look || run.asked || run.groupLeft()) {
      this.#ending = this.#beginToEnd(run, request);
    } else return undefined;
    const { killAt } = this.#ending;
    this.#state = { kind: "stopping", run: this.#runs, killAt };
    return this.#ending;
  }

  #beginToEnd(run: Run, request: StopRequest): Ending {
    const { table, kernel } = this.#host;
    const tell = (how: Asked) => this.#host.asked(run, how);
    return new Ending(run, request, table, kernel, tell);
  }

  async #takeDown(request: StopRequest): Promise<StopReport> {
    const { promise } = this.#finished;
    this.#stops++;
    if (this.#over) return promise;
    this.#wanted = "nothing";
    this.#request = request;
    this.#started?.reject(this.#stoppedFirst());
    this.#started = undefined;
    this.#waiting?.abort();
    this.#end(request);
    return await this.#stopped();
  }

  /** Waits for the end of a stop; throws if the child lives on. */
  async #stopped(): Promise<StopReport> {
    const { promise } = this.#finished;
    const run = this.#run;
    const ending = this.#ending;
    const outcome = await ending?.done;
    if (run?.alive) {
      this.#giveUp(ending);
      throw this.#unstoppable(outcome ?? NOTHING);
    }
    return await promise;
  }

  /** Throws if what the last run has left in its session is still there. */
  async #checkStuck(): Promise<void> {
    const { session, pids } = this.#stuck ?? { session: 0, pids: [] };
    const table = await this.#host.table.look();
    const left = table?.session(session).map(({ pid }) => pid)
      .filter((pid) => pids.includes(pid));
    if (left?.length) throw this.#unstoppable({ survivors: left });
    this.#stuck = undefined;
  }

  /** Lets another stop try again what this one could not do. */
  #giveUp(ending: Ending | undefined): void {
    if (this.#ending === ending) this.#ending = undefined;
  }

  /** Resolves when the next run is alive. */
  #nextRun(): Promise<void> {
    return (this.#started ??= Promise.withResolvers()).promise;
  }

  #wants(what: "policy" | "run" | "nothing"): boolean {
    return this.#wanted === what;
  }

  /** The last lines that a run wrote to stderr, for whoever asks. */
  #lastWords({ error }: RunEnd): () => string[] {
    const output = this.#output;
    const run = this.#runs;
    if (error) return () => [];
    return () => output.tail(LAST_LINES, "stderr", run).map(({ text }) => text);
  }

  #stoppedFirst(): TypeError {
    return new TypeError(
      `Cannot start process "${this.name}": it was stopped first`,
    );
  }

  #unflushed(): string {
    return `Process "${this.name}" ended, and its file takes longer than ${FLUSH_MS} ms to be written: not waiting for it`;
  }

  #unstoppable({ survivors }: Pick<StopOutcome, "survivors">): StopError {
    const { name: process } = this;
    const pids = survivors.length > 0 ? survivors : [this.#run?.pid ?? 0];
    return new StopError(
      `Cannot stop process "${process}": pid ${
        pids.join(", ")
      } lives on ${KILL_WAIT_MS} ms after SIGKILL`,
      { process, pids },
    );
  }

  /** Returns what there is of a stream only if it is piped. */
  #piped<Stream>(
    name: "stdin" | "stdout" | "stderr",
    stream: Stream | undefined,
  ): Stream {
    const value = this.#spec.command[name];
    if (value === "piped" && stream !== undefined) return stream;
    throw new TypeError(
      `Cannot get ${name} of process "${this.name}": option "${name}" is "${value}", not "piped"`,
    );
  }
}

/** The status of a program that is missing, as a shell has it. */
const NOT_FOUND: Deno.CommandStatus = {
  success: false,
  code: 127,
  signal: null,
};

/** The status of a program that did not run, as a shell has it. */
const NOT_RUN: Deno.CommandStatus = { success: false, code: 126, signal: null };

/** What is known of a run before there was one. */
const NEVER_RUN: RunEnd = {
  status: NOT_RUN,
  now: 0,
  durationMs: 0,
  requested: false,
};

function statusOf({ cause }: SpawnError): Deno.CommandStatus {
  return cause instanceof Deno.errors.NotFound ? NOT_FOUND : NOT_RUN;
}

function notStarted(error: SpawnError): RunEnd {
  const final = error.cause instanceof Deno.errors.NotCapable;
  return {
    status: statusOf(error),
    now: performance.now(),
    durationMs: 0,
    requested: false,
    spawnFailure: final ? "final" : "transient",
    error,
  };
}

/** Gives the pipes of a child back that nothing reads or writes. */
function release(
  child: Child,
  { stdin, stdout, stderr }: Deno.CommandOptions,
): void {
  // What is locked is being read, and ends with the child.
  if (stdin === "piped") child.stdin.abort().catch(() => {});
  if (stdout === "piped") child.stdout.cancel().catch(() => {});
  if (stderr === "piped") child.stderr.cancel().catch(() => {});
}

/** Lists each process once, and no more of it than is told. */
function unique(processes: readonly EscapedProcess[]): EscapedProcess[] {
  const all = new Map(processes.map((each) => [each.pid, each]));
  return Array.from(all.values(), ({ pid, name }) => ({ pid, name }));
}
