/**
 * Finds out whether one run is ready, stays ready, and does not hang.
 *
 * @module
 */

import { type Answer, Inquiry } from "./inquiry.ts";
import type { Clock } from "./kernel.ts";
import type {
  LiveRules,
  Probe,
  ProbeAnswer,
  ProbeAnswers,
  ProbedProcess,
  ReadyRules,
} from "./probe_options.ts";
import type { Verdict } from "./restart.ts";

/** The probes of a process. */
export interface Probes {
  /** When a run is ready; `undefined` if it is ready as soon as it runs. */
  readonly ready: ReadyRules | undefined;
  /** How to find out that a run hangs; `undefined` if nothing does. */
  readonly live: LiveRules | undefined;
}

/** The run that is probed. */
export interface ProbedRun {
  /** The process. */
  readonly process: ProbedProcess;
  /** The number of the run. */
  readonly run: number;
  /** When the run started, in milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** Whether the run is ready before the first call of a probe. */
  readonly ready: boolean;
  /** Returns what is called instead of the probe of an option this time. */
  around(option: keyof Probes, probe: Probe): Probe;
}

/** Receives what the probes of a run find out. */
export interface ProbeListener {
  /** Called when the run has become ready, for the first time or again. */
  ready(): void;
  /** Called when the run is not ready any more. */
  unready(answer: string): void;
  /** Called when the run has to end, after a number of negative answers. */
  condemn(verdict: Verdict, failures: number): void;
}

/** The last answers, with the times in milliseconds of the monotonic clock. */
interface Said {
  ready?: { readonly answer: Answer; readonly at: number } | undefined;
  live?: Said["ready"];
}

/** Calls the probes of one run. */
export class Probing {
  readonly #run: ProbedRun;
  readonly #listener: ProbeListener;
  readonly #clock: Clock;
  /** The present probes; set once they have been called. */
  #probes: Probes | undefined;
  #scope: AbortController | undefined;
  /** The present inquiries, and earlier ones with a call in progress. */
  #inquiries: Inquiry[] = [];
  #ready: boolean;
  #answer: string | undefined;
  #readySince: number | undefined;
  #said: Said = {};

  /** Prepares to probe a run. */
  constructor(run: ProbedRun, listener: ProbeListener, clock: Clock) {
    this.#run = run;
    this.#listener = listener;
    this.#clock = clock;
    this.#ready = run.ready;
    this.#readySince = run.ready ? run.startedAt : undefined;
  }

  /** Whether the run is ready. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Why the run was not ready when that was last asked, if it was not. */
  get answer(): string | undefined {
    return this.#answer;
  }

  /** What the present probes have answered last. */
  get answers(): ProbeAnswers {
    const { ready, live } = this.#said;
    if (ready === undefined && live === undefined) return {};
    // Probes are called often and looked at rarely, so only this needs times.
    const began = this.#clock.time() - this.#clock.now();
    return { ready: answerOf(ready, began), live: answerOf(live, began) };
  }

  /** When the run was first ready, in milliseconds of the monotonic clock. */
  get readySince(): number | undefined {
    return this.#readySince;
  }

  /**
   * Begins to call the probes, or continues with other probes. A run that has
   * been ready keeps what it was; for another one, the time to become ready
   * begins again.
   */
  begin(probes: Probes): void {
    const { ready, live } = probes;
    if (ready === this.#probes?.ready && live === this.#probes?.live) return;
    const said = this.#said;
    this.#said = {
      ready: ready === this.#probes?.ready ? said.ready : undefined,
      live: live === this.#probes?.live ? said.live : undefined,
    };
    this.#probes = probes;
    const from = this.#scope ? this.#clock.now() : this.#run.startedAt;
    this.end();
    this.#inquiries = this.#inquiries.filter(({ asking }) => asking);
    const { signal } = this.#scope = new AbortController();
    if (ready !== undefined) this.#watch(ready, live, from, signal);
    else {
      this.#turn(true);
      if (live !== undefined) this.#watchLiveness(live, signal);
    }
  }

  /** Calls no probe any more, and aborts the calls in progress. */
  end(): void {
    this.#scope?.abort();
  }

  /**
   * Resolves when no call is in progress any more, after `end()`. Never
   * rejects.
   */
  async settled(): Promise<void> {
    await Promise.all(this.#inquiries.map((inquiry) => inquiry.settled()));
  }

  /** Waits until the run is ready, and then watches whether it stays ready. */
  async #watch(
    ready: ReadyRules,
    live: LiveRules | undefined,
    from: number,
    signal: AbortSignal,
  ): Promise<void> {
    const inquiry = this.#inquiry("ready", ready, signal);
    if (this.#readySince === undefined) {
      const verdict = await this.#becomeReady(inquiry, ready, from, signal);
      if (signal.aborted) return;
      if (verdict !== undefined) return this.#listener.condemn(verdict, 0);
      this.#turn(true);
    }
    if (live !== undefined) this.#watchLiveness(live, signal);
    while (!signal.aborted) {
      const pauseMs = this.#ready ? ready.recheckMs : ready.intervalMs;
      if (pauseMs === undefined) return;
      await inquiry.pause(pauseMs);
      const answer = await inquiry.ask();
      if (signal.aborted || answer.kind === "unknown") continue;
      this.#note("ready", answer, inquiry);
      this.#answer = answer.kind === "no" ? answer.why : undefined;
      this.#turn(answer.kind === "yes");
    }
  }

  /** Waits until the run is ready; returns why not, if its time is over. */
  async #becomeReady(
    inquiry: Inquiry,
    { timeoutMs, intervalMs, withinMs }: ReadyRules,
    from: number,
    signal: AbortSignal,
  ): Promise<Verdict | undefined> {
    const leftMs = () =>
      Math.max(0, withinMs - (this.#clock.now() - from - inquiry.lostMs));
    while (true) {
      const limitMs = Math.min(timeoutMs, leftMs());
      const answer = await inquiry.ask(limitMs);
      if (signal.aborted) return undefined;
      // An answer that the deadline cut short says less than an earlier one.
      const whole = limitMs === timeoutMs || this.#answer === undefined;
      if (answer.kind === "yes" || whole) this.#note("ready", answer, inquiry);
      if (answer.kind === "yes") return undefined;
      if (answer.kind === "no" && whole) this.#answer = answer.why;
      if (leftMs() < 1) break;
      await inquiry.pause(Math.min(intervalMs, leftMs()));
      if (signal.aborted) return undefined;
    }
    return { reason: "not-ready", answer: this.#answer ?? "no answer" };
  }

  /** Condemns the run after too many negative answers in a row. */
  async #watchLiveness(live: LiveRules, signal: AbortSignal): Promise<void> {
    const inquiry = this.#inquiry("live", live, signal);
    let failures = 0;
    while (true) {
      await inquiry.pause(live.intervalMs);
      const answer = await inquiry.ask();
      if (signal.aborted) return;
      this.#note("live", answer, inquiry);
      if (answer.kind === "yes") failures = 0;
      if (answer.kind !== "no" || ++failures < live.failures) continue;
      const verdict: Verdict = { reason: "unhealthy", answer: answer.why };
      return this.#listener.condemn(verdict, failures);
    }
  }

  /** Records whether the run is ready, and tells of a change. */
  #turn(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    if (!ready) return this.#listener.unready(this.#answer ?? "no answer");
    this.#answer = undefined;
    this.#readySince ??= this.#clock.now();
    this.#listener.ready();
  }

  /** Remembers an answer, unless it says nothing. */
  #note(probe: keyof Said, answer: Answer, { waitedUntil: at }: Inquiry): void {
    if (answer.kind !== "unknown") this.#said[probe] = { answer, at };
  }

  #inquiry(
    option: keyof Probes,
    { probe, timeoutMs }: { readonly probe: Probe; readonly timeoutMs: number },
    probing: AbortSignal,
  ): Inquiry {
    const { process, run } = this.#run;
    const context = { process, run, probing };
    // The present instruments can differ at each call.
    const called: Probe = (asked) => this.#run.around(option, probe)(asked);
    const inquiry = new Inquiry(called, context, timeoutMs, this.#clock);
    this.#inquiries.push(inquiry);
    return inquiry;
  }
}

/** Returns an answer with its time, for a monotonic clock that began then. */
function answerOf(said: Said["ready"], began: number): ProbeAnswer | undefined {
  if (said === undefined) return undefined;
  const { answer, at } = said;
  const reason = answer.kind === "no" ? answer.why : undefined;
  return { time: began + at, ok: answer.kind === "yes", reason };
}
