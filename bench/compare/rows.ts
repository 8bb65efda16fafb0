/**
 * The rows of the comparison: what is tried, and how its cells are written.
 *
 * @module
 */

import { median, show } from "../measure.ts";
import { CONTENDERS } from "./contenders.ts";
import { type Fact, READINESS, WHAT_IT_IS } from "./facts.ts";
import {
  exitCodes,
  idle,
  ignoredStop,
  leftBySignal,
  leftByStop,
  logFiles,
  memory,
  restarts,
  spread,
  type Try,
  unread,
} from "./trials.ts";

/** A row of the table. */
export type Row = FactRow | TrialRow;

interface Described {
  /** Its first cell. */
  readonly title: string;
  /** What was done, as Markdown. */
  readonly done: string;
}

/** A row that tells what a contender has. */
export interface FactRow extends Described {
  /** The facts, by the names of the contenders. */
  readonly facts: Readonly<Record<string, Fact>>;
}

/** A row that tells what a contender did. */
export interface TrialRow extends Described {
  /** What is tried. */
  readonly try: Try;
  /** Makes one number of those of all rounds: the worst, or the median. */
  readonly of: (numbers: readonly number[]) => number;
  /** Writes the cell. */
  readonly show: (numbers: readonly number[]) => string;
  /** The contender whose numbers are the unit, if there is one. */
  readonly unit?: string;
  /** Whether it takes more than seconds, or its numbers are of one machine. */
  readonly cost?: "slow" | "machine";
}

const most = (numbers: readonly number[]) => Math.max(...numbers);
const least = (numbers: readonly number[]) => Math.min(...numbers);

/** All rows, from top to bottom. */
export const ROWS: readonly Row[] = [
  {
    title: "What it is",
    done: "pm2 and supervisord have a command line (`--help`), and so has " +
      "processman, whose tool is made of the library.",
    facts: WHAT_IT_IS,
  },
  {
    title: "Readiness checks, rolling reloads",
    done: "processman has probes, and rolling restarts of the replicas of a " +
      "plan. pm2 has both for Node programs: `--wait-ready`, and `pm2 reload` " +
      "in cluster mode.",
    facts: READINESS,
  },
  {
    title: "Process trees that survive a stop",
    done: "The trial stops three shells: one with a child, one with a child " +
      "in a process group of its own, such as `timeout` creates, and one " +
      "with a child that ignores SIGTERM and SIGINT. A tree survives if any " +
      "of its processes survives.",
    try: leftByStop,
    of: most,
    show: ([trees = 0]) => countOf(trees, 3),
  },
  {
    title: "… with the options against that",
    done: "The same trial, with the options `stopasgroup` and `killasgroup` " +
      "of supervisord, and `killDescendants` of execa.",
    try: leftByStop,
    of: most,
    show: ([, trees]) => trees === undefined ? "-" : countOf(trees, 3),
  },
  {
    title: "A program that ignores the stop signal",
    done: "The time runs from the signal to the end of the program. “Keeps " +
      "running” means that the program is still alive after 15 s. execa tries SIGKILL " +
      "after 5 s, but in Deno, `kill()` of `node:child_process` does not " +
      "send a second signal.",
    try: ignoredStop,
    of: most,
    show: ([seconds = 0]) =>
      seconds === Infinity
        ? "keeps running"
        : `killed after ${
          seconds < 3 ? seconds.toFixed(1) : seconds.toFixed()
        } s`,
    cost: "slow",
  },
  {
    title: "Programs left after SIGTERM to the supervisor",
    done: "The supervisor runs five programs in the foreground, and gets " +
      "SIGTERM one second after they have started. pm2 runs as `pm2-runtime`, " +
      "and supervisord as `supervisord -n`.",
    try: leftBySignal,
    of: most,
    show: ([programs = 0]) => countOf(programs, 5),
  },
  {
    title: "Programs left after SIGKILL to the supervisor",
    done: "The same trial with SIGKILL. " +
      "[Limits](../docs/limits.md#the-guard) describes what processman " +
      "leaves if SIGKILL comes right after a start.",
    try: leftBySignal,
    of: most,
    show: ([, programs = 0]) => countOf(programs, 5),
  },
  {
    title: "Exit code after SIGTERM",
    done: "The supervisor runs one program in the foreground.",
    try: exitCodes,
    of: most,
    show: ([code = 0]) => codeOf(code),
  },
  {
    title: "Exit code after a critical program exits with 3",
    done: "The supervisor runs one program in the foreground, without " +
      "restarts. In processman, the program is `critical`. “Keeps running” means " +
      "that the supervisor does not exit within 30 s. pm2 takes about 15 s. " +
      "execa and dax throw an error that the trial does not catch, so the " +
      "exit code is 1. With `Deno.Command`, it is 0 because the trial " +
      "ignores the status of the program.",
    try: exitCodes,
    of: most,
    show: ([, code = 0]) => codeOf(code),
  },
  {
    title: "Restarts of a program that crashes at once",
    done: "The program exits with 1 after 0.2 s. The trial counts its " +
      "restarts for 20 s. “No limit” means that the contender still restarts " +
      "the program after that time. The cell shows the smallest result. " +
      "supervisord sometimes restarts the program a few more times, because " +
      "it can mistake a crash for a run of one second.",
    try: restarts,
    of: least,
    show: ([count = 0]) => count === Infinity ? "no limit" : `${count}`,
    cost: "slow",
  },
  {
    title: "Restarts of ten programs that crash together",
    done: "The trial kills ten programs at the same time. Their restarts are " +
      "“spread” if more than two seconds pass between the first restart and " +
      "the last one.",
    try: spread,
    of: least,
    show: ([seconds = 0]) =>
      seconds === 0 ? "none" : seconds > 2 ? "spread" : "together",
    cost: "slow",
  },
  {
    title: "A program whose 1 MiB of output nothing reads",
    done: "pm2 and supervisord write the output to files; processman and " +
      "execa read it. `Deno.Command` and dax inherit stdout by default, so " +
      "the trial sets `stdout` to `piped`.",
    try: unread,
    of: least,
    show: ([ended]) => ended === 1 ? "continues" : "blocks",
  },
  {
    title: "Log file after 60 MB of output",
    done:
      "The trial sets only the path of the log file. processman starts a new " +
      "file after 10 MiB, and supervisord after 50 MB.",
    try: logFiles,
    of: least,
    show: ([files = 0]) =>
      files === 0 ? "-" : files === 1 ? "grows" : "rotated",
  },
  {
    title: "Memory with ten programs",
    done: "The resident memory of the supervisor, including Deno or Node, " +
      "without the programs. The cell shows the median of all rounds.",
    try: memory,
    of: median,
    show: ([mib = 0]) => `${mib.toFixed()} MiB`,
    cost: "machine",
  },
  {
    title: "Processor time with 20 idle programs, as a ratio",
    done: "The processor time of the supervisor in one minute, as a ratio to " +
      "the processor time of supervisord. The cell shows the median of all " +
      "rounds.",
    try: idle,
    of: median,
    unit: "supervisord",
    show: ([ratio = 0]) => ratio < 0.005 ? "0" : show(ratio),
    cost: "machine",
  },
];

function countOf(left: number, all: number): string {
  return left === 0 ? "none" : `${left} of ${all}`;
}

function codeOf(code: number): string {
  return code === Infinity ? "keeps running" : `${code}`;
}

/**
 * Returns the cells of a row, from the numbers of each contender in each round.
 */
export function cellsOfTrials(
  { of, show, unit }: TrialRow,
  found: readonly (readonly (readonly number[])[])[],
): string[] {
  const numbers = found.map((rounds) =>
    (rounds[0] ?? []).map((_, i) => of(rounds.map((round) => round[i] ?? NaN)))
  );
  const units = unit === undefined
    ? undefined
    : numbers[CONTENDERS.findIndex(({ name }) => name === unit)];
  return numbers.map((some) =>
    show(some.map((number, i) => number / (units?.[i] ?? 1)))
  );
}
