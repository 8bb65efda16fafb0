/**
 * Tracks what still has to be delivered before this program ends: lines and
 * events for readers, files, and the log.
 *
 * @module
 */

/**
 * Called with something that takes time to be delivered, such as the lines that
 * a reader has not taken yet, and with a promise that settles after that.
 */
export type Outlet = (what: string, delivered: Promise<unknown>) => void;

/** Something to deliver; `undefined` once nothing can deliver it. */
type Pending = Pick<WeakRef<Promise<unknown>>, "deref">;

/** Keeps track of what has to be delivered before this program ends. */
export class Outlets {
  readonly #open = new Map<Pending, string>();
  readonly #abandoned = new FinalizationRegistry<Pending>((pending) =>
    this.#open.delete(pending)
  );
  /** What `empty()` waits for; this prevents its garbage collection. */
  #awaited: readonly Promise<unknown>[] = [];

  /**
   * Adds something that takes time to be delivered.
   *
   * @param name What it is, for a message.
   * @param delivered A promise that settles when it has been delivered.
   */
  add(name: string, delivered: Promise<unknown>): void {
    this.#add(name, delivered, { deref: () => delivered });
  }

  /**
   * Adds a reader. If the program drops the reader before its end, the reader
   * is forgotten once it is garbage-collected.
   *
   * @param name What it is, for a message.
   * @param delivered A promise that the reader settles at its end.
   */
  addReader(name: string, delivered: Promise<unknown>): void {
    const pending = new WeakRef(delivered);
    this.#add(name, delivered, pending);
    this.#abandoned.register(delivered, pending, pending);
  }

  /** Returns a function that adds something that belongs to a process. */
  of(process: string): Outlet {
    return (what, delivered) =>
      this.addReader(`${what} of process "${process}"`, delivered);
  }

  /** Lists what has not been delivered, each name once. */
  names(): string[] {
    return [...new Set(this.#open.values())];
  }

  /** Resolves when everything has been delivered. Never rejects. */
  async empty(): Promise<void> {
    while (this.#open.size > 0) {
      this.#awaited = [...this.#open.keys()].flatMap((pending) =>
        pending.deref() ?? this.#forget(pending)
      );
      await Promise.allSettled(this.#awaited);
    }
  }

  #add(name: string, delivered: Promise<unknown>, pending: Pending): void {
    this.#open.set(pending, name);
    const remove = () => void this.#forget(pending);
    delivered.then(remove, remove);
  }

  #forget(pending: Pending): [] {
    this.#open.delete(pending);
    this.#abandoned.unregister(pending);
    return [];
  }
}
