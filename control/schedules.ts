/**
 * What a supervisor knows about the schedules of its processes, and what is
 * said about them.
 *
 * @module
 */

import type { Why } from "../plan/mod.ts";
import { nextText } from "./format.ts";
import type { ScheduleView } from "./wire.ts";

/** The schedules of a supervisor: an option of `expose()`. */
export interface Schedules {
  /**
   * Returns when an entry runs, or is restarted, by itself; nothing if it has no
   * schedule.
   */
  of(entry: string): ScheduleView | undefined;
  /** Called when a client asks for a start or a stop of an entry. */
  asked(what: "start" | "stop", entry: string): void;
}

/**
 * Adds to why a process is where it is when it runs next.
 *
 * @param why Why it is where it is.
 * @param schedule When it runs, or is restarted, by itself.
 * @param now The time in milliseconds since the epoch.
 */
export function withSchedule(
  why: Why,
  schedule: ScheduleView | null,
  now: number,
): Why {
  if (schedule === null) return why;
  const { name, state: { kind }, sentence } = why;
  const { action, next, suspended } = schedule;
  if (suspended) {
    const rests = kind === "idle" || kind === "done" || kind === "stopped";
    const first = rests ? `${name} was stopped` : sentence;
    return { ...why, sentence: `${first}; its schedule waits for a start` };
  }
  const isUsed = action === "run" || !["idle", "stopped"].includes(kind);
  if (next === null || !isUsed) return why;
  const what = action === "run" ? "next run" : "next scheduled restart";
  return { ...why, sentence: `${sentence}; ${what} ${nextText(next, now)}` };
}
