/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A source that asks the server of the dashboard.
 *
 * @module
 */

import { logParameters } from "../../control/http.ts";
import { EventParser } from "./event_parser.ts";
import {
  type Action,
  DisconnectedError,
  type EventView,
  GoneError,
  LockedError,
  type LogItem,
  type LogQuery,
  type Presence,
  type ProcessDetails,
  type ProcessView,
  RefusedError,
  type Source,
  type SupervisorView,
} from "./source.ts";

/** How long a question may take, in milliseconds. */
const ANSWER_MS = 10_000;

/** Asks the server of the dashboard. */
export class LiveSource implements Source {
  readonly live = true;
  readonly readOnly: boolean;
  readonly #key: string;

  /** Creates a source with the key of a session. */
  constructor(key: string, readOnly: boolean) {
    this.#key = key;
    this.readOnly = readOnly;
  }

  now(): number {
    return Date.now();
  }

  supervisor(): Promise<SupervisorView> {
    return this.#ask("/v1/supervisor");
  }

  processes({ usage }: { usage: boolean }): Promise<ProcessView[]> {
    return this.#ask(`/v1/processes?usage=${usage}`);
  }

  details(name: string): Promise<ProcessDetails> {
    const path = encodeURIComponent(name.toWellFormed());
    return this.#ask(`/v1/processes/${path}/details`);
  }

  presence(): Promise<Presence | null> {
    return this.#ask("/presence");
  }

  events(
    { after, follow }: { after: number; follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<readonly EventView[]> {
    return this.#stream(`/v1/events?after=${after}&follow=${follow}`, signal);
  }

  logs(
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogItem[]> {
    return this.#stream(`/v1/logs?${logParameters(query)}`, signal);
  }

  async act(
    action: Action,
    body: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#fetch(`/v1/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...signal && { signal },
    });
  }

  async #ask<T>(path: string): Promise<T> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await this.#fetch(path, { signal });
    try {
      return await response.json();
    } catch (error) {
      throw disconnected(error);
    }
  }

  async *#stream<T>(
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<readonly T[]> {
    const { body } = await this.#fetch(path, { signal });
    if (body === null) return;
    const reader = body.getReader();
    const parser = new EventParser<T>();
    const decoder = new TextDecoder();
    try {
      while (true) {
        const { done, value } = await this.#read(reader);
        if (done) return;
        const values = parser.add(decoder.decode(value, { stream: true }));
        if (values.length > 0) yield values;
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  async #read(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    try {
      return await reader.read();
    } catch (error) {
      throw disconnected(error);
    }
  }

  /** Asks; throws unless the answer is a success. */
  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = {
      ...init.headers,
      authorization: `Bearer ${this.#key}`,
    };
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, cache: "no-store" });
    } catch (error) {
      throw disconnected(error);
    }
    if (response.ok) return response;
    throw errorOf(response.status, await messageOf(response));
  }
}

/** Returns what to throw when nothing came back. An abort stays what it is. */
function disconnected(error: unknown): unknown {
  if (error instanceof DOMException && error.name === "AbortError") {
    return error;
  }
  return new DisconnectedError("The server of this page does not answer");
}

function errorOf(status: number, message: string): Error {
  if (status === 401) return new LockedError(message);
  if (status === 502) return new GoneError(message);
  return new RefusedError(message);
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { error } = await response.json();
    return String(error.message);
  } catch {
    return `The server answered with status ${response.status}`;
  }
}
