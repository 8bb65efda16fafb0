/**
 * The log of a manager, which ignores the errors of its logger.
 *
 * @module
 */

import { ConsoleHandler } from "@std/log/console-handler";
import { getLogger } from "@std/log/get-logger";
import { Logger as StdLogger } from "@std/log/logger";
import { Destination } from "./destination.ts";
import { ignoreRejection } from "./foreign.ts";
import type { LogLevel } from "./reporter.ts";
import { pause, systemClock } from "./system.ts";

/** A logger, such as a logger of `@std/log`, or `console`. */
export interface Logger {
  /** Writes a message that helps to find a fault. */
  debug(message: string): unknown;
  /** Writes a message about an event of normal operation. */
  info(message: string): unknown;
  /** Writes a message about something unexpected. */
  warn(message: string): unknown;
  /** Writes a message about a failure that processman cannot repair. */
  error(message: string): unknown;
}

/** The name of the logger of `@std/log` that a program can set up. */
const NAME = "processman";

/** Time before the next attempt when stderr is full, in milliseconds. */
const BUSY_MS = 5;

/** Writes to a logger, and ignores the errors of the logger. */
export class Log {
  readonly #logger: Logger | null | undefined;
  readonly #warned: Set<string>;
  /** What the logger has not finished; these promises never reject. */
  readonly #pending = new Set<Promise<void>>();
  /** Writes to stderr; present once it has been needed. */
  #stderr: Logger | undefined;
  #defers = false;

  /**
   * Creates a log.
   *
   * @param logger The logger; `null` for no log; `undefined` for the logger
   * "processman" of `@std/log` or, until that is set up, for stderr.
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
    try {
      this.#wait(this.#current?.[level](message));
    } catch {
      // A failure of the logger must not end the supervision.
    }
  }

  /** Writes a warning, unless it has been written before. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.write("warn", message);
  }

  /**
   * From now on, writes to stderr in the background, because this program is
   * ending: a stderr that is full must not keep it alive. `flush()` waits.
   */
  defer(): void {
    this.#defers = true;
  }

  /**
   * Waits until the logger has written everything: until all promises that it
   * returned have settled, and then those returned by the `flush()` of its
   * handlers. The file handlers of `@std/log` have a `flush()`. Never rejects.
   */
  async flush(): Promise<void> {
    await this.#settled();
    try {
      const handlers: unknown = Reflect.get(this.#current ?? {}, "handlers");
      for (const handler of Array.isArray(handlers) ? handlers : []) {
        this.#flushOne(handler);
      }
    } catch {
      // A logger whose handlers cannot be read has written what it could.
    }
    await this.#settled();
  }

  #flushOne(handler: { flush?: unknown }): void {
    try {
      if (typeof handler.flush === "function") this.#wait(handler.flush());
    } catch {
      // The other handlers are still flushed.
    }
  }

  /**
   * Resolves when the logger has finished, including writes begun meanwhile.
   */
  async #settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Keeps track of a promise that a logger returns. */
  #wait(result: unknown): void {
    ignoreRejection(result);
    if (!isThenable(result)) return;
    const settled = settlement(result);
    this.#pending.add(settled);
    settled.then(() => this.#pending.delete(settled));
  }

  /** The logger to write to now: a program can set one up at any time. */
  get #current(): Logger | null {
    if (this.#logger !== undefined) return this.#logger;
    const logger = getLogger(NAME);
    // For a name that is not set up, @std/log returns a logger like this.
    const none = logger.handlers.length === 0 && logger.levelName === "NOTSET";
    if (!none) return logger;
    return this.#stderr ??= stderrLogger(() => this.#defers);
  }
}

/** Resolves when a promise settles, whatever its `then()` returns or throws. */
async function settlement(promise: PromiseLike<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // A failure of the logger must not end the supervision.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

function stderrLogger(defers: () => boolean): Logger {
  const useColors = Deno.stderr.isTerminal();
  const handlers = [new StderrHandler(defers, { useColors })];
  return new StdLogger(NAME, "INFO", { handlers });
}

/** Writes to stderr what its base class writes to stdout. */
class StderrHandler extends ConsoleHandler {
  readonly #defers: () => boolean;
  readonly #background = new Destination(Deno.stderr, systemClock);
  /** Resolves when all writes in the background are complete. */
  #written: Promise<unknown> = Promise.resolve();

  /** `defers` returns whether to write in the background. */
  constructor(defers: () => boolean, options: { useColors: boolean }) {
    super("INFO", options);
    this.#defers = defers;
  }

  override log(message: string): void {
    const bytes = new TextEncoder().encode(`${message}\n`);
    if (!this.#defers()) return writeNow(bytes);
    this.#written = this.#written.then(() =>
      this.#background.write(bytes, () => {})
    );
  }

  flush(): Promise<unknown> {
    return this.#written;
  }
}

function writeNow(bytes: Uint8Array): void {
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    } catch (error) {
      // Another program that shares the pipe can have made it non-blocking.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      pause(BUSY_MS);
    }
  }
}
