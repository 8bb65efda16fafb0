/**
 * The lines of a report, for the same reader that answers queries of a log on
 * disk or in memory.
 *
 * @module
 */

import {
  type Block,
  Changes,
  type Shelf,
  type Track,
  type TrackReader,
} from "../../control/log_track.ts";
import type { EventView, LogItem, LogLine } from "./source.ts";

/** How many lines a block has. */
const BLOCK_LINES = 256;

/** The lines of one process. */
class ReportTrack implements Track {
  readonly name: string;
  readonly first: number;
  readonly next: number;
  readonly lastRun: number;
  readonly #lines: readonly LogLine[];

  /**
   * Creates a track.
   *
   * @param lines The lines of the process, ordered by number; at least one.
   * @param runsSince How many runs have begun after the last line.
   */
  constructor(name: string, lines: readonly LogLine[], runsSince: number) {
    this.name = name;
    this.#lines = lines;
    this.first = lines[0]?.seq ?? 1;
    this.next = (lines.at(-1)?.seq ?? 0) + 1;
    const newest = lines.reduce((most, { run }) => Math.max(most, run), 0);
    this.lastRun = newest + runsSince;
  }

  blocks(): Promise<Block[]> {
    const blocks: Block[] = [];
    for (let i = 0; i < this.#lines.length; i += BLOCK_LINES) {
      blocks.push(blockOf(this.#lines.slice(i, i + BLOCK_LINES)));
    }
    return Promise.resolve(blocks);
  }

  open(seq: number): TrackReader {
    let index = this.#indexOf(seq);
    return {
      read: (end) => {
        const most = Math.min(this.#indexOf(end), index + BLOCK_LINES);
        const lines = this.#lines.slice(index, most);
        index += lines.length;
        return Promise.resolve(lines);
      },
    };
  }

  /** Returns the index of the first line with at least a number. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle]?.seq ?? Infinity) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function blockOf(lines: readonly LogLine[]): Block {
  const times = lines.map(({ time }) => time);
  const runs = lines.map(({ run }) => run);
  return {
    first: lines[0]?.seq ?? 0,
    end: (lines.at(-1)?.seq ?? -1) + 1,
    minTime: Math.min(...times),
    maxTime: Math.max(...times),
    minRun: Math.min(...runs),
    maxRun: Math.max(...runs),
  };
}

/**
 * Returns the lines of a report as a log.
 *
 * @param items The lines. Where some are missing is seen from their numbers.
 * @param events The events: a run that wrote nothing counts as a run too.
 */
export function reportShelf(
  items: readonly LogItem[],
  events: readonly EventView[],
): Shelf {
  const tracks = [...byProcess(items)].map(([name, lines]) => {
    const last = lines.at(-1)?.time ?? 0;
    const later = events.filter((event) =>
      event.kind === "start" && event.name === name && event.time > last
    );
    return new ReportTrack(name, lines, later.length);
  });
  return {
    tracks: () => Promise.resolve(tracks),
    changes: new Changes(),
    complete: true,
    watch: () => ({ [Symbol.dispose]() {} }),
  };
}

function byProcess(items: readonly LogItem[]): Map<string, LogLine[]> {
  const all = new Map<string, LogLine[]>();
  for (const item of items) {
    if (item.kind !== "line") continue;
    const { kind: _, ...line } = item;
    const lines = all.get(line.process);
    if (lines === undefined) all.set(line.process, [line]);
    else lines.push(line);
  }
  for (const lines of all.values()) lines.sort((a, b) => a.seq - b.seq);
  return all;
}
