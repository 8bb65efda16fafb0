/**
 * The kinds of events.
 *
 * @module
 */

import type { ProcessEvent } from "../mod.ts";
import { CliError, STATUS } from "./call.ts";
import { didYouMean } from "./nearest.ts";

/** Those of the library, in the order in which a run meets them. */
const LIBRARY: Readonly<Record<ProcessEvent["kind"], true>> = {
  waiting: true,
  hook: true,
  start: true,
  ready: true,
  unready: true,
  unhealthy: true,
  exit: true,
  leftovers: true,
  restart: true,
  failed: true,
  stop: true,
  signal: true,
  lost: true,
};

/** All kinds that a supervisor of the tool has. */
export const EVENT_KINDS: readonly string[] = [
  ...Object.keys(LIBRARY),
  "schedule",
  "watch",
];

/**
 * Checks kinds that were asked for. Programs with a supervisor of their own can
 * have others, so what has happened counts, too.
 *
 * @param wanted The kinds.
 * @param seen The kinds of what has happened.
 * @throws {CliError} If there is no such kind.
 */
export function checkKinds(
  wanted: readonly string[],
  seen: ReadonlySet<string>,
): void {
  const all = new Set([...EVENT_KINDS, ...seen]);
  const wrong = wanted.find((kind) => !all.has(kind));
  if (wrong === undefined) return;
  const hint = didYouMean(wrong, all) || `: there are ${[...all].join(", ")}`;
  const message = `there are no events of the kind "${wrong}"${hint}`;
  throw new CliError(message, STATUS.usage);
}
