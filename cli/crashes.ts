/**
 * What crashed while something was done, as the events of a supervisor tell.
 *
 * @module
 */

import type { ControlClient, EventView } from "../control/client.ts";

/**
 * Returns the number of the last event so far.
 *
 * @param client Asks the supervisor.
 */
export async function lastEvent(client: ControlClient): Promise<number> {
  let last = 0;
  for await (const { id } of client.events({ after: 0 })) last = id;
  return last;
}

/**
 * Returns the crashes after an event, each in words, with the last lines that
 * the process wrote to stderr.
 *
 * @param client Asks the supervisor.
 * @param after The number of the event.
 * @returns The lines, each with its line break.
 */
export async function crashesSince(
  client: ControlClient,
  after: number,
): Promise<string> {
  const crashes = new Map<string, string>();
  for await (const event of client.events({ after })) {
    const text = crashText(event);
    // Of a process that crashed again and again, the last crash is enough.
    if (text !== undefined) crashes.set(event.name ?? "", text);
  }
  return [...crashes.values()].join("");
}

/** Returns a crash in words; `undefined` if an event is none. */
export function crashText(
  { kind, name, text, details }: EventView,
): string | undefined {
  if (kind !== "exit" || details.crashed !== true) return undefined;
  const stderr = Array.isArray(details.stderr) ? details.stderr : [];
  const lines = stderr.map((line) => `    ${name} | ${line}\n`);
  return `  ${text}\n${lines.join("")}`;
}
