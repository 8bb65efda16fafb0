/**
 * The newest events of a supervisor, with numbers, for any number of readers.
 *
 * @module
 */

import type { ProcessEvent } from "../mod.ts";
import { detailsOf, wordsOf } from "./event_words.ts";
import type { EventView } from "./wire.ts";

/** How many events are kept. */
const KEPT = 1_000;

/** Keeps the newest events. */
export class EventLog {
  readonly #kept: number;
  #events: EventView[] = [];
  #newest = 0;
  #ended = false;
  #news = Promise.withResolvers<void>();

  /** Creates a log that keeps a number of events. */
  constructor(kept: number = KEPT) {
    this.#kept = kept;
  }

  /** Adds an event. */
  add(event: ProcessEvent): void {
    this.#events.push({
      id: ++this.#newest,
      kind: event.kind,
      time: event.time,
      name: "name" in event ? event.name : null,
      text: wordsOf(event),
      details: detailsOf(event),
    });
    // Many are removed at once, so that this costs little for each.
    if (this.#events.length >= 2 * this.#kept) {
      this.#events = this.#events.slice(-this.#kept);
    }
    this.#tell();
  }

  /** Ends all readers, each after the events that are left for it. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /**
   * Reads events in order. A reader that comes too late gets an event `lost` in
   * place of those that are not kept any more.
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

  /** Returns some of the events after one. */
  #after(last: number): EventView[] {
    const kept = this.#events.slice(-this.#kept);
    const [first] = kept;
    if (first === undefined) return [];
    const events = kept.filter(({ id }) => id > last);
    const missed = first.id - last - 1;
    // Whoever asks for all events gets those that are kept.
    if (missed <= 0 || last === 0) return events;
    const lost = { kind: "lost", count: missed, time: first.time } as const;
    return [{
      id: first.id - 1,
      kind: lost.kind,
      time: lost.time,
      name: null,
      text: wordsOf(lost),
      details: detailsOf(lost),
    }, ...events];
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
