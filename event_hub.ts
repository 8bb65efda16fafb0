/**
 * Delivers events to their readers.
 *
 * @module
 */

import { disposable, type DisposableIterator, onAbort } from "./abortable.ts";
import type { ProcessEvent } from "./events.ts";
import { Outlets } from "./outlets.ts";
import {
  abortSignal,
  options as optionsOf,
  type OptionsCheck,
} from "./validate.ts";

/**
 * Options for {@linkcode Processman.prototype.events | Processman.events} and
 * {@linkcode Process.prototype.events | Process.events}.
 */
export interface EventsOptions {
  /** Ends the iteration, as `break` does, when the signal is aborted. */
  signal?: AbortSignal | undefined;
}

/** Checks the options of an iteration over events. */
export const checkEvents: OptionsCheck<EventsOptions> = optionsOf<
  EventsOptions
>({
  signal: abortSignal,
});

/** How many unread events are kept for a reader; older ones are dropped. */
const KEPT_EVENTS = 10_000;

/** What is told of events. */
export interface Told {
  /** Called with an event. Must never throw. */
  happened(event: ProcessEvent): void;
}

/** Hands each event to every reader. */
export class EventHub {
  readonly #outlets: Outlets;
  readonly #first: Told | undefined;
  readonly #readers = new Set<EventReader>();
  #ended = false;

  /**
   * Creates a hub.
   *
   * @param outlets To which the hub adds its readers.
   * @param first What is told of each event before the readers get it.
   */
  constructor(outlets: Outlets = new Outlets(), first?: Told) {
    this.#outlets = outlets;
    this.#first = first;
  }

  /**
   * Hands an event to all readers.
   *
   * @param event The event.
   * @param source What the event is about, for readers of a single source.
   */
  publish(event: ProcessEvent, source?: object): void {
    this.#first?.happened(event);
    for (const reader of this.#readers) {
      if (reader.source === undefined || reader.source === source) {
        reader.push(event);
      }
    }
  }

  /**
   * Returns a reader of the events from now on.
   *
   * @param options When to end the iteration.
   * @param source The only source whose events to read; all sources if left
   * out.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws The reason of the signal, if it has been aborted.
   */
  subscribe(
    options: EventsOptions = {},
    source?: object,
  ): DisposableIterator<ProcessEvent> {
    const { signal } = checkEvents(options, "");
    signal?.throwIfAborted();
    const reader = new EventReader(
      {
        begun: () => this.#outlets.addReader("a reader of events", reader.over),
        left: () => this.#readers.delete(reader),
      },
      signal,
      source,
    );
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return disposable(() => reader.next(), () => reader.leave());
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
class EventReader {
  /** The only source whose events are read; `undefined` for all. */
  readonly source: object | undefined;
  readonly #handlers: ReaderHandlers;
  readonly #signal: AbortSignal | undefined;
  /** Removes the listener from the signal. */
  readonly #release: () => void;
  readonly #events: ProcessEvent[] = [];
  /** The calls of `next()` that wait for an event. */
  readonly #waiting: ((result: Result) => void)[] = [];
  #begun = false;
  #ended = false;
  readonly #over = Promise.withResolvers<void>();

  constructor(
    handlers: ReaderHandlers,
    signal: AbortSignal | undefined,
    source: object | undefined,
  ) {
    this.#handlers = handlers;
    this.#signal = signal;
    this.source = source;
    this.#release = onAbort(signal, () => this.leave());
  }

  /** Resolves when the end has been read, or the reader has left. */
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
    this.#release();
    if (this.#waiting.length > 0) this.#over.resolve();
    for (const resolve of this.#waiting.splice(0)) {
      resolve({ done: true, value: undefined });
    }
  }

  next(): Promise<Result> {
    // After the end of the hub, nothing listens to the signal.
    if (this.#signal?.aborted) this.leave();
    if (!this.#begun) this.#handlers.begun();
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

  /** Ends the iteration, and drops the events that have not been read. */
  leave(): void {
    this.#handlers.left();
    this.#over.resolve();
    this.#events.length = 0;
    this.end();
  }
}
