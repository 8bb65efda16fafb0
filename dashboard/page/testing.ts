/**
 * What the tests of the page are made of.
 *
 * @module
 */

import type { EndView, EventView, ProcessView } from "./source.ts";

/** The time of the tests. */
export const NOW = 1_000_000_000;

/** Returns a process that runs, but for some properties. */
export function viewOf(
  name: string,
  change: Partial<ProcessView> = {},
): ProcessView {
  return {
    name,
    entry: name,
    type: "service",
    labels: [],
    command: [name],
    state: "running",
    ready: true,
    pid: 7,
    since: NOW - 90_000,
    until: null,
    run: 1,
    restarts: 0,
    restartsLeft: null,
    last: null,
    dependencies: [],
    schedule: null,
    why: `${name} has been running for 90 s`,
    usage: null,
    ...change,
  };
}

/** Returns the properties of a process that depends on others. */
export function waitingFor(...names: readonly string[]): Partial<ProcessView> {
  return {
    state: "waiting",
    pid: null,
    since: null,
    ready: null,
    dependencies: names.map((name) => ({
      name,
      when: "ready",
      restart: "never",
      required: true,
      awaited: true,
    })),
  };
}

/** Returns a crash with what it wrote to stderr. */
export function crashOf(...stderr: readonly string[]): EndView {
  return {
    run: 1,
    time: NOW - 1_000,
    code: 1,
    signal: null,
    crashed: true,
    requested: false,
    reason: "crashed with code 1",
    stderr,
  };
}

/** Returns the event of a crash. */
export function crashEvent(name: string, time: number): EventView {
  return {
    id: time,
    kind: "exit",
    time,
    name,
    text: "",
    details: { crashed: true, durationMs: 1_000 },
  };
}
