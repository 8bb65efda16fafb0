/**
 * Says what happens to a process that crashes again and again.
 *
 * @module
 */

import { type RestartOptions, simulate } from "../mod.ts";

/** What follows crashes at once after each start. */
export interface CrashLoop {
  /** Whether the process is given up or not restarted at all. */
  readonly ends: boolean;
  /** How many crashes there are until then, or in the first hour. */
  readonly crashes: number;
  /** When the last of them is, in milliseconds after the first start. */
  readonly afterMs: number;
  /** How long the first waits for a restart are, in milliseconds; at most 10. */
  readonly waitsMs: readonly number[];
  /** The same in words. */
  readonly text: string;
}

/** How long each run lives, in milliseconds. */
const RUN_MS = 100;

/** The most crashes to look at. */
const MOST = 20_000;

/** The most waits to tell. */
const MOST_WAITS = 10;

const HOUR_MS = 3_600_000;

/**
 * Simulates a crash loop: each run crashes 100 ms after its start, and each
 * random delay is the middle one.
 *
 * @param restart The restart options of the process.
 */
export function crashLoop(restart: RestartOptions): CrashLoop {
  const exits = Array.from({ length: MOST }, () => ({ durationMs: RUN_MS }));
  const runs = simulate({ ...restart, random: () => 0.5 }, exits);
  const waits = runs.flatMap(({ decision }) =>
    decision.kind === "restart" ? [Math.round(decision.delayMs)] : []
  );
  const waitsMs = waits.slice(0, MOST_WAITS);
  const last = runs.at(-1);
  if (last !== undefined && last.decision.kind !== "restart") {
    const crashes = runs.length;
    const afterMs = Math.round(last.endMs);
    const text = crashes === 1
      ? "is not restarted after a crash"
      : `gives up after ${crashes} crashes, about ${
        inWords(afterMs)
      } after its start, with waits of ${waitsText(waits)}`;
    return { ends: true, crashes, afterMs, waitsMs, text };
  }
  const hour = runs.filter(({ endMs }) => endMs <= HOUR_MS);
  const crashes = hour.length;
  const afterMs = Math.round(hour.at(-1)?.endMs ?? 0);
  const text = `never gives up: about ${crashes} crashes in the first hour, ` +
    `with waits of ${waitsText(waits)}`;
  return { ends: false, crashes, afterMs, waitsMs, text };
}

/** Returns waits in words, equal ones once: `200 ms, 400 ms … 10 s`. */
function waitsText(waits: readonly number[]): string {
  const texts = waits.map(inWords).filter((text, i, all) =>
    text !== all[i - 1]
  );
  const [first = "", second, ...others] = texts;
  if (second === undefined) return first;
  const last = others.at(-1);
  if (others.length < 2) return texts.join(", ");
  return `${first}, ${second} … ${last}`;
}

function inWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 10_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
