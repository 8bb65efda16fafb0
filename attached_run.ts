/**
 * One run of a process, connected to the streams of the process.
 *
 * @module
 */

import { afterReactions } from "./abortable.ts";
import { Ending } from "./ending.ts";
import { messageOf } from "./foreign.ts";
import type { OutputSource } from "./lines.ts";
import type { LifeHost } from "./life_host.ts";
import { asksFirst, type Launchable } from "./launch.ts";
import type { PreparedRun } from "./options.ts";
import { type ProbeListener, Probing } from "./probing.ts";
import type { ProbeAnswers } from "./probe_options.ts";
import type { Pump, PumpFailure } from "./pump.ts";
import type { Reporter } from "./reporter.ts";
import { hasCrashed, type Verdict } from "./restart.ts";
import type { Run } from "./run.ts";
import type { RunEnd } from "./run_end.ts";
import type { RunInfo } from "./run_registry.ts";
import { type EscapedProcess, KILL, type StopRequest } from "./stop.ts";
import type { StartCommand } from "./stop_commands.ts";
import type { ProcessStreams } from "./streams.ts";

/** How many of its last lines are reported with the end of a run. */
export const LAST_LINES = 20;

/** The smallest buffer assumed to hold all the last lines, in bytes. */
const LAST_BYTES = 8_192;

/** The longest wait for the last lines of a run, in milliseconds. */
const LAST_LINES_MS = 50;

/** The longest time from the abort of a probe to its end, in milliseconds. */
const PROBES_MS = 1_000;

/** Time without output after which the output is complete, in milliseconds. */
const QUIET_MS = 2;

/** What a run is attached to. */
export interface Attachment {
  /** The process. */
  readonly process: Launchable;
  /** The streams of the process. */
  readonly streams: ProcessStreams;
  /** The manager, which keeps track of the run. */
  readonly host: LifeHost;
  /** Starts a stop command for the run. */
  readonly command: StartCommand;
  /** What `prepare` has changed for the run. */
  readonly changes: PreparedRun;
}

/** One run of a process, connected to the streams of the process. */
export class AttachedRun {
  /** The run. */
  readonly run: Run;
  /** The number of the run, 1 for the first. */
  readonly number: number;
  /** When the run was attached, in milliseconds since the epoch. */
  readonly since: number;
  /** What `prepare` has changed for the run. */
  readonly changes: PreparedRun;
  readonly #process: Launchable;
  readonly #streams: ProcessStreams;
  readonly #host: LifeHost;
  readonly #command: StartCommand;
  readonly #pumps: Pump[] = [];
  /** Why an output could not be read; present after the first failure. */
  #outputError: Error | undefined;
  /** Calls the probes; present if there are any, or were. */
  #probing: Probing | undefined;
  /** Whether the run has begun, so that a probe that is added comes later. */
  #begun = false;
  /** When to wait no longer for calls of probes; present after their end. */
  #probesUntil: number | undefined;
  /** Why a probe had the run ended; present after that. */
  #verdict: Verdict | undefined;

  /** Connects the streams of a run, and kills the run if that fails. */
  constructor(run: Run, number: number, attachment: Attachment) {
    const { process, streams, host, command } = attachment;
    this.run = run;
    this.number = number;
    this.since = host.kernel.time();
    this.changes = attachment.changes;
    this.#process = process;
    this.#streams = streams;
    this.#host = host;
    this.#command = command;
    try {
      host.runs.began(run, runInfo(process));
      this.#connect();
    } catch (error) {
      run.trySignalGroup("SIGKILL", run.pid);
      run.status.then(() => host.runs.ended(run));
      this.#release();
      throw error;
    }
  }

  /** Whether the run is ready. */
  get ready(): boolean {
    return this.#probing?.ready ?? true;
  }

  /** Why the run was not ready when that was last asked, if it was not. */
  get answer(): string | undefined {
    return this.#probing?.answer;
  }

  /** What the probes have answered last. */
  get answers(): ProbeAnswers {
    return this.#probing?.answers ?? {};
  }

  /** Whether processman has finished reading the output. */
  get drained(): boolean {
    return this.#pumps.every(({ ended }) => ended);
  }

  /** Whether the group is empty and all output has been read. */
  get spent(): boolean {
    return this.drained && !this.run.groupLeft();
  }

  /** Calls the present probes of the process, if there are any. */
  probe(listener: ProbeListener): void {
    const { probed: process, spec: { ready, live } } = this.#process;
    const began = this.#begun;
    this.#begun = true;
    if (ready === undefined && live === undefined && !this.#probing) return;
    const { number, run } = this;
    const { startedAt } = run;
    const { kernel, instruments } = this.#host;
    const about = { name: process.name, run: number };
    const condemn: ProbeListener["condemn"] = (verdict, failures) => {
      // The child can have ended by itself just before.
      if (!run.alive) return;
      this.#verdict = verdict;
      listener.condemn(verdict, failures);
    };
    this.#probing ??= new Probing(
      {
        process,
        run: number,
        startedAt,
        ready: began || ready === undefined,
        around: (option, probe) =>
          instruments.around({ ...about, option, probe }),
      },
      { ...listener, condemn },
      kernel,
    );
    this.#probing.begin({ ready, live });
  }

  /** Calls no probe any more, and aborts the calls in progress. */
  endProbes(): void {
    if (this.#probing === undefined) return;
    this.#probing.end();
    this.#probesUntil ??= this.#host.kernel.now() + PROBES_MS;
  }

  /** Waits for the calls of probes that were aborted, but not for long. */
  async probesSettled(): Promise<void> {
    if (this.#probing === undefined) return;
    const settled = new AbortController();
    this.#probing.settled().then(() => settled.abort());
    await afterReactions();
    const { signal } = settled;
    if (signal.aborted) return;
    const { kernel } = this.#host;
    const restMs = (this.#probesUntil ?? 0) - kernel.now();
    if (restMs > 0) await kernel.delay(restMs, { signal });
  }

  /**
   * Waits briefly for the last lines of the run.
   *
   * @param status How the child ended.
   * @param now When the child ended, in milliseconds of the monotonic clock.
   * @param requested Whether the run had been asked to end.
   * @returns How the run ended, or why its program was not started.
   */
  async ended(
    status: Deno.CommandStatus,
    now: number,
    requested: boolean,
  ): Promise<RunEnd> {
    const { run, number } = this;
    const durationMs = now - run.startedAt;
    await this.#lastLinesRead(now);
    const { pid } = run;
    const { restart } = this.#process.spec;
    const verdict = requested ? undefined : this.#verdict;
    const crashed = verdict !== undefined ||
      !requested && hasCrashed({ status }, restart);
    const readySince = this.#probing?.readySince ?? now;
    const readyMs = this.#probing ? now - readySince : durationMs;
    const times = { now, durationMs, readyMs };
    const base = { run: number, pid, status, ...times, requested, verdict };
    const stderr = () => crashed ? this.#lastLines("stderr") : [];
    const outputError = this.#outputError;
    const end = { ...base, crashed, stderr, outputError, answer: this.answer };
    if (requested || verdict !== undefined) return end;
    const lines = () => this.#certainLines();
    const why = await run.explain({ status, durationMs, lines });
    if (why === undefined) return end;
    const { error, moved } = why;
    const failed = { ...end, crashed: true, error, stderr: () => [] };
    if (moved) return { ...failed, spawnFailure: "moved" };
    // If Deno had started the program directly, `command()` would have thrown
    // this error for the first run, and no run would follow.
    const final = number === 1 && !asksFirst(this.#process.spec);
    return { ...failed, spawnFailure: final ? "final" : "transient", error };
  }

  /** Begins to end the run, or what it left behind. */
  end(request: StopRequest): Ending {
    const { run } = this;
    const { table, kernel } = this.#host;
    return new Ending(
      run,
      request,
      table,
      kernel,
      (how) => this.#host.runs.asked(run, how),
      this.#command,
    );
  }

  /**
   * Reads the rest of the output, after the run has ended.
   *
   * @returns The processes that still hold an output open.
   */
  async drain(): Promise<EscapedProcess[]> {
    const { pid, startedAt } = this.run;
    let holders: Promise<EscapedProcess[]> | undefined;
    const held = () => holders ??= this.#host.runs.holders(pid, startedAt);
    await Promise.all(this.#pumps.map((pump) => pump.drain(held)));
    return await holders ?? [];
  }

  /** Leaves what is left of a successful run to the sweep. */
  sweepLater({ now }: RunEnd, reporter: Reporter): void {
    const { run } = this;
    const { program } = this.#process;
    this.#host.runs.rests(run);
    this.#host.sweep.add(run.pid, async (table, patience) => {
      if (table?.session(run.pid).length) await this.#sweep(patience, reporter);
      if (table) {
        const daemons = await this.#host.runs.daemons(
          table,
          run.startedAt,
          now,
        );
        if (daemons.length > 0) reporter.daemonized(program, daemons);
      }
      this.#host.runs.ended(run);
    });
  }

  /** Sends a signal to the child alone, or to everything in its session. */
  signal(signal: Deno.Signal, to: "group" | "leader"): boolean {
    const { run } = this;
    if (to === "leader") return run.signal(signal);
    if (run.group) this.#signalOtherGroups(signal);
    return run.signalGroup(signal);
  }

  #connect(): void {
    const { child } = this.run;
    const { output, stdin } = this.#streams;
    stdin?.attach(child.stdin, (size) => child.resize?.(size));
    for (const name of ["stdout", "stderr"] as const) {
      if (this.#process.spec.command[name] !== "piped") continue;
      const pump = output.pump(name, child[name], this.number);
      this.#pumps.push(pump);
      pump.done.then((failure) => failure && this.#broken(name, failure));
    }
  }

  /** Records that an output cannot be read, and warns at the first failure. */
  #broken(name: OutputSource, { cause }: PumpFailure): void {
    if (this.#outputError !== undefined) return;
    const what = `Cannot read ${name} of process "${this.#process.name}"`;
    const message = `${what}: ${messageOf(cause)}`;
    this.#outputError = new Error(message, { cause });
    this.#host.log("warn", message);
  }

  /** Closes the pipes of the child. */
  #release(): void {
    const { child } = this.run;
    const { stdin, stdout, stderr } = this.#process.spec.command;
    this.#streams.stdin?.detach();
    // A locked stream is being read, and closes when the child ends.
    if (stdin === "piped") child.stdin.abort().catch(() => {});
    if (stdout === "piped") child.stdout.cancel().catch(() => {});
    if (stderr === "piped") child.stderr.cancel().catch(() => {});
  }

  /** Waits for the last lines of a run that ended at a given time. */
  async #lastLinesRead(endedAt: number): Promise<void> {
    // The output often ends together with the child.
    await afterReactions();
    const latest = endedAt + LAST_LINES_MS;
    while (!this.drained && this.#host.kernel.now() < latest) {
      if (await this.#quiet()) return;
    }
  }

  /** Waits for a moment; returns whether no output arrived in that time. */
  async #quiet(): Promise<boolean> {
    const { stdout, stderr } = this.#streams.output;
    const before = stdout.end + stderr.end;
    const pause = new AbortController();
    const { signal } = pause;
    await Promise.race([
      Promise.all(this.#pumps.map(({ done }) => done)),
      this.#host.kernel.delay(QUIET_MS, { signal }),
    ]);
    pause.abort();
    return stdout.end + stderr.end === before;
  }

  /** Returns the last lines that the run wrote to one output, or to both. */
  #lastLines(source?: OutputSource): string[] {
    return this.#streams.output.tail(LAST_LINES, source, this.number)
      .map(({ text }) => text);
  }

  /** Returns the last lines; `undefined` if some of them can be missing. */
  #certainLines(): string[] | undefined {
    const { command: { stderr }, output: { bufferBytes } } = this.#process.spec;
    if (stderr !== "piped" || bufferBytes < LAST_BYTES) return undefined;
    return this.#lastLines();
  }

  /** Ends the processes that the sweep has found in the session of the run. */
  async #sweep(patience: AbortSignal, reporter: Reporter): Promise<void> {
    const { leftovers } = this.#process.spec.restart;
    const ending = this.end({ ...leftovers, to: "group", explicit: false });
    const kill = () => ending.ask(KILL);
    if (patience.aborted) kill();
    patience.addEventListener("abort", kill, { once: true });
    reporter.left(this.run.pid, this.number, await ending.done);
    patience.removeEventListener("abort", kill);
  }

  /** Sends a signal to the groups of the session, except the child's group. */
  async #signalOtherGroups(signal: Deno.Signal): Promise<void> {
    const { run } = this;
    const table = await this.#host.table.look();
    const groups = new Set(table?.session(run.pid).map(({ group }) => group));
    groups.delete(run.pid);
    for (const group of groups) {
      try {
        run.signalGroup(signal, group);
      } catch {
        // The group runs as another user.
      }
    }
  }
}

/** Returns how a run is ended, and how long what follows can take. */
export function runInfo({ name, spec }: Launchable): RunInfo {
  const { command: { stdout, stderr }, stop, after } = spec;
  const streams = [stdout, stderr].flatMap((stream, i) =>
    stream === "piped" ? [i + 1] : []
  );
  return { ...stop, name, streams, afterMs: after?.timeoutMs };
}
