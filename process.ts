/**
 * A process: one program over all its runs.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { RestartLimitError, SpawnError } from "./errors.ts";
import type { ProcessEvent } from "./events.ts";
import { Input } from "./input.ts";
import { type Line, Lines, type LinesOptions } from "./lines.ts";
import { signalName } from "./signals.ts";
import { type Spec, stopRules } from "./options.ts";
import { Output } from "./output.ts";
import type { ProcessTable } from "./process_table.ts";
import {
  decideRestart,
  type Decision,
  type Ended,
  type FailDecision,
  NO_HISTORY,
  type RestartDecision,
} from "./restart.ts";
import { Run } from "./run.ts";
import {
  Ending,
  KILL_WAIT_MS,
  type Outcome,
  type StopOptions,
  type StopReport,
} from "./stop.ts";

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
export interface Host {
  /** The process table of the system. */
  readonly table: ProcessTable;
  /** Whether a run can lead a process group. */
  readonly groups: boolean;
  /** All runs of which something is left. */
  readonly runs: Set<Run>;
  /** Takes a process in; throws if it cannot be managed (any more). */
  adopt(process: Process): void;
  /** Lets go of a process that will not be restarted. */
  release(process: Process): void;
  /** Tells what happened. */
  emit(event: ProcessEvent): void;
  /** Writes to the log. */
  log(level: LogLevel, message: string): void;
}

/** The levels of messages in the log. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How many lines of stderr are kept with a crash. */
const LAST_LINES = 10;

/** What stopping a process takes that does not run. */
const NOTHING: Outcome = { steps: [], forced: false, survivors: [] };

/** How a life ends. */
type EndState = Extract<ProcessState, { kind: "exited" | "failed" }>;

/** How a run ended, or that it could not be started. */
interface RunEnd extends Ended {
  readonly pid?: number;
  readonly outcome: Outcome;
  readonly error?: SpawnError;
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
  #state: ProcessState = { kind: "starting", run: 1 };
  /** What comes next: what the policy says, another run, or nothing. */
  #wanted: "policy" | "run" | "nothing" = "policy";
  #run: Run | undefined;
  #runs = 0;
  #ending: Ending | undefined;
  #backoff: AbortController | undefined;
  #started: PromiseWithResolvers<void> | undefined;
  #stops = 0;
  #status: Promise<Deno.CommandStatus> = Promise.resolve(NOT_FOUND);
  #finished: PromiseWithResolvers<StopReport> = Promise.withResolvers();
  #output: Output;
  #input: Input;

  /** @ignore Made by `Processman.command()`, which starts it at once. */
  constructor(name: string, spec: Spec, host: Host) {
    this.name = name;
    this.program = spec.program;
    this.args = spec.args;
    this.#spec = spec;
    this.#host = host;
    this.#output = new Output(spec.output);
    this.#input = new Input(name);
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
    this.#checkPiped("stdout");
    return this.#output.stdout.stream;
  }

  /**
   * What the process writes to stderr, over all its runs; like `stdout`.
   *
   * @throws {TypeError} If stderr is not `"piped"`.
   */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#checkPiped("stderr");
    return this.#output.stderr.stream;
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
    this.#checkPiped("stdin");
    return this.#input.writable;
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
   */
  lines(options: LinesOptions = {}): Lines {
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
    if (this.#over) return this.#begin();
    if (this.#state.kind === "running") return;
    if (this.#wants("nothing")) {
      const stops = this.#stops;
      await this.#finished.promise;
      if (stops !== this.#stops) throw this.#stoppedFirst();
      return this.start();
    }
    this.#wanted = "run";
    this.#backoff?.abort();
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
    this.#wanted = "run";
    this.#backoff?.abort();
    const next = this.#nextRun();
    const run = this.#run;
    this.#end(rules)?.done.then(() => {
      if (run?.alive) this.#started?.reject(this.#unstoppable(run));
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
   * @throws {TypeError} If there is no such signal.
   * @throws {Deno.errors.PermissionDenied} If the child runs as somebody else.
   */
  signal(signal: Deno.Signal, options: SignalOptions = {}): boolean {
    signalName(signal, "signal");
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
    const { output, signal } = this.#spec;
    signal?.throwIfAborted();
    this.#host.adopt(this);
    let first: Run;
    try {
      first = this.#spawn();
    } catch (error) {
      this.#host.release(this);
      throw error;
    }
    if (this.#over) {
      this.#output = new Output(output);
      this.#input = new Input(this.name);
      this.#finished = Promise.withResolvers();
      this.#runs = 0;
    }
    this.#wanted = "policy";
    this.#live(first);
  }

  /** Lives one life, from the first run to the one that nothing follows. */
  async #live(first: Run): Promise<void> {
    const { signal } = this.#spec;
    const stop = () => void this.stop().catch(() => {});
    signal?.addEventListener("abort", stop, { once: true });
    const [end, outcome] = await this.#supervise(first);
    signal?.removeEventListener("abort", stop);

    this.#output.end();
    this.#input.end();
    this.#state = end;
    this.#host.release(this);
    const report = { name: this.name, status: end.status, ...outcome };
    if (end.kind === "failed") this.#tellFailure(end.error);
    else if (this.#wants("nothing")) this.#tellStop(report);
    this.#started?.reject(this.#stoppedFirst());
    this.#started = undefined;
    this.#finished.resolve(report);
  }

  /** Runs the program until nothing follows a run, and tells why. */
  async #supervise(first: Run): Promise<[EndState, Outcome]> {
    let history = NO_HISTORY;
    let run: Run | SpawnError = first;
    while (true) {
      const end = await this.#attend(run);
      const { status } = end;
      let decision: Decision | undefined;
      if (this.#wants("policy")) {
        [decision, history] = decideRestart(end, history, this.#spec.restart);
      }
      this.#tellExit(end, decision);
      switch (decision?.kind) {
        case "leave":
          return [{ kind: "exited", status }, NOTHING];
        case "fail": {
          const error = this.#failure(decision, end);
          return [{ kind: "failed", status, error }, NOTHING];
        }
        case "restart":
          await this.#backOff(decision, status);
      }
      if (this.#wants("nothing")) {
        return [{ kind: "exited", status }, end.outcome];
      }
      if (this.#wants("run")) history = NO_HISTORY;
      this.#wanted = "policy";
      run = this.#tryAgain();
    }
  }

  /** Looks after a run until nothing is left of it. */
  async #attend(run: Run | SpawnError): Promise<RunEnd> {
    if (run instanceof SpawnError) return notStarted(run);
    const over = Promise.withResolvers<void>();
    const drained = this.#attach(run, over.promise);
    this.#tellStart(run);

    const status = await run.status;
    const now = performance.now();
    const ranMs = now - run.startedAt;
    this.#input.detach();
    this.#state = { kind: "stopping", run: this.#runs, killAt: undefined };
    this.#end(this.#spec.stop);
    const outcome = await this.#ending?.done ?? NOTHING;
    over.resolve();
    await drained;

    this.#host.runs.delete(run);
    this.#run = undefined;
    this.#ending = undefined;
    return { status, now, ranMs, pid: run.pid, outcome };
  }

  /** Starts a child. */
  #spawn(): Run {
    const { program, args, command, group } = this.#spec;
    return new Run({
      name: this.name,
      program,
      command: { ...command, args: [...args] },
      group: group && this.#host.groups,
    });
  }

  /** Starts a child, or says why not. */
  #tryAgain(): Run | SpawnError {
    this.#state = { kind: "starting", run: this.#runs + 1 };
    try {
      return this.#spawn();
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      this.#status = Promise.resolve(codeOf(error));
      this.#started?.reject(error);
      this.#started = undefined;
      return error;
    }
  }

  /** Connects a child to the streams; resolves when all its output is read. */
  #attach(run: Run, over: Promise<void>): Promise<unknown> {
    const { stdin, stdout, stderr } = this.#spec.command;
    const { child } = run;
    const output = this.#output;
    const number = ++this.#runs;
    this.#run = run;
    this.#status = run.status;
    this.#host.runs.add(run);
    this.#state = {
      kind: "running",
      run: number,
      pid: run.pid,
      since: Date.now(),
    };
    if (stdin === "piped") this.#input.attach(child.stdin);
    return Promise.all([
      stdout === "piped" &&
      output.pump(output.stdout, child.stdout, number, over),
      stderr === "piped" &&
      output.pump(output.stderr, child.stderr, number, over),
    ]);
  }

  /** Waits before a restart, unless something else is wanted meanwhile. */
  async #backOff(
    { reason, attempt, delayMs }: RestartDecision,
    status: Deno.CommandStatus,
  ): Promise<void> {
    if (!this.#wants("policy")) return;
    // A timer of no time costs a millisecond. What cannot be started needs one,
    // since no child's end gives the rest of the program a turn.
    if (delayMs < 1 && reason !== "spawn") return;
    const until = Date.now() + delayMs;
    const run = this.#runs + 1;
    this.#state = { kind: "backoff", run, attempt, until, status };
    this.#backoff = new AbortController();
    await delay(delayMs, { signal: this.#backoff.signal }).catch(() => {});
    this.#backoff = undefined;
  }

  /** Ends what is left of the present run, or hastens its end. */
  #end(rules: Required<StopOptions>): Ending | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    if (this.#ending) this.#ending.hasten(rules.gracePeriodMs);
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
    this.#backoff?.abort();
    const run = this.#run;
    const ending = this.#end(rules);
    await ending?.done;
    if (run?.alive) {
      // Another stop may try again.
      if (this.#ending === ending) this.#ending = undefined;
      throw this.#unstoppable(run);
    }
    return promise;
  }

  /** Resolves when the next run is alive. */
  #nextRun(): Promise<void> {
    return (this.#started ??= Promise.withResolvers()).promise;
  }

  #wants(what: "policy" | "run" | "nothing"): boolean {
    return this.#wanted === what;
  }

  #tellStart(run: Run): void {
    const { name } = this;
    const { pid } = run;
    this.#host.emit({
      kind: "start",
      name,
      time: Date.now(),
      pid,
      run: this.#runs,
    });
    this.#host.log("debug", `Started process "${name}" as pid ${pid}`);
    this.#started?.resolve();
    this.#started = undefined;
  }

  #tellExit(end: RunEnd, decision: Decision | undefined): void {
    const { name } = this;
    const { status, ranMs, pid, error } = end;
    const time = Date.now();
    const run = this.#runs;
    const requested = decision === undefined;
    const crashed = decision?.kind === "restart"
      ? decision.reason !== "exit"
      : decision?.kind === "fail" ||
        decision?.kind === "leave" && decision.reason !== "success";
    const stderr = crashed ? this.#lastWords() : [];
    if (pid !== undefined) {
      this.#host.emit({
        kind: "exit",
        name,
        time,
        pid,
        run,
        status,
        ranMs,
        requested,
        crashed,
        decision,
        stderr,
      });
    }
    if (decision?.kind === "restart") {
      this.#host.emit({ kind: "restart", name, time, decision, error });
    }
    const what = error?.message ??
      `Process "${name}" ${howEnded(status, crashed)} after ${
        Math.round(ranMs)
      } ms`;
    this.#host.log(
      crashed ? "warn" : "debug",
      what + whatNext(decision) + quoted(stderr),
    );
  }

  #tellStop(report: StopReport): void {
    const { name } = this;
    const { survivors, forced } = report;
    this.#host.emit({ kind: "stop", name, time: Date.now(), report });
    if (survivors.length > 0) {
      const left = survivors.join(", ");
      this.#host.log("warn", `Process "${name}" left behind pid ${left}`);
    } else {
      const how = forced ? " by SIGKILL" : "";
      this.#host.log("debug", `Stopped process "${name}"${how}`);
    }
  }

  #tellFailure(error: Error): void {
    const { name } = this;
    this.#host.emit({ kind: "failed", name, time: Date.now(), error });
    this.#host.log("error", error.message);
  }

  #lastWords(): string[] {
    return this.#output.tail(LAST_LINES, "stderr", this.#runs)
      .map(({ text }) => text);
  }

  /** Makes the error of a process that is given up. */
  #failure(decision: FailDecision, end: RunEnd): Error {
    const { limit, error } = decision;
    if (limit === undefined) {
      if (end.error) return end.error;
      return error instanceof Error ? error : new Error(String(error));
    }
    const stderr = this.#lastWords();
    return new RestartLimitError(
      `Cannot restart process "${this.name}": ${limit.restarts} restarts within ${limit.withinMs} ms` +
        quoted(stderr),
      { process: this.name, ...limit, stderr },
    );
  }

  #stoppedFirst(): TypeError {
    return new TypeError(
      `Cannot start process "${this.name}": it was stopped first`,
    );
  }

  #unstoppable(run: Run): Error {
    return new Error(
      `Cannot stop process "${this.name}": pid ${run.pid} lives on ${KILL_WAIT_MS} ms after SIGKILL`,
    );
  }

  #checkPiped(stream: "stdin" | "stdout" | "stderr"): void {
    const value = this.#spec.command[stream];
    if (value === "piped") return;
    throw new TypeError(
      `Cannot get ${stream} of process "${this.name}": option "${stream}" is "${value}", not "piped"`,
    );
  }
}

/** The status of a program that is missing, as a shell has it. */
const NOT_FOUND: Deno.CommandStatus = {
  success: false,
  code: 127,
  signal: null,
};

/** The status of a program that cannot be run, as a shell has it. */
const NOT_RUN: Deno.CommandStatus = { success: false, code: 126, signal: null };

function codeOf({ cause }: SpawnError): Deno.CommandStatus {
  return cause instanceof Deno.errors.NotFound ? NOT_FOUND : NOT_RUN;
}

function notStarted(error: SpawnError): RunEnd {
  const final = error.cause instanceof Deno.errors.NotCapable;
  return {
    status: codeOf(error),
    now: performance.now(),
    ranMs: 0,
    spawnFailure: final ? "final" : "transient",
    outcome: NOTHING,
    error,
  };
}

function howEnded(
  { code, signal }: Deno.CommandStatus,
  crashed: boolean,
): string {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return `${crashed ? "crashed" : "ended"} ${how}`;
}

function whatNext(decision: Decision | undefined): string {
  if (decision?.kind !== "restart") return "";
  const { delayMs, attempt, restartsLeft } = decision;
  const left = restartsLeft === undefined ? "" : `, ${restartsLeft} left`;
  return `, restarting in ${
    Math.round(delayMs)
  } ms (attempt ${attempt}${left})`;
}

function quoted(lines: readonly string[]): string {
  const last = lines.findLast((line) => line.trim() !== "");
  return last === undefined ? "" : `: ${last}`;
}
