/**
 * Where the arrow keys lead in the graph. The functions are pure.
 *
 * @module
 */

import type { Layout, Point } from "./graph_layout.ts";
import { type Graph, neededBy, needsOf } from "./graph_model.ts";

/** A graph that is shown. */
export interface Shown {
  readonly graph: Graph;
  readonly layout: Layout;
  /** Whether it goes from left to right, and not from top to bottom. */
  readonly across: boolean;
}

/**
 * Returns the entry that an arrow key leads to: along an edge, or to the next
 * entry of the same column (of the same row, from top to bottom).
 *
 * @returns The entry; `null` if there is none, or if the key is another.
 */
export function stepFrom(
  { graph, layout: { nodes }, across }: Shown,
  { entry, key }: { readonly entry: string; readonly key: string },
): string | null {
  const here = nodes.get(entry);
  if (here === undefined) return null;
  const [along, beside] = across ? [xOf, yOf] : [yOf, xOf];
  const keys = across
    ? ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]
    : ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
  const column = () =>
    Array.from(nodes).filter(([, place]) => near(along(place), along(here)));
  const nearest = (names: readonly string[]) =>
    closest(names, (name) => {
      const place = nodes.get(name);
      return place === undefined
        ? Infinity
        : Math.abs(beside(place) - beside(here));
    });
  const towards = (sign: number) =>
    nearest(
      column().filter(([, place]) => sign * (beside(place) - beside(here)) > 0)
        .map(([name]) => name),
    );
  switch (keys.indexOf(key)) {
    case 0:
      return nearest(needsOf(graph, entry).map(({ from }) => from));
    case 1:
      return nearest(neededBy(graph, entry).map(({ to }) => to));
    case 2:
      return towards(-1);
    case 3:
      return towards(1);
    default:
      return null;
  }
}

function closest(
  names: readonly string[],
  distance: (name: string) => number,
): string | null {
  const [first = null] = names.toSorted((a, b) => distance(a) - distance(b));
  return first;
}

function near(one: number, other: number): boolean {
  return Math.abs(one - other) < 1;
}

function xOf({ x }: Point): number {
  return x;
}

function yOf({ y }: Point): number {
  return y;
}
