/**
 * Listens to the signals that ask this program to end.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";

/** Time in which further signals count as the first one, in milliseconds. */
const TOGETHER_MS = 1_000;

/** The functions to call when this program receives a signal. */
export interface SignalHandlers {
  /** Called when a signal asks this program to end. Must never reject. */
  first(signal: Deno.Signal): Promise<void>;
  /** Called at a second signal, which is to end this program at once. */
  again(signal: Deno.Signal): void;
  /** Called at a signal that comes when there is nothing to stop any more. */
  late(signal: Deno.Signal): void;
}

/**
 * Listens to signals of this program while there is something to stop.
 *
 * While the trap listens, the signals do not have their default effect. So it
 * stops listening as soon as there is nothing to stop, and at a second signal.
 * Ctrl-C can arrive as several signals, so signals close together count as one.
 */
export class SignalTrap {
  readonly #signals: readonly Deno.Signal[];
  readonly #handlers: SignalHandlers;
  readonly #clock: Clock;
  readonly #listeners = new Map<Deno.Signal, () => void>();
  #needed = false;
  #serving = false;
  #servedAt = -Infinity;

  /** Creates a trap that does not listen yet. */
  constructor(
    signals: readonly Deno.Signal[],
    handlers: SignalHandlers,
    clock: Clock,
  ) {
    this.#signals = signals;
    this.#handlers = handlers;
    this.#clock = clock;
  }

  /** Begins to listen: there is something to stop. */
  arm(): void {
    this.#needed = true;
    for (const signal of this.#signals) {
      if (this.#listeners.has(signal)) continue;
      const listener = () => this.#received(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }

  /**
   * Stops listening, since there is nothing to stop. Right after a signal, it
   * goes on listening, because another signal of the same request can follow.
   */
  rest(): void {
    this.#needed = false;
    if (!this.#hasTwin()) this.disarm();
  }

  /** Stops listening, which gives the signals their default effect again. */
  disarm(): void {
    for (const [signal, listener] of this.#listeners) {
      Deno.removeSignalListener(signal, listener);
    }
    this.#listeners.clear();
  }

  #received(signal: Deno.Signal): void {
    if (this.#hasTwin()) return;
    if (this.#needed && !this.#serving) {
      this.#serving = true;
      this.#servedAt = this.#clock.now();
      this.#handlers.first(signal).finally(() => this.#serving = false);
      return;
    }
    if (this.#serving) this.#handlers.again(signal);
    else this.#handlers.late(signal);
  }

  /** Whether a signal that arrives now counts as one with the signal before. */
  #hasTwin(): boolean {
    return this.#clock.now() - this.#servedAt < TOGETHER_MS;
  }
}
