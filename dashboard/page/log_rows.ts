/**
 * Makes rows of the lines of a log: lines that continue the one before are
 * folded, and a new run is announced.
 *
 * @module
 */

import type { LogItem, LogLine } from "./source.ts";

/** A row of the log. */
export type Row =
  /** A line. */
  | {
    readonly kind: "line";
    readonly line: LogLine;
    /** Whether it is of a fold that is open. */
    readonly folded: boolean;
  }
  /** Lines that continue a line of their process. */
  | Fold
  /** A run begins. */
  | {
    readonly kind: "run";
    readonly process: string;
    readonly run: number;
    readonly time: number;
  }
  /** Lines that are missing. */
  | {
    readonly kind: "missed";
    readonly process: string;
    readonly count: number;
  };

/** Lines that continue a line of their process, such as a stack trace. */
export interface Fold {
  readonly kind: "fold";
  /** The lines; more can be added. */
  readonly lines: LogLine[];
  /** Whether the lines are rows too, after this one. */
  open: boolean;
}

/** How many lines a fold has at most. */
const FOLD_LINES = 1_000;

/** How long after a line it can be continued, in milliseconds. */
const FOLD_MS = 1_000;

/** What is known of a process while rows are made. */
interface Progress {
  run: number;
  /** The last line that can be continued, or continues it. */
  last: LogLine;
  fold: Fold | undefined;
}

/** Makes rows of lines as they arrive. */
export class Rows {
  /** The rows, the oldest first. */
  readonly all: Row[] = [];
  readonly #folds: boolean;
  readonly #progress = new Map<string, Progress>();
  /** The folds that are open, by the key of their first line. */
  readonly #open: Set<string>;

  /**
   * Creates an empty list.
   *
   * @param folds Whether lines are folded.
   * @param open The folds that are open.
   */
  constructor(folds: boolean, open: Set<string>) {
    this.#folds = folds;
    this.#open = open;
  }

  /** Adds an item after all others. */
  add(item: LogItem): void {
    if (item.kind === "missed") {
      const { process, count } = item;
      this.all.push({ kind: "missed", process, count });
      this.#progress.delete(process);
      return;
    }
    const before = this.#progress.get(item.process);
    if (before === undefined) {
      this.#progress.set(item.process, {
        run: item.run,
        last: item,
        fold: undefined,
      });
    } else if (before.run !== item.run) {
      const { process, run, time } = item;
      this.all.push({ kind: "run", process, run, time });
      before.run = run;
      before.fold = undefined;
    } else if (this.#folds && continues(before.last, item)) {
      before.last = item;
      this.#addToFold(before, item);
      return;
    } else {
      before.fold = undefined;
    }
    if (before !== undefined) before.last = item;
    this.all.push({ kind: "line", line: item, folded: false });
  }

  /** Opens or closes a fold. */
  toggle(fold: Fold): void {
    const [first] = fold.lines;
    const index = this.all.indexOf(fold);
    if (first === undefined || index < 0) return;
    fold.open = !fold.open;
    if (fold.open) {
      this.#open.add(keyOf(first));
      const rows = fold.lines.map((line): Row => inFold(line));
      this.all.splice(index + 1, 0, ...rows);
    } else {
      this.#open.delete(keyOf(first));
      this.all.splice(index + 1, fold.lines.length);
    }
  }

  #addToFold(progress: Progress, line: LogLine): void {
    const { fold } = progress;
    if (fold === undefined || fold.lines.length >= FOLD_LINES) {
      const open = this.#open.has(keyOf(line));
      progress.fold = { kind: "fold", lines: [line], open };
      this.all.push(progress.fold);
      if (open) this.all.push(inFold(line));
      return;
    }
    fold.lines.push(line);
    if (!fold.open) return;
    const index = this.all.lastIndexOf(fold);
    this.all.splice(index + fold.lines.length, 0, inFold(line));
  }
}

function inFold(line: LogLine): Row {
  return { kind: "line", line, folded: true };
}

/** Returns what tells a line from all others. */
export function keyOf({ process, seq }: LogLine): string {
  return `${process}:${seq}`;
}

/** Lines that continue another one although they are not indented. */
const CONTINUES =
  /^(?:Caused by: |\.\.\. \d+ more|During handling of |The above )/;

/** Whether a line continues the one before it of the same process. */
function continues(before: LogLine, { source, text, time }: LogLine): boolean {
  if (source !== before.source || time - before.time > FOLD_MS) return false;
  const first = text.charCodeAt(0);
  // A space or a tab, and something behind it.
  if (first === 32 || first === 9) return text.trim() !== "";
  const mayContinue = first === 67 || first === 46 || first === 68 ||
    first === 84;
  return mayContinue && CONTINUES.test(text);
}
