/**
 * What is shown of a process. The functions are pure.
 *
 * @module
 */

import type { ProcessState } from "../mod.ts";
import { explain, type UnitState, type Why } from "../plan/mod.ts";
import type { History } from "./history.ts";
import { messageOf } from "./problem.ts";
import type { Subject } from "./roster.ts";
import type {
  DependencyView,
  ProcessView,
  ScheduleView,
  StateName,
  UsageView,
} from "./wire.ts";

/**
 * Says why a process without a plan is where it is.
 *
 * @param name The name of the process.
 * @param state The state of the process; `undefined` before its first start.
 * @param history What is remembered of it.
 * @param time The time in milliseconds since the epoch.
 */
export function explainState(
  name: string,
  state: ProcessState | undefined,
  history: History,
  time: number,
): Why {
  const held = state?.kind === "waiting"
    ? { kind: "operation", reason: state.reason } as const
    : undefined;
  return explain(
    name,
    state ? unitState(state, history) : { kind: "idle" },
    held,
    time,
  );
}

function unitState(state: ProcessState, history: History): UnitState {
  switch (state.kind) {
    case "starting":
    case "waiting":
    case "stopping":
      return { kind: state.kind };
    case "running": {
      const { kind, ready, answer, since } = state;
      return { kind, ready, answer, since };
    }
    case "backoff": {
      const { kind, attempt, until } = state;
      const restartsLeft = history.restartsLeft ?? undefined;
      const cause = history.last?.reason ?? "ended";
      return { kind, attempt, until, restartsLeft, cause };
    }
    case "exited":
      return { kind: history.stopped ? "stopped" : "ended" };
    case "failed":
      return { kind: "failed", message: messageOf(state.error) };
    default:
      return state satisfies never;
  }
}

/** What a view is made from. */
export interface Sight {
  /** The process. */
  readonly subject: Subject;
  /** What is remembered of it. */
  readonly history: History;
  /** Why it is where it is. */
  readonly why: Why;
  /** The labels of its entry. */
  readonly labels: readonly string[];
  /** What it depends on. */
  readonly dependencies: readonly DependencyView[];
  /** When it runs, or is restarted, by itself. */
  readonly schedule: ScheduleView | null;
  /** What it uses, if somebody asked. */
  readonly usage: UsageView | null;
}

/** Returns what is shown of a process. */
export function viewOf(sight: Sight): ProcessView {
  const { subject, history, why, labels, dependencies, schedule, usage } =
    sight;
  const { name, entry, type, program, args, process } = subject;
  const state = process?.state;
  const pid = process?.pid ?? null;
  return {
    name,
    entry,
    type,
    labels: [...labels],
    command: [program, ...args],
    state: isSuspended(why, schedule) ? "stopped" : STATE_NAMES[why.state.kind],
    ready: state?.kind === "running"
      ? state.ready
      : pid === null
      ? null
      : false,
    pid,
    since: state?.kind === "running"
      ? state.since
      : pid === null
      ? null
      : history.since,
    until: untilOf(state),
    run: history.runs,
    restarts: history.restarts,
    restartsLeft: history.restartsLeft,
    last: history.last,
    dependencies,
    schedule,
    why: why.sentence,
    usage,
  };
}

/** A process that has nothing to stop is stopped if it runs no more by itself. */
function isSuspended(
  { state: { kind } }: Why,
  schedule: ScheduleView | null,
): boolean {
  return schedule !== null && schedule.suspended &&
    (kind === "idle" || kind === "done");
}

const STATE_NAMES: Readonly<Record<UnitState["kind"], StateName>> = {
  idle: "idle",
  waiting: "waiting",
  starting: "starting",
  running: "running",
  stopping: "stopping",
  backoff: "backoff",
  done: "completed",
  ended: "ended",
  failed: "failed",
  stopped: "stopped",
};

function untilOf(state: ProcessState | undefined): number | null {
  const time = state?.kind === "backoff"
    ? state.until
    : state?.kind === "stopping"
    ? state.killAt
    : undefined;
  return time === undefined ? null : Math.round(time);
}
