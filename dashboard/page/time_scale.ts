/**
 * Maps times to places of a drawing, and finds the ticks of a time axis. The
 * functions are pure.
 *
 * @module
 */

/** A part of time, in milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A mark of a time axis. */
export interface Tick {
  readonly time: number;
  /** The time of day, as precise as the distance of the ticks asks for. */
  readonly label: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The distances that ticks can have. */
const STEPS = [
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
];

/** The shortest span that can be looked at. */
export const SHORTEST_MS = 5 * SECOND;

/** The longest span that can be looked at. */
export const LONGEST_MS = 30 * DAY;

/** Returns the place of a time in a drawing of a width; it can lie outside. */
export function placeOf(time: number, span: Span, width: number): number {
  return (time - span.from) / (span.to - span.from) * width;
}

/** Returns the time at a place of a drawing of a width. */
export function timeAt(place: number, span: Span, width: number): number {
  return span.from + place / width * (span.to - span.from);
}

/**
 * Returns the span that is longer by a factor and keeps one of its times in
 * its place.
 */
export function zoomed(span: Span, factor: number, around: number): Span {
  const before = span.to - span.from;
  const length = Math.min(Math.max(before * factor, SHORTEST_MS), LONGEST_MS);
  const share = (around - span.from) / before;
  const from = around - share * length;
  return { from, to: from + length };
}

/** Returns the span, moved by a share of its length. */
export function moved({ from, to }: Span, share: number): Span {
  const by = (to - from) * share;
  return { from: from + by, to: to + by };
}

/**
 * Returns the ticks in a span.
 *
 * @param span What is drawn.
 * @param room How many ticks fit, at least 1.
 * @param zone How many minutes the local time is behind UTC, as
 * `Date.prototype.getTimezoneOffset()` says; days begin at local midnight.
 */
export function ticksIn(span: Span, room: number, zone: number): Tick[] {
  const step = stepFor(span.to - span.from, room);
  const shift = zone * MINUTE;
  const ticks: Tick[] = [];
  let local = Math.ceil((span.from - shift) / step) * step;
  for (; local + shift <= span.to; local += step) {
    ticks.push({ time: local + shift, label: labelOf(local, step) });
  }
  return ticks;
}

function stepFor(length: number, room: number): number {
  const fits = STEPS.find((step) => length / step <= room);
  return fits ?? Math.ceil(length / room / DAY) * DAY;
}

/** Returns the time of day; the date where a day begins. */
function labelOf(local: number, step: number): string {
  const text = new Date(local).toISOString();
  if (local % DAY === 0) return text.slice(5, 10);
  return step < MINUTE ? text.slice(11, 19) : text.slice(11, 16);
}
