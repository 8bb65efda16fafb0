/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The keys that work everywhere on the page.
 *
 * @module
 */

import { linkTo } from "./route.ts";

/** What a key does everywhere. */
export type ShortcutAction =
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  /** Puts the focus into the search field of the view. */
  | { readonly kind: "search" }
  /** Puts the focus on the first row of the view. */
  | { readonly kind: "rows" }
  | { readonly kind: "go"; readonly link: string };

/** A key press, as far as it matters. */
export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "ctrlKey" | "metaKey" | "altKey"
>;

/** All shortcuts, for the dialog that shows them. */
export const SHORTCUTS: readonly {
  readonly keys: readonly string[];
  readonly what: string;
}[] = [
  { keys: ["Ctrl+K"], what: "Find or do something by its name (⌘K on a Mac)" },
  { keys: ["/"], what: "Search in this view" },
  { keys: ["1", "2", "3", "4"], what: "Processes, log, graph, time line" },
  { keys: ["↓", "↑", "j", "k"], what: "Next or previous process" },
  { keys: ["Enter"], what: "Open the process" },
  { keys: ["Space"], what: "Select the process" },
  { keys: ["p", "End"], what: "Log: pause or go live; go to the newest line" },
  { keys: ["Shift+↓", "Shift+↑"], what: "Log: select several lines" },
  { keys: ["Esc"], what: "Close what is open, clear the search or selection" },
  { keys: ["?"], what: "Show these shortcuts" },
];

/** Where no row has the focus, these go to the first one. */
const ROW_KEYS = ["ArrowDown", "ArrowUp", "j", "k"];

const PLACES: Readonly<Record<string, string>> = {
  "1": linkTo("grid"),
  "2": linkTo("log"),
  "3": linkTo("graph"),
  "4": linkTo("time"),
};

/**
 * Returns what a key press does.
 *
 * @param press The key and what is held down with it.
 * @param typing Whether it goes into a field.
 */
export function shortcutOf(
  { key, ctrlKey, metaKey, altKey }: KeyPress,
  typing: boolean,
): ShortcutAction | undefined {
  const held = ctrlKey || metaKey;
  if (held && !altKey && key.toLowerCase() === "k") return { kind: "palette" };
  if (typing || held || altKey) return undefined;
  if (key === "?") return { kind: "help" };
  if (key === "/") return { kind: "search" };
  if (ROW_KEYS.includes(key)) return { kind: "rows" };
  const link = Object.hasOwn(PLACES, key) ? PLACES[key] : undefined;
  return link === undefined ? undefined : { kind: "go", link };
}

/** Whether a key press goes into what has the focus. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable ||
    target.matches(
      "textarea, select, input:not([type=checkbox], [type=radio])",
    ));
}
