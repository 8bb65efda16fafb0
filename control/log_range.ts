/**
 * Finds out with which line of each process an answer begins.
 *
 * @module
 */

import { type Conditions, LineFilter } from "./log_filter.ts";
import type { Block, Track } from "./log_track.ts";

/** The lines of a process that can be asked for. */
export interface Range {
  /** The number of the first one. */
  readonly from: number;
  /** The number after that of the last one. */
  readonly end: number;
  /** The blocks that have them, the oldest first. */
  readonly blocks: readonly Block[];
}

/** Returns which lines of a process can be asked for, as the index says. */
export async function rangeOf(
  track: Track,
  { since, until, minRun, maxRun }: Conditions,
): Promise<Range> {
  const { next } = track;
  const blocks = (await track.blocks()).filter((block) =>
    block.maxTime >= since && block.minTime < until &&
    block.maxRun >= minRun && block.minRun <= maxRun && block.first < next
  );
  const [first] = blocks;
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) {
    return { from: next, end: next, blocks };
  }
  return { from: first.first, end: Math.min(last.end, next), blocks };
}

/** A process, and what is asked for of its lines. */
export interface Wanted {
  /** The lines. */
  readonly track: Track;
  /** What must hold for them. */
  readonly conditions: Conditions;
  /** Which of them can be asked for. */
  readonly range: Range;
}

/** A line that matches. */
interface Match {
  readonly seq: number;
  readonly time: number;
}

/** The matches of one process that have not been counted, the oldest first. */
interface Backward {
  readonly wanted: Wanted;
  readonly more: AsyncGenerator<Match[], void>;
  matches: Match[];
}

/**
 * Finds the newest lines of several processes that match.
 *
 * @param all The processes.
 * @param count How many lines to find in all.
 * @returns For each process, the number of the oldest of these lines, or the
 * end of its range if it has none of them.
 */
export async function newest(
  all: readonly Wanted[],
  count: number,
): Promise<number[]> {
  const starts = all.map(({ range }) => range.end);
  const open: (Backward & { readonly index: number })[] = [];
  if (count === 0) return starts;
  for (const [index, wanted] of all.entries()) {
    const more = backward(wanted);
    const matches = (await more.next()).value;
    if (matches) open.push({ index, wanted, more, matches });
  }
  for (let left = count; left > 0; left--) {
    const latest = latestOf(open);
    const match = latest?.matches.pop();
    if (latest === undefined || match === undefined) break;
    starts[latest.index] = match.seq;
    if (latest.matches.length > 0) continue;
    const matches = (await latest.more.next()).value;
    if (matches) latest.matches = matches;
    else open.splice(open.indexOf(latest), 1);
  }
  return starts;
}

function latestOf<Each extends Backward>(
  open: readonly Each[],
): Each | undefined {
  let latest: Each | undefined;
  for (const each of open) {
    const time = each.matches.at(-1)?.time ?? -Infinity;
    if (time >= (latest?.matches.at(-1)?.time ?? -Infinity)) latest = each;
  }
  return latest;
}

/** Returns the matches of each block, the newest block first. */
async function* backward(
  { track, conditions, range }: Wanted,
): AsyncGenerator<Match[], void> {
  for (const block of range.blocks.toReversed()) {
    const end = Math.min(block.end, range.end);
    const reader = track.open(block.first);
    const filter = new LineFilter(track, conditions);
    const matches: Match[] = [];
    while (!filter.over) {
      const lines = await reader.read(end);
      if (lines.length === 0) break;
      for (const { seq, time } of await filter.choose(lines)) {
        matches.push({ seq, time });
      }
    }
    if (matches.length > 0) yield matches;
  }
}
