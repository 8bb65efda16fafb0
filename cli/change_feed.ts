/**
 * Tells when something changes in a supervisor.
 *
 * @module
 */

import { ConnectionError, type ControlClient } from "../control/client.ts";
import { pause } from "./clock.ts";

/** The changes in a supervisor; its disposal ends the connection. */
export class ChangeFeed implements Disposable {
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  /** Whether something has changed since the last call of `next()`. */
  #changed = false;
  /** Why nothing can be told any more. */
  #fault: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  /** Follows a supervisor until the signal. */
  constructor(client: ControlClient, signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    void this.#follow(client);
  }

  /**
   * Waits for something that has changed since the last call, or until the time
   * is over.
   *
   * @throws The reason of the signal, or why the supervisor cannot be followed.
   */
  async next(withinMs?: number): Promise<void> {
    if (!this.#changed && this.#fault === undefined) {
      await this.#wait(withinMs);
    }
    if (this.#fault !== undefined) throw this.#fault.error;
    this.#changed = false;
  }

  async #wait(withinMs: number | undefined): Promise<void> {
    const woken = new AbortController();
    const { promise, resolve } = this.#wake = Promise.withResolvers();
    if (withinMs !== undefined) pause(withinMs, woken.signal).then(resolve);
    await promise;
    woken.abort();
  }

  async #follow(client: ControlClient): Promise<void> {
    const options = { after: 0, follow: true };
    try {
      for await (const _ of client.events(options, this.#signal)) {
        this.#changed = true;
        this.#wake.resolve();
      }
      // The supervisor ends: the next question tells how.
      this.#fault = { error: new ConnectionError(ENDED, "gone") };
    } catch (error) {
      this.#fault = { error };
    }
    this.#wake.resolve();
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }
}

const ENDED = "the supervisor has ended";
