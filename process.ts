/**
 * A process: one program over all its runs.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { flag, options as optionsOf } from "./checks.ts";
import { SpawnError } from "./errors.ts";
import { Input } from "./input.ts";
import { type Line, Lines, type LinesOptions } from "./lines.ts";
import {
  checkPrepared,
  type PrepareContext,
  type PreparedRun,
  type Spec,
  stopRules,
} from "./options.ts";
import type { LogFiles } from "./log_file.ts";
import { FLUSH_MS, Output, type Source } from "./output.ts";
import type { Pump } from "./pump.ts";
import type { ProcessTable } from "./process_table.ts";
import {
  decideRestart,
  type Decision,
  NO_HISTORY,
  type RestartDecision,
} from "./restart.ts";
import { Run } from "./run.ts";
import { signalName } from "./signals.ts";
import type { Spawner } from "./spawn.ts";
import {
  Ending,
  KILL_WAIT_MS,
  type Outcome,
  type StopOptions,
  type StopReport,
} from "./stop.ts";
import { type Audience, failure, type RunEnd, Story } from "./story.ts";
import { before, reactions } from "./wait.ts";

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
   * milliseconds since the epoch, if there is anybody to send it to.
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
   * Whether all of the process group gets the signal, not the child alone.
   *
   * @default {false}
   */
  group?: boolean;
}

/** What a process needs of the one who manages it. */
export interface Host extends Audience {
  /** The process table of the system. */
  readonly table: ProcessTable;
  /** Whether a run can lead a process group. */
  readonly groups: boolean;
  /** What starts children. */
  readonly spawner: Spawner;
  /** The files that output is written to. */
  readonly logs: LogFiles;
  /** Notes that a run began, and how it would be stopped. */
  began(run: Run, stop: Required<StopOptions>): void;
  /** Notes that nothing is left of a run. */
  ended(run: Run): void;
  /** Ends all, since a critical process ended. */
  abandon(process: Process): void;
  /** Takes a process in; throws if it cannot be managed (any more). */
  adopt(process: Process): void;
  /** Lets go of a process that will not be restarted. */
  release(process: Process): void;
}

const checkSignal = optionsOf<SignalOptions>({ group: flag });

const checkLines = optionsOf<LinesOptions>({ kept: flag });

/** How many lines of stderr are kept with a crash. */
const LAST_LINES = 10;

/** What stopping a process takes that does not run. */
const NOTHING: Outcome = { steps: [], forced: false, survivors: [] };

/** A child that is the present run. */
interface Attached {
  readonly run: Run;
  /** What reads its output. */
  readonly pumps: readonly Pump[];
}

type Prepare = NonNullable<Spec["prepare"]>;

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
  readonly #story: Story;
  #state: ProcessState = { kind: "starting", run: 1 };
  /** What comes next: what the policy says, another run, or nothing. */
  #wanted: "policy" | "run" | "nothing" = "policy";
  #run: Run | undefined;
  #runs = 0;
  #ending: Ending | undefined;
  #waiting: AbortController | undefined;
  #started: PromiseWithResolvers<void> | undefined;
  #stops = 0;
  #status: Promise<Deno.CommandStatus> = Promise.resolve(NOT_FOUND);
  #finished: PromiseWithResolvers<StopReport> = Promise.withResolvers();
  #output: Output;
  #input: Input | undefined;

  /** @ignore Made by `Processman.command()`, which starts it at once. */
  constructor(name: string, spec: Spec, host: Host) {
    this.name = name;
    this.program = spec.program;
    this.args = spec.args;
    this.#spec = spec;
    this.#host = host;
    this.#story = new Story(name, host);
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
   * Until it is read, the newest `output.keepBytes` bytes are kept. From the
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
  get dropped(): { readonly stdout: number; readonly stderr: number } {
    const { stdout, stderr } = this.#output;
    return { stdout: stdout.dropped, stderr: stderr.dropped };
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
   * `SpawnError` if it cannot be started, with a `TypeError` if the process is
   * stopped first or another has taken its name, and with a
   * `ProcessmanClosedError` after the manager's shutdown.
   */
  async start(): Promise<void> {
    if (this.#over) this.#begin();
    if (this.#state.kind === "running") return;
    if (this.#wants("nothing")) {
      const stops = this.#stops;
      await this.#finished.promise;
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
    const rules = stopRules(options, this.#spec.stop);
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
    const ending = this.#end(rules);
    ending?.done.then(() => {
      if (!run?.alive) return;
      this.#started?.reject(this.#unstoppable(run));
      this.#started = undefined;
      this.#giveUp(ending);
    });
    await next;
  }

  /**
   * Stops the process and all of its group, and does not restart it: sends a
   * signal, waits for the grace period, sends `SIGKILL`. May be called at any
   * time and any number of times; the shortest grace period counts.
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
   * if the options are wrong, or the child lives on even after `SIGKILL`.
   */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    return await this.#takeDown(stopRules(options, this.#spec.stop));
  }

  /**
   * Sends `SIGKILL` to the process and all of its group, and does not restart
   * it.
   *
   * @returns A promise of the report, as that of `stop()`.
   */
  kill(): Promise<StopReport> {
    return this.#takeDown({ signal: "SIGKILL", gracePeriodMs: 0 });
  }

  /**
   * Sends a signal to the child. What the child does with it is its own
   * business: if it ends, that is a crash, and it is restarted.
   *
   * @param signal The signal.
   * @param options Who gets it.
   * @returns Whether there was anybody to get it.
   * @throws {TypeError} If there is no such signal, or no such option.
   * @throws {Deno.errors.PermissionDenied} If the child runs as somebody else.
   */
  signal(signal: Deno.Signal, options: SignalOptions = {}): boolean {
    signalName(signal, "signal");
    checkSignal(options, "");
    if (options.group) return this.#run?.signalGroup(signal) ?? false;
    return this.#run?.signal(signal) ?? false;
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
    this.#host.spawner.checkUser(command.user);
    this.#host.adopt(this);
    let first: Run | undefined;
    try {
      first = prepare ? undefined : this.#spawn({});
    } catch (error) {
      this.#host.release(this);
      throw error;
    }
    if (this.#over) {
      this.#output = this.#newOutput();
      this.#input = this.#newInput();
      this.#finished = Promise.withResolvers();
      this.#runs = 0;
    }
    this.#wanted = "policy";
    const life = this.#supervise(first && this.#attach(first));
    if (signal === undefined) return;
    const stop = () => void this.stop().catch(() => {});
    signal.addEventListener("abort", stop, { once: true });
    life.then(() => signal.removeEventListener("abort", stop));
  }

  /** Runs the program again and again, until nothing follows a run. */
  async #supervise(first: Attached | undefined): Promise<void> {
    let history = NO_HISTORY;
    let last: RunEnd = NEVER_RUN;
    let run: Attached | SpawnError | undefined = first;
    while (true) {
      run ??= await this.#launch(history.attempt, last);
      if (run === undefined) return this.#conclude(last, undefined, true);
      last = await this.#attend(run);
      run = undefined;

      let decision: Decision | undefined;
      if (this.#wants("policy")) {
        [decision, history] = decideRestart(last, history, this.#spec.restart);
        // The backoff is a function of somebody else's, and may ask for a stop.
        if (!this.#wants("policy")) decision = undefined;
      }
      if (decision?.kind !== "restart" && !this.#wants("run")) {
        return this.#conclude(last, decision);
      }
      this.#story.ended(last, this.#runs, decision, this.#lastWords(last));
      if (decision?.kind === "restart") {
        await this.#backOff(decision, last.status);
      }
      if (this.#wants("nothing")) return this.#conclude(last, undefined, true);
      if (this.#wants("run")) history = NO_HISTORY;
      this.#wanted = "policy";
    }
  }

  /**
   * Ends a life. Whoever hears of it finds it ended, and may begin another one
   * at once: so everything is settled before anything is told.
   */
  #conclude(
    last: RunEnd,
    decision?: Exclude<Decision, RestartDecision>,
    told: boolean = false,
  ): void {
    const { name } = this;
    const { status } = last;
    const asked = this.#wants("nothing");
    const words = this.#lastWords(last);
    const error = decision?.kind === "fail"
      ? failure(name, decision, last, words())
      : undefined;
    const outcome = asked && !told ? last.outcome : NOTHING;
    const report: StopReport = { name, status, ...outcome };
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

    if (!told) this.#story.ended(last, run, decision, words);
    if (error) this.#story.failed(error);
    else if (asked) this.#story.stopped(report);
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
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      status.resolve(statusOf(error));
      this.#started?.reject(error);
      this.#started = undefined;
      return error;
    }
  }

  /** Asks what a run is to be run with, for as long as it is wanted. */
  async #prepare(
    prepare: Prepare,
    context: Omit<PrepareContext, "signal">,
  ): Promise<PreparedRun> {
    const waiting = this.#waiting = new AbortController();
    const { signal } = waiting;
    try {
      const asked = (async () => await prepare({ ...context, signal }))();
      const changes = await before(asked, signal);
      checkPrepared(changes);
      return changes ?? {};
    } catch (cause) {
      const { name, program } = this;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SpawnError(
        `Cannot start process "${name}": prepare() failed: ${why}`,
        { process: name, program, cause },
      );
    } finally {
      this.#waiting = undefined;
    }
  }

  #newOutput(): Output {
    const { output, file } = this.#spec;
    return new Output(output, file && this.#host.logs.writer(this.name, file));
  }

  #newInput(): Input | undefined {
    return this.#spec.command.stdin === "piped"
      ? new Input(this.name)
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
      spawner: this.#host.spawner,
    });
  }

  /** Makes a child the present run: connects it to the streams, and tells. */
  #attach(run: Run): Attached {
    const { command: { stdout, stderr }, stop } = this.#spec;
    const { child, pid } = run;
    const output = this.#output;
    const number = ++this.#runs;
    this.#run = run;
    this.#status = run.status;
    this.#state = { kind: "running", run: number, pid, since: Date.now() };
    this.#host.began(run, stop);
    this.#input?.attach(child.stdin);
    const pumps: Pump[] = [];
    const pump = (source: Source, stream: typeof child.stdout) =>
      pumps.push(output.pump(source, stream, number));
    if (stdout === "piped") pump(output.stdout, child.stdout);
    if (stderr === "piped") pump(output.stderr, child.stderr);
    this.#story.started(pid, number);
    this.#started?.resolve();
    this.#started = undefined;
    return { run, pumps };
  }

  /** Looks after a run until nothing is left of it. */
  async #attend(attached: Attached | SpawnError): Promise<RunEnd> {
    if (attached instanceof SpawnError) return notStarted(attached);
    const { run, pumps } = attached;
    const status = await run.status;
    const now = performance.now();
    const ranMs = now - run.startedAt;
    const requested = !this.#wants("policy");
    this.#input?.detach();
    this.#state = { kind: "stopping", run: this.#runs, killAt: undefined };
    this.#end(this.#spec.stop);
    const outcome = await this.#ending?.done ?? NOTHING;
    // The end of the output has often arrived with that of the child.
    await reactions();
    for (const pump of pumps) pump.over();
    for (const pump of pumps) await pump.done;
    if (!await this.#output.flush()) this.#host.log("warn", this.#unflushed());

    this.#host.ended(run);
    this.#run = undefined;
    this.#ending = undefined;
    return { status, now, ranMs, requested, pid: run.pid, outcome };
  }

  /** Waits before a restart, unless something else is wanted meanwhile. */
  async #backOff(
    { reason, attempt, delayMs }: RestartDecision,
    status: Deno.CommandStatus,
  ): Promise<void> {
    if (!this.#wants("policy")) return;
    // A timer of no time costs a millisecond. What cannot be started needs one,
    // since no child's end gives the rest of the program a turn.
    const output = this.#output;
    if (delayMs < 1 && reason !== "spawn" && !output.behind) return;
    const until = Date.now() + delayMs;
    const run = this.#runs + 1;
    this.#state = { kind: "backoff", run, attempt, until, status };
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    await delay(delayMs, { signal }).catch(() => {});
    // What a reader does not take would fill the memory, from run to run.
    while (output.behind && !signal.aborted) {
      await before(output.roomMade(), signal);
    }
    this.#waiting = undefined;
  }

  /** Ends what is left of the present run, or hastens its end. */
  #end(rules: Required<StopOptions>): Ending | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    if (this.#ending) this.#ending.hasten(rules);
    else if (run.groupLeft()) {
      this.#ending = new Ending(run, rules, this.#host.table);
    } else return undefined;
    this.#state = {
      kind: "stopping",
      run: this.#runs,
      killAt: Date.now() + this.#ending.killAt - performance.now(),
    };
    return this.#ending;
  }

  async #takeDown(rules: Required<StopOptions>): Promise<StopReport> {
    const { promise } = this.#finished;
    this.#stops++;
    if (this.#over) return promise;
    this.#wanted = "nothing";
    this.#started?.reject(this.#stoppedFirst());
    this.#started = undefined;
    this.#waiting?.abort();
    const run = this.#run;
    const ending = this.#end(rules);
    await ending?.done;
    if (run?.alive) {
      this.#giveUp(ending);
      throw this.#unstoppable(run);
    }
    return promise;
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

  #unstoppable(run: Run): Error {
    return new Error(
      `Cannot stop process "${this.name}": pid ${run.pid} lives on ${KILL_WAIT_MS} ms after SIGKILL`,
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
  ranMs: 0,
  requested: false,
  outcome: NOTHING,
};

function statusOf({ cause }: SpawnError): Deno.CommandStatus {
  return cause instanceof Deno.errors.NotFound ? NOT_FOUND : NOT_RUN;
}

function notStarted(error: SpawnError): RunEnd {
  const final = error.cause instanceof Deno.errors.NotCapable;
  return {
    status: statusOf(error),
    now: performance.now(),
    ranMs: 0,
    requested: false,
    spawnFailure: final ? "final" : "transient",
    outcome: NOTHING,
    error,
  };
}
