/**
 * The log of a manager, which ignores the errors of its logger.
 *
 * @module
 */

import { getLogger } from "@std/log/get-logger";
import "@std/log/setup";
import type { LogLevel } from "./reporter.ts";

/** A logger, such as a logger of `@std/log`, or `console`. */
export interface Logger {
  /** Writes a message that helps to find a fault. */
  debug(message: string): unknown;
  /** Writes a message about an event of normal operation. */
  info(message: string): unknown;
  /** Writes a message about something that should not happen. */
  warn(message: string): unknown;
  /** Writes a message about a failure that processman cannot repair. */
  error(message: string): unknown;
}

/** Writes to a logger, and ignores the errors of the logger. */
export class Log {
  readonly #logger: Logger | null | undefined;
  readonly #warned: Set<string>;

  /**
   * Creates a log.
   *
   * @param logger The logger; `null` for no log, `undefined` for the default
   * logger of `@std/log`.
   * @param silent Warnings that {@linkcode Log.warnOnce} does not write.
   */
  constructor(
    logger: Logger | null | undefined,
    silent: readonly string[] = [],
  ) {
    this.#logger = logger;
    this.#warned = new Set(silent);
  }

  /** Writes a message. Never throws. */
  write(level: LogLevel, message: string): void {
    if (this.#logger === null) return;
    try {
      const logger: Logger = this.#logger ?? getLogger();
      const result: unknown = logger[level](message);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A failure of the logger must not end the supervision.
    }
  }

  /** Resolves when the logger has written everything. Never rejects. */
  async flush(): Promise<void> {}

  /** Writes a warning, unless it has been written before. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.write("warn", message);
  }
}
