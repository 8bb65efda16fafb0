/**
 * Finds out which processes need attention, and what the cause is. The
 * functions are pure.
 *
 * @module
 */

import { factsOf } from "./event_facts.ts";
import { counted, shortDuration } from "./format.ts";
import { keyLine } from "./key_line.ts";
import type { EndView, EventView, ProcessView } from "./source.ts";
import {
  failureText,
  isBlocked,
  isSweeping,
  numberIn,
  type Tone,
  whyText,
} from "./state_words.ts";

/** Something that is wrong, and needs somebody. */
export interface Trouble {
  /** The name of the process. */
  readonly name: string;
  /** What is wrong, without the name: `keeps crashing`. */
  readonly what: string;
  /** Why, as the process or its probe says; empty if that is not known. */
  readonly reason: string;
  /** More about it: `12 crashes in 5 min`; empty if there is no more. */
  readonly more: string;
  /** How bad it is. */
  readonly tone: Tone;
  /** The processes that cannot go on because of it. */
  readonly holds: readonly string[];
}

/**
 * Returns how it goes if nothing needs attention: `12 processes, 9 running`.
 *
 * @param processes All processes.
 */
export function calmText(
  processes: readonly ProcessView[],
): { readonly settled: boolean; readonly text: string } {
  const ready =
    processes.filter(({ pid, ready }) => pid !== null && ready !== false)
      .length;
  const unready = processes.filter(({ ready }) => ready === false).length;
  const waiting = processes.filter(({ state }) => state === "waiting").length;
  const settled = unready === 0 && waiting === 0;
  const counts = [
    counted(processes.length, "process", "processes"),
    `${ready} running`,
    unready === 0 ? "" : `${unready} not ready yet`,
    waiting === 0 ? "" : `${waiting} waiting`,
  ].filter((part) => part !== "").join(", ");
  const text = settled
    ? "Nothing needs attention"
    : "Nothing has failed so far";
  return { settled, text: `${text}: ${counts}` };
}

/** For how long crashes count, in milliseconds. */
const WINDOW_MS = 300_000;

/** How long a run must live after a crash to count as recovered. */
const RECOVERED_MS = 60_000;

/** For how long a run may get ready without being noticed, in milliseconds. */
const PATIENCE_MS = 10_000;

/** The crashes of a process, as events tell. */
interface Crashes {
  readonly count: number;
  /** When the first of them was. */
  readonly first: number;
  /** How long the last run lived. */
  readonly durationMs: number;
  /** Why a probe made processman end the last run; `null` if none did. */
  readonly verdict: string | null;
}

/**
 * Returns what needs attention, the worst first; processes that only wait for
 * such a process are named with it.
 *
 * @param processes All processes.
 * @param events The newest events, the oldest first.
 * @param now The time.
 */
export function troublesOf(
  processes: readonly ProcessView[],
  events: readonly EventView[],
  now: number,
): Trouble[] {
  const crashes = crashesOf(events, now - WINDOW_MS);
  const roots = processes.flatMap((process) => {
    const trouble = ownTrouble(process, crashes.get(process.name), now);
    return trouble === undefined ? [] : [trouble];
  });
  const held = heldBy(processes, new Set(roots.map(({ name }) => name)));
  const found = roots.map((root) => ({
    ...root,
    holds: held.get(root.name) ?? [],
  }));
  const named = new Set(found.flatMap(({ name, holds }) => [name, ...holds]));
  const others = processes.filter((each) =>
    isBlocked(each) && !named.has(each.name)
  ).map(blockedTrouble);
  return [...found, ...others].sort((a, b) => rankOf(a) - rankOf(b));
}

/** Returns how far down a trouble stands. */
function rankOf({ tone, what }: Trouble): number {
  if (tone !== "bad") return 3;
  return what === "failed" ? 0 : what === "is blocked" ? 2 : 1;
}

/** Returns the crashes of each process since a time. */
function crashesOf(
  events: readonly EventView[],
  since: number,
): Map<string, Crashes> {
  const all = new Map<string, Crashes>();
  // What is older than the window is the most of thousands.
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i];
    if (event === undefined || event.time < since) break;
    const { kind, name, time, details } = event;
    if (name === null || kind !== "exit" || details.crashed !== true) continue;
    const later = all.get(name);
    all.set(name, {
      count: (later?.count ?? 0) + 1,
      first: time,
      durationMs: later?.durationMs ?? numberIn(details, "durationMs") ?? 0,
      verdict: later === undefined ? factsOf(event).verdict : later.verdict,
    });
  }
  return all;
}

/** Returns what is wrong with a process itself. */
function ownTrouble(
  process: ProcessView,
  crashes: Crashes | undefined,
  now: number,
): Trouble | undefined {
  const { name, state, last, ready } = process;
  const trouble = { name, tone: "bad", holds: [], more: "" } as const;
  if (state === "failed") {
    const reason = reasonOf(last) || failureText(process);
    return {
      ...trouble,
      what: "failed",
      reason,
      more: crashText(crashes, now),
    };
  }
  if (state === "ended" && last?.crashed) {
    return { ...trouble, what: "crashed", reason: reasonOf(last) };
  }
  if (last !== null && isCrashing(process, crashes, now)) {
    const once = (crashes?.count ?? 1) === 1;
    const [first, again] = WHATS[crashes?.verdict ?? ""] ?? CRASHED;
    const what = once ? first : again;
    const more = once ? "" : crashText(crashes, now);
    return { ...trouble, what, reason: reasonOf(last), more };
  }
  return state === "running" && ready === false
    ? unready(process, crashes, now)
    : undefined;
}

/** Returns what is wrong with a run that is not ready. */
function unready(
  process: ProcessView,
  crashes: Crashes | undefined,
  now: number,
): Trouble | undefined {
  const { name, since, last } = process;
  const age = since === null ? 0 : now - since;
  // It may need that long, unless the run before has crashed.
  if (crashes === undefined && age < PATIENCE_MS) return undefined;
  const what = `has not been ready for ${shortDuration(age)}`;
  const again = crashes !== undefined && last?.crashed === true;
  const reason = again ? beforeText(last) : answerOf(process);
  return { name, what, reason, more: "", tone: "warn", holds: [] };
}

/** What is wrong after one crash, and after several. */
const CRASHED = ["has crashed", "keeps crashing"] as const;

/** The same, if a probe made processman end the run. */
const WHATS: Readonly<Record<string, readonly [string, string]>> = {
  "not-ready": ["was not ready in time", "does not get ready"],
  unhealthy: ["became unhealthy", "keeps becoming unhealthy"],
};

/** Whether a process crashes again and again, also while a run is alive. */
function isCrashing(
  process: ProcessView,
  crashes: Crashes | undefined,
  now: number,
): boolean {
  const { state, since } = process;
  if (state === "backoff" || isSweeping(process)) return true;
  if (crashes === undefined || crashes.count < 2) return false;
  if (state !== "running" && state !== "starting") return false;
  // A run that has outlived those before it is a different story.
  const needed = Math.max(RECOVERED_MS, 3 * crashes.durationMs);
  return since === null || now - since < needed;
}

function crashText(crashes: Crashes | undefined, now: number): string {
  if (crashes === undefined || crashes.count < 2) return "";
  const { count, first, verdict } = crashes;
  const time = shortDuration(now - first);
  return verdict === null
    ? `${counted(count, "crash", "crashes")} in ${time}`
    : `ended ${count} times in ${time}`;
}

/** Returns why a run ended, in its own words if it had any. */
function reasonOf(last: EndView | null): string {
  if (last === null) return "";
  return keyLine(last.stderr) ??
    (last.reason.startsWith("crashed")
      ? `${last.reason}, and wrote nothing to stderr`
      : last.reason);
}

/** Returns why the run before this one ended. */
function beforeText(last: EndView): string {
  const reason = reasonOf(last);
  return reason.startsWith(last.reason)
    ? `the run before ${reason}`
    : `the run before wrote: ${reason}`;
}

/** Returns what the probe of a process has answered last. */
function answerOf(process: ProcessView): string {
  const [, answer] = whyText(process).match(/ is not ready: (.*)$/s) ?? [];
  return answer === undefined ? "" : `the probe says: ${answer}`;
}

function blockedTrouble(process: ProcessView): Trouble {
  const reason = whyText(process).replace(/^is blocked: /, "");
  const { name } = process;
  return { name, what: "is blocked", reason, more: "", tone: "bad", holds: [] };
}

/** Returns which processes wait for each root, directly or behind others. */
function heldBy(
  processes: readonly ProcessView[],
  roots: ReadonlySet<string>,
): Map<string, string[]> {
  const byEntry = Map.groupBy(processes, ({ entry }) => entry);
  const held = new Map<string, string[]>();
  for (const process of processes) {
    if (process.state !== "waiting" || roots.has(process.name)) continue;
    for (const root of rootsOf(process, byEntry, roots)) {
      held.set(root, [...held.get(root) ?? [], process.name]);
    }
  }
  return held;
}

/** Returns the roots that a process waits for. */
function rootsOf(
  process: ProcessView,
  byEntry: ReadonlyMap<string, readonly ProcessView[]>,
  roots: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  const seen = new Set([process.name]);
  const open = [process];
  for (const { dependencies } of open) {
    const awaited = dependencies.filter((each) => each.awaited);
    for (
      const other of awaited.flatMap(({ name }) => byEntry.get(name) ?? [])
    ) {
      if (seen.has(other.name)) continue;
      seen.add(other.name);
      if (roots.has(other.name)) found.add(other.name);
      else if (other.state === "waiting") open.push(other);
    }
  }
  return found;
}
