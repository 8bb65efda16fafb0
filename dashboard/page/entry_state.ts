/**
 * Says in words what an entry of the graph does. The functions are pure.
 *
 * @module
 */

import type { GraphNode } from "./graph_model.ts";
import { stateWords, type Tone } from "./state_words.ts";

/** What an entry does. */
export interface EntryState {
  readonly tone: Tone;
  readonly words: string;
}

/** The tones, the worst first. */
const TONES: readonly Tone[] = ["bad", "warn", "busy", "idle", "good"];

/** Returns what an entry does: its only process, or all of its replicas. */
export function entryState(
  { processes, type }: GraphNode,
  now: number,
): EntryState {
  const states = processes.map((process) => stateWords(process, { now }));
  const [first] = states;
  if (first !== undefined && states.length === 1) {
    return { tone: first.tone, words: first.label };
  }
  const tone = TONES.find((tone) => states.some((it) => it.tone === tone)) ??
    "idle";
  const good = states.filter(({ tone }) => tone === "good").length;
  const done = type === "task" ? "completed" : "ready";
  const parts = [`${good}/${states.length} ${done}`];
  const others = states.filter(({ tone }) => tone !== "good");
  // Without the time that is left, which differs among replicas.
  const short = ({ label }: { label: string }) =>
    label.replace(/ (in|now).*/, "");
  for (const [words, { length }] of Map.groupBy(others, short)) {
    parts.push(`${length} ${words}`);
  }
  return { tone, words: parts.join(", ") };
}

/** Returns whether what an entry does is counted down. */
export function countsDown({ processes }: GraphNode): boolean {
  return processes.length === 1 &&
    processes.some(({ until }) => until !== null);
}
