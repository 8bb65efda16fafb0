/**
 * The next times of the schedules of a configuration.
 *
 * @module
 */

import type { ResolvedConfig } from "./config_types.ts";
import { timesOf } from "./schedule.ts";
import { type Order, orderOf } from "./schedule_order.ts";

/** What happens at the next times of a schedule. */
export interface Times {
  /** What happens. */
  readonly action: Order["action"];
  /** The next times, without jitter, in milliseconds since the epoch. */
  readonly next: readonly number[];
}

/** How many times are told. */
const COUNT = 3;

/** Returns the next times of the processes that have a schedule. */
export function nextTimes(
  { processes }: ResolvedConfig,
  now: number,
): ReadonlyMap<string, Times> {
  const found = new Map<string, Times>();
  for (const [name, entry] of Object.entries(processes)) {
    const order = orderOf(entry);
    if (order === undefined) continue;
    const after = timesOf(order.schedule);
    const next: number[] = [];
    let time = after(now);
    while (time !== undefined && next.length < COUNT) {
      next.push(time);
      time = after(time);
    }
    found.set(name, { action: order.action, next });
  }
  return found;
}
