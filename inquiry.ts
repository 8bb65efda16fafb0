/**
 * The calls of one probe: one at a time, each with a timeout.
 *
 * @module
 */

import { afterReactions, onAbort } from "./abortable.ts";
import { call, messageOf } from "./foreign.ts";
import type { Clock } from "./kernel.ts";
import type { Probe, ProbeContext } from "./probe_options.ts";

/** The answer of a probe. */
export type Answer =
  | { readonly kind: "yes" }
  | { readonly kind: "no"; readonly why: string }
  /** This program was suspended or too busy to notice the answer in time. */
  | { readonly kind: "unknown" };

/** Calls one probe for one run, again and again. */
export class Inquiry {
  readonly #probe: Probe;
  readonly #context: Omit<ProbeContext, "signal">;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** The call that has not settled; it never rejects. */
  #call: Promise<void> | undefined;
  #lostMs = 0;
  #waitedUntil = 0;

  /**
   * Prepares to call a probe.
   *
   * @param probe The probe.
   * @param context What the probe is called with. When `probing` is aborted,
   * all waits end.
   * @param timeoutMs How long a call can take, in milliseconds.
   * @param clock The clock.
   */
  constructor(
    probe: Probe,
    context: Omit<ProbeContext, "signal">,
    timeoutMs: number,
    clock: Clock,
  ) {
    this.#probe = probe;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /**
   * Time in which this program was suspended or too busy to act, in
   * milliseconds.
   */
  get lostMs(): number {
    return this.#lostMs;
  }

  /** When the last wait ended, in milliseconds of the monotonic clock. */
  get waitedUntil(): number {
    return this.#waitedUntil;
  }

  /** Whether a call is in progress. */
  get asking(): boolean {
    return this.#call !== undefined;
  }

  /** Resolves when no call is in progress. Never rejects. */
  async settled(): Promise<void> {
    await this.#call;
  }

  /**
   * Calls the probe. A call that has not settled by the end of its time is
   * aborted; until it settles, the answer is no without another call.
   *
   * @param limitMs How long the call can take, in milliseconds.
   * @returns The answer. Never rejects.
   */
  async ask(limitMs: number = this.#timeoutMs): Promise<Answer> {
    if (this.#context.probing.aborted) return { kind: "unknown" };
    if (this.#call) return await this.#outlast(this.#call, limitMs);
    const silence = `no answer within ${Math.round(limitMs)} ms`;
    let answer = no(silence);
    const over = new AbortController();
    const answered = new AbortController();
    this.#call = this.#answer(over.signal).then((given) => {
      answer = given;
      this.#call = undefined;
      answered.abort();
    });
    const late = await this.#wait(limitMs, answered);
    if (!answered.signal.aborted) {
      over.abort(new Error(silence));
      // A call that is aborted can say more.
      await afterReactions();
    } else over.abort();
    return late && answer.kind === "no" ? { kind: "unknown" } : answer;
  }

  /** Waits until it is time for another call. */
  async pause(ms: number): Promise<void> {
    await this.#wait(ms, new AbortController());
  }

  /** Waits for a call that has outlived its time, and counts it only once. */
  async #outlast(call: Promise<void>, limitMs: number): Promise<Answer> {
    const settled = new AbortController();
    call.then(() => settled.abort());
    const late = await this.#wait(limitMs, settled);
    return late || this.#call !== call
      ? { kind: "unknown" }
      : no("the last call of the probe has not ended");
  }

  /** Waits; returns whether the wait was much longer than it had to be. */
  async #wait(ms: number, over: AbortController): Promise<boolean> {
    const remove = onAbort(this.#context.probing, () => over.abort());
    const from = this.#clock.now();
    if (this.#context.probing.aborted) over.abort();
    await this.#clock.delay(ms, { signal: over.signal });
    remove();
    this.#waitedUntil = this.#clock.now();
    const lateMs = this.#waitedUntil - from - ms;
    const late = lateMs > this.#timeoutMs;
    if (late) this.#lostMs += lateMs;
    return late;
  }

  /** Calls the probe, whose result can be any value. Never rejects. */
  async #answer(signal: AbortSignal): Promise<Answer> {
    // The first call comes after `command()` has returned.
    await undefined;
    try {
      const value: unknown = await call(this.#probe, {
        ...this.#context,
        signal,
      });
      if (value === true) return { kind: "yes" };
      if (value === false) return no("the probe returned false");
      return no("the probe returned neither true nor false");
    } catch (error) {
      return no(messageOf(error));
    }
  }
}

function no(why: string): Answer {
  return { kind: "no", why };
}
