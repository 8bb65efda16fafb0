/**
 * Numbers and times as people read them. The functions are pure, but for the
 * local time zone.
 *
 * @module
 */

import { shortDuration } from "../../control/format.ts";

export {
  bytesText,
  dateTime,
  shareText,
  shortDuration,
  untilText,
} from "../../control/format.ts";

/**
 * Returns a duration to the millisecond if it is short, and in the largest unit
 * that is exact: `35 ms`, `8.2 s`, `1 min`, `90 s`.
 */
export function exactDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(Math.max(0, ms))} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms % 60_000 !== 0) return shortDuration(ms);
  const minutes = ms / 60_000;
  if (minutes % 60 !== 0) {
    return minutes < 120 ? `${minutes} min` : shortDuration(ms);
  }
  return minutes < 2_880 ? `${minutes / 60} h` : shortDuration(ms);
}

/** Returns a message with its periods as people read them: `within 1 min`. */
export function readableTimes(message: string): string {
  return message.replace(
    /\bwithin (\d{4,}) ms\b/g,
    (_, ms) => `within ${exactDuration(Number(ms))}`,
  );
}

/** Returns how long ago something was: `just now`, `12 min ago`. */
export function agoText(ms: number): string {
  return ms < 1_000 ? "just now" : `${shortDuration(ms)} ago`;
}

/** Returns the local time of day: `12:00:05`; with `ms`, `12:00:05.042`. */
export function clockTime(time: number, { ms = false } = {}): string {
  const date = new Date(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const text = clock.map(two).join(":");
  if (!ms) return text;
  return `${text}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Returns a number with its noun: `1 run`, `2 runs`. */
export function counted(
  count: number,
  one: string,
  many: string = `${one}s`,
): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Returns names in a row: `a`, `a and b`, `a, b and 3 others`. */
export function listText(names: readonly string[], most = 3): string {
  const rest = names.length - most;
  // "and 1 other" is not shorter than the name.
  const shown = rest > 1 ? names.slice(0, most) : [...names];
  const last = rest > 1 ? `${rest} others` : shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

const ORDINALS =
  "zeroth first second third fourth fifth sixth seventh eighth ninth tenth"
    .split(" ");

/** Returns which one in a row: `fourth`, `21st`. */
export function ordinal(count: number): string {
  const word = ORDINALS[count];
  if (word !== undefined) return word;
  const [tens, ones] = [Math.floor(count / 10) % 10, count % 10];
  const end = tens === 1 ? undefined : ["th", "st", "nd", "rd"][ones];
  return `${count}${end ?? "th"}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
