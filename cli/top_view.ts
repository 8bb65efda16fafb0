/**
 * The rows of the screen of `top`. The functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";
import { shortDuration } from "../control/format.ts";
import { plainText } from "./plain_text.ts";
import { cellsOf } from "./ps_text.ts";
import { clip, padded, uncolored } from "./styled_text.ts";
import { type Column, tableLines } from "./table.ts";
import { fit, widthOf } from "./text_width.ts";
import { TOP_KEYS } from "./top_keys.ts";
import { layoutOf } from "./top_layout.ts";
import { paneRows } from "./top_pane.ts";
import { promptText } from "./top_prompt.ts";
import { listed, PANES, type TopState } from "./top_state.ts";

const [RED, GRAY] = [31, 90];

/**
 * The columns of the list: what a run uses is left out last. There is room for
 * `restarting in 10 s` and `crashed with code 1`.
 */
const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 16 },
  { title: "STATE", least: 18 },
  { title: "READY", drop: 3 },
  { title: "PID", right: true, drop: 1 },
  { title: "UPTIME", right: true, drop: 4 },
  { title: "RESTARTS", right: true, drop: 5 },
  { title: "LAST", least: 19, drop: 6 },
  { title: "CPU", right: true, drop: 2 },
  { title: "MEMORY", right: true, drop: 2 },
];

/**
 * Returns the rows of the screen, from the top; those below them are empty.
 *
 * @param state What is shown.
 * @param now The time.
 */
export function viewOf(state: TopState, now: number): readonly string[] {
  const { columns, rows } = state.size;
  if (state.help) return helpRows(state).slice(0, rows);
  const { list, pane } = layoutOf(state);
  const listing = list > 0
    ? listRows(state, list, now)
    : { rows: [], part: "" };
  const body = [
    ...listing.rows,
    ...pane > 0 ? [titleRow(state), ...paneRows(state, now)] : [],
  ];
  const room = Math.max(0, rows - 2);
  const empty = Array<string>(Math.max(0, room - body.length)).fill("");
  return [
    headerRow(state, now, listing.part),
    ...body.slice(0, room),
    ...empty,
    bottomRow(state),
  ].slice(-rows).map((row) => clip(row, columns));
}

/** The first row; it also says which part is listed, if no other row does. */
function headerRow(state: TopState, now: number, part: string): string {
  const { supervisor, processes, link, size } = state;
  const name = plainText(supervisor.name);
  if (link.kind === "lost") {
    return painted(state, fit(`${name}: ${link.text}`, size.columns), RED);
  }
  const left = `${name}: ${countsText(processes)}`;
  if (part !== "") return barRow(left, part, size.columns);
  const right = `up ${shortDuration(now - supervisor.startedAt)}`;
  const space = size.columns - widthOf(left) - widthOf(right);
  return space < 2 ? left : left + " ".repeat(space) + right;
}

/** Returns how many processes are in each state, with trouble first. */
function countsText(processes: readonly ProcessView[]): string {
  const words: string[] = processes.map(({ state, ready }) =>
    state === "running" && ready === false
      ? "not ready"
      : state === "backoff"
      ? "restarting"
      : state === "idle"
      ? "not started"
      : state
  );
  const counts = Map.groupBy(words, (word) => word);
  const first = ["failed", "restarting", "not ready", "waiting"];
  const order = [...new Set([...first, ...counts.keys()])];
  const texts = order.flatMap((word) => {
    const count = counts.get(word)?.length ?? 0;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return texts.join(", ") || "no processes";
}

/** Returns the list, and which part it is if its head has no room for that. */
function listRows(
  state: TopState,
  height: number,
  now: number,
): { readonly rows: readonly string[]; readonly part: string } {
  const { size, color, focus, link, order } = state;
  const processes = listed(state);
  const columns = COLUMNS.map((column) =>
    column.title.toLowerCase() === order
      ? { ...column, title: `${column.title}↓` }
      : column
  );
  const [head = "", ...rows] = tableLines(
    columns,
    processes.map((process) => cellsOf(process, now)),
    { width: size.columns - 2, color },
  );
  const at = processes.findIndex(({ name }) => name === state.chosen);
  const from = windowFrom(processes.length, height, at);
  const lost = link.kind === "lost";
  const shown = rows.slice(from, from + height).map((row, index) => {
    if (from + index === at) return chosenRow(state, row);
    return `  ${lost ? painted(state, uncolored(row), GRAY) : row}`;
  });
  const part = partText(state, processes.length, from, height);
  const titles = `  ${head}`;
  const fits = widthOf(titles) + widthOf(part) + 2 < size.columns;
  const bar = reversed(
    barRow(titles, fits ? part : "", size.columns),
    focus === "list",
  );
  return {
    rows: [bar, ...processes.length > 0 ? shown : ["  no name matches"]],
    part: fits ? "" : part,
  };
}

/** Returns which part of the processes is listed; nothing if all are. */
function partText(
  { names }: TopState,
  count: number,
  from: number,
  height: number,
): string {
  const last = Math.min(count, from + height);
  const range = count > height ? [`${from + 1}–${last} of ${count}`] : [];
  const found = names === "" ? [] : [`names with "${names}"`];
  return [...found, ...range].join(", ");
}

/** The row that keys act on. */
function chosenRow(state: TopState, row: string): string {
  const whole = padded(`> ${uncolored(row)}`, state.size.columns);
  return state.focus === "list"
    ? reversed(whole, true)
    : `\x1b[1m${whole}\x1b[0m`;
}

/** Returns the first row of a list that has one of its rows in the middle. */
function windowFrom(count: number, height: number, at: number): number {
  const from = at - Math.floor(height / 2);
  return Math.max(0, Math.min(count - height, from));
}

/** Returns the title of the pane: what it can show, and what of the log. */
function titleRow(state: TopState): string {
  const { chosen = "", pane, size, focus } = state;
  const kinds = PANES.map((kind) => kind === pane ? `[${kind}]` : ` ${kind} `);
  const left = ` ${plainText(chosen)}  ${kinds.join(" ")}`;
  const right = pane === "log" ? logText(state) : "";
  return reversed(barRow(left, right, size.columns), focus === "pane");
}

/** Returns which part of the log is shown. */
function logText({ log, filter, search, link }: TopState): string {
  const texts = [
    ...log.note === undefined || log.items.length === 0 ? [] : [log.note],
    ...filter === "" ? [] : [`lines with "${filter}"`],
    ...search === "" ? [] : [`search "${search}"`],
    link.kind === "lost"
      ? "lost"
      : log.follows
      ? "live"
      : "paused, End follows",
  ];
  return texts.join(" · ");
}

/** Returns a text at the left and one at the right, if there is room. */
function barRow(left: string, right: string, columns: number): string {
  const room = columns - widthOf(right) - 1;
  if (right === "" || room < 20) return padded(fit(left, columns), columns);
  return `${padded(fit(left, room - 1), room)}${right} `;
}

/** The keys at the bottom, as many as there is room for. */
const HINTS = [
  "Tab pane  Enter full  ←→ log, details, graph  s stop  r restart  ? help  q quit",
  "Tab pane  Enter full  s stop  r restart  ? help  q quit",
  "? help  q quit",
];

function bottomRow(state: TopState): string {
  const { prompt, question, notice, size } = state;
  if (question) {
    const end = " y/N";
    const text = fit(question.text, Math.max(0, size.columns - end.length));
    return reversed(`${plainText(text)}${end}`, true);
  }
  if (prompt) {
    return tail(`${plainText(promptText(state, prompt))}█`, size.columns);
  }
  if (notice) {
    const text = plainText(notice.text);
    return notice.bad ? painted(state, fit(text, size.columns), RED) : text;
  }
  const context = state.focus === "pane" ? "Tab list" : "Tab pane";
  const hints = HINTS.find((hints) => widthOf(hints) <= size.columns) ?? "?";
  return hints.replace("Tab pane", context);
}

/** Returns the end of a text that does not fit. */
function tail(text: string, columns: number): string {
  let kept = "";
  for (const character of [...text].reverse()) {
    if (widthOf(kept) + widthOf(character) > columns) break;
    kept = character + kept;
  }
  return kept;
}

function helpRows({ size }: TopState): string[] {
  const rows = TOP_KEYS.map(([key, what]) => `  ${key.padEnd(11)} ${what}`);
  const head = padded(
    "Keys of processman top; any key goes back",
    size.columns,
  );
  return [reversed(fit(head, size.columns), true), ...rows]
    .map((row) => clip(row, size.columns));
}

function reversed(text: string, on: boolean): string {
  return on ? `\x1b[7m${text}\x1b[0m` : text;
}

function painted({ color }: TopState, text: string, code: number): string {
  return color ? `\x1b[${code}m${text}\x1b[0m` : text;
}
