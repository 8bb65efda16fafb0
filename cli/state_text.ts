/**
 * Says in words what a process does. The functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";
import { shortDuration, untilText } from "../control/format.ts";
import type { Cell } from "./table.ts";

const [RED, GREEN, YELLOW, GRAY] = [31, 32, 33, 90];

/**
 * Returns what a process does, such as `restarting in 3 s`, with its color; and
 * when it runs next, if that is up to its schedule.
 */
export function stateCell(process: ProcessView, now: number): Cell {
  const { state, schedule } = process;
  const cell = presentCell(process, now);
  // A supervisor of an earlier version knows no schedules.
  if (!schedule || schedule.action !== "run" || schedule.next === null) {
    return cell;
  }
  const next = `next in ${untilText(schedule.next - now)}`;
  if (state === "idle") return { ...cell, text: next };
  return isBetweenRuns(state)
    ? { ...cell, text: `${cell.text}, ${next}` }
    : cell;
}

/** Whether a task has ended, and its schedule runs it again. */
function isBetweenRuns(state: ProcessView["state"]): boolean {
  return ["completed", "ended", "failed"].includes(state);
}

function presentCell(process: ProcessView, now: number): Cell {
  const { state, until, ready } = process;
  const left = until === null ? "" : untilText(until - now);
  switch (state) {
    case "running":
      return { text: state, color: ready === false ? YELLOW : GREEN };
    case "backoff":
      return {
        text: left === "" ? "restarting" : `restarting in ${left}`,
        color: YELLOW,
      };
    case "stopping":
      return {
        text: left === "" ? "stopping" : `stopping, SIGKILL in ${left}`,
        color: YELLOW,
      };
    case "waiting":
      return { text: waitText(process), color: YELLOW };
    case "starting":
      return { text: state, color: YELLOW };
    case "idle":
      return { text: "not started", color: GRAY };
    case "failed":
      return { text: state, color: RED };
    default:
      return { text: state, color: GRAY };
  }
}

/** Returns what a process waits for, without details. */
function waitText({ name, why }: ProcessView): string {
  const text = why.startsWith(`${name} `) ? why.slice(name.length + 1) : why;
  const [first = ""] = text.split(": ");
  return first.replace(/^is /, "") || "waiting";
}

/** Returns how the last run of a process ended, and how long ago. */
export function lastCell({ last }: ProcessView, now: number): Cell {
  if (last === null) return { text: "" };
  const text = `${last.reason.replace(/^was /, "")}, ${
    shortDuration(now - last.time)
  } ago`;
  return { text, color: last.crashed ? RED : GRAY };
}

/** Whether a process is as it should be: in order, or as a user wanted it. */
export function isInOrder(process: ProcessView): boolean {
  const { state, ready, last } = process;
  switch (state) {
    case "running":
      return ready !== false;
    case "ended":
      return last === null || !last.crashed;
    case "idle":
    case "completed":
    case "stopped":
      return true;
    default:
      return false;
  }
}
