/**
 * What a screen reader is told when something changes: troubles that come and
 * go, once each. The functions are pure.
 *
 * @module
 */

import { counted, listText } from "./format.ts";
import type { Trouble } from "./troubles.ts";
import type { Connection } from "./store.ts";

/** How many troubles are told one by one. */
const MOST = 2;

/**
 * Returns what is new; empty if nothing is.
 *
 * @param before The troubles that were told.
 * @param after The troubles that there are now.
 */
export function announcementOf(
  before: readonly Trouble[],
  after: readonly Trouble[],
): string {
  const had = new Set(before.map(({ name }) => name));
  const has = new Set(after.map(({ name }) => name));
  const fresh = after.filter(({ name }) => !had.has(name));
  const over = before.map(({ name }) => name).filter((name) => !has.has(name));
  const parts = fresh.length > MOST
    ? [`${counted(fresh.length, "process", "processes")} need attention`]
    : fresh.map(({ name, what, reason }) =>
      reason === "" ? `${name} ${what}` : `${name} ${what}: ${reason}`
    );
  if (over.length > 0) {
    const need = over.length === 1 ? "needs" : "need";
    parts.push(`${listText(over)} no longer ${need} attention`);
  }
  return parts.join(". ");
}

/**
 * Returns the title of the page: `2 failed · shop`.
 *
 * @param name The name of the supervisor.
 * @param connection Whether what the page knows is current.
 * @param troubles What needs attention.
 */
export function titleOf(
  name: string,
  connection: Connection,
  troubles: readonly Trouble[],
): string {
  const lost = LOST[connection.kind];
  if (lost !== undefined) return `${lost} · ${name}`;
  const failed = troubles.filter(({ what }) => what === "failed").length;
  if (failed > 0) return `${failed} failed · ${name}`;
  const { length } = troubles;
  if (length === 0) return name;
  return `${length} ${length === 1 ? "needs" : "need"} attention · ${name}`;
}

const LOST: Readonly<Partial<Record<Connection["kind"], string>>> = {
  disconnected: "disconnected",
  gone: "not running",
  locked: "locked",
};
