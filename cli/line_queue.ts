/**
 * Sends messages to a receiver that can be slow, refuse or go away.
 *
 * @module
 */

import type { Clock, Logger } from "../mod.ts";
import type { Message } from "./line_message.ts";

/** A connection to a receiver. */
export interface Connection {
  /**
   * Sends messages; rejects if that fails.
   *
   * @param messages The messages.
   * @param sent Called with the number of messages that the system has taken.
   */
  send(
    messages: readonly Message[],
    sent: (count: number) => void,
  ): Promise<void>;
  /** Resolves when it is broken, with why. Never rejects. */
  readonly broken: Promise<unknown>;
  /** Closes it; what was sent still arrives. Never rejects. */
  close(): Promise<void>;
  /** Ends it at once, and with it what is being sent. */
  destroy(): void;
}

/** What a queue sends to, and what it needs. */
export interface QueueOptions {
  /** What is sent where, such as `the output of "web" to journald`. */
  readonly what: string;
  /** Connects to the receiver. */
  readonly connect: () => Promise<Connection>;
  /** The clock. */
  readonly clock: Clock;
  /** Where it says that lines are dropped. */
  readonly logger: Logger;
}

/** How much waits for a receiver, in UTF-16 code units of its lines. */
export const ROOM = 1_048_576;

const ROOM_TEXT = "1 MiB";

/** How many messages are sent together. */
const BATCH = 100;

/** Time before the next attempt to connect, in milliseconds. */
export const RETRY_MS = 5_000;

/** How long what is left can take at the end, in milliseconds. */
export const CLOSE_MS = 5_000;

/**
 * Sends messages in order. What does not arrive waits, up to 1 MiB; what
 * exceeds that is dropped, counted and told about. It never makes a process wait.
 */
export class LineQueue {
  readonly #options: QueueOptions;
  readonly #messages: Message[] = [];
  #waiting = 0;
  #dropped = 0;
  /** Whether it has said that something does not arrive. */
  #told = false;
  #news = Promise.withResolvers<void>();
  /** Aborted when no message follows. */
  readonly #closing = new AbortController();
  /** Aborted when it gives up. */
  readonly #over = new AbortController();
  readonly #ended: Promise<void>;

  /** Creates a queue that connects when there is a message. */
  constructor(options: QueueOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Adds a message. */
  add(message: Message): void {
    const size = sizeOf(message);
    // A single long line always has room.
    if (this.#waiting > 0 && this.#waiting + size > ROOM) {
      this.#dropped++;
      return this.#tell("it takes them too slowly, or not at all");
    }
    this.#messages.push(message);
    this.#waiting += size;
    this.#news.resolve();
  }

  /** Sends what is left, for a while, and ends. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#news.resolve();
    const { clock, logger, what } = this.#options;
    const done = new AbortController();
    const late = clock.delay(CLOSE_MS, { signal: done.signal });
    await Promise.race([this.#ended, late]);
    this.#over.abort();
    done.abort();
    const dropped = this.#dropped + this.#messages.length;
    if (dropped > 0) logger.warn(`Cannot send ${what}: ${counted(dropped)}`);
  }

  async #run(): Promise<void> {
    const { clock, connect } = this.#options;
    while (await this.#hasMessage() && !this.#over.signal.aborted) {
      let connection: Connection | undefined;
      try {
        connection = await connect();
        await this.#feed(connection);
      } catch (error) {
        if (this.#over.signal.aborted) return;
        this.#tell(error instanceof Error ? error.message : String(error));
        // There is no time for another attempt.
        if (this.#closing.signal.aborted) return;
        await clock.delay(RETRY_MS, { signal: this.#closing.signal });
      } finally {
        await connection?.close();
      }
    }
  }

  /** Sends messages until there are no more, or the connection breaks. */
  async #feed(connection: Connection): Promise<void> {
    let failure: { readonly why: unknown } | undefined;
    const destroy = () => connection.destroy();
    const { signal } = this.#over;
    signal.addEventListener("abort", destroy);
    connection.broken.then((why) => {
      failure = { why };
      destroy();
      this.#news.resolve();
    });
    try {
      while (!signal.aborted) {
        if (failure !== undefined) throw failure.why;
        if (this.#messages.length > 0) {
          const some = this.#messages.slice(0, BATCH);
          await connection.send(some, (count) => this.#sent(count));
        } else if (this.#closing.signal.aborted) return;
        else await this.#wait();
      }
    } finally {
      signal.removeEventListener("abort", destroy);
    }
  }

  /** Waits for a message; resolves to `false` if none follows. */
  async #hasMessage(): Promise<boolean> {
    while (this.#messages.length === 0) {
      if (this.#closing.signal.aborted) return false;
      await this.#wait();
    }
    return true;
  }

  async #wait(): Promise<void> {
    this.#news = Promise.withResolvers();
    await this.#news.promise;
  }

  #sent(count: number): void {
    for (const message of this.#messages.splice(0, count)) {
      this.#waiting -= sizeOf(message);
    }
    this.#recovered();
  }

  /** Says once that something does not arrive. */
  #tell(why: string): void {
    if (this.#told) return;
    this.#told = true;
    const { logger, what } = this.#options;
    logger.warn(
      `Cannot send ${what}: what exceeds ${ROOM_TEXT} is dropped until that ` +
        `works again: ${why}`,
    );
  }

  #recovered(): void {
    if (!this.#told || this.#waiting > ROOM / 2) return;
    this.#told = false;
    const { logger, what } = this.#options;
    logger.warn(`Sending ${what} again: ${counted(this.#dropped)}`);
    this.#dropped = 0;
  }
}

function sizeOf({ text }: Message): number {
  return text.length + 64;
}

function counted(lines: number): string {
  if (lines === 0) return "no line was dropped";
  return lines === 1 ? "1 line was dropped" : `${lines} lines were dropped`;
}
