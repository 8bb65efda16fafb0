/**
 * What is still on its way out of this program: lines and events that readers
 * have yet to take, files, and the log.
 *
 * @module
 */

/**
 * Is told of something that takes time to be delivered, such as the lines that
 * a reader has yet to take, and of a promise that is settled after that.
 */
export type Outlet = (what: string, delivered: Promise<unknown>) => void;

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

  /** Returns a function that adds what belongs to a process. */
  of(process: string): Outlet {
    return (what, delivered) =>
      this.add(`${what} of process "${process}"`, delivered);
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
