/**
 * Turns the events of a process into what a time line shows of it: what it did
 * from when to when, and what happened to it. The functions are pure.
 *
 * @module
 */

import { type EventFacts, factsOf } from "./event_facts.ts";
import type { EventView, ProcessView } from "./source.ts";

/** What a process does for a while. */
export type SegmentKind =
  /** A run is alive, and its probe has not said yes yet. */
  | "starting"
  /** A run is alive, and its probe has said yes. */
  | "ready"
  /** A run is alive, and has no probe. */
  | "running"
  /** A run is alive, and was ready before. */
  | "unready"
  | "stopping"
  | "waiting"
  | "backoff";

/** Something that a process does for a while. */
export interface Segment {
  readonly kind: SegmentKind;
  /** When it began; `null` if that is not known. */
  readonly from: number | null;
  /** When it ended; `null` if it has not. */
  readonly to: number | null;
  /** The number of the run, if it belongs to one. */
  readonly run: number | null;
  /** What it is, in words. */
  readonly text: string;
}

/** What can happen to a process. */
export type MarkerKind =
  | "crash"
  | "gave-up"
  | "killed"
  | "unhealthy"
  | "unready"
  | "stop"
  | "end";

/** Something that happened to a process. */
export interface Marker {
  readonly kind: MarkerKind;
  readonly event: EventView;
}

/** What a time line shows of a process. */
export interface Lane {
  readonly name: string;
  readonly segments: readonly Segment[];
  readonly markers: readonly Marker[];
  readonly crashes: number;
}

/**
 * Returns what a time line shows of a process.
 *
 * @param name The name of the process.
 * @param events What has happened to it, the oldest first.
 * @param process What it does now; `undefined` if it is gone.
 */
export function laneOf(
  name: string,
  events: readonly EventView[],
  process: ProcessView | undefined,
): Lane {
  const builder = new LaneBuilder(name);
  for (const event of events) builder.add(event);
  if (process !== undefined) builder.see(process);
  return builder.lane();
}

/** Returns whether a marker tells that a run failed. */
export function isCrash({ kind }: Marker): boolean {
  return kind === "crash" || kind === "gave-up";
}

/** A segment that has not ended. */
type Open = { -readonly [Key in keyof Segment]: Segment[Key] };

const WORDS: Readonly<Record<SegmentKind, string>> = {
  starting: "is starting",
  ready: "is ready",
  running: "is running",
  unready: "is running and not ready any more",
  stopping: "is stopping",
  waiting: "waits",
  backoff: "waits for its restart",
};

const ALIVE: readonly SegmentKind[] = [
  "starting",
  "ready",
  "running",
  "unready",
];

/** Builds a lane from the events of its process. */
class LaneBuilder {
  readonly #name: string;
  readonly #segments: Open[] = [];
  readonly #markers: Marker[] = [];
  /** Whether the process has a probe that says when it is ready. */
  #probed = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** Adds the next event. */
  add(event: EventView): void {
    const facts = factsOf(event);
    switch (event.kind) {
      case "start":
        return this.#open("running", event.time, facts.run);
      case "ready":
        return this.#becomeReady(event.time, facts);
      case "unready":
        this.#open("unready", event.time, facts.run, event.text);
        return this.#mark("unready", event);
      case "unhealthy":
        return this.#mark("unhealthy", event);
      case "exit":
        return this.#exit(event, facts);
      case "restart":
        if (facts.error !== null) this.#mark("crash", event);
        return this.#open("backoff", event.time, null, event.text);
      case "waiting":
        return this.#open("waiting", event.time, facts.run, event.text);
      case "leftovers":
        if (facts.forced) this.#mark("killed", event);
        return;
      case "failed":
        this.#close(event.time);
        if (this.#markers.at(-1)?.kind !== "gave-up") {
          this.#mark("gave-up", event);
        }
        return;
      case "stop":
        return this.#stop(event, facts);
    }
  }

  /** Takes over what is known of the present. */
  see({ state, ready, since, until, run, last, why }: ProcessView): void {
    const open = this.#now();
    if (since !== null) {
      const known = open !== undefined && ALIVE.includes(open.kind) &&
        open.run === run;
      if (!known) this.#open("running", since, run);
      const now = this.#now();
      if (now?.kind === "running" && ready === false) now.kind = "starting";
      if (now?.kind === "running" && ready && this.#probed) now.kind = "ready";
      if (now !== undefined && state === "stopping") {
        now.text = `${now.text}; is stopping`;
      }
      return;
    }
    if (state !== "waiting" && state !== "backoff") return;
    if (open?.kind === state) return;
    const from = last?.time ?? null;
    this.#segments.push({ kind: state, from, to: null, run: null, text: why });
    if (state === "backoff" && until === null) this.#close(from ?? 0);
  }

  /** Returns the lane. */
  lane(): Lane {
    for (const segment of this.#segments) {
      // A run that ended before it was ready, of a process that has a probe.
      if (segment.kind === "running" && this.#probed) segment.kind = "starting";
      if (segment.text !== "") continue;
      const which = segment.run === null ? "" : `, run ${segment.run}`;
      segment.text = `${this.#name} ${WORDS[segment.kind]}${which}`;
    }
    const crashes = this.#markers.filter(isCrash).length;
    return {
      name: this.#name,
      segments: this.#segments,
      markers: this.#markers,
      crashes,
    };
  }

  /** Returns the segment that has not ended. */
  #now(): Open | undefined {
    const last = this.#segments.at(-1);
    return last?.to === null ? last : undefined;
  }

  #open(
    kind: SegmentKind,
    from: number,
    run: number | null,
    text = "",
  ): void {
    this.#close(from);
    this.#segments.push({ kind, from, to: null, run, text });
  }

  #close(time: number): void {
    const now = this.#now();
    if (now !== undefined) now.to = time;
  }

  #mark(kind: MarkerKind, event: EventView): void {
    this.#markers.push({ kind, event });
  }

  #becomeReady(time: number, { run, afterMs }: EventFacts): void {
    this.#probed = true;
    const now = this.#now();
    if (now?.kind === "running") now.kind = "starting";
    else if (now === undefined) {
      this.#open("starting", time - (afterMs ?? 0), run);
    }
    this.#open("ready", time, run);
  }

  #exit(event: EventView, facts: EventFacts): void {
    const { run, durationMs, verdict, requested, crashed, decision } = facts;
    const now = this.#now();
    if (now === undefined || !ALIVE.includes(now.kind)) {
      this.#open("running", event.time - (durationMs ?? 0), run);
    }
    const ended = this.#now();
    if (verdict === "not-ready" && ended?.kind === "running") {
      ended.kind = "starting";
    }
    this.#close(event.time);
    if (requested) {
      this.#mark(facts.signal === "SIGKILL" ? "killed" : "stop", event);
    } else if (!crashed) this.#mark("end", event);
    else this.#mark(decision?.kind === "fail" ? "gave-up" : "crash", event);
  }

  /** Marks a stop once: in place of the exit that belongs to it. */
  #stop(event: EventView, { forced, stoppingMs }: EventFacts): void {
    this.#close(event.time);
    const last = this.#markers.at(-1);
    const kind = last?.event.kind;
    if (
      last !== undefined && kind === "exit" && factsOf(last.event).requested
    ) {
      this.#markers.pop();
    }
    this.#mark(forced ? "killed" : "stop", event);
    const run = this.#segments.at(-1);
    if (run === undefined || run.to === null || stoppingMs <= 0) return;
    if (!ALIVE.includes(run.kind)) return;
    const from = Math.max(event.time - stoppingMs, run.from ?? 0);
    if (from > run.to) return;
    run.to = from;
    this.#open("stopping", from, run.run);
    this.#close(event.time);
  }
}
