/**
 * Reads the values of options: numbers, durations and times. Each function
 * returns `undefined` for a text that it does not understand.
 *
 * @module
 */

/** Reads a whole number >= 0. */
export function countOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? integerOf(text) : undefined;
}

/** Reads a whole number. */
export function integerOf(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const number = Number(text);
  // No -0: it means the same, and would be printed differently.
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/** The units of durations, in milliseconds. */
export const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a duration in milliseconds: numbers, each with its unit `ms`, `s`,
 * `m`, `h`, `d` or `w`, such as `1h30m`. A number alone is in seconds.
 */
export function durationOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ""] of text.matchAll(/([\d.]+)([a-z]+)/g)) {
    sum += Number(number) * (UNITS_MS[unit] ?? NaN);
  }
  return Number.isSafeInteger(Math.round(sum)) ? Math.round(sum) : undefined;
}

/**
 * Reads a time, in milliseconds since the epoch: `now`, a duration before now
 * such as `10m`, or a date in ISO 8601 with or without a time. Without a zone,
 * it is local time.
 *
 * @param text The text.
 * @param now The time in milliseconds since the epoch.
 */
export function timeOf(text: string, now: number): number | undefined {
  if (text === "now") return now;
  const before = durationOf(text);
  if (before !== undefined) return now - before;
  const date = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?/
    .exec(text);
  if (date === null) return undefined;
  const zone = text.slice(date[0].length);
  if (!/^(Z|[+-]\d{2}:?\d{2})?$/.test(zone)) return undefined;
  // A date alone would be read as midnight in UTC.
  const time = Date.parse(`${date[1]}T${date[2] ?? "00:00"}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}
