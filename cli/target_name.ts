/**
 * What a supervisor is called, also if it does not run.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import type { Presence } from "../control/client.ts";
import type { Target } from "./target.ts";

/**
 * Returns the name of a supervisor: that of the last one, or else that of the
 * folder of its configuration.
 *
 * @param target Where it is.
 * @param presence Whether it runs.
 */
export function nameOf(
  { config, title }: Target,
  presence: Presence,
): string {
  if (presence.kind !== "none") return presence.record.name;
  return config === undefined
    ? title.replaceAll('"', "")
    : basename(dirname(config));
}
