/**
 * Holds the state of `top`, and tells when it changes.
 *
 * @module
 */

import { pause } from "./clock.ts";
import type { TopState } from "./top_state.ts";

/** How long to wait before something that did not work is tried again. */
const AGAIN_MS = 500;

/** The state, which others change and wait for. */
export class TopStore {
  #state: TopState;
  readonly #listeners = new Set<() => void>();

  /** Creates a store. */
  constructor(state: TopState) {
    this.#state = state;
  }

  /** The present state. */
  get state(): TopState {
    return this.#state;
  }

  /** Changes the state. */
  change(next: (state: TopState) => TopState): void {
    const state = next(this.#state);
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Waits for a state; resolves with the signal as well, and never rejects. */
  until(
    passes: (state: TopState) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    if (passes(this.#state) || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#listeners.delete(look);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const look = () => passes(this.#state) && end();
    this.#listeners.add(look);
    signal.addEventListener("abort", end);
    return promise;
  }

  /**
   * Does something about a part of the state, anew whenever that changes, until
   * a signal.
   *
   * @param partOf Returns the part, which is compared as JSON; while there is
   * none, nothing is done.
   * @param act Does it until its signal, or until it is done.
   */
  async whenever<Part>(
    partOf: (state: TopState) => Part | undefined,
    act: (part: Part, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const part = partOf(this.#state);
      const key = JSON.stringify(part);
      const differs = (state: TopState) =>
        JSON.stringify(partOf(state)) !== key;
      const scope = new AbortController();
      const both = AbortSignal.any([signal, scope.signal]);
      const changed = this.until(differs, both);
      try {
        const done = part === undefined ? changed : act(part, both);
        await Promise.race([changed, done.then(() => pause(AGAIN_MS, both))]);
        scope.abort();
        await done;
      } finally {
        scope.abort();
      }
    }
  }
}
