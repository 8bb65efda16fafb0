/**
 * What the grid shows, as the query of its address. The functions are pure.
 *
 * @module
 */

import { type GridChoice, type GridState, STATES } from "./grid_rows.ts";

/** What the address of the grid says. */
export type GridPlace = Omit<GridChoice, "closed">;

/** Reads a query; leaves out what is not understood. */
export function gridPlace(query: URLSearchParams): GridPlace {
  const states = (query.get("state") ?? "").split(",");
  return {
    text: query.get("q") ?? "",
    states: new Set(STATES.filter((state) => states.includes(state))),
    order: query.get("order") === "plan" ? "plan" : "trouble",
  };
}

/** Returns the query for a place. */
export function placeQuery(
  { text, states, order }: GridPlace,
): Record<string, string> {
  return {
    ...text !== "" && { q: text },
    ...states.size > 0 && { state: [...states].join(",") },
    ...order === "plan" && { order },
  };
}

/** Returns states with or without one. */
export function toggledState(
  states: ReadonlySet<GridState>,
  state: GridState,
): Set<GridState> {
  const next = new Set(states);
  if (!next.delete(state)) next.add(state);
  return next;
}
