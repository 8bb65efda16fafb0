/**
 * A source that knows nothing, because the page has no key.
 *
 * @module
 */

import { LockedError, type Source } from "./source.ts";

/** Refuses everything. */
export class LockedSource implements Source {
  readonly live = true;
  readonly readOnly: boolean = true;
  readonly #message: string;

  /** Creates a source that says why. */
  constructor(message: string) {
    this.#message = message;
  }

  now(): number {
    return Date.now();
  }

  supervisor(): Promise<never> {
    return this.#refuse();
  }

  processes(): Promise<never> {
    return this.#refuse();
  }

  details(): Promise<never> {
    return this.#refuse();
  }

  async *events(): AsyncGenerator<never> {
    yield await this.#refuse();
  }

  async *logs(): AsyncGenerator<never> {
    yield await this.#refuse();
  }

  act(): Promise<never> {
    return this.#refuse();
  }

  presence(): Promise<never> {
    return this.#refuse();
  }

  #refuse(): Promise<never> {
    return Promise.reject(new LockedError(this.#message));
  }
}
