/**
 * What the page can do to processes: which deed fits, what it asks first, and
 * what it says. The functions are pure.
 *
 * @module
 */

import { counted, listText } from "./format.ts";
import type { Action, ProcessView } from "./source.ts";

/** Something to do. */
export interface Deed {
  /** The path of the control API. */
  readonly action: Action;
  /** The names of processes; one entry for `scale`, none for `shutdown`. */
  readonly names: readonly string[];
  /** The signal of `signal`. */
  readonly signal?: string;
  /** How many replicas `scale` asks for. */
  readonly replicas?: number;
}

/** A question before something ends. */
export interface Question {
  /** What is asked: `Restart api.1?`. */
  readonly title: string;
  /** What happens, a paragraph each. */
  readonly text: readonly string[];
  /** The processes that it is about. */
  readonly names: readonly string[];
  /** The word on the button. */
  readonly confirm: string;
}

/** The words of a deed. */
interface Words {
  /** `Restart`. */
  readonly verb: string;
  /** `restarted`. */
  readonly done: string;
  /** `cannot restart`. */
  readonly fails: string;
}

const WORDS: Readonly<Record<Action, Words>> = {
  start: { verb: "Start", done: "is started", fails: "start" },
  stop: { verb: "Stop", done: "is stopped", fails: "stop" },
  restart: { verb: "Restart", done: "is restarted", fails: "restart" },
  kill: { verb: "Kill", done: "is killed", fails: "kill" },
  signal: { verb: "Signal", done: "got the signal", fails: "signal" },
  scale: { verb: "Scale", done: "is scaled", fails: "scale" },
  shutdown: { verb: "Shut down", done: "is shut down", fails: "shut down" },
};

/** Returns the verb of an action: `Restart`. */
export function verbOf(action: Action): string {
  return WORDS[action].verb;
}

/** Returns what identifies a deed: the same one is not done twice at a time. */
export function keyOf({ action, names, signal, replicas }: Deed): string {
  return JSON.stringify([action, names, signal, replicas]);
}

/** Returns the body of the request. */
export function bodyOf(deed: Deed): Record<string, unknown> {
  const { action, names, signal, replicas } = deed;
  if (action === "shutdown") return {};
  if (action === "scale") return { name: names[0], replicas };
  return { names, ...signal !== undefined && { signal } };
}

/** Returns what was done: `api.1 is restarted`. */
export function doneText({ action, names, signal, replicas }: Deed): string {
  const { done } = WORDS[action];
  if (action === "shutdown") return "The supervisor is shut down";
  if (action === "scale") {
    return `${names[0]} has ${counted(replicas ?? 0, "replica")}`;
  }
  if (action === "signal") return `${listText(names)} got ${signal}`;
  const [, ...more] = names;
  const text = more.length > 0 ? done.replace(/^is /, "are ") : done;
  return `${listText(names)} ${text}`;
}

/** Returns what is going on after a while: `cache is started, not ready yet`. */
export function pendingText({ names }: Deed): string {
  const verb = names.length === 1 ? "is" : "are";
  return `${listText(names)} ${verb} started, and not ready yet`;
}

/** Returns what did not work: `Could not restart api.1`. */
export function failureText({ action, names }: Deed): string {
  const { fails } = WORDS[action];
  const what = action === "shutdown" ? "the supervisor" : listText(names);
  return `Could not ${fails} ${what}`;
}

/** Whether a deed makes sense for a process in its present state. */
export function fits(action: Action, { state, pid }: ProcessView): boolean {
  switch (action) {
    case "start":
      return ["idle", "ended", "failed", "stopped"].includes(state);
    case "stop":
      return ["waiting", "starting", "running", "backoff"].includes(state);
    case "restart":
      return state !== "idle" && state !== "stopping" && state !== "stopped";
    case "kill":
      return pid !== null || state === "backoff" || state === "waiting";
    case "signal":
      return pid !== null;
    case "scale":
    case "shutdown":
      return true;
    default:
      return action satisfies never;
  }
}

/** Returns the deed that takes back another; `undefined` if there is none. */
export function undoOf({ action, names }: Deed): Deed | undefined {
  return action === "stop" ? { action: "start", names } : undefined;
}

/**
 * Returns what is asked before a deed; `undefined` if it ends nothing, or can
 * be undone.
 *
 * @param deed The deed.
 * @param processes All processes.
 */
export function questionOf(
  deed: Deed,
  processes: readonly ProcessView[],
): Question | undefined {
  const { action, names } = deed;
  const alive = processes.filter(({ pid }) => pid !== null);
  const ended = alive.filter(({ name }) => names.includes(name));
  const confirm = WORDS[action].verb;
  const title = `${confirm} ${listText(names)}?`;
  switch (action) {
    case "start":
    case "signal":
      return undefined;
    case "stop":
      if (names.length < 2) return undefined;
      return { title, text: besides(names, alive, "stop"), names, confirm };
    case "restart":
      if (ended.length === 0) return undefined;
      return { title, text: besides(names, alive, "restart"), names, confirm };
    case "kill": {
      const text = [
        "SIGKILL ends it at once: it cannot finish what it does. " +
        "It stays stopped until it is started.",
      ];
      return { title, text, names, confirm };
    }
    case "scale":
      return scaleQuestion(deed, processes);
    case "shutdown": {
      const text = [
        `All processes are stopped in reverse order, ${
          counted(alive.length, "run")
        } now, and then the supervisor ends. This page cannot start it again.`,
      ];
      const all = alive.map(({ name }) => name);
      return { title: "Shut down the supervisor?", text, names: all, confirm };
    }
    default:
      return action satisfies never;
  }
}

function scaleQuestion(
  { names, replicas = 0 }: Deed,
  processes: readonly ProcessView[],
): Question | undefined {
  const [entry = ""] = names;
  const units = processes.filter((each) => each.entry === entry);
  const over = units.slice(replicas).map(({ name }) => name);
  if (over.length === 0) return undefined;
  const title = `Scale ${entry} down to ${counted(replicas, "replica")}?`;
  const text = [
    `${listText(over)} ${over.length === 1 ? "is" : "are"} stopped.`,
  ];
  return { title, text, names: over, confirm: "Scale down" };
}

/** Says which other processes are stopped or restarted too. */
function besides(
  names: readonly string[],
  alive: readonly ProcessView[],
  verb: "stop" | "restart",
): string[] {
  const others = dependentsOf(names, alive);
  if (others.length === 0) return [];
  const are = others.length === 1 ? "is" : "are";
  const depend = others.length === 1 ? "it depends on it" : "they depend on it";
  const what = verb === "stop" ? "stopped" : "restarted";
  return [`${listText(others)} ${are} ${what} too, because ${depend}.`];
}

/**
 * Returns the processes that are stopped and started together with others,
 * because their dependencies say so.
 *
 * @param names The names of the others.
 * @param processes The processes to look at.
 */
export function dependentsOf(
  names: readonly string[],
  processes: readonly ProcessView[],
): string[] {
  const entries = new Set(
    processes.filter(({ name }) => names.includes(name))
      .map(({ entry }) => entry),
  );
  const found = new Set<string>();
  for (const entry of entries) {
    for (const process of processes) {
      const follows = process.dependencies.some((each) =>
        each.name === entry && each.restart !== "never"
      );
      if (!follows) continue;
      // A set yields what is added to it while it is read.
      entries.add(process.entry);
      if (!names.includes(process.name)) found.add(process.name);
    }
  }
  return [...found];
}
