/**
 * The newest events of a supervisor, with numbers, for any number of readers.
 *
 * @module
 */

import type { ProcessEvent } from "../mod.ts";
import { detailsOf, plain, shortened, wordsOf } from "./event_words.ts";
import { EventStore, type EventStoreOptions } from "./event_store.ts";
import type { EventView } from "./wire.ts";

/** An event of the program that supervises, which its manager knows nothing of. */
export interface OwnEvent {
  /** The kind, as clients see it. */
  readonly kind: string;
  /** The name of the process that it is about. */
  readonly name: string;
  /** What happened, in words. */
  readonly text: string;
  /** More about it, as JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Keeps the newest events of each process. */
export class EventLog {
  readonly #store: EventStore;
  #newest = 0;
  #ended = false;
  #news = Promise.withResolvers<void>();

  /** Creates a log that keeps a number of events. */
  constructor(options: EventStoreOptions = {}) {
    this.#store = new EventStore(options);
  }

  /**
   * Adds an event.
   *
   * @param event The event.
   * @param run The number of the run that it is about, if the event does not
   * have it.
   */
  add(event: ProcessEvent, run?: number): void {
    this.#store.add({
      id: ++this.#newest,
      kind: event.kind,
      time: event.time,
      name: "name" in event ? event.name : null,
      text: wordsOf(event),
      details: { ...run === undefined ? {} : { run }, ...detailsOf(event) },
    });
    this.#tell();
  }

  /** Adds an event that is none of the manager. */
  note({ kind, name, text, details = {} }: OwnEvent, time: number): void {
    const id = ++this.#newest;
    this.#store.add({
      id,
      kind,
      time,
      name,
      text: shortened(text),
      details: plain(details, shortened),
    });
    this.#tell();
  }

  /** Ends all readers, each after the events that are left for it. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /**
   * Reads events in order. A reader that comes too late gets one event `lost`
   * for those that are not kept any more, in place of the first of them.
   *
   * @param after The number of the last event that the reader has had. If no
   * event has that number, it is one of an earlier supervisor, and the reader
   * gets all that are kept.
   * @param follow Whether to go on with the events that happen.
   * @param signal Ends the reading.
   */
  async *read(
    after: number,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<EventView, void> {
    let last = after > this.#newest ? 0 : after;
    signal.addEventListener("abort", () => this.#tell(), { once: true });
    while (!signal.aborted) {
      for (const event of this.#after(last)) {
        if (signal.aborted) return;
        last = event.id;
        yield event;
      }
      if (last < this.#newest) continue;
      if (!follow || this.#ended) return;
      await this.#news.promise;
    }
  }

  /** Returns the events after one. */
  #after(last: number): EventView[] {
    const events = this.#store.after(last);
    const missed = this.#newest - last - events.length;
    // Whoever asks for all events gets those that are kept.
    if (missed <= 0 || last === 0) return events;
    const at = events.findIndex(({ id }, index) => id !== last + 1 + index);
    const next = events[at];
    if (next === undefined) return events;
    const lost = { kind: "lost", count: missed, time: next.time } as const;
    return events.toSpliced(at, 0, {
      id: next.id - 1,
      kind: lost.kind,
      time: lost.time,
      name: null,
      text: wordsOf(lost),
      details: detailsOf(lost),
    });
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
