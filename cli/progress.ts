/**
 * How far processes have come on their way up, as their views say. The
 * functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";

/**
 * How long a process must have run to count as started, in milliseconds: most
 * programs that cannot work end sooner.
 */
export const STEADY_MS = 250;

/**
 * After how long a command says what it waits for, in milliseconds, so that
 * nobody takes it for one that hangs.
 */
export const PATIENCE_MS = 3_000;

/** What is awaited. */
export type Goal =
  /** That all have been started, and do not end at once. */
  | "started"
  /** That all are ready, or completed. */
  | "ready";

/** How far processes have come. */
export interface Progress {
  /** Those that are not there yet, but still can get there by themselves. */
  readonly missing: readonly ProcessView[];
  /** Those that have failed. */
  readonly failed: readonly ProcessView[];
  /** When to look again, although nothing happens until then. */
  readonly again: number | undefined;
}

/**
 * Returns how far processes have come.
 *
 * @param views The processes that are awaited.
 * @param goal What is awaited.
 * @param time The time in milliseconds since the epoch.
 */
export function progressOf(
  views: readonly ProcessView[],
  goal: Goal,
  time: number,
): Progress {
  const missing: ProcessView[] = [];
  const failed: ProcessView[] = [];
  const times: number[] = [];
  for (const view of views) {
    const far = farOf(view, goal, time);
    if (far === "failed") failed.push(view);
    else if (far !== "there") missing.push(view);
    if (typeof far === "number") times.push(far);
  }
  const again = times.length > 0 ? Math.min(...times) : undefined;
  return { missing, failed, again };
}

/** Returns where a process is, or when it will have run long enough. */
function farOf(
  view: ProcessView,
  goal: Goal,
  time: number,
): "there" | "coming" | "failed" | number {
  const { state, ready, since, last, type } = view;
  switch (state) {
    case "completed":
    case "stopped":
      return "there";
    case "ended":
      return last?.crashed ? "failed" : "there";
    case "failed":
      return "failed";
    case "backoff":
      return goal === "started" || isMissing(view) ? "failed" : "coming";
    case "running": {
      if (goal === "ready" && (!ready || type === "task")) return "coming";
      const steady = (since ?? time) + STEADY_MS;
      return steady <= time ? "there" : steady;
    }
    case "waiting":
    case "idle":
      return isBlocked(view) ? "failed" : "coming";
    case "starting":
    case "stopping":
      return "coming";
    default:
      return state satisfies never;
  }
}

/** Returns whether the program of a process is missing or cannot be run. */
function isMissing({ last }: ProcessView): boolean {
  return last?.code === 126 || last?.code === 127;
}

/** Returns whether a process cannot start unless somebody intervenes. */
export function isBlocked({ name, why }: ProcessView): boolean {
  return why.startsWith(`${name} is blocked`);
}

/**
 * Returns what to say about processes that have failed or are missing: why each
 * is where it is, and the last lines that it wrote to stderr.
 *
 * @param views The processes.
 */
export function complaints(views: readonly ProcessView[]): string {
  return views.flatMap(({ name, why, last }) => [
    `  ${why}`,
    ...(last?.stderr ?? []).map((line) => `    ${name} | ${line}`),
  ]).join("\n");
}

/** Returns what is said once about processes that are awaited for long. */
export function waitingText(missing: readonly ProcessView[]): string {
  return `processman: still waiting, Ctrl-C ends the wait:\n${
    complaints(missing)
  }\n`;
}
