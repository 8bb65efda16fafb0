/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The state of a process in words, as a badge.
 *
 * @module
 */

import { useNow } from "./hooks.ts";
import type { ProcessView } from "./source.ts";
import { MARKS, stateWords, type Tone } from "./state_words.ts";

/** Shows the state of a process in a few words; counts down by itself. */
export function StateBadge({ process }: { process: ProcessView }) {
  const now = useNow(process.until !== null);
  const { label, tone } = stateWords(process, { now });
  return <Badge tone={tone}>{label}</Badge>;
}

/** Shows a few words with a tone. */
export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span class={`badge tone-${tone}`}>
      <span class="badge-mark" aria-hidden="true">{MARKS[tone]}</span>
      {children}
    </span>
  );
}
