/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * One timer for everything on the page that counts seconds.
 *
 * @module
 */

/** Calls functions every second while the page is visible and any are there. */
export class Ticker {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls a function every second; returns how to end that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      document.addEventListener("visibilitychange", this.#look);
      this.#begin();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.#look);
      this.#end();
    };
  }

  readonly #look = () => {
    if (document.visibilityState !== "visible") return this.#end();
    this.#begin();
    this.#tick();
  };

  #begin(): void {
    if (document.visibilityState !== "visible") return;
    this.#timer ??= setInterval(() => this.#tick(), 1_000);
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    for (const listener of this.#listeners) listener();
  }
}
