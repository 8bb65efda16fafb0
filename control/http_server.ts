/**
 * A small HTTP/1.1 server, for a Unix socket and for the loopback interface.
 *
 * Each connection carries one request. In contrast to `Deno.serve()`, the
 * server tells at once that a client has left, limits how long a request may
 * take to arrive, and does not keep the program alive.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import {
  close,
  Exchange,
  type Handlers,
  type ServerLimits,
} from "./http_exchange.ts";

/** The limits of a server, unless a test changes them. */
export const LIMITS: ServerLimits = {
  arrivalMs: 10_000,
  deliveryMs: 10_000,
  silenceMs: 100,
  shutdownMs: 2_000,
  connections: 128,
  gatherMs: 10,
};

/** Serves HTTP on a listener. */
export class HttpServer {
  #listener: Deno.Listener | undefined;
  readonly #handlers: Handlers;
  readonly #clock: Clock;
  readonly #limits: ServerLimits;
  readonly #exchanges = new Set<Exchange>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /**
   * Creates a server that does not listen yet.
   *
   * @param handlers What to do with requests.
   * @param clock The clock that measures the limits.
   * @param limits How long and how much the server allows.
   */
  constructor(
    handlers: Handlers,
    clock: Clock,
    limits: Partial<ServerLimits> = {},
  ) {
    this.#handlers = handlers;
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Whether the server accepts no more connections. */
  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Accepts connections from a listener, in place of the one before it. The
   * server closes it at its end.
   */
  listen(listener: Deno.Listener): void {
    this.deafen();
    if (this.closing) return close(listener);
    this.#listener = listener;
    listener.unref();
    this.#accept(listener);
  }

  /** Keeps the program alive as long as the server listens. */
  ref(): void {
    this.#listener?.ref();
  }

  /** Lets the program end although the server listens, which is the default. */
  unref(): void {
    this.#listener?.unref();
  }

  /** Accepts no more connections from the present listener. */
  deafen(): void {
    close(this.#listener);
    this.#listener = undefined;
  }

  /**
   * Accepts no more connections, waits until all requests that have arrived are
   * answered and all streams have become silent, and closes. Never rejects.
   */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    while (this.#listener === listener) {
      try {
        this.#begin(await listener.accept());
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        // There are too many open files, or the client has left already.
        await this.#clock.delay(this.#limits.silenceMs, {
          signal: this.#closing.signal,
          persistent: false,
        });
      }
    }
  }

  async #begin(connection: Deno.Conn): Promise<void> {
    connection.unref();
    const exchange = new Exchange(connection, {
      handlers: this.#handlers,
      clock: this.#clock,
      limits: this.#limits,
      closing: this.#closing.signal,
    });
    const room = this.#makeRoom();
    this.#exchanges.add(exchange);
    await (room ? exchange.run() : exchange.turnAway());
    this.#exchanges.delete(exchange);
  }

  /**
   * Returns whether there can be one more connection. If there are too many,
   * the one that has waited longest for its request is closed, so that clients
   * that send nothing cannot keep others away.
   */
  #makeRoom(): boolean {
    if (this.#exchanges.size < this.#limits.connections) return true;
    for (const each of this.#exchanges) {
      if (each.busy) continue;
      this.#exchanges.delete(each);
      each.close();
      return true;
    }
    return false;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.deafen();
    for (const each of this.#exchanges) if (!each.busy) each.close();
    const over = new AbortController();
    const late = this.#clock.delay(this.#limits.shutdownMs, {
      signal: over.signal,
    });
    const all = Promise.all([...this.#exchanges].map(({ done }) => done));
    await Promise.race([all, late]);
    over.abort();
    for (const each of this.#exchanges) each.close();
    await all;
  }
}
