/**
 * Changes the number of replicas of an entry.
 *
 * @module
 */

import type { Board } from "./board.ts";
import { stopInReverse } from "./descent.ts";
import type { LiveUnit } from "./live_unit.ts";
import { plan } from "./plan.ts";

/** Changes the number of replicas of an entry; returns those that are new. */
export async function setReplicas(
  board: Board,
  name: string,
  replicas: number,
): Promise<LiveUnit[]> {
  const { source } = board.plan;
  const entry = source.entries[name];
  if (entry === undefined || !("replicas" in entry)) {
    throw new TypeError(
      `Cannot scale ${name}: the entry has no option "replicas"`,
    );
  }
  const entries = { ...source.entries, [name]: { ...entry, replicas } };
  const next = plan(entries, source.options);
  const wanted = next.entries.get(name)?.units ?? [];
  for (const each of wanted) {
    const process = board.pm.get(each.name);
    if (!process || board.get(each.name) !== undefined) continue;
    throw new TypeError(
      `Cannot scale ${name}: the name "${each.name}" is already taken by another process`,
    );
  }
  board.plan = next;
  const extra = board.units.filter(({ unit }) =>
    unit.entry === name && !wanted.some((each) => each.name === unit.name)
  );
  const added = wanted.filter((each) => board.get(each.name) === undefined)
    .map((each) => board.add(each));
  for (const unit of added) unit.start();
  await stopInReverse(board, extra, (unit) => unit.dismiss());
  for (const unit of extra) board.remove(unit);
  return added;
}
