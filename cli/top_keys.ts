/**
 * The keys of `top`, for its help and the documentation. `top_press.ts` says
 * what they do.
 *
 * @module
 */

/** The keys, each with what it does. */
export const TOP_KEYS: readonly (readonly [key: string, what: string])[] = [
  ["↑ ↓ or k j", "choose a process, or scroll the pane below the list"],
  ["PgUp PgDn", "do so by pages"],
  ["Home End", "go to the first or last row; the end of a log follows it"],
  ["Tab", "move in the pane, and back in the list"],
  ["Enter", "give the pane the whole screen, and back"],
  ["Esc", "go back: from the pane to the list, from a part to all"],
  ["← →", "show another pane: log, details or graph"],
  ["l d g", "show the log, the details or the graph"],
  ["/", "in the list: show names with a text; in the pane: search the log"],
  ["n N", "search on: the next older line, the next newer line"],
  ["f", "show only lines of the log with a text; an empty one shows all"],
  ["w", "wrap long lines, or cut them"],
  ["t", "show the times of lines, or hide them"],
  ["o", "order the list: as configured, by CPU, by memory"],
  ["s", "stop the process, or start it"],
  ["r", "restart the process"],
  ["x", "kill the process by SIGKILL"],
  ["z", "send the process a signal"],
  ["c", "change the count of replicas"],
  ["Ctrl-L", "draw the screen anew"],
  ["?", "show the keys"],
  ["q", "quit; the processes go on"],
];
