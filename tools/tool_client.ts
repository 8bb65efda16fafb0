/**
 * Asks the supervisor of a tool, for tests.
 *
 * @module
 */

import { ControlClient, type ProcessView } from "../control/client.ts";
import type { Tool } from "./tool.ts";

/** Returns a client of the only supervisor of a tool. */
export function clientOf(tool: Tool): ControlClient {
  return new ControlClient(`${placeOf(tool)}/socket`);
}

/** Returns the folder of the only supervisor of a tool. */
export function placeOf(tool: Tool): string {
  const base = `${tool.runtime}/processman`;
  const names = [...Deno.readDirSync(base)].map(({ name }) => name);
  if (names.length !== 1) throw new Error(`there are ${names.length} places`);
  return `${base}/${names[0]}`;
}

/** Returns the process IDs of the processes of a tool, by their names. */
export async function pidsOf(
  tool: Tool,
): Promise<Record<string, number | null>> {
  const views = await clientOf(tool).processes();
  return Object.fromEntries(views.map(({ name, pid }) => [name, pid]));
}

/** Returns the states of the processes of a tool, by their names. */
export async function statesOf(tool: Tool): Promise<Record<string, string>> {
  const views = await clientOf(tool).processes();
  return Object.fromEntries(views.map(({ name, state }) => [name, state]));
}

/** Waits until a process passes a check. */
export async function untilView(
  tool: Tool,
  name: string,
  wanted: (view: ProcessView) => boolean,
): Promise<ProcessView> {
  const client = clientOf(tool);
  const signal = AbortSignal.timeout(20_000);
  const events = client.events({ after: 0, follow: true }, signal);
  for await (const _ of events) {
    const view = await client.process(name);
    if (wanted(view)) return view;
  }
  throw new Error(`the supervisor ended before "${name}" was there`);
}
