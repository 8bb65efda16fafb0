/**
 * Which part of time the time line shows. The functions are pure.
 *
 * @module
 */

import { moved, type Span, zoomed } from "./time_scale.ts";

/** Which part of time is shown. */
export type TimeWindow =
  /** The time up to now: so many milliseconds, or all that is known. */
  | { readonly kind: "now"; readonly length: number | "all" }
  /** A part that stands still. */
  | { readonly kind: "fixed"; readonly span: Span };

/** The ranges that are offered, in milliseconds. */
export const RANGES: readonly (readonly [string, number | "all"])[] = [
  ["5 min", 300_000],
  ["15 min", 900_000],
  ["1 h", 3_600_000],
  ["All", "all"],
];

/** What is known of time. */
export interface Known {
  readonly knownFrom: number;
  readonly now: number;
}

/** Returns the span that a window shows. */
export function spanOf(window: TimeWindow, { knownFrom, now }: Known): Span {
  if (window.kind === "fixed") return window.span;
  const length = window.length === "all"
    ? roundLength((now - knownFrom) * 1.02)
    : window.length;
  // Some room to the right, so that what happens now can be seen.
  const to = now + length * 0.015;
  return { from: to - length, to };
}

/**
 * Returns a time that is at most a thousandth of what is shown later than now,
 * or a second: so nothing has to be drawn again before it moves by a pixel.
 */
export function steadyNow(window: TimeWindow, known: Known): number {
  const { from, to } = spanOf(window, known);
  const step = Math.max(1_000, (to - from) / 1_000);
  return Math.ceil(known.now / step) * step;
}

/** Returns a length that is not short of another, and does not grow all the time. */
function roundLength(length: number): number {
  const seconds = [30, 60, 120, 300, 600, 900, 1_800, 3_600];
  const fits = seconds.find((each) => each * 1_000 >= length);
  return fits === undefined
    ? Math.ceil(length / 3_600_000) * 3_600_000
    : fits * 1_000;
}

/** Returns the window after a zoom around a time. */
export function zoomWindow(
  window: TimeWindow,
  known: Known,
  factor: number,
  around?: number,
): TimeWindow {
  const span = spanOf(window, known);
  if (window.kind === "now" && around === undefined) {
    return { kind: "now", length: (span.to - span.from) * factor };
  }
  const middle = (span.from + span.to) / 2;
  return held(zoomed(span, factor, around ?? middle), known);
}

/** Returns the window after a move by a share of its length. */
export function moveWindow(
  window: TimeWindow,
  known: Known,
  share: number,
): TimeWindow {
  return held(moved(spanOf(window, known), share), known);
}

/** Returns the window that shows a time, and is otherwise the same. */
export function showTime(
  window: TimeWindow,
  known: Known,
  time: number,
): TimeWindow {
  const { from, to } = spanOf(window, known);
  if (time >= from && time <= to) return window;
  const half = (to - from) / 2;
  return held({ from: time - half, to: time + half }, known);
}

/** Follows the time again when a span reaches it; it does not go beyond. */
function held(span: Span, { now }: Known): TimeWindow {
  const length = span.to - span.from;
  if (span.to >= now) return { kind: "now", length };
  return { kind: "fixed", span };
}
