/**
 * A log that is opened only when it is to be recorded: a supervisor that finds
 * another one in its place must not touch the files.
 *
 * @module
 */

import type { Processman } from "../mod.ts";
import type { Log, LogItem, LogQuery } from "../control/mod.ts";

/** A log that is opened when it is first recorded. */
export class LateLog implements Log {
  readonly #open: () => Promise<Log>;
  readonly #opened = Promise.withResolvers<Log>();

  /** Creates a log; `open` opens it. */
  constructor(open: () => Promise<Log>) {
    this.#open = open;
    this.#opened.promise.catch(() => {});
  }

  /** Resolves when the log is open; rejects if it cannot be opened. */
  get opened(): Promise<unknown> {
    return this.#opened.promise;
  }

  /** Opens the log, and records the output of all processes of a manager. */
  async record(pm: Processman): Promise<void> {
    try {
      this.#opened.resolve(await this.#open());
    } catch (error) {
      this.#opened.reject(error);
      return;
    }
    const log = await this.#opened.promise;
    await log.record(pm);
  }

  /** Returns the names of the processes that the log has lines of. */
  async names(): Promise<readonly string[]> {
    return await (await this.#opened.promise).names();
  }

  /** Reads lines once the log is open. */
  async *read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogItem> {
    const log = await this.#opened.promise;
    yield* log.read(query, signal);
  }

  /** Closes the log if it was opened. */
  async close(): Promise<void> {
    this.#opened.reject(new Error("the log was closed before it was opened"));
    const log = await this.#opened.promise.catch(() => undefined);
    await log?.close();
  }
}
