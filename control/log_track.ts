/**
 * What a reader of a log sees of it, on disk or in memory.
 *
 * @module
 */

import type { LogLine } from "./wire.ts";

/** Consecutive lines of a process, and what a search needs to skip them. */
export interface Block {
  /** The number of its first line. */
  readonly first: number;
  /** The number after that of its last line. */
  readonly end: number;
  /** The earliest and the latest time of a line. */
  readonly minTime: number;
  readonly maxTime: number;
  /** The lowest and the highest number of a run. */
  readonly minRun: number;
  readonly maxRun: number;
}

/** The lines of a process that are kept. */
export interface Track {
  /** The name of the process. */
  readonly name: string;
  /** The number of the oldest line that is kept; `next` if there is none. */
  readonly first: number;
  /** The number of the next line that arrives. */
  readonly next: number;
  /** The number of the newest run. */
  readonly lastRun: number;
  /** Lists all blocks, the oldest first. */
  blocks(): Promise<readonly Block[]>;
  /** Returns a reader that begins with a line. */
  open(seq: number): TrackReader;
}

/** Reads the lines of a process, the oldest first. */
export interface TrackReader {
  /**
   * Returns the next lines before the line `end`, some at once. Lines that are
   * not kept any more are left out. Empty at the end.
   */
  read(end: number): Promise<LogLine[]>;
}

/** The lines of all processes. */
export interface Shelf {
  /** Lists the processes that have lines, after it has looked for new ones. */
  tracks(): Promise<readonly Track[]>;
  /** Happens when a line has been added, or none follows. */
  readonly changes: Changes;
  /** Whether no line follows, because the manager has been shut down. */
  readonly complete: boolean;
  /** Begins to notice the lines that another program adds. */
  watch(): Disposable;
}

/** Something that changes again and again. */
export class Changes {
  #wait: PromiseWithResolvers<void> | undefined;

  /** Resolves at the next change. */
  next(): Promise<void> {
    return (this.#wait ??= Promise.withResolvers()).promise;
  }

  /** Ends all waits, because there is a change. */
  happen(): void {
    this.#wait?.resolve();
    this.#wait = undefined;
  }
}
