/**
 * What is typed at the bottom of `top`. The functions are pure.
 *
 * @module
 */

import type { Key } from "./keys.ts";
import { matcherOf } from "./search_text.ts";
import { signalName } from "./signal_name.ts";
import { areaOf } from "./top_layout.ts";
import { searched, toEdge } from "./top_log.ts";
import {
  chosenOf,
  listed,
  type Prompt,
  stayInList,
  type TopAction,
  type TopState,
} from "./top_state.ts";
import { countOf } from "./values.ts";

/** The new state, and what was asked for. */
interface Typed {
  readonly state: TopState;
  readonly action?: TopAction | undefined;
}

/** The signals that Tab offers, in this order. */
const SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGQUIT",
  "SIGSTOP",
  "SIGCONT",
];

/** Returns what a key does while a text is being typed. */
export function typed(state: TopState, prompt: Prompt, key: Key): Typed {
  const set = (text: string) => ({ state: narrowed(state, prompt.kind, text) });
  switch (key.kind) {
    case "text":
      return set(prompt.text + key.text);
    case "backspace":
      return set([...prompt.text].slice(0, -1).join(""));
    case "clear":
      return set("");
    case "tab":
      return prompt.kind === "signal" ? set(completed(prompt.text)) : { state };
    case "enter":
      return accepted({ ...state, prompt: undefined }, prompt);
    case "move":
    case "redraw":
      return { state };
    default: {
      const next = prompt.kind === "names" ? { ...state, names: "" } : state;
      return { state: { ...next, prompt: undefined } };
    }
  }
}

/** Sets the text; names are looked for while they are typed. */
function narrowed(
  state: TopState,
  kind: Prompt["kind"],
  text: string,
): TopState {
  const next = { ...state, prompt: { kind, text } };
  return kind === "names" ? stayInList({ ...next, names: text }, 0) : next;
}

/** Returns the next signal that begins with a text, or after a signal. */
function completed(text: string): string {
  const at = SIGNALS.indexOf(text);
  if (at >= 0) return SIGNALS[(at + 1) % SIGNALS.length] ?? text;
  const begun = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  return SIGNALS.find((name) => name.startsWith(begun)) ?? text;
}

/** Does what the text is for. */
function accepted(state: TopState, { kind, text }: Prompt): Typed {
  switch (kind) {
    case "names":
      return { state };
    case "filter":
      return { state: filtered(state, text) };
    case "search": {
      const next = { ...state, search: text, log: unfound(state) };
      if (text === "") return { state: next };
      const area = areaOf(next);
      const log = searched(next.log, matcherOf(text), "older", area);
      return { state: { ...next, log } };
    }
    case "signal":
      return signalled(state, text);
    case "scale":
      return scaled(state, text);
    default:
      return kind satisfies never;
  }
}

/** Shows only lines with a text; all if it is empty. */
export function filtered(state: TopState, filter: string): TopState {
  if (filter === state.filter) return state;
  const log = { ...state.log, items: [], end: 0, below: 0 };
  return { ...state, filter, log: toEdge(log, "last") };
}

/** A new search begins at the end of what is shown. */
function unfound({ log }: TopState): TopState["log"] {
  return { ...log, found: undefined };
}

function signalled(state: TopState, text: string): Typed {
  const { chosen: name } = state;
  if (text === "" || name === undefined) return { state };
  return { state, action: { kind: "signal", name, signal: signalName(text) } };
}

function scaled(state: TopState, text: string): Typed {
  const name = chosenOf(state)?.entry;
  const replicas = countOf(text);
  if (text === "" || name === undefined) return { state };
  if (replicas !== undefined && replicas > 0) {
    return { state, action: { kind: "scale", name, replicas } };
  }
  const notice = { text: `"${text}" is no count of replicas`, bad: true };
  return { state: { ...state, notice } };
}

/** Returns what is asked for at the bottom of the screen, with the text. */
export function promptText(state: TopState, { kind, text }: Prompt): string {
  const chosen = chosenOf(state);
  switch (kind) {
    case "names":
      return `Show names with: ${text}`;
    case "search":
      return `Search the log for: ${text}`;
    case "filter":
      return `Show lines with: ${text}`;
    case "signal":
      return `Signal to ${chosen?.name} (Tab offers some): ${text}`;
    case "scale": {
      const now = listedOf(state, chosen?.entry);
      return `Replicas of ${chosen?.entry} (now ${now}): ${text}`;
    }
    default:
      return kind satisfies never;
  }
}

function listedOf(state: TopState, entry: string | undefined): number {
  const all = listed({ ...state, names: "" });
  return all.filter((process) => process.entry === entry).length;
}
