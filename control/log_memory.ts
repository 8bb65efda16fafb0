/**
 * A log in memory.
 *
 * @module
 */

import type { Line } from "../mod.ts";
import {
  Changes,
  type Shelf,
  type Track,
  type TrackReader,
} from "./log_track.ts";
import type { Keeper } from "./log_recorder.ts";
import type { Block } from "./log_track.ts";
import type { LogLine } from "./wire.ts";

/** How many lines a block has. */
const BLOCK_LINES = 256;

/** Of how many processes that have ended lines are kept. */
const MOST_ENDED = 100;

/** The newest lines of one process. */
class MemoryTrack implements Track {
  readonly name: string;
  readonly #most: number;
  /** The lines; those before `#from` are not kept any more. */
  #lines: LogLine[] = [];
  #from = 0;
  next = 1;
  lastRun = 0;

  constructor(name: string, most: number) {
    this.name = name;
    this.#most = most;
  }

  get first(): number {
    return this.next - (this.#lines.length - this.#from);
  }

  add(lines: readonly Line[], base: number): void {
    for (const { run, time, source, text, truncated } of lines) {
      this.#lines.push({
        seq: this.next++,
        process: this.name,
        time,
        source,
        run: base + run,
        text,
        truncated,
      });
      this.lastRun = Math.max(this.lastRun, base + run);
    }
    this.#from = Math.max(this.#from, this.#lines.length - this.#most);
    if (this.#from <= this.#most) return;
    this.#lines = this.#lines.slice(this.#from);
    this.#from = 0;
  }

  /** Returns the lines from one number up to another that are kept. */
  slice(from: number, end: number): LogLine[] {
    const offset = this.#from - this.first;
    return this.#lines.slice(
      Math.max(from, this.first) + offset,
      Math.max(end, this.first) + offset,
    );
  }

  blocks(): Promise<Block[]> {
    const blocks: Block[] = [];
    for (let first = this.first; first < this.next; first += BLOCK_LINES) {
      const end = Math.min(first + BLOCK_LINES, this.next);
      const lines = this.slice(first, end);
      const times = lines.map(({ time }) => time);
      const runs = lines.map(({ run }) => run);
      blocks.push({
        first,
        end,
        minTime: Math.min(...times),
        maxTime: Math.max(...times),
        minRun: Math.min(...runs),
        maxRun: Math.max(...runs),
      });
    }
    return Promise.resolve(blocks);
  }

  open(seq: number): TrackReader {
    let next = seq;
    return {
      read: (end) => {
        next = Math.max(next, this.first);
        const lines = this.slice(next, Math.min(end, next + BLOCK_LINES));
        next += lines.length;
        return Promise.resolve(lines);
      },
    };
  }
}

/** The newest lines of all processes. */
export class MemoryShelf implements Shelf, Keeper {
  readonly changes: Changes = new Changes();
  #complete = false;
  readonly #most: number;
  /** The processes that have ended, the first of them first. */
  readonly #ends = new Set<string>();
  readonly #tracks = new Map<string, MemoryTrack>();

  /** Creates a log without lines that keeps `most` lines of each process. */
  constructor(most: number) {
    this.#most = most;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Ends all who follow, when they have had all lines. */
  end(): void {
    this.#complete = true;
    this.changes.happen();
  }

  append(name: string, lines: readonly Line[], base: number): Promise<void> {
    this.#track(name).add(lines, base);
    this.changes.happen();
    return Promise.resolve();
  }

  ended(name: string): Promise<void> {
    this.#ends.delete(name);
    this.#ends.add(name);
    for (const first of this.#ends) {
      if (this.#ends.size <= MOST_ENDED) break;
      this.#ends.delete(first);
      this.#tracks.delete(first);
    }
    return Promise.resolve();
  }

  lastRun(name: string): Promise<number> {
    this.#ends.delete(name);
    return Promise.resolve(this.#tracks.get(name)?.lastRun ?? 0);
  }

  began(name: string, run: number): void {
    const track = this.#track(name);
    track.lastRun = Math.max(track.lastRun, run);
  }

  tracks(): Promise<Track[]> {
    return Promise.resolve([...this.#tracks.values()]);
  }

  watch(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  #track(name: string): MemoryTrack {
    const track = this.#tracks.get(name) ?? new MemoryTrack(name, this.#most);
    this.#tracks.set(name, track);
    return track;
  }
}
