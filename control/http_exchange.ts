/**
 * One connection of the HTTP server: a request and its answer.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import { bytesOf, chunkOf, Gathered, MUCH } from "./http_body.ts";
import { writeAll } from "./http.ts";
import { type RequestHead, RequestReader } from "./http_request.ts";
import { Problem, problemOf } from "./problem.ts";

/** A request, and a signal that is aborted when the client leaves. */
export interface Incoming {
  /** What came before the body. */
  readonly head: RequestHead;
  /** The body. */
  readonly body: Uint8Array;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** An answer. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The media type. */
  readonly type: string;
  /** The body; in parts if it has no end that is known. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  /** More header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the server does with requests. */
export interface Handlers {
  /**
   * Returns how many bytes the body of a request may have.
   *
   * @throws {Problem} If the request is refused before its body is read.
   */
  limit(head: RequestHead): number;
  /** Answers a request. */
  answer(request: Incoming): Promise<Answer>;
  /** Describes a refusal. */
  refuse(problem: Problem): Answer;
}

/** How long and how much the server allows. */
export interface ServerLimits {
  /** How long a request may take to arrive, in milliseconds. */
  readonly arrivalMs: number;
  /** How long a client may take to receive an answer, in milliseconds. */
  readonly deliveryMs: number;
  /** How long a stream may be silent after the shutdown, in milliseconds. */
  readonly silenceMs: number;
  /** How long the shutdown waits for answers, in milliseconds. */
  readonly shutdownMs: number;
  /** How many connections there can be. */
  readonly connections: number;
  /**
   * How long the parts of a stream are gathered before they are sent together,
   * in milliseconds. The first part does not wait.
   */
  readonly gatherMs: number;
}

/** How many bytes that nobody wants are read, so that the answer arrives. */
const UNWANTED_BYTES = 64 * 1_024 * 1_024;

/** The reason phrases, which HTTP/1.1 allows to be empty but people read. */
const PHRASES: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** What an exchange needs from its server. */
export interface Surroundings {
  readonly handlers: Handlers;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** One connection: a request and its answer. */
export class Exchange {
  readonly #connection: Deno.Conn;
  readonly #surroundings: Surroundings;
  readonly #gone = new AbortController();
  readonly #done = Promise.withResolvers<void>();
  /** Whether the whole request has arrived. */
  busy = false;
  /** Whether the client knows no parts of a body with their lengths. */
  #old = false;

  /** Creates an exchange, which has read nothing yet. */
  constructor(connection: Deno.Conn, surroundings: Surroundings) {
    this.#connection = connection;
    this.#surroundings = surroundings;
  }

  /** Resolves when the connection is closed. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Closes the connection. What is still being done for it is not awaited. */
  close(): void {
    this.#gone.abort();
    close(this.#connection);
    this.#done.resolve();
  }

  /** Answers one request. Never rejects. */
  async run(): Promise<void> {
    try {
      const answer = await this.#answer();
      if (answer !== undefined) await this.#send(answer);
    } catch {
      // The client has left.
    }
    this.close();
  }

  /** Refuses a request without reading it. Never rejects. */
  async turnAway(): Promise<void> {
    const { handlers } = this.#surroundings;
    const problem = new Problem("closing", "There are too many connections");
    await this.#send(handlers.refuse(problem)).catch(() => {});
    this.close();
  }

  async #answer(): Promise<Answer | undefined> {
    const { handlers } = this.#surroundings;
    const reader = new RequestReader(this.#connection);
    let arrived = false;
    try {
      const request = await this.#inTime(this.#arrival(reader));
      if (request === undefined) return undefined;
      arrived = true;
      this.busy = true;
      this.#watch();
      return await handlers.answer({ ...request, signal: this.#gone.signal });
    } catch (error) {
      const answer = handlers.refuse(problemOf(error));
      if (arrived) return answer;
      await this.#send(answer);
      await this.#inTime(this.#drain()).catch(() => {});
      return undefined;
    }
  }

  async #arrival(
    reader: RequestReader,
  ): Promise<Omit<Incoming, "signal"> | undefined> {
    const head = await reader.head();
    if (head === undefined) return undefined;
    this.#old = head.old;
    const limit = this.#surroundings.handlers.limit(head);
    if (head.headers.get("expect")?.toLowerCase() === "100-continue") {
      await this.#write(bytesOf("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    return { head, body: await reader.body(head, limit) };
  }

  /** Waits for something until the request must have arrived. */
  async #inTime<T>(arrival: Promise<T>): Promise<T> {
    const { clock, limits: { arrivalMs } } = this.#surroundings;
    const over = new AbortController();
    const late = clock.delay(arrivalMs, {
      signal: over.signal,
      persistent: false,
    }).then(() => {
      throw new Problem(
        "bad-request",
        `The request has not arrived within ${arrivalMs} ms`,
      );
    });
    try {
      return await Promise.race([arrival, late]);
    } finally {
      late.catch(() => {});
      arrival.catch(() => {});
      over.abort();
    }
  }

  /** Notices that the client leaves. What it sends is ignored. */
  async #watch(): Promise<void> {
    const buffer = new Uint8Array(1_024);
    try {
      while (await this.#connection.read(buffer) !== null);
    } catch {
      // It has left.
    }
    this.#gone.abort();
  }

  /** Reads what a client still sends, because it reads the answer after that. */
  async #drain(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    await this.#connection.closeWrite();
    for (let rest = UNWANTED_BYTES; rest > 0;) {
      const count = await this.#connection.read(buffer);
      if (count === null) return;
      rest -= count;
    }
  }

  async #send({ status, type, body, headers = {} }: Answer): Promise<void> {
    const fields = {
      "content-type": type,
      "cache-control": "no-store",
      "connection": "close",
      ...headers,
    };
    const head = `HTTP/1.1 ${status} ${PHRASES[status] ?? ""}\r\n` +
      Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
        .join("");
    if (typeof body !== "string" && !(body instanceof Uint8Array)) {
      const coding = this.#old ? "" : "transfer-encoding: chunked\r\n";
      await this.#write(bytesOf(`${head}${coding}\r\n`));
      return await this.#stream(body);
    }
    const content = bytesOf(body);
    const { length } = content;
    // The program must not end before the answer has been sent.
    this.#connection.ref();
    await this.#delivered(
      this.#write(bytesOf(`${head}content-length: ${length}\r\n\r\n`, content)),
    );
  }

  /** Waits for an answer to be sent, but not for a client that does not read. */
  async #delivered(sent: Promise<void>): Promise<void> {
    const { clock, limits: { deliveryMs } } = this.#surroundings;
    const over = new AbortController();
    const late = clock.delay(deliveryMs, {
      signal: over.signal,
      persistent: false,
    });
    await Promise.race([sent, late]).finally(() => over.abort());
    sent.catch(() => {});
  }

  /** Sends the parts of a body as they come; a slow client gets many at once. */
  async #stream(parts: AsyncIterable<string | Uint8Array>): Promise<void> {
    const iterator = parts[Symbol.asyncIterator]();
    const waiting = new Gathered(
      (bytes) => this.#write(this.#old ? bytes : chunkOf(bytes)),
      (signal) => this.#gather(signal),
    );
    try {
      while (true) {
        const result = await this.#next(iterator);
        if (result === undefined || result.done) break;
        // `run()` handles the rejection.
        waiting.add(result.value).catch(() => this.#gone.abort());
        if (waiting.size > MUCH) await waiting.flush();
        if (this.#gone.signal.aborted) break;
      }
      await waiting.flush();
      // The end of the body tells that nothing is missing.
      if (!this.#old) await this.#write(chunkOf(new Uint8Array()));
    } finally {
      waiting.flush().catch(() => {});
      this.#gone.abort();
      await iterator.return?.();
    }
  }

  /** Lets parts gather, until the signal says that there are enough. */
  async #gather(signal: AbortSignal): Promise<void> {
    const { clock, limits: { gatherMs } } = this.#surroundings;
    if (gatherMs === 0) return;
    await clock.delay(gatherMs, { signal, persistent: false });
  }

  /** Returns the next part; after the shutdown, only if it comes soon. */
  async #next<T>(
    iterator: AsyncIterator<T>,
  ): Promise<IteratorResult<T> | undefined> {
    const { clock, closing, limits: { silenceMs } } = this.#surroundings;
    const next = iterator.next();
    // A part that comes after the server has given up is not wanted.
    next.catch(() => {});
    if (!closing.aborted) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const close = () => resolve(undefined);
      closing.addEventListener("abort", close);
      const first = await Promise.race([next, promise])
        .finally(() => closing.removeEventListener("abort", close));
      if (first !== undefined) return first;
    }
    const over = new AbortController();
    const silent = clock.delay(silenceMs, { signal: over.signal });
    return await Promise.race([next, silent.then(() => undefined)])
      .finally(() => over.abort());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#connection, bytes);
  }
}

/** Closes something that may be closed already. */
export function close(resource: { close(): void } | undefined): void {
  try {
    resource?.close();
  } catch {
    // It is closed.
  }
}
