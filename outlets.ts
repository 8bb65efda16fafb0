/**
 * What is still on its way out of this program: lines and events that readers
 * have yet to take, files, and the log.
 *
 * @module
 */

/** Keeps track of what has to be delivered before this program ends. */
export class Outlets {
  readonly #open = new Map<Promise<unknown>, string>();

  /**
   * Adds something that takes time to be delivered.
   *
   * @param name What it is, for a message.
   * @param delivered A promise that is settled when it has been delivered.
   */
  add(name: string, delivered: Promise<unknown>): void {
    this.#open.set(delivered, name);
    const remove = () => void this.#open.delete(delivered);
    delivered.then(remove, remove);
  }

  /** Lists what has not been delivered, each name once. */
  names(): string[] {
    return [...new Set(this.#open.values())];
  }

  /** Resolves when everything has been delivered. Never rejects. */
  async empty(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open.keys());
  }
}
