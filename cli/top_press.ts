/**
 * What the keys of `top` do. The functions are pure.
 *
 * @module
 */

import type { Key, Move } from "./keys.ts";
import { matcherOf } from "./search_text.ts";
import { areaOf, layoutOf } from "./top_layout.ts";
import { type Direction, scrolled, searched, toEdge } from "./top_log.ts";
import { filtered, typed } from "./top_prompt.ts";
import { questionOf } from "./top_questions.ts";
import {
  choose,
  chosenOf,
  listed,
  ORDERS,
  PANES,
  type Prompt,
  type TopAction,
  type TopState,
} from "./top_state.ts";
import { offsetOf, paneHeight } from "./top_pane.ts";

/** The new state, and what is to be done. */
export interface TopPressed {
  readonly state: TopState;
  /** What is to be done to processes. */
  readonly action?: TopAction | undefined;
  /** What is to be done to the screen. */
  readonly screen?: "quit" | "redraw";
}

/**
 * Returns what a key does.
 *
 * @param state The state before.
 * @param key The key.
 */
export function pressTop(state: TopState, key: Key): TopPressed {
  if (key.kind === "redraw") return { state, screen: "redraw" };
  const quiet = { ...state, notice: undefined };
  if (state.help) return { state: { ...quiet, help: false } };
  if (state.question) return answered(quiet, key);
  if (state.prompt) return settled(typed(quiet, state.prompt, key));
  return command(quiet, key);
}

/** Does what was asked about, if the answer is yes. */
function answered(state: TopState, key: Key): TopPressed {
  const { question, ...rest } = state;
  const next = { ...rest, question: undefined };
  const yes = key.kind === "text" && /^y$/i.test(key.text);
  if (yes) return { state: next, action: question?.action };
  return { state: withNotice(next, "nothing was done") };
}

/** Asks before an action, if it ends something. */
function settled({ state, action }: TopPressed): TopPressed {
  if (action === undefined) return { state };
  const question = questionOf(action, state.processes);
  return question ? { state: { ...state, question } } : { state, action };
}

function command(state: TopState, key: Key): TopPressed {
  switch (key.kind) {
    case "text":
      return letter(state, key.text);
    case "move":
      return { state: moved(state, key.to) };
    case "tab":
      return { state: switched(state) };
    case "enter": {
      const zoomed = !state.zoomed;
      const focus = zoomed ? "pane" : "list";
      const scroll = offsetOf(state);
      return { state: { ...state, zoomed, focus, scroll } };
    }
    case "escape":
      return { state: back(state) };
    default:
      return { state };
  }
}

function switched(state: TopState): TopState {
  if (state.zoomed) return { ...state, zoomed: false, focus: "list" };
  const focus = state.focus === "list" ? "pane" : "list";
  return { ...state, focus, scroll: offsetOf(state) };
}

/** Takes back what a key has narrowed, one thing after another. */
function back(state: TopState): TopState {
  if (state.zoomed) return { ...state, zoomed: false, focus: "list" };
  if (state.search !== "") return { ...state, search: "" };
  if (state.focus === "pane") return { ...state, focus: "list" };
  if (state.names !== "") return { ...state, names: "" };
  return filtered(state, "");
}

const LETTERS: Readonly<Record<string, (state: TopState) => TopPressed>> = {
  j: (state) => ({ state: moved(state, "down") }),
  k: (state) => ({ state: moved(state, "up") }),
  l: (state) => ({ state: shown(state, 0) }),
  d: (state) => ({ state: shown(state, 1) }),
  g: (state) => ({ state: shown(state, 2) }),
  "/": (state) => ({
    state: state.focus === "list"
      ? ask(state, "names", state.names)
      : ask(shown(state, 0), "search"),
  }),
  n: (state) => ({ state: next(state, "older") }),
  N: (state) => ({ state: next(state, "newer") }),
  f: (state) => ({ state: ask(shown(state, 0), "filter", state.filter) }),
  w: (state) => ({ state: restyled(state, { wraps: !state.wraps }) }),
  t: (state) => ({ state: restyled(state, { times: !state.times }) }),
  o: (state) => ({ state: ordered(state) }),
  s: (state) => act(state, isOff(state) ? "start" : "stop"),
  r: (state) => act(state, "restart"),
  x: (state) => act(state, "kill"),
  z: (state) => ({ state: askOf(state, "signal") }),
  c: (state) => ({ state: askOf(state, "scale") }),
  "?": (state) => ({ state: { ...state, help: true } }),
  h: (state) => ({ state: { ...state, help: true } }),
  q: (state) => ({ state, screen: "quit" }),
};

function letter(state: TopState, text: string): TopPressed {
  const its = Object.hasOwn(LETTERS, text) ? LETTERS[text] : undefined;
  return its?.(state) ?? { state: withNotice(state, "? shows the keys") };
}

/** Moves in what has the focus. */
function moved(state: TopState, to: Move): TopState {
  if (to === "left" || to === "right") {
    const at = PANES.indexOf(state.pane) + (to === "left" ? -1 : 1);
    return shown(state, (at + PANES.length) % PANES.length);
  }
  if (state.focus === "list") return chooseBy(state, to);
  return state.pane === "log" ? scrollLog(state, to) : scrollPane(state, to);
}

/** Returns by how many rows a key moves, for a page of some height. */
function rowsBy(to: Move, page: number): number {
  const rows: Partial<Record<Move, number>> = {
    "up": -1,
    "down": 1,
    "page up": 1 - page,
    "page down": page - 1,
    "first": -Infinity,
    "last": Infinity,
  };
  return rows[to] ?? 0;
}

function chooseBy(state: TopState, to: Move): TopState {
  const list = listed(state);
  const at = list.findIndex(({ name }) => name === state.chosen);
  const by = rowsBy(to, Math.max(2, layoutOf(state).list));
  const index = Math.min(list.length - 1, Math.max(0, at + by));
  return choose(state, list[index]?.name ?? state.chosen);
}

function scrollLog(state: TopState, to: Move): TopState {
  if (to === "first" || to === "last") {
    return { ...state, log: toEdge(state.log, to) };
  }
  const area = areaOf(state);
  const by = rowsBy(to, Math.max(2, area.rows));
  return { ...state, log: scrolled(state.log, by, area) };
}

function scrollPane(state: TopState, to: Move): TopState {
  const { pane } = layoutOf(state);
  const by = rowsBy(to, Math.max(2, pane));
  const last = Math.max(0, paneHeight(state) - pane);
  const scroll = Math.min(last, Math.max(0, state.scroll + by));
  return { ...state, scroll };
}

function shown(state: TopState, index: number): TopState {
  const pane = PANES[index] ?? "log";
  return pane === state.pane ? state : { ...state, pane, scroll: 0 };
}

function next(state: TopState, direction: Direction): TopState {
  const { search } = state;
  if (search === "") return ask(shown(state, 0), "search");
  const log = searched(
    state.log,
    matcherOf(search),
    direction,
    areaOf(state),
  );
  return { ...shown(state, 0), log };
}

/** Changes how lines are shown; the last row stays the last. */
function restyled(state: TopState, style: Partial<TopState>): TopState {
  return { ...state, ...style, log: { ...state.log, below: 0 } };
}

function ordered(state: TopState): TopState {
  const at = ORDERS.indexOf(state.order) + 1;
  return { ...state, order: ORDERS[at % ORDERS.length] ?? "plan" };
}

function act(state: TopState, kind: "start" | "stop" | "restart" | "kill") {
  const { chosen: name } = state;
  if (name === undefined) return { state: withNotice(state, NONE) };
  return settled({ state, action: { kind, name } });
}

function isOff(state: TopState): boolean {
  const off = ["idle", "ended", "failed", "stopped", "completed"];
  return off.includes(chosenOf(state)?.state ?? "");
}

const NONE = "there is no process";

function ask(state: TopState, kind: Prompt["kind"], text = ""): TopState {
  return { ...state, prompt: { kind, text } };
}

/** Asks for something about the process that is chosen. */
function askOf(state: TopState, kind: "signal" | "scale"): TopState {
  return state.chosen === undefined
    ? withNotice(state, NONE)
    : ask(state, kind);
}

function withNotice(state: TopState, text: string): TopState {
  return { ...state, notice: { text, bad: false } };
}
