/**
 * Chooses the lines of one process that a query asks for.
 *
 * @module
 */

import type { Search } from "./log_grep.ts";
import { type Level, levelOf } from "./log_level.ts";
import { atLeast } from "./log_query.ts";
import type { Track } from "./log_track.ts";
import type { LogLine, LogQuery } from "./wire.ts";

/** The conditions that apply to the lines of one process. */
export interface Conditions {
  /** Only lines from this time on. */
  readonly since: number;
  /** Only lines before this time. */
  readonly until: number;
  /** The lowest number of a run. */
  readonly minRun: number;
  /** The highest number of a run. */
  readonly maxRun: number;
  /** Only lines of this output. */
  readonly source: LogLine["source"] | undefined;
  /** Only lines of this level or above. */
  readonly level: Level | undefined;
  /** Only lines that match. */
  readonly grep: Search | undefined;
  /** Aborted when nobody needs the lines any more. */
  readonly signal: AbortSignal;
}

/** Returns what a query means for a process. */
export function conditionsFor(
  query: LogQuery,
  track: Track,
  { grep, signal }: Pick<Conditions, "grep" | "signal">,
): Conditions {
  const { since = -Infinity, until = Infinity, run, source, level } = query;
  const resumes = query.after?.[track.name] !== undefined;
  const number = run === undefined || run > 0 ? run : track.lastRun + run;
  return {
    since: resumes ? -Infinity : since,
    until,
    minRun: number ?? -Infinity,
    // Later runs are as new as the newest one.
    maxRun: run === 0 && query.follow ? Infinity : number ?? Infinity,
    source,
    level,
    grep,
    signal,
  };
}

/** How far back a line is looked for that says the level, in lines. */
const LOOK_BACK = 1_000;

/** Chooses lines of one process, which come in order. */
export class LineFilter {
  readonly #track: Track;
  readonly #conditions: Conditions;
  readonly #levels: Record<LogLine["source"], Level> = {
    stdout: "info",
    stderr: "info",
  };
  #primed = false;

  /** Creates a filter for lines that begin anywhere. */
  constructor(track: Track, conditions: Conditions) {
    this.#track = track;
    this.#conditions = conditions;
  }

  /** Whether nobody needs the lines any more. */
  get over(): boolean {
    return this.#conditions.signal.aborted;
  }

  /** Returns the lines that are asked for. */
  async choose(lines: readonly LogLine[]): Promise<readonly LogLine[]> {
    const { level, grep, since, until, minRun, maxRun, source } =
      this.#conditions;
    let chosen = lines;
    if (level !== undefined) chosen = await this.#leveled(lines, level);
    chosen = chosen.filter((line) =>
      line.time >= since && line.time < until &&
      line.run >= minRun && line.run <= maxRun &&
      (source === undefined || line.source === source)
    );
    if (grep === undefined) return chosen;
    const matches = await grep.test(chosen.map(({ text }) => text));
    return chosen.filter((_, i) => matches[i]);
  }

  async #leveled(
    lines: readonly LogLine[],
    least: Level,
  ): Promise<readonly LogLine[]> {
    const [first] = lines;
    if (!this.#primed && first !== undefined) await this.#prime(first.seq);
    return lines.filter((line) => atLeast(this.#level(line), least));
  }

  /** Finds out the level that the lines before a line have. */
  async #prime(seq: number): Promise<void> {
    this.#primed = true;
    const reader = this.#track.open(Math.max(1, seq - LOOK_BACK));
    while (true) {
      const before = await reader.read(seq);
      if (before.length === 0) return;
      for (const line of before) this.#level(line);
    }
  }

  #level({ source, text }: LogLine): Level {
    return this.#levels[source] = levelOf(text) ?? this.#levels[source];
  }
}
