/**
 * One life of a process: the loop from its first run to its last.
 *
 * @module
 */

import { afterReactions } from "./abortable.ts";
import { type AttachedRun, LAST_LINES, runInfo } from "./attached_run.ts";
import { type ReadinessError, SpawnError, type StopError } from "./errors.ts";
import { Hooks } from "./hook.ts";
import type { Launchable } from "./launch.ts";
import { Launcher } from "./launcher.ts";
import type { LifeHost } from "./life_host.ts";
import { Phases, stoppedFirst } from "./phases.ts";
import type { ProbeAnswers } from "./probe_options.ts";
import type { ProcessState } from "./process_state.ts";
import { cannotStop, type Remains } from "./remains.ts";
import { Reporter } from "./reporter.ts";
import {
  decideRestart,
  type Decision,
  NO_HISTORY,
  type RestartDecision,
  type RestartHistory,
} from "./restart.ts";
import type { Run } from "./run.ts";
import {
  failure,
  NEVER_RUN,
  NOT_RUN,
  notStarted,
  readinessError,
  type RunEnd,
} from "./run_end.ts";
import {
  NOTHING,
  type StopOutcome,
  type StopReport,
  type StopRequest,
  unique,
} from "./stop.ts";
import type { ProcessStreams } from "./streams.ts";

/** The process to which a life belongs. */
export interface LifeOwner extends Launchable {
  /** Called when the life is over, before that is reported. */
  over(): void;
  /** Called with the processes of a session that could not be ended. */
  left(remains: Remains): void;
  /** Called with an exit code after a critical process ended by itself. */
  lost(code: number): void;
}

/** One life of a process: its runs, from the first to the last. */
export class Life {
  /** The streams that the runs write to and read from. */
  readonly streams: ProcessStreams;
  readonly #owner: LifeOwner;
  readonly #host: LifeHost;
  readonly #reporter: Reporter;
  readonly #phases = new Phases();
  readonly #hooks: Hooks;
  readonly #launcher: Launcher;
  readonly #report = Promise.withResolvers<StopReport>();

  /** Creates a life that has not begun. */
  constructor(owner: LifeOwner, host: LifeHost, streams: ProcessStreams) {
    this.#owner = owner;
    this.#host = host;
    this.#reporter = new Reporter(owner.name, {
      emit: (event) => host.events.publish(event, owner),
      log: host.log,
    }, host.kernel);
    this.streams = streams;
    const reporter = this.#reporter;
    this.#hooks = new Hooks({ process: owner, host, streams, reporter });
    this.#launcher = new Launcher({
      owner,
      host,
      streams,
      hooks: this.#hooks,
      phases: this.#phases,
      reporter: this.#reporter,
      condemned: () => this.#condemned(),
    });
  }

  /** The state of the process. */
  get state(): ProcessState {
    return this.#phases.state;
  }

  /** The number of runs after the first. */
  get restarts(): number {
    return Math.max(0, this.#launcher.lastRun - 1);
  }

  /** The run whose child is alive. */
  get alive(): Run | undefined {
    return this.#phases.alive;
  }

  /** What the probes have answered last about the present run. */
  get answers(): ProbeAnswers {
    return this.#phases.attached?.answers ?? {};
  }

  /** Resolves with the status of the current or the last run. Never rejects. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#phases.status;
  }

  /**
   * Resolves when a run is ready. Rejects when the life is over, with a
   * `ReadinessError`. A rejection that nothing handles is ignored.
   */
  get ready(): Promise<void> {
    const ready = this.over
      ? Promise.reject(this.#notReady())
      : this.#phases.whenReady();
    ready.catch(() => {});
    return ready;
  }

  /** Ends the wait of a backoff; returns whether there was one. */
  retry(): boolean {
    return this.#phases.retry();
  }

  /** Resolves with the report when the life is over. Never rejects. */
  get report(): Promise<StopReport> {
    return this.#report.promise;
  }

  /** Whether no run is left and none follows. */
  get over(): boolean {
    return this.#phases.present.kind === "over";
  }

  /** Whether the process has been asked to stop. */
  get stopping(): boolean {
    return this.#phases.wants("stop");
  }

  /**
   * Begins the first run. Unless there is a gate or `prepare`, the child is
   * alive when this method returns.
   *
   * @throws {SpawnError} If the child cannot be started; nothing runs then.
   */
  begin(): void {
    let first: AttachedRun | undefined;
    try {
      first = this.#launcher.asks ? undefined : this.#launcher.attach(1, {});
    } catch (error) {
      const { name } = this.#owner;
      this.#report.resolve({ name, status: NOT_RUN, ...NOTHING });
      throw error;
    }
    this.#supervise(first);
  }

  /** Starts a run at once, unless one is alive or about to start. */
  async start(): Promise<void> {
    const { kind } = this.#phases.present;
    if (kind === "running") return;
    if (kind !== "starting" && kind !== "waiting") {
      this.#phases.want({ kind: "run" });
    }
    await this.#phases.nextRun();
  }

  /** Ends the current run and starts another one. */
  async restart(request: StopRequest): Promise<void> {
    const { present: { kind } } = this.#phases;
    const next = this.#phases.nextRun();
    if (kind === "starting" || kind === "waiting") return await next;
    this.#phases.want({ kind: "run" });
    this.#end(request, (error) => this.#phases.refuse(error));
    await next;
  }

  /**
   * Ends the current run, and starts no other.
   *
   * @throws {StopError} If the child survives `SIGKILL`.
   */
  async stop(request: StopRequest): Promise<StopReport> {
    if (this.over) return this.report;
    this.#phases.refuse(stoppedFirst(this.#owner.name));
    this.#phases.want({ kind: "stop", request });
    this.#phases.end(request);
    return await this.stopped();
  }

  /**
   * Waits for the end of a stop.
   *
   * @throws {StopError} If the child survives `SIGKILL`.
   */
  async stopped(): Promise<StopReport> {
    const { ending, alive } = this.#phases;
    const outcome = await ending?.done;
    if (!alive?.alive) return await this.report;
    this.#phases.giveUp(ending);
    throw cannotStop(this.#owner.name, outcome?.survivors ?? [alive.pid]);
  }

  /** Sends a signal to the child alone, or to everything in its session. */
  signal(signal: Deno.Signal, to: "group" | "leader"): boolean {
    return this.#phases.attached?.signal(signal, to) ?? false;
  }

  /** Applies changed options to the current run. */
  update(): void {
    const { attached } = this.#phases;
    if (attached === undefined) return;
    this.#host.runs.changed(attached.run, runInfo(this.#owner));
    this.#launcher.probe(attached);
  }

  /** Ends the current run because of a probe; the policy decides what follows. */
  #condemned(): void {
    const failed = ({ message }: Error) => this.#host.log("error", message);
    this.#end({ ...this.#owner.spec.stop, explicit: false }, failed);
  }

  /** Begins to end the current run, and gives up if its child survives. */
  #end(request: StopRequest, failed: (error: StopError) => void): void {
    const { alive } = this.#phases;
    const ending = this.#phases.end(request);
    ending?.done.then(({ survivors }) => {
      if (!alive?.alive) return;
      this.#phases.giveUp(ending);
      failed(cannotStop(this.#owner.name, survivors));
    });
  }

  /** Runs the program again and again, until no further run follows. */
  async #supervise(first: AttachedRun | undefined): Promise<void> {
    let started: AttachedRun | SpawnError | undefined = first;
    let history = NO_HISTORY;
    let last = NEVER_RUN;
    while (true) {
      started ??= await this.#launcher.launch(history.attempt, last);
      if (started === undefined) return this.#conclude(last);
      last = await this.#attend(started, last);
      let decision: Decision | undefined;
      [decision, history] = this.#decide(last, history);
      const tell = this.#reporter.teller(last);
      const outcome = await this.#clearUp(started, last, () => tell(decision));
      started = undefined;
      // A stop that came in the meantime overrules a decision to restart.
      if (decision?.kind === "restart" && this.stopping) decision = undefined;
      if (decision?.kind !== "restart" && !this.#phases.wants("run")) {
        return this.#conclude(last, outcome, decision, tell);
      }
      tell(decision);
      if (decision?.kind === "restart") {
        this.#reporter.restarting(decision, last.error);
        const { kernel } = this.#host;
        await this.#phases.backOff(decision, last, this.streams.output, kernel);
      }
      if (this.stopping) return this.#conclude(last);
      if (this.#phases.wants("run")) history = NO_HISTORY;
      this.#phases.leaveToPolicy();
    }
  }

  /** Waits for the end of a run, and then briefly for its last lines. */
  async #attend(
    started: AttachedRun | SpawnError,
    last: RunEnd,
  ): Promise<RunEnd> {
    const { kernel } = this.#host;
    if (started instanceof SpawnError) {
      return notStarted(started, last.run, kernel.now());
    }
    const status = await started.run.status;
    const now = kernel.now();
    this.#host.runs.died();
    const requested = !this.#phases.wants("policy");
    this.streams.stdin?.detach();
    if (this.#phases.present.kind === "running") {
      this.#phases.enter({ kind: "ended", attached: started });
    }
    return await started.ended(status, now, requested);
  }

  /** Asks the restart policy what follows, unless a request decides that. */
  #decide(
    last: RunEnd,
    history: RestartHistory,
  ): [Decision | undefined, RestartHistory] {
    if (!this.#phases.wants("policy")) return [undefined, history];
    const { restart } = this.#owner.spec;
    const [decision, next] = decideRestart(last, history, restart);
    // The backoff can be a function of this program that calls `stop()`.
    return [this.#phases.wants("policy") ? decision : undefined, next];
  }

  /** Ends the processes that a run left, and reads the rest of its output. */
  async #clearUp(
    started: AttachedRun | SpawnError,
    end: RunEnd,
    tell: () => void,
  ): Promise<StopOutcome> {
    if (started instanceof SpawnError) return NOTHING;
    const { run, number } = started;
    const well = !end.requested && !end.crashed;
    const spent = this.#phases.present.kind === "ended" &&
      (well || !run.group) && started.spent;
    // This reports the end now, because ending what is left can take long.
    if (!spent) tell();
    // `tell()` calls the logger, which can have called `stop()`.
    const unasked = this.#phases.ending === undefined;
    const outcome = spent ? NOTHING : await this.#endRest(started, unasked);
    await started.probesSettled();
    if (!await this.streams.output.flush()) this.#reporter.unflushed();
    this.#phases.enter({ kind: "between", run: number, status: end.status });
    // A successful run can have put a process into the background.
    if (unasked && run.group && well) {
      started.sweepLater(end, this.#reporter);
    } else this.#host.runs.ended(run);
    const after = this.#hooks.after(started, end, tell);
    if (after) await this.#phases.during(after);
    return outcome;
  }

  /** Ends the rest of a run: as `leftovers` says, unless a request ends it. */
  async #endRest(attached: AttachedRun, alone: boolean): Promise<StopOutcome> {
    const { run, number } = attached;
    const { leftovers } = this.#owner.spec.restart;
    if (alone && run.group) {
      this.#phases.end({ ...leftovers, to: "group", explicit: false }, true);
    }
    const ending = this.#phases.ending;
    const ended = await ending?.done ?? NOTHING;
    await afterReactions();
    const holders = await attached.drain();
    const outcome = {
      ...ended,
      escaped: unique([...ended.escaped, ...holders]),
    };
    const { escaped, survivors: pids } = outcome;
    if (alone && (ending?.effective || escaped.length > 0)) {
      this.#reporter.left(run.pid, number, outcome);
    }
    this.#reporter.escaped(escaped);
    if (pids.length > 0) this.#owner.left({ session: run.pid, pids });
    return outcome;
  }

  /** Returns why the process was not ready before its end. */
  #notReady(): ReadinessError {
    const { present, state } = this.#phases;
    const answer = present.kind === "over" ? present.answer : undefined;
    const { name: process } = this.#owner;
    const tail = this.streams.output.tail(LAST_LINES).map(({ text }) => text);
    return readinessError({ process, state, answer, tail });
  }

  /**
   * Ends the life. The end is reported last, so that a listener finds the
   * process ended and can start it again at once.
   */
  #conclude(
    last: RunEnd,
    outcome: StopOutcome = NOTHING,
    decision?: Exclude<Decision, RestartDecision>,
    tell?: (decision: Decision | undefined) => void,
  ): void {
    const { name, spec: { critical } } = this.#owner;
    const { status } = last;
    const asked = this.stopping;
    const error = decision?.kind === "fail"
      ? failure(name, decision, last)
      : undefined;
    const escaped = outcome.escaped.map(({ pid }) => pid);
    const survivors = [...outcome.survivors, ...escaped];
    const done = asked ? { ...outcome, survivors } : NOTHING;
    const report: StopReport = { name, status, ...done };

    this.streams.output.end();
    this.streams.stdin?.end();
    this.#phases.enter({ kind: "over", status, error, answer: last.answer });
    this.#owner.over();
    this.#phases.refuse(error ?? stoppedFirst(name));
    this.#phases.refuseReady(() => this.#notReady());
    this.#report.resolve(report);

    tell?.(decision);
    if (error) this.#reporter.failed(error, last);
    else if (asked) this.#reporter.stopped(report, last);
    const code = status.code || (error || last.crashed ? 1 : 0);
    if (critical && !asked) this.#owner.lost(code);
  }
}
