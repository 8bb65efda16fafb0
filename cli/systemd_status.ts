/**
 * What is said to systemd about the processes. The functions are pure.
 *
 * @module
 */

import { hasFailed, type UnitOutcome } from "./outcome.ts";
import { STEADY_MS } from "./progress.ts";

/** How many processes are named that are not ready. */
const NAMED = 3;

/**
 * Returns how long it takes until all processes are where a start can bring
 * them, as `up --wait` means it: ready, completed or failed.
 *
 * @param units All processes.
 * @param time The time in milliseconds since the epoch.
 * @returns The time in milliseconds; `Infinity` if something has to happen first.
 */
export function untilSettled(
  units: readonly UnitOutcome[],
  time: number,
): number {
  return Math.max(0, ...units.map((unit) => restOf(unit, time)));
}

function restOf(unit: UnitOutcome, time: number): number {
  const { state, code } = unit;
  switch (state.kind) {
    case "idle":
    case "done":
    case "ended":
    case "failed":
    case "stopped":
      return 0;
    case "running":
      return isReady(unit) ? state.since + STEADY_MS - time : Infinity;
    case "backoff":
      // The program is missing, or cannot be run.
      return code === 126 || code === 127 ? 0 : Infinity;
    case "waiting":
      return hasFailed(unit) ? 0 : Infinity;
    case "starting":
    case "stopping":
      return Infinity;
    default:
      return state satisfies never;
  }
}

/**
 * Returns how many processes are ready, and which ones are not, in one line.
 * Those that have not been started, were stopped or are completed do not count.
 *
 * @param units All processes.
 */
export function statusText(units: readonly UnitOutcome[]): string {
  const wanted = units.filter(isWanted);
  if (wanted.length === 0) return "No process is running";
  const missing = wanted.filter((unit) => !isReady(unit));
  const sorted = [
    ...missing.filter(hasFailed),
    ...missing.filter((unit) => !hasFailed(unit)),
  ];
  const named = sorted.slice(0, NAMED)
    .map((unit) => `${unit.name} ${wordFor(unit)}`);
  const others = missing.length - named.length;
  return [
    `${wanted.length - missing.length} of ${wanted.length} ready`,
    ...named,
    ...others > 0 ? [`${others} more not ready`] : [],
  ].join(", ");
}

function isWanted(unit: UnitOutcome): boolean {
  if (hasFailed(unit)) return true;
  return !["idle", "done", "ended", "stopped"].includes(unit.state.kind);
}

function isReady({ state, task }: UnitOutcome): boolean {
  return state.kind === "running" && state.ready && !task;
}

/** Returns what is said of a process that is not ready. */
function wordFor({ state, task, held }: UnitOutcome): string {
  switch (state.kind) {
    case "running":
      return task ? "running" : "not ready";
    case "backoff":
      return "restarting";
    case "waiting":
      return held?.kind === "blocked" ? "blocked" : "waiting";
    case "starting":
    case "stopping":
      return state.kind;
    default:
      return "failed";
  }
}
