/**
 * What `top` knows and shows: keys and the supervisor change it, and the rows
 * of the screen are made from it. The functions are pure.
 *
 * @module
 */

import type {
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "../control/client.ts";
import { matcherOf } from "./search_text.ts";
import { type LogWindow, NO_LINES } from "./top_log.ts";

/** What the pane below the list shows. */
export type PaneKind = "log" | "details" | "graph";

/** All kinds of panes, in their order. */
export const PANES: readonly PaneKind[] = ["log", "details", "graph"];

/** How the list is ordered. */
export type Order = "plan" | "cpu" | "memory";

/** All orders, in the order of the key. */
export const ORDERS: readonly Order[] = ["plan", "cpu", "memory"];

/** A text that is being typed. */
export interface Prompt {
  readonly kind: "names" | "search" | "filter" | "signal" | "scale";
  readonly text: string;
}

/** Something that can be done to processes. */
export type TopAction =
  | {
    readonly kind: "start" | "stop" | "restart" | "kill";
    readonly name: string;
  }
  | { readonly kind: "signal"; readonly name: string; readonly signal: string }
  | {
    readonly kind: "scale";
    readonly name: string;
    readonly replicas: number;
  };

/** Something that is asked before it is done. */
export interface Question {
  readonly text: string;
  readonly action: TopAction;
}

/** Whether the supervisor answers. */
export type Link =
  | { readonly kind: "connected" }
  /** It has ended, or does not answer: why, in words. */
  | { readonly kind: "lost"; readonly text: string };

/** A message to the user, until the next key. */
export interface Notice {
  readonly text: string;
  readonly bad: boolean;
}

/** Everything that is shown. */
export interface TopState {
  readonly size: { readonly columns: number; readonly rows: number };
  readonly color: boolean;
  readonly link: Link;
  readonly supervisor: SupervisorView;
  /** All processes, in the order of the configuration. */
  readonly processes: readonly ProcessView[];
  /** The name of the process that keys act on. */
  readonly chosen: string | undefined;
  /** The details of a process, which may be one that was chosen earlier. */
  readonly details: ProcessDetails | undefined;
  /** Only processes whose names contain it are listed. */
  readonly names: string;
  readonly order: Order;
  readonly pane: PaneKind;
  /** Whether keys move in the list, or in the pane. */
  readonly focus: "list" | "pane";
  /** Whether the pane takes the whole screen. */
  readonly zoomed: boolean;
  readonly log: LogWindow;
  /** Only lines that contain it are shown. */
  readonly filter: string;
  /** What was searched for in the log. */
  readonly search: string;
  readonly wraps: boolean;
  readonly times: boolean;
  /** How many rows of the details or the graph are above the pane. */
  readonly scroll: number;
  readonly prompt: Prompt | undefined;
  readonly question: Question | undefined;
  readonly notice: Notice | undefined;
  /** Whether the help is shown. */
  readonly help: boolean;
}

/** Returns the first state. */
export function firstState(
  given: Pick<TopState, "size" | "color" | "supervisor" | "processes">,
): TopState {
  return {
    link: { kind: "connected" },
    chosen: given.processes[0]?.name,
    details: undefined,
    names: "",
    order: "plan",
    pane: "log",
    focus: "list",
    zoomed: false,
    log: NO_LINES,
    filter: "",
    search: "",
    wraps: false,
    times: false,
    scroll: 0,
    prompt: undefined,
    question: undefined,
    notice: undefined,
    help: false,
    ...given,
  };
}

/** Returns the processes that are listed, in their order. */
export function listed(
  { processes, names, order }: TopState,
): readonly ProcessView[] {
  const matches = matcherOf(names);
  const found = names === ""
    ? processes
    : processes.filter(({ name }) => matches(name));
  if (order === "plan") return found;
  const amount = ({ usage }: ProcessView) => usage?.[order] ?? -1;
  return found.toSorted((a, b) => amount(b) - amount(a));
}

/** Returns the process that is chosen. */
export function chosenOf(
  { processes, chosen }: TopState,
): ProcessView | undefined {
  return processes.find(({ name }) => name === chosen);
}

/** Chooses a process; its log and its details are shown from their ends. */
export function choose(state: TopState, name: string | undefined): TopState {
  if (name === state.chosen) return state;
  return { ...state, chosen: name, log: NO_LINES, scroll: 0 };
}

/** Takes over what the supervisor says of its processes. */
export function withProcesses(
  state: TopState,
  processes: readonly ProcessView[],
): TopState {
  const before = listed(state).findIndex(({ name }) => name === state.chosen);
  const next = { ...state, processes };
  return stayInList(next, before);
}

/** Takes over who the supervisor is. */
export function withSupervisor(
  state: TopState,
  supervisor: SupervisorView,
): TopState {
  const same = supervisor.startedAt === state.supervisor.startedAt;
  // The log of another supervisor can begin anew.
  const log = same ? state.log : NO_LINES;
  return { ...state, link: { kind: "connected" }, supervisor, log };
}

/**
 * Chooses a process that is listed: if the chosen one is not, the one that has
 * come to its place.
 */
export function stayInList(state: TopState, before: number): TopState {
  const list = listed(state);
  if (list.some(({ name }) => name === state.chosen)) return state;
  return choose(state, (list[Math.max(0, before)] ?? list.at(-1))?.name);
}
