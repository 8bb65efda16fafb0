/**
 * Events that are kept for a while, so that one process that crashes again and
 * again does not push out those of the others.
 *
 * @module
 */

import type { EventView } from "./wire.ts";

/** How many events are kept. */
export interface EventStoreOptions {
  /**
   * How many of each process.
   *
   * @default {500}
   */
  readonly perProcess?: number | undefined;
  /**
   * How many of all processes together.
   *
   * @default {5_000}
   */
  readonly together?: number | undefined;
  /**
   * How many characters their JSON can have together. Those of a crash contain
   * lines of stderr, so that their number alone does not bound the memory.
   *
   * @default {4_194_304}
   */
  readonly characters?: number | undefined;
}

/** An event that is kept. */
interface Kept {
  readonly id: number;
  readonly size: number;
  /** The event; `undefined` after it has made room for others. */
  view: EventView | undefined;
}

/** The events of one process, the oldest first. */
interface Queue {
  readonly events: Kept[];
  size: number;
}

/** Keeps the newest events of each process. */
export class EventStore {
  readonly #perProcess: number;
  readonly #together: number;
  readonly #characters: number;
  /** All events in the order of their numbers, and some that are gone. */
  #events: Kept[] = [];
  readonly #queues = new Map<string | null, Queue>();
  #count = 0;
  #size = 0;

  /** Creates a store without events. */
  constructor(options: EventStoreOptions) {
    const { perProcess, together, characters } = options;
    this.#perProcess = perProcess ?? 500;
    this.#together = together ?? 5_000;
    this.#characters = characters ?? 4_194_304;
  }

  /** Adds an event, whose number is above those of all others. */
  add(view: EventView): void {
    const { name } = view;
    const size = JSON.stringify(view).length;
    const own = this.#queues.get(name);
    if (own && own.events.length >= this.#perProcess) this.#drop(name, own);
    while (this.#count >= this.#together) this.#dropOf(longest);
    while (this.#count > 0 && this.#size + size > this.#characters) {
      this.#dropOf(largest);
    }
    const kept = { id: view.id, size, view };
    const queue = this.#queues.get(name) ?? { events: [], size: 0 };
    this.#queues.set(name, queue);
    queue.events.push(kept);
    queue.size += size;
    this.#events.push(kept);
    this.#count++;
    this.#size += size;
    // Many are removed at once, so that this costs little for each.
    if (this.#events.length >= 2 * this.#count + 100) {
      this.#events = this.#events.filter(({ view }) => view);
    }
  }

  /** Returns the events with numbers above one, in order. */
  after(id: number): EventView[] {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.id ?? Infinity) > id) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low).flatMap(({ view }) => view ?? []);
  }

  /** Drops the oldest event of the process that has most. */
  #dropOf(measure: (queue: Queue) => number): void {
    let most: [string | null, Queue] | undefined;
    for (const each of this.#queues) {
      if (!most || measure(each[1]) > measure(most[1])) most = each;
    }
    if (most !== undefined) this.#drop(...most);
  }

  #drop(name: string | null, queue: Queue): void {
    const oldest = queue.events.shift();
    if (oldest === undefined) return;
    oldest.view = undefined;
    queue.size -= oldest.size;
    this.#count--;
    this.#size -= oldest.size;
    if (queue.events.length === 0) this.#queues.delete(name);
  }
}

function longest({ events }: Queue): number {
  return events.length;
}

function largest({ size }: Queue): number {
  return size;
}
