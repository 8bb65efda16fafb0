/**
 * What of a lane is drawn, at which place. The functions are pure.
 *
 * @module
 */

import { isCrash, type Lane, type Marker, type Segment } from "./lanes.ts";
import { placeOf, type Span } from "./time_scale.ts";

/** A segment in its place, in pixels. */
export interface Bar {
  readonly segment: Segment;
  readonly left: number;
  readonly width: number;
  /** Whether it began before what is drawn. */
  readonly open: boolean;
}

/** Markers that lie so close together that they are one. */
export interface Mark {
  /** At least one; the oldest first. */
  readonly markers: readonly Marker[];
  /** The one that matters most: the last crash, or the last. */
  readonly main: Marker;
  /** The place of the middle, in pixels. */
  readonly x: number;
}

/** The room that a marker takes, in pixels. */
const MARKER = 22;

/** The least width of a bar, in pixels. */
const THIN = 2;

/** Returns the bars of a lane that can be seen, from left to right. */
export function barsOf(
  { segments }: Lane,
  span: Span,
  width: number,
  now: number,
): Bar[] {
  const bars: Bar[] = [];
  let drawnTo = -Infinity;
  for (const segment of segments) {
    const from = segment.from ?? span.from;
    const to = segment.to ?? now;
    if (to < span.from || from > span.to) continue;
    const left = Math.max(placeOf(from, span, width), 0);
    const right = Math.min(placeOf(to, span, width), width);
    // Thousands of short runs need not be drawn over each other.
    if (right < drawnTo + 0.5) continue;
    bars.push({
      segment,
      left,
      width: Math.max(right - left, THIN),
      open: segment.from === null || segment.from < span.from,
    });
    drawnTo = Math.max(right, left + THIN);
  }
  return bars;
}

/** Returns the markers of a lane that can be seen, from left to right. */
export function marksOf({ markers }: Lane, span: Span, width: number): Mark[] {
  const marks: { markers: Marker[]; first: number; x: number }[] = [];
  for (const marker of markers) {
    // All are joined, and not only those in sight, so that what is one stays
    // one while time goes on.
    const x = placeOf(marker.event.time, span, width);
    const last = marks.at(-1);
    if (last !== undefined && x - last.first < MARKER) {
      last.markers.push(marker);
      last.x = (last.first + x) / 2;
    } else marks.push({ markers: [marker], first: x, x });
  }
  return marks.flatMap(({ markers, x }) => {
    const main = markers.findLast(isCrash) ?? markers.at(-1);
    if (main === undefined || x < 0 || x > width) return [];
    return [{ markers, main, x }];
  });
}
