/**
 * Says in words whether a supervisor runs, and how it died. The functions are
 * pure but for the local time zone.
 *
 * @module
 */

import type { EndedOrphan, Presence } from "../control/client.ts";
import { dateTime } from "../control/format.ts";

/**
 * Returns the message for a supervisor that does not run: why, and what to do.
 *
 * @param title What it is called.
 * @param presence What is known about it.
 * @param config Whether it has a configuration, so that `up` can start it.
 */
export function noneText(
  title: string,
  presence: Presence,
  config: boolean,
): string {
  const start = config
    ? '"processman up -d" starts one'
    : '"processman ls" lists those that run';
  if (presence.kind !== "died") {
    return `no supervisor runs for ${title}: ${start}`;
  }
  return `no supervisor runs for ${title}: ${diedText(presence)}\n${
    config ? 'Run "processman up -d" to start it again.' : ""
  }`.trimEnd();
}

/** Returns how a supervisor died, and what the guard ended after it. */
export function diedText(
  { record, at, orphans }: Extract<Presence, { kind: "died" }>,
): string {
  // Without what the guard has ended, only the last sign of life is known.
  const word = orphans.length > 0 ? "at" : "soon after";
  const when = at === null ? "" : ` ${word} ${dateTime(at)}`;
  return `process ${record.pid} died${when} without stopping its processes` +
    orphansText(orphans);
}

function orphansText(orphans: readonly EndedOrphan[]): string {
  if (orphans.length === 0) return "";
  const names = orphans.map(({ name, pid, killed }) =>
    `${name} (${pid}${killed ? ", by SIGKILL" : ""})`
  );
  return `; the guard then ended ${names.join(", ")}`;
}
