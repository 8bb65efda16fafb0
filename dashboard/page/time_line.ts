/**
 * Turns events into what a time line shows of all processes.
 *
 * @module
 */

import { type Lane, laneOf } from "./lanes.ts";
import { isEqual } from "./memo.ts";
import type { EventView, ProcessView } from "./source.ts";

/** What a time line shows. */
export interface TimeLine {
  readonly lanes: readonly Lane[];
  /** What happened to the supervisor. */
  readonly notices: readonly EventView[];
  /** From when on everything is known. */
  readonly knownFrom: number;
  /** Whether that is when the supervisor began, and not the end of its memory. */
  readonly whole: boolean;
}

/** What a lane was made of. */
interface Made {
  readonly lane: Lane;
  readonly events: readonly EventView[];
  readonly process: ProcessView | undefined;
}

/**
 * Makes the time line again and again. A lane stays the same object, and costs
 * nothing, for as long as nothing happens to its process: thousands of events
 * are not read again for each new one.
 */
export class TimeLines {
  #made: ReadonlyMap<string, Made> = new Map();

  /**
   * Returns what a time line shows.
   *
   * @param events What has happened, the oldest first.
   * @param processes What there is now, in the order of the lanes.
   * @param startedAt When the supervisor began.
   */
  of(
    events: readonly EventView[],
    processes: readonly ProcessView[],
    startedAt: number,
  ): TimeLine {
    const own = new Map<string, EventView[]>();
    const notices: EventView[] = [];
    for (const { name } of processes) own.set(name, []);
    for (const event of events) {
      if (event.name === null) notices.push(event);
      else {
        const list = own.get(event.name);
        if (list === undefined) own.set(event.name, [event]);
        else list.push(event);
      }
    }
    const now = new Map(processes.map((each) => [each.name, each]));
    const made = new Map<string, Made>();
    for (const [name, events] of own) {
      made.set(name, this.#make(name, events, now.get(name)));
    }
    this.#made = made;
    const [first] = events;
    const whole = first === undefined || first.id <= 1;
    return {
      lanes: Array.from(made.values(), ({ lane }) => lane),
      notices,
      knownFrom: whole ? startedAt : first.time,
      whole,
    };
  }

  #make(
    name: string,
    events: readonly EventView[],
    process: ProcessView | undefined,
  ): Made {
    const before = this.#made.get(name);
    const same = before !== undefined &&
      isSameList(before.events, events) &&
      isSameState(before.process, process);
    return same
      ? before
      : { lane: laneOf(name, events, process), events, process };
  }
}

/** Whether two lists have the same events. Each event is one object. */
function isSameList(
  a: readonly EventView[],
  b: readonly EventView[],
): boolean {
  // Events are only added at the end, and forgotten at the beginning.
  return a.length === b.length && a[0] === b[0] && a.at(-1) === b.at(-1);
}

/** Whether a process does the same, as far as its lane shows it. */
function isSameState(
  a: ProcessView | undefined,
  b: ProcessView | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isEqual(drawnOf(a), drawnOf(b));
}

/** Returns what its lane shows of a process. */
function drawnOf(process: ProcessView) {
  const { state, ready, since, until, run, last, why } = process;
  const tells = state === "waiting" || state === "backoff";
  const ended = last?.time;
  return { state, ready, since, until, run, ended, why: tells ? why : "" };
}
