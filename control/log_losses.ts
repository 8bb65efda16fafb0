/**
 * The lines that a log could not keep, and the warnings about them.
 *
 * @module
 */

/** Time before the next attempt after a failed write, in milliseconds. */
const RETRY_MS = 5_000;

/** Counts the lines that a log loses, and warns once until it has recovered. */
export class LogLosses {
  readonly #folder: string;
  readonly #warn: (message: string) => void;
  /** The processes whose lines are lost, and when each tries again. */
  readonly #failing = new Map<string, number>();
  #lost = 0;

  /** Creates the count of a log that has lost nothing. */
  constructor(folder: string, warn: (message: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
  }

  /** Whether it is too early for a process to try again; `now` is monotonic. */
  waiting(process: string, now: number): boolean {
    return now < (this.#failing.get(process) ?? -Infinity);
  }

  /** Counts lines that are not kept. */
  add(count: number): void {
    this.#lost += count;
  }

  /** Records that lines of a process cannot be written. */
  failed(process: string, error: unknown, now: number): void {
    const first = this.#failing.size === 0;
    this.#failing.set(process, now + RETRY_MS);
    if (!first) return;
    const why = error instanceof Error ? error.message : String(error);
    this.#warn(
      `Cannot write to the log "${this.#folder}": lines are lost until a write succeeds: ${why}`,
    );
  }

  /** Records that lines of a process were written. */
  recovered(process: string): void {
    if (!this.#failing.delete(process) || this.#failing.size > 0) return;
    this.#warn(
      `Writing to the log "${this.#folder}" again: ${counted(this.#lost)} lost`,
    );
    this.#lost = 0;
  }

  /** Records that nothing more is written. */
  closed(): void {
    if (this.#lost === 0) return;
    this.#warn(
      `Cannot write to the log "${this.#folder}": ${counted(this.#lost)} lost`,
    );
    this.#lost = 0;
  }
}

function counted(lines: number): string {
  return lines === 1 ? "1 line was" : `${lines} lines were`;
}
