/**
 * Waits until files can be read or written: one thread waits for all of them,
 * however many there are.
 *
 * @module
 */

import { EVENT_CLOEXEC, type Libc, NONBLOCK, openLibc } from "./libc.ts";

/** A wait that has not ended. */
interface Wait {
  readonly file: number;
  readonly events: number;
  readonly end: (events: number) => void;
}

/** Waits for files of the C library. It keeps the library open while used. */
export class Poller {
  #libc: Libc | undefined;
  #users = 0;
  readonly #waits = new Set<Wait>();
  /** Wakes the thread; set while it waits. */
  #wake: number | undefined;

  /**
   * Returns the library, until the same number of calls of `leave()`.
   *
   * @throws What `openLibc()` throws.
   */
  enter(): Libc["symbols"] {
    this.#libc ??= openLibc();
    this.#users++;
    return this.#libc.symbols;
  }

  /** Records that a user of the library needs it no longer. */
  leave(): void {
    this.#users--;
    this.#closeUnused();
  }

  /**
   * Waits for one of some events of a file.
   *
   * @returns A promise of the events, which can also be an error or a hang-up;
   * 0 after `forget()`.
   */
  wait(file: number, events: number): Promise<number> {
    const { promise, resolve: end } = Promise.withResolvers<number>();
    this.#waits.add({ file, events, end });
    if (this.#wake === undefined) this.#run();
    else this.#interrupt(this.#wake);
    return promise;
  }

  /** Ends all waits for a file, before it is closed. */
  forget(file: number): void {
    for (const wait of this.#waits) {
      if (wait.file === file) this.#end(wait, 0);
    }
    if (this.#wake !== undefined) this.#interrupt(this.#wake);
  }

  async #run(): Promise<void> {
    const { eventfd, poll, read, close } = this.enter();
    const wake = this.#wake = eventfd(0, EVENT_CLOEXEC | NONBLOCK);
    const count = new BigUint64Array(1);
    while (this.#waits.size > 0) {
      const waits = [...this.#waits];
      // Each entry is a file, the events to wait for, and those that there are.
      const entries = new Int32Array([
        wake,
        1,
        ...waits.flatMap(({ file, events }) => [file, events]),
      ]);
      await poll(entries, BigInt(entries.length / 2), -1);
      read(wake, count, 8n);
      for (const [i, wait] of waits.entries()) {
        const events = (entries[2 * i + 3] ?? 0) >>> 16;
        if (events !== 0 && this.#waits.has(wait)) this.#end(wait, events);
      }
      // What has waited reads or writes now, and may wait again.
      await undefined;
    }
    this.#wake = undefined;
    close(wake);
    this.leave();
  }

  #end(wait: Wait, events: number): void {
    this.#waits.delete(wait);
    wait.end(events);
  }

  #interrupt(wake: number): void {
    this.#libc?.symbols.write(wake, new BigUint64Array([1n]), 8n);
  }

  #closeUnused(): void {
    if (this.#users > 0) return;
    this.#libc?.close();
    this.#libc = undefined;
  }
}
