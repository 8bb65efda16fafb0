/**
 * Changes the number of replicas of an entry.
 *
 * @module
 */

import type { Board } from "./board.ts";
import { stopInReverse } from "./descent.ts";
import type { LiveUnit } from "./live_unit.ts";
import { plan } from "./plan.ts";

/**
 * Changes the number of replicas of an entry. Those that have not been started
 * yet are started too.
 *
 * @returns Those that were started.
 */
export async function setReplicas(
  board: Board,
  name: string,
  replicas: number,
): Promise<LiveUnit[]> {
  const { source } = board.plan;
  const goal = `Cannot scale ${name}`;
  const entry = source.entries[name];
  if (entry === undefined || !("replicas" in entry)) {
    throw new TypeError(
      `${goal}: the entry has no option "replicas", such as "replicas: 1"`,
    );
  }
  const entries = { ...source.entries, [name]: { ...entry, replicas } };
  const next = plan(entries, source.options);
  const wanted = next.entries.get(name)?.units ?? [];
  const starts = wanted.filter((each) => {
    const kind = board.get(each.name)?.state.kind;
    return kind === undefined || kind === "idle";
  });
  board.checkNames(goal, starts.map((each) => each.name));
  board.plan = next;
  const extra = board.units.filter(({ unit }) =>
    unit.entry === name && !wanted.some((each) => each.name === unit.name)
  );
  const started = starts.map((each) => board.get(each.name) ?? board.add(each));
  for (const unit of started) unit.start();
  await stopInReverse(board, extra, (unit) => unit.dismiss());
  for (const unit of extra) board.remove(unit);
  return started;
}
