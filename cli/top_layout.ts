/**
 * How `top` shares the screen between the list and the pane below it. The
 * functions are pure.
 *
 * @module
 */

import { patternOf } from "./search_text.ts";
import type { Area } from "./top_log.ts";
import { listed, type TopState } from "./top_state.ts";

/** How many rows each part has; 0 if it is not shown. */
export interface Layout {
  /** The processes, without the head of the table. */
  readonly list: number;
  /** The pane, without its title. */
  readonly pane: number;
}

/** The rows that are always there: the header, and the keys. */
const FRAME = 2;

/** The least height of the pane beside which the list is shown. */
const LEAST_PANE = 4;

/** Returns how the screen is shared. */
export function layoutOf(state: TopState): Layout {
  const { size, zoomed, focus } = state;
  const room = Math.max(0, size.rows - FRAME);
  if (zoomed) return { list: 0, pane: Math.max(0, room - 1) };
  const both = Math.max(0, room - 2);
  const most = Math.max(3, Math.floor(both * 0.45));
  const list = Math.min(most, Math.max(1, listed(state).length));
  if (both - list >= LEAST_PANE) return { list, pane: both - list };
  const alone = Math.max(0, room - 1);
  return focus === "list" ? { list: alone, pane: 0 } : { list: 0, pane: alone };
}

/** Returns the pane of the log. */
export function areaOf(state: TopState): Area {
  const { size, wraps, times, color, search } = state;
  return {
    rows: layoutOf(state).pane,
    columns: size.columns,
    wraps,
    times,
    color,
    search: search === "" ? undefined : new RegExp(patternOf(search), "g"),
  };
}
