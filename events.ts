/**
 * What happens to processes, for anybody who wants to know.
 *
 * @module
 */

import type { Decision, RestartDecision } from "./restart.ts";
import type { StopOutcome, StopReport } from "./stop.ts";

/** What every event says. */
export interface EventBase {
  /** The name of the process. */
  readonly name: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** A run began. */
export interface StartEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "start";
  /** The process ID of the run. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A run ended. What it left behind, if anything, is ended after that. */
export interface ExitEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "exit";
  /** The process ID that the run had. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** How it ended. */
  readonly status: Deno.CommandStatus;
  /** How long it lived, in milliseconds. */
  readonly durationMs: number;
  /** Whether it was asked to end. */
  readonly requested: boolean;
  /** Whether it ended badly, without having been asked to. */
  readonly crashed: boolean;
  /** What comes next; `undefined` if that is up to a request. */
  readonly decision: Decision | undefined;
  /** The last lines that a crashed run wrote to stderr. */
  readonly stderr: readonly string[];
}

/** A run that ended by itself had left processes behind. */
export interface LeftoversEvent extends EventBase, StopOutcome {
  /** Tells the events apart. */
  readonly kind: "leftovers";
  /** The process ID that the run had. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A process waits to be restarted. */
export interface RestartEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "restart";
  /** Why, after which wait, and what the limit still allows. */
  readonly decision: RestartDecision;
  /** Why the last run could not even be started, if that is the reason. */
  readonly error: Error | undefined;
}

/** A process was given up. */
export interface FailedEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "failed";
  /** Why. */
  readonly error: Error;
}

/** A process was stopped, because somebody asked for it. */
export interface StopEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "stop";
  /** How. */
  readonly report: StopReport;
}

/** This program got a signal, and all processes are being stopped. */
export interface SignalEvent {
  /** Tells the events apart. */
  readonly kind: "signal";
  /** The signal. */
  readonly signal: Deno.Signal;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
}

/** The reader of the events was so slow that some were dropped. */
export interface LostEvent {
  /** Tells the events apart. */
  readonly kind: "lost";
  /** How many events were dropped here. */
  readonly count: number;
  /** When the first of them was dropped, in milliseconds since the epoch. */
  readonly time: number;
}

/** Something that happened to a process. */
export type ProcessEvent =
  | StartEvent
  | ExitEvent
  | LeftoversEvent
  | RestartEvent
  | FailedEvent
  | StopEvent
  | SignalEvent
  | LostEvent;

/** How many events wait for a reader before the oldest are dropped. */
const WAITING_EVENTS = 10_000;

/** Hands each event to everybody who reads them. */
export class EventHub {
  readonly #readers = new Set<EventReader>();
  #ended = false;

  /** Hands out an event. */
  publish(event: ProcessEvent): void {
    for (const reader of this.#readers) reader.push(event);
  }

  /** Begins to read, with the next event. */
  subscribe(): AsyncIterableIterator<ProcessEvent, void> {
    const reader = new EventReader(() => this.#readers.delete(reader));
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** Ends all readers, after the events that wait for them. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}

type Result = IteratorResult<ProcessEvent, void>;

class EventReader implements AsyncIterableIterator<ProcessEvent, void> {
  readonly #left: () => void;
  readonly #events: ProcessEvent[] = [];
  readonly #waiting: ((result: Result) => void)[] = [];
  #ended = false;

  constructor(left: () => void) {
    this.#left = left;
  }

  push(event: ProcessEvent): void {
    const resolve = this.#waiting.shift();
    if (resolve) return resolve({ done: false, value: event });
    this.#events.push(event);
    if (this.#events.length <= WAITING_EVENTS) return;
    const [first, second] = this.#events.splice(0, 2);
    if (first === undefined || second === undefined) return;
    const earlier = first.kind === "lost" ? first.count : 1;
    this.#events.unshift({
      kind: "lost",
      count: earlier + 1,
      time: first.time,
    });
  }

  end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.splice(0)) {
      resolve({ done: true, value: undefined });
    }
  }

  next(): Promise<Result> {
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#waiting.push(resolve);
    return promise;
  }

  return(): Promise<Result> {
    this.#left();
    this.#events.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
