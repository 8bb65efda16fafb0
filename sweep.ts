/**
 * The sweep: a last look at runs that ended with success and seem to have left
 * nothing behind. It waits a little, so that one look serves many runs.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";
import type { ProcessTable, Table } from "./process_table.ts";

/** How long the look waits for more runs, in milliseconds. */
const WAIT_MS = 200;

/** How many looks at a run can be doubtful; the next one always counts. */
const MAX_DOUBTS = 4;

/**
 * Handles one run when the table has been read, or could not be read. Once
 * `patience` is aborted, it kills everything that is left of the run.
 */
export type Swept = (
  table: Table | undefined,
  patience: AbortSignal,
) => Promise<void>;

/**
 * Reads the process table once for all runs that end within a short time.
 *
 * The wait does not keep the program alive. If the program is about to end, the
 * sweep looks at once.
 */
export class Sweep {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  readonly #beforeUnload = (event: Event) => {
    event.preventDefault();
    this.flush();
  };
  readonly #patience = new AbortController();
  readonly #sweeps = new Set<Promise<void>>();
  #waiting: { session: number; swept: Swept }[] = [];
  /** Ends the wait for more runs. */
  #hasten: () => void = () => {};

  /** Creates a sweep that has no runs yet. */
  constructor(table: ProcessTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Adds a run that has ended, identified by its session. */
  add(session: number, swept: Swept): void {
    if (this.#waiting.push({ session, swept }) > 1) return;
    addEventListener("beforeunload", this.#beforeUnload);
    const sweep = this.#sweep();
    this.#sweeps.add(sweep);
    sweep.then(() => this.#sweeps.delete(sweep));
  }

  /** Looks at once; resolves when all runs have been handled. */
  async flush(): Promise<void> {
    this.#hasten();
    await Promise.all(this.#sweeps);
  }

  /** Makes every look from now on kill what is left of its runs. */
  hurry(): void {
    this.#patience.abort();
  }

  async #sweep(): Promise<void> {
    const { promise: hastened, resolve } = Promise.withResolvers<void>();
    const wait = new AbortController();
    this.#hasten = () => {
      // The abort ends the wait only in a later turn of the event loop.
      resolve();
      wait.abort();
    };
    const options = { signal: wait.signal, persistent: false };
    await Promise.race([hastened, this.#clock.delay(WAIT_MS, options)]);
    let due = this.#waiting;
    this.#waiting = [];
    removeEventListener("beforeunload", this.#beforeUnload);
    const endings: Promise<void>[] = [];
    let before: Table | undefined;
    for (let doubts = 0; due.length > 0; doubts++) {
      if (doubts > 0) await this.#clock.delay(4 ** (doubts - 1));
      const table = await this.#table.look();
      const { sure = [], doubtful = [] } = Object.groupBy(
        due,
        ({ session }) =>
          doubts < MAX_DOUBTS && table?.session(session).length === 0 &&
            table.doubtful(session, before)
            ? "doubtful"
            : "sure",
      );
      for (const { swept } of sure) {
        endings.push(swept(table, this.#patience.signal));
      }
      due = doubtful;
      before = table;
    }
    await Promise.all(endings);
  }
}
