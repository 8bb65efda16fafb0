/**
 * The command `events`.
 *
 * @module
 */

import type {
  ControlClient,
  EventView,
  ProcessView,
} from "../control/client.ts";
import { type Call, type Command, STATUS } from "./call.ts";
import { dateTime } from "../control/format.ts";
import { checkKinds } from "./event_kinds.ts";
import { globMatches, needsExpansion, select } from "./names.ts";
import { signalStatus } from "./signal_status.ts";
import { withSupervisor } from "./target.ts";
import { plainText } from "./plain_text.ts";

/** Prints events. */
export const events: Command = async (call) => {
  const { signal } = call.io;
  try {
    await withSupervisor(call, (client) => print(client, call));
    return STATUS.ok;
  } catch (error) {
    if (signal.aborted) return signalStatus(signal.reason);
    throw error;
  }
};

async function print(client: ControlClient, call: Call): Promise<void> {
  const { options, io, names } = call;
  const wanted = names.length === 0
    ? () => true
    : eventMatcher(names, await client.processes());
  const since = options.time("since") ?? -Infinity;
  const kinds = options.values("kind");
  const follow = options.flag("follow");
  const json = options.flag("json");
  const seen = new Set<string>();
  for await (const event of client.events({ after: 0, follow }, io.signal)) {
    seen.add(event.kind);
    if (event.time < since || !wanted(event.name)) continue;
    if (kinds.length > 0 && !kinds.includes(event.kind)) continue;
    await io.out(json ? `${JSON.stringify(event)}\n` : eventText(event));
  }
  checkKinds(kinds, seen);
}

/** Returns an event as a line. */
export function eventText({ time, text }: EventView): string {
  return `${dateTime(time)}  ${plainText(text)}\n`;
}

/**
 * Returns whether an event of a process is wanted. Processes that come later,
 * such as new replicas, count as well.
 *
 * @throws {CliError} If a name stands for nothing.
 */
export function eventMatcher(
  names: readonly string[],
  processes: readonly ProcessView[],
): (name: string | null) => boolean {
  const entries = new Set<string>();
  const exact = new Set(names);
  for (const name of names) {
    for (const process of select([name], processes)) {
      const whole = name.startsWith("@") || process.entry === name;
      if (whole) entries.add(process.entry);
    }
  }
  const patterns = names.filter(needsExpansion);
  return (name) =>
    name !== null &&
    (exact.has(name) || entries.has(name) ||
      entries.has(name.replace(/\.\d+$/, "")) ||
      patterns.some((pattern) => globMatches(pattern, name)));
}
