/**
 * What the palette offers. The functions are pure.
 *
 * @module
 */

import { type Deed, fits, verbOf } from "./deeds.ts";
import { fuzzyScore } from "./fuzzy.ts";
import { linkTo } from "./route.ts";
import type { Action, ProcessView } from "./source.ts";

/** Something that the palette offers. */
export interface PaletteItem {
  /** What it is called: `Restart api.1`. */
  readonly title: string;
  /** What kind of thing it is. */
  readonly group: "View" | "Process" | "Action";
  /** What it does. */
  readonly does:
    | { readonly kind: "go"; readonly link: string }
    | { readonly kind: "do"; readonly deed: Deed }
    | { readonly kind: "signal"; readonly names: readonly string[] }
    | { readonly kind: "help" };
}

/** How many items are shown. */
const SHOWN = 50;

const ACTIONS: readonly Action[] = ["restart", "start", "stop", "kill"];

/**
 * Returns all that the palette offers.
 *
 * @param processes All processes.
 * @param allowed Whether anything can be done.
 */
export function paletteItems(
  processes: readonly ProcessView[],
  allowed: boolean,
): PaletteItem[] {
  const views: PaletteItem[] = [
    go("Processes", "View", linkTo("grid")),
    go("Log", "View", linkTo("log")),
    go("Graph", "View", linkTo("graph")),
    go("Time line", "View", linkTo("time")),
    { title: "Keyboard shortcuts", group: "View", does: { kind: "help" } },
  ];
  const places = processes.flatMap(({ name }) => [
    go(name, "Process", linkTo("process", { name })),
    go(`Log of ${name}`, "Process", linkTo("log", { query: { name } })),
  ]);
  return allowed
    ? [...views, ...places, ...processes.flatMap(deedsOf), SHUTDOWN]
    : [...views, ...places];
}

/** Returns the items that fit what was typed, the best first. */
export function findItems(
  items: readonly PaletteItem[],
  typed: string,
): PaletteItem[] {
  if (typed.trim() === "") return items.slice(0, SHOWN);
  return items.flatMap((item) => {
    const score = fuzzyScore(typed, item.title);
    return score === undefined ? [] : [{ item, score }];
  }).sort((a, b) => b.score - a.score).slice(0, SHOWN).map(({ item }) => item);
}

const SHUTDOWN: PaletteItem = {
  title: "Shut down the supervisor…",
  group: "Action",
  does: { kind: "do", deed: { action: "shutdown", names: [] } },
};

function deedsOf(process: ProcessView): PaletteItem[] {
  const names = [process.name];
  const deeds = ACTIONS.filter((action) => fits(action, process))
    .map((action): PaletteItem => ({
      title: `${verbOf(action)} ${process.name}`,
      group: "Action",
      does: { kind: "do", deed: { action, names } },
    }));
  if (!fits("signal", process)) return deeds;
  const title = `Signal ${process.name}…`;
  return [...deeds, {
    title,
    group: "Action",
    does: { kind: "signal", names },
  }];
}

function go(
  title: string,
  group: PaletteItem["group"],
  link: string,
): PaletteItem {
  return { title, group, does: { kind: "go", link } };
}
