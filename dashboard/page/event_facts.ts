/**
 * Reads the properties of events, which arrive as JSON of any shape.
 *
 * @module
 */

import type { EventView } from "./source.ts";

/** What processman decided after a run. */
export interface DecisionFacts {
  readonly kind: string;
  readonly reason: string;
  readonly attempt: number | null;
  readonly delayMs: number | null;
  readonly restartsLeft: number | null;
  /** The limit that was reached: how many restarts. */
  readonly limit: number | null;
  /** The period of the limit. */
  readonly withinMs: number | null;
}

/** What an event tells; `null` where it does not. */
export interface EventFacts {
  readonly run: number | null;
  readonly pid: number | null;
  readonly afterMs: number | null;
  readonly durationMs: number | null;
  readonly crashed: boolean;
  readonly requested: boolean;
  readonly forced: boolean;
  readonly signal: string | null;
  /** Why a probe made processman end the run. */
  readonly verdict: string | null;
  readonly stderr: readonly string[];
  readonly decision: DecisionFacts | null;
  /** Why the next run could not be started, or the process was given up. */
  readonly error: string | null;
  /** How long the stop took, from its first signal on. */
  readonly stoppingMs: number;
}

/** Returns what an event tells. */
export function factsOf({ details }: EventView): EventFacts {
  const report = details["report"];
  return {
    run: numberOf(details["run"]),
    pid: numberOf(details["pid"]),
    afterMs: numberOf(details["afterMs"]),
    durationMs: numberOf(details["durationMs"]),
    crashed: details["crashed"] === true,
    requested: details["requested"] === true,
    forced: details["forced"] === true || valueIn(report, "forced") === true,
    signal: textOf(valueIn(details["status"], "signal")),
    verdict: textOf(valueIn(details["verdict"], "reason")),
    stderr: listOf(details["stderr"]).map(String),
    decision: decisionOf(details["decision"]),
    error: textOf(details["error"]),
    stoppingMs: listOf(valueIn(report, "steps"))
      .map((step) => numberOf(valueIn(step, "durationMs")) ?? 0)
      .reduce((sum, ms) => sum + ms, 0),
  };
}

function decisionOf(decision: unknown): DecisionFacts | null {
  const kind = textOf(valueIn(decision, "kind"));
  if (kind === null) return null;
  const limit = valueIn(decision, "limit");
  return {
    kind,
    reason: textOf(valueIn(decision, "reason")) ?? "",
    attempt: numberOf(valueIn(decision, "attempt")),
    delayMs: numberOf(valueIn(decision, "delayMs")),
    restartsLeft: numberOf(valueIn(decision, "restartsLeft")),
    limit: numberOf(valueIn(limit, "restarts")),
    withinMs: numberOf(valueIn(limit, "withinMs")),
  };
}

function valueIn(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Reflect.get(value, name);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
