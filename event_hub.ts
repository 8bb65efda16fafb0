/**
 * The hub that hands events to their readers.
 *
 * @module
 */

import type { ProcessEvent } from "./events.ts";
import { Outlets } from "./outlets.ts";

/** The number of events that are kept for a reader; it loses older ones. */
const KEPT_EVENTS = 10_000;

/** Hands each event to every reader. */
export class EventHub {
  readonly #outlets: Outlets;
  readonly #readers = new Set<EventReader>();
  #ended = false;

  /** Creates a hub, which adds its readers to the outlets. */
  constructor(outlets: Outlets = new Outlets()) {
    this.#outlets = outlets;
  }

  /** Hands an event to all readers. */
  publish(event: ProcessEvent): void {
    for (const reader of this.#readers) reader.push(event);
  }

  /** Returns a reader of the events from now on. */
  subscribe(): AsyncIterableIterator<ProcessEvent, void> {
    const reader = new EventReader({
      begun: () => this.#outlets.add("a reader of events", reader.over),
      left: () => this.#readers.delete(reader),
    });
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** Ends all readers; each still gets the events that are kept for it. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}

/** The functions that a reader calls. */
interface ReaderHandlers {
  /** Called at the first call of `next()`. */
  begun(): void;
  /** Called when the reader leaves before the end. */
  left(): void;
}

type Result = IteratorResult<ProcessEvent, void>;

/** One reader of events, and the events that it has not read yet. */
class EventReader implements AsyncIterableIterator<ProcessEvent, void> {
  readonly #hub: ReaderHandlers;
  readonly #over = Promise.withResolvers<void>();
  #begun = false;
  readonly #events: ProcessEvent[] = [];
  /** The calls of `next()` that wait for an event. */
  readonly #waiting: ((result: Result) => void)[] = [];
  #ended = false;

  constructor(hub: ReaderHandlers) {
    this.#hub = hub;
  }

  /** Resolves when the reader knows of the end, or has left. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  push(event: ProcessEvent): void {
    const resolve = this.#waiting.shift();
    if (resolve) return resolve({ done: false, value: event });
    this.#events.push(event);
    if (this.#events.length <= KEPT_EVENTS) return;
    const [first, second] = this.#events.splice(0, 2);
    if (first === undefined || second === undefined) return;
    const earlier = first.kind === "lost" ? first.count : 1;
    this.#events.unshift({
      kind: "lost",
      count: earlier + 1,
      time: first.time,
    });
  }

  end(): void {
    this.#ended = true;
    if (this.#waiting.length > 0) this.#over.resolve();
    for (const resolve of this.#waiting.splice(0)) {
      resolve({ done: true, value: undefined });
    }
  }

  next(): Promise<Result> {
    if (!this.#begun) this.#hub.begun();
    this.#begun = true;
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) {
      this.#over.resolve();
      return Promise.resolve({ done: true, value: undefined });
    }
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#waiting.push(resolve);
    return promise;
  }

  return(): Promise<Result> {
    this.#hub.left();
    this.#over.resolve();
    this.#events.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
