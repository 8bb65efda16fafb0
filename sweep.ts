/**
 * The sweep: the last look at runs that ended well and seem to have left
 * nothing behind. It may come a little later, so that many runs share one.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { ProcessTable, Table } from "./process_table.ts";
import { later } from "./abortable.ts";

/** How long the look waits for more runs, in milliseconds. */
const WAIT_MS = 200;

/** How many looks that leave a doubt are enough, as busy as the machine may be. */
const DOUBTS = 4;

/**
 * What is done for one run when the table has been read, or could not be; when
 * the signal is aborted, what is left is to be killed.
 */
export type Swept = (
  table: Table | undefined,
  patience: AbortSignal,
) => Promise<void>;

/**
 * Reads the process table once for all runs that ended within some time.
 *
 * The wait does not keep the program alive; if the program is about to end, the
 * look comes at once.
 */
export class Sweep {
  readonly #table: ProcessTable;
  readonly #beforeUnload = (event: Event) => {
    event.preventDefault();
    this.flush();
  };
  readonly #patience = new AbortController();
  #waiting: { session: number; swept: Swept }[] = [];
  #hasten: () => void = () => {};
  #sweeps = new Set<Promise<void>>();

  /** Creates a sweep that waits for runs. */
  constructor(table: ProcessTable) {
    this.#table = table;
  }

  /** Takes a run that has ended, by its session. */
  add(session: number, swept: Swept): void {
    if (this.#waiting.push({ session, swept }) > 1) return;
    addEventListener("beforeunload", this.#beforeUnload);
    const sweep = this.#sweep();
    this.#sweeps.add(sweep);
    sweep.then(() => this.#sweeps.delete(sweep));
  }

  /** Looks at once; resolves when all runs have been looked after. */
  async flush(): Promise<void> {
    this.#hasten();
    await Promise.all(this.#sweeps);
  }

  /** Loses patience with what is left, from now on. */
  hurry(): void {
    this.#patience.abort();
  }

  async #sweep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#hasten = () => resolve(undefined);
    await Promise.race([promise, later(WAIT_MS)]);
    let due = this.#waiting;
    this.#waiting = [];
    removeEventListener("beforeunload", this.#beforeUnload);
    const endings: Promise<void>[] = [];
    let before: Table | undefined;
    for (let doubts = 0; due.length > 0; doubts++) {
      if (doubts > 0) await delay(4 ** (doubts - 1));
      const table = await this.#table.look();
      const { sure = [], doubtful = [] } = Object.groupBy(
        due,
        ({ session }) =>
          doubts < DOUBTS && table?.session(session).length === 0 &&
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
