/**
 * The spans of one life of a process that have not ended.
 *
 * @module
 */

import {
  type Attributes,
  type Context,
  type Span,
  SpanStatusCode,
} from "@opentelemetry/api";
import type { LeftoversEvent, StopEvent } from "../mod.ts";
import { ATTRIBUTE, SPAN_EVENT, totalMs } from "./attributes.ts";
import { hrTime } from "./exact_time.ts";

/** A span that has begun. */
export interface OpenSpan {
  readonly span: Span;
  /** The context of what is below it. */
  readonly context: Context;
  /**
   * Ends the span, but not before its start: the time of the system can have
   * been set back.
   *
   * @param at When it ends, in milliseconds since the epoch.
   */
  end(at: number): void;
}

/** The present run of a process. */
export interface OpenRun extends OpenSpan {
  readonly number: number;
  /** Present once the child is alive. */
  pid: number | undefined;
  /** When it began, in milliseconds of the monotonic clock. */
  readonly ticks: number;
  /** When something was last known of it, in milliseconds since the epoch. */
  until: number;
  /** The spans of the calls of probes that have not ended. */
  readonly probes: Set<OpenSpan>;
}

/** What a process waits for before its next run. */
export interface Wait {
  readonly word: string;
  readonly since: number;
  readonly attributes: Attributes;
}

/** A process that has begun a life. */
export interface LivingProcess {
  /** Resolves when no run follows. */
  readonly finished: Promise<unknown>;
}

/** A life of a process: from its first start until no run follows. */
export interface OpenLife extends OpenSpan {
  readonly name: string;
  readonly process: LivingProcess | undefined;
  /** How many runs have begun. */
  runs: number;
  /** Present while a run is alive. */
  run: OpenRun | undefined;
  /** Present while the process waits. */
  wait: Wait | undefined;
  /** Why the last run could not be started, if it could not. */
  error: Error | undefined;
  /** Whether the span of the last run tells why a restart follows it. */
  told: boolean;
  /** Whether no run follows, unless somebody asks for one. */
  over: boolean;
}

/** Records that no run follows. */
export function over(life: OpenLife, outcome: string): void {
  life.over = true;
  life.span.setAttribute(ATTRIBUTE.outcome, outcome);
}

/** Adds the signals of a stop to a span. */
export function addSteps(
  span: Span,
  event: StopEvent | LeftoversEvent,
  now: number,
): void {
  const { steps } = event.kind === "stop" ? event.report : event;
  let at = now - totalMs(steps);
  for (const { signal, command, durationMs } of steps) {
    const attributes = signal === undefined
      ? { [ATTRIBUTE.stopCommand]: command?.command[0] ?? "" }
      : { [ATTRIBUTE.signal]: signal };
    span.addEvent(SPAN_EVENT.stop, attributes, hrTime(at));
    at += durationMs;
  }
}

/** Why something failed. */
export interface Failure {
  /** In one word. */
  readonly name: string;
  /** In words. */
  readonly message?: string | undefined;
}

/** Gives a span the status of an error. */
export function fail(span: Span, { name, message }: Failure): void {
  span.setAttribute(ATTRIBUTE.errorType, name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: message ?? name });
}
