/**
 * The status line at the bottom of the terminal. The functions are pure.
 *
 * @module
 */

import type { UnitState } from "../plan/mod.ts";
import { type ConsoleState, KEYS } from "./console_state.ts";
import { fit } from "./text_width.ts";

/** A process, as far as the status line shows it. */
export interface ShownProcess {
  /** Its name. */
  readonly name: string;
  /** Its state. */
  readonly state: UnitState;
}

/** What the status line counts, in this order. */
const GROUPS = [
  "running",
  "not ready",
  "starting",
  "restarting",
  "waiting",
  "stopping",
  "completed",
  "ended",
  "stopped",
  "failed",
] as const;

type Group = typeof GROUPS[number];

/**
 * Returns the status line, such as
 * `3 running, 1 restarting in 2 s · api focused · ? help`.
 *
 * @param processes All processes.
 * @param state What the keys have chosen.
 * @param time The time in milliseconds since the epoch.
 * @param columns How many columns the terminal has; the line takes one less.
 */
export function statusLine(
  processes: readonly ShownProcess[],
  state: ConsoleState,
  time: number,
  columns: number,
): string {
  const room = Math.max(0, columns - 1);
  const { focus, filter, prompt, notice } = state;
  if (prompt) return fit(`${prompt.kind}: ${tail(prompt.text, room)}`, room);
  const parts = [
    notice ?? counts(processes, time),
    ...focus === undefined ? [] : [`${focus} focused`],
    ...filter === "" ? [] : [`filter "${filter}"`],
    "? help",
  ];
  return fit(parts.join(" · "), room);
}

/** Returns the end of a text that is being typed, if not all of it fits. */
function tail(text: string, room: number): string {
  const characters = [...text];
  // Half of the room is enough even if all characters are wide.
  const most = Math.max(1, Math.floor((room - 10) / 2));
  return characters.length > most && characters.length > room - 10
    ? `…${characters.slice(-most).join("")}`
    : text;
}

function counts(processes: readonly ShownProcess[], time: number): string {
  const numbers = new Map<Group, number>();
  for (const { state } of processes) {
    const group = groupOf(state);
    if (group) numbers.set(group, (numbers.get(group) ?? 0) + 1);
  }
  const next = nextRestart(processes);
  const shown = GROUPS.flatMap((group) => {
    const number = numbers.get(group);
    if (number === undefined) return [];
    const when = group === "restarting" && next !== undefined
      ? ` in ${Math.max(1, Math.ceil((next - time) / 1_000))} s`
      : "";
    return [`${number} ${group}${when}`];
  });
  return shown.join(", ") || "nothing runs";
}

/** Returns when the next restart is due, if processes are in backoff. */
export function nextRestart(
  processes: readonly ShownProcess[],
): number | undefined {
  const times = processes.flatMap(({ state }) =>
    state.kind === "backoff" ? [state.until] : []
  );
  return times.length > 0 ? Math.min(...times) : undefined;
}

function groupOf(state: UnitState): Group | undefined {
  switch (state.kind) {
    case "idle":
      return undefined;
    case "running":
      return state.ready ? "running" : "not ready";
    case "backoff":
      return "restarting";
    case "done":
      return "completed";
    default:
      return state.kind;
  }
}

/**
 * Returns the help of the keys, with the numbers of the processes.
 *
 * @param processes All processes.
 */
export function keysHelp(processes: readonly ShownProcess[]): string[] {
  const keys = KEYS.map(([key, what]) => `  ${key.padEnd(9)} ${what}`);
  const numbered = processes.map(({ name, state }, index) =>
    `  ${`${index + 1}`.padEnd(9)} ${name}: ${groupOf(state) ?? "not started"}`
  );
  return ["Keys:", ...keys, "Processes:", ...numbered];
}
