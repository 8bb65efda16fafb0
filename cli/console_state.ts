/**
 * What the keys of `processman up` do. The functions are pure.
 *
 * @module
 */

import type { Key } from "./keys.ts";

/** What is being typed. */
export interface Prompt {
  /** What for. */
  readonly kind: "focus" | "filter" | "search";
  /** The text so far. */
  readonly text: string;
}

/** What the keys have chosen. */
export interface ConsoleState {
  /** The process whose output alone is shown, and that `r` and `s` act on. */
  readonly focus: string | undefined;
  /** Only lines that contain it are shown. */
  readonly filter: string;
  /** What is being typed, if something is. */
  readonly prompt: Prompt | undefined;
  /** What the last key could not do, for the status line. */
  readonly notice: string | undefined;
}

/** What a key asks for, besides the new state. */
export type ConsoleAction =
  | { readonly kind: "restart" | "toggle" | "show"; readonly name: string }
  | { readonly kind: "search"; readonly text: string }
  | { readonly kind: "help" | "line" | "quit" };

/** The new state, and what is to be done. */
export interface Pressed {
  readonly state: ConsoleState;
  readonly action?: ConsoleAction | undefined;
}

/** The state in which nothing has been chosen. */
export const NOTHING: ConsoleState = {
  focus: undefined,
  filter: "",
  prompt: undefined,
  notice: undefined,
};

/** The keys, for the help. */
export const KEYS: readonly (readonly [key: string, what: string])[] = [
  ["1 to 9", "focus on a process: show only its output"],
  ["n", "focus on a process by its name; Tab completes it"],
  ["Tab", "focus on the next process"],
  ["0 or Esc", "focus on none: show the output of all"],
  ["r", "restart the process in focus"],
  ["s", "stop the process in focus, or start it again"],
  ["f", "filter: show only lines with a text; an empty one shows all"],
  ["/", "search: print the latest lines that contain a text"],
  ["?", "print this help"],
  ["q", "stop all processes, and end"],
];

/**
 * Returns what a key does.
 *
 * @param state What has been chosen so far.
 * @param key The key.
 * @param names The names of all processes, in the order of their numbers.
 */
export function press(
  state: ConsoleState,
  key: Key,
  names: readonly string[],
): Pressed {
  const quiet = { ...state, notice: undefined };
  return state.prompt
    ? edit(quiet, state.prompt, key, names)
    : command(quiet, key, names);
}

function command(
  state: ConsoleState,
  key: Key,
  names: readonly string[],
): Pressed {
  switch (key.kind) {
    case "text":
      return letter(state, key.text, names);
    case "escape":
      return { state: { ...state, focus: undefined } };
    case "tab":
      return focusOn(state, names[names.indexOf(state.focus ?? "") + 1]);
    case "enter":
      return { state, action: { kind: "line" } };
    default:
      return { state };
  }
}

/** The keys that begin to ask for a text. */
const PROMPTS: Readonly<Record<string, Prompt["kind"]>> = {
  n: "focus",
  f: "filter",
  "/": "search",
};

function letter(
  state: ConsoleState,
  key: string,
  names: readonly string[],
): Pressed {
  const kind = PROMPTS[key];
  if (kind !== undefined) return { state: ask(state, kind) };
  if (/^[0-9]$/.test(key)) return byNumber(state, key, names);
  switch (key) {
    case "r":
      return act(state, "restart");
    case "s":
      return act(state, "toggle");
    case "?":
    case "h":
      return { state, action: { kind: "help" } };
    case "q":
      return { state, action: { kind: "quit" } };
    default:
      return { state: { ...state, notice: "? shows the keys" } };
  }
}

function act(state: ConsoleState, kind: "restart" | "toggle"): Pressed {
  const { focus } = state;
  if (focus !== undefined) return { state, action: { kind, name: focus } };
  const notice = "focus on a process first: type its number, or n";
  return { state: { ...state, notice } };
}

function ask(
  state: ConsoleState,
  kind: Prompt["kind"],
  text: string = kind === "filter" ? state.filter : "",
): ConsoleState {
  return { ...state, prompt: { kind, text } };
}

function byNumber(
  state: ConsoleState,
  digit: string,
  names: readonly string[],
): Pressed {
  if (digit === "0") return focusOn(state, undefined);
  // With ten processes or more, another digit can follow.
  if (names.length > 9) return { state: ask(state, "focus", digit) };
  const name = names[Number(digit) - 1];
  if (name !== undefined) return focusOn(state, name);
  return { state: { ...state, notice: `there is no process ${digit}` } };
}

function focusOn(state: ConsoleState, name: string | undefined): Pressed {
  const next = { ...state, focus: name };
  return name === undefined || name === state.focus
    ? { state: next }
    : { state: next, action: { kind: "show", name } };
}

/** Does what a key does while a text is being typed. */
function edit(
  state: ConsoleState,
  prompt: Prompt,
  key: Key,
  names: readonly string[],
): Pressed {
  const typed = (text: string) => ({ state: ask(state, prompt.kind, text) });
  switch (key.kind) {
    case "text":
      return typed(prompt.text + key.text);
    case "backspace":
      return typed([...prompt.text].slice(0, -1).join(""));
    case "clear":
      return typed("");
    case "tab": {
      if (prompt.kind !== "focus") return { state };
      const [name] = names.filter((each) => each.startsWith(prompt.text));
      return typed(name ?? prompt.text);
    }
    case "enter":
      return accept({ ...state, prompt: undefined }, prompt, names);
    case "move":
    case "redraw":
      return { state };
    default:
      return { state: { ...state, prompt: undefined } };
  }
}

/** Does what the text that has been typed is for. */
function accept(
  state: ConsoleState,
  { kind, text }: Prompt,
  names: readonly string[],
): Pressed {
  switch (kind) {
    case "filter":
      return { state: { ...state, filter: text } };
    case "search":
      return text === ""
        ? { state }
        : { state, action: { kind: "search", text } };
    case "focus": {
      const number = /^\d+$/.test(text) ? names[Number(text) - 1] : undefined;
      const name = names.find((each) => each === text) ?? number ??
        names.find((each) => each.startsWith(text));
      if (text === "") return focusOn(state, undefined);
      if (name !== undefined) return focusOn(state, name);
      return { state: { ...state, notice: `there is no process "${text}"` } };
    }
    default:
      return kind satisfies never;
  }
}
