/**
 * The lines that a file has lost, and the warnings about them.
 *
 * @module
 */

import { messageOf } from "./foreign.ts";
import type { Clock } from "./kernel.ts";

/** Time before the next attempt after a failed write, in milliseconds. */
const RETRY_MS = 5_000;

const LF = 10;

/** Counts the lines that one file loses, and warns about them. */
export class Losses {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  readonly #clock: Clock;
  /** The number of lost lines; present after the file could not be written. */
  #lost: number | undefined;
  #retryAt = 0;

  /** Creates the count of a file that has lost nothing. */
  constructor(path: string, warn: (message: string) => void, clock: Clock) {
    this.#path = path;
    this.#warn = warn;
    this.#clock = clock;
  }

  /** Whether it is too early to try again after a failure. */
  get waiting(): boolean {
    return this.#clock.now() < this.#retryAt;
  }

  /** Counts the lines in bytes that will not be written. */
  add(bytes: Uint8Array): void {
    let lines = 0;
    for (const byte of bytes) if (byte === LF) lines++;
    this.#lost = (this.#lost ?? 0) + lines;
  }

  /** Lets the next write try at once. */
  retry(): void {
    this.#retryAt = 0;
  }

  /** Records a failure. Of several in a row, it warns only about the first. */
  failed(error: unknown): void {
    this.#retryAt = this.#clock.now() + RETRY_MS;
    if (this.#lost !== undefined) return;
    this.#lost = 0;
    this.#warn(
      `Cannot write to "${this.#path}": lines are lost until a write succeeds: ${
        messageOf(error)
      }`,
    );
  }

  /** Records that a write has succeeded. */
  recovered(): void {
    if (this.#lost === undefined) return;
    const lost = counted(this.#lost);
    this.#warn(`Writing to "${this.#path}" again: ${lost} lost`);
    this.#lost = undefined;
  }

  /** Records that nothing more is written. */
  closed(): void {
    if (!this.#lost) return;
    this.#warn(`Cannot write to "${this.#path}": ${counted(this.#lost)} lost`);
    this.#lost = undefined;
  }
}

function counted(lines: number): string {
  return lines === 1 ? "1 line was" : `${lines} lines were`;
}
