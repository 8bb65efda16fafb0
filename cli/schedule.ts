/**
 * The times of a schedule. Nothing here waits or reads a clock.
 *
 * @module
 */

import { Cron } from "croner";
import type { Schedule } from "./schedule_order.ts";

/** Returns the first time of a schedule, in milliseconds since the epoch. */
export type NextTime = (after: number) => number | undefined;

/**
 * Returns a function that returns the first time of a schedule after a time,
 * without its jitter; `undefined` if there is none.
 *
 * When clocks are set forward, a time of the hour that does not exist comes
 * right after it. When they are set back, a time of the hour that comes twice
 * is the first of the two, unless the hour is a range or a step.
 *
 * @throws {TypeError} If the expression is wrong.
 */
export function timesOf({ cron, timeZone }: Schedule): NextTime {
  const fault = faultOfForm(cron);
  if (fault !== undefined) throw new TypeError(fault);
  const options = timeZone === undefined ? {} : { timezone: timeZone };
  const times = new Cron(cron, { paused: true, ...options });
  return (after) => times.nextRun(new Date(after))?.getTime();
}

/** What is wrong with a schedule. */
export interface ScheduleFault {
  /** The option. */
  readonly option: "cron" | "timeZone";
  /** What is wrong, after the name of the option. */
  readonly message: string;
}

/**
 * Returns what is wrong with a schedule; nothing if it is right.
 *
 * @param schedule The schedule.
 * @param now The time in milliseconds since the epoch.
 */
export function faultOf(
  schedule: Schedule,
  now: number,
): ScheduleFault | undefined {
  const { timeZone } = schedule;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const shown = JSON.stringify(timeZone);
    const message = `must be a time zone such as Europe/Berlin, not ${shown}`;
    return { option: "timeZone", message };
  }
  try {
    if (timesOf(schedule)(now) !== undefined) return undefined;
    return { option: "cron", message: "never comes: no date matches it" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { option: "cron", message: inWords(message) };
  }
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat(undefined, { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** The expressions that have a name. */
const NAMED = ["yearly", "annually", "monthly", "weekly", "daily", "hourly"];

const FIELDS: Readonly<Record<string, string>> = {
  second: "seconds go from 0 to 59",
  minute: "minutes go from 0 to 59",
  hour: "hours go from 0 to 23",
  day: "days go from 1 to 31",
  month: "months go from 1 to 12",
  dayOfWeek: "days of the week go from 0 (Sunday) to 6, or have names",
};

/** Other forms than those of cron are possible, but not here. */
function faultOfForm(cron: string): string | undefined {
  if (cron.startsWith("@")) {
    if (NAMED.includes(cron.slice(1).toLowerCase())) return undefined;
    const names = NAMED.map((name) => `@${name}`).join(", ");
    return `cannot be ${cron}: the named ones are ${names}`;
  }
  const { length } = cron.split(/\s+/).filter((field) => field !== "");
  if (length === 5 || length === 6) return undefined;
  return "must have five fields, minute, hour, day, month and day of the " +
    `week, or six with the second first, not ${length}`;
}

/** Returns an error of the parser in the words of a person. */
function inWords(message: string): string {
  const text = message.replace(/^Cron\w+: /, "");
  const [, field = "", value] = /^Invalid value for (\w+): (\S+)$/.exec(text) ??
    [];
  const range = FIELDS[field];
  if (range !== undefined) return `cannot contain ${value}: ${range}`;
  const [, part] = /\((.*)\) contains illegal characters/.exec(text) ?? [];
  if (part !== undefined) return `cannot contain "${part}"`;
  const [, step] = /illegal stepping: (.*)$/.exec(text) ?? [];
  if (step !== undefined) return `cannot have a step of ${step}`;
  const [, range2] = /larger than to value: '(.*)'/.exec(text) ?? [];
  if (range2 !== undefined) return `cannot contain ${range2}: it goes backward`;
  return /^(must|cannot) /.test(text) ? text : `is wrong: ${text}`;
}
