// deno-lint-ignore-file no-console
/**
 * Samples, one process each, the contenders in turn; medians, ratios, and a
 * table of them.
 *
 * @module
 */

import { type Contender, contenders, type Name } from "./contender.ts";

/** What a sample tells: a value for each column, `NaN` where there is none. */
export type Values = Record<string, number>;

/** A line of a table. */
export interface Row {
  /** Who. */
  readonly name: Name;
  /** What is said of it, if it is more than the label of the contender. */
  readonly label?: string;
  /** What `measure()` gets, if it is not the scale of the question. */
  readonly parameter?: number;
}

/** What must hold in some columns. */
export interface Target {
  /** The row that is looked at. */
  readonly row: Name;
  /**
   * The rows that it is held against: the best of them. Without any, the worst
   * round is held against the unit.
   */
  readonly floor: readonly Name[];
  /** The columns; all of them if left out. */
  readonly columns?: readonly string[];
  /** The highest ratio. */
  readonly atMost?: number;
  /** The lowest ratio. */
  readonly atLeast?: number;
}

/** A question, and how it is answered. */
export interface Question {
  /** What is asked. */
  readonly title: string;
  /** The columns, by the names of the values, with digits after the point. */
  readonly columns: Readonly<Record<string, number>>;
  /** The rows; ratios are to the first, if there is no unit. */
  readonly rows: readonly (Name | Row)[];
  /** What ratios are to, on any machine. */
  readonly unit?: Values;
  /** What must hold. */
  readonly targets?: readonly Target[];
  /** What `measure()` gets: how much is done, in short and in full. */
  readonly scale: readonly [short: number, full: number];
  /** Whether it is only asked in full. */
  readonly fullOnly?: boolean;
  /** How often it is asked, whatever time that takes. */
  readonly rounds?: number;
  /** Takes a sample, in a process of its own. */
  measure?(contender: Contender, parameter: number): Promise<Values>;
  /** Or: the scripts whose time is measured from outside, `scale` times. */
  readonly scripts?: Readonly<Partial<Record<Name, string>>>;
}

/** The samples of a row, or why there are none. */
export type Samples = Values[] | string;

/** How long a question may take, in seconds, and how often it is asked. */
const PATIENCE = {
  short: { seconds: 12, least: 2, most: 9 },
  full: { seconds: 90, least: 5, most: 25 },
};

/** Takes samples of all rows in turn until there are enough. */
export async function sampleAll(
  rows: readonly Row[],
  sample: (row: Row) => Promise<Values>,
  full: boolean,
  rounds?: number,
): Promise<Samples[]> {
  const patience = full ? PATIENCE.full : PATIENCE.short;
  const { seconds, least, most } = rounds === undefined
    ? patience
    : { seconds: 0, least: rounds, most: rounds };
  const samples: Samples[] = rows.map(() => []);
  const until = performance.now() + seconds * 1_000;
  for (let round = 0; round < most; round++) {
    if (round >= least && performance.now() > until) break;
    for (const [index, row] of rows.entries()) {
      const taken = samples[index];
      if (!Array.isArray(taken)) continue;
      try {
        taken.push(await sample(row));
      } catch (error) {
        samples[index] = error instanceof Error ? error.message : `${error}`;
      }
    }
  }
  return samples;
}

/** Returns the middle of some numbers, `NaN` if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  const [a, b] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return ((sorted[a] ?? NaN) + (sorted[b] ?? NaN)) / 2;
}

/** Returns the median of the samples of a row. */
function middle(samples: Samples | undefined, column: string): number {
  if (!Array.isArray(samples)) return NaN;
  return median(samples.map((values) => values[column] ?? NaN));
}

/** Returns the median of the ratios to the best of others, round by round. */
function ratio(
  samples: Samples | undefined,
  floors: readonly (Samples | undefined)[],
  column: string,
  best: (...values: number[]) => number,
): number {
  if (!Array.isArray(samples)) return NaN;
  return median(samples.map((values, round) => {
    const others: number[] = [];
    for (const floor of floors) {
      const value = Array.isArray(floor) ? floor[round]?.[column] : undefined;
      if (value !== undefined && !Number.isNaN(value)) others.push(value);
    }
    return (values[column] ?? NaN) / (others.length ? best(...others) : NaN);
  }));
}

/** Returns what the ratios of a question are to, round by round. */
function baseOf(
  { unit }: Question,
  samples: readonly Samples[],
): Samples | undefined {
  if (unit === undefined) return samples[0];
  return samples.find(Array.isArray)?.map(() => unit);
}

/** Writes a ratio; nothing if there is none. */
export function show(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(ratio < 10 ? 2 : 0) : "";
}

/** Prints the table of a question and whether its targets are met. */
export function print(question: Question, samples: readonly Samples[]): void {
  const rows = question.rows.map(asRow);
  const columns = Object.entries(question.columns);
  const base = baseOf(question, samples);
  console.log(`\n${question.title}`);
  // Many columns have no room for ratios on a screen.
  const wide = columns.length <= 3;
  const width = wide ? 15 : 9;
  const head = columns.map(([column]) => column.padStart(width)).join("");
  console.log(`${"".padEnd(26)}${head}`);
  for (const [index, { name, label }] of rows.entries()) {
    const taken = samples[index] ?? [];
    const cells = columns.map(([column, digits]) => {
      if (!Array.isArray(taken)) return "-".padStart(width);
      const value = middle(taken, column);
      if (Number.isNaN(value)) return "-".padStart(width);
      if (!wide) return value.toFixed(digits).padStart(width);
      const times = show(ratio(taken, [base], column, Math.min));
      return value.toFixed(digits).padStart(9) + times.padStart(6);
    });
    const title = label ?? contenders[name].label;
    console.log(`${title.padEnd(26)}${cells.join("")}`);
    if (!Array.isArray(taken)) console.log(`  ${taken.slice(0, 76)}`);
  }
  for (const { what, bound, found } of judge(question, samples)) {
    const results = found.map(({ ratio, met }) =>
      `${ratio.toFixed(2)}${met ? "" : " missed"}`
    );
    console.log(`${what} ${bound}:\n  ${results.join(", ")}`);
  }
}

/** A target, and what was found. */
export interface Verdict {
  /** The row, and the rows that it is held against. */
  readonly what: string;
  /** The highest or the lowest ratio, such as `≤ 1.1`. */
  readonly bound: string;
  /** The ratio in each column of the target, and whether it is within. */
  readonly found: readonly { column: string; ratio: number; met: boolean }[];
}

/** Compares the targets of a question with the samples. */
export function judge(
  { rows, columns, unit = {}, targets = [] }: Question,
  samples: readonly Samples[],
): Verdict[] {
  const of = (name: Name) =>
    samples[rows.map(asRow).findIndex((row) => row.name === name)];
  const labels = (names: readonly Name[]) =>
    names.map((name) => contenders[name].label).join(" or ");
  return targets.map((target) => {
    const { row, floor, atMost = Infinity, atLeast = 0 } = target;
    const best = target.atMost === undefined ? Math.max : Math.min;
    const found = (target.columns ?? Object.keys(columns)).map((column) => {
      const value = floor.length === 0
        ? worst(of(row), unit, column, target)
        : ratio(of(row), floor.map(of), column, best);
      return {
        column,
        ratio: value,
        met: value <= atMost && value >= atLeast,
      };
    });
    const bound = target.atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    const to = floor.length === 0 ? ", worst round" : ` to ${labels(floor)}`;
    return { what: `${labels([row])}${to}`, bound, found };
  });
}

/** Returns the ratio to the unit in the round that meets a target least. */
function worst(
  samples: Samples | undefined,
  unit: Values,
  column: string,
  { atMost }: Target,
): number {
  if (!Array.isArray(samples)) return NaN;
  const ratios = samples.map((values) =>
    (values[column] ?? NaN) / (unit[column] ?? NaN)
  );
  return atMost === undefined ? Math.min(...ratios) : Math.max(...ratios);
}

/** The ratios of each row to the first, column by column. */
export interface Ratios {
  /** What the row is called. */
  readonly label: string;
  /** `NaN` where there is none. */
  readonly ratios: readonly number[];
}

/** Returns the ratios of all rows to the first, or to the unit. */
export function ratiosOf(
  question: Question,
  samples: readonly Samples[],
): Ratios[] {
  const { rows, columns } = question;
  const base = baseOf(question, samples);
  return rows.map(asRow).map(({ name, label }, index) => ({
    label: label ?? contenders[name].label,
    ratios: Object.keys(columns).map((column) =>
      ratio(samples[index], [base], column, Math.min)
    ),
  }));
}

/** Fills in a row that is only named. */
export function asRow(row: Name | Row): Row {
  return typeof row === "string" ? { name: row } : row;
}
