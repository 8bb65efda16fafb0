/**
 * Probes, and the options that say how processman uses them.
 *
 * @module
 */

import type { Line, Lines, LinesOptions } from "./lines.ts";
import {
  aMillisecond,
  callable,
  type Check,
  type Filled,
  given,
  milliseconds,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";

/**
 * Finds out whether a run is ready, or still works. It returns `true` for yes,
 * and `false` for no. If it throws, the answer is no, and the message of the
 * error says why.
 *
 * processman calls a probe again and again, but never while an earlier call is
 * in progress. `@isbm/processman/probe` has probes for HTTP, TCP, programs,
 * lines of output and files.
 */
export type Probe = (context: ProbeContext) => boolean | Promise<boolean>;

/** What a probe is called with. */
export interface ProbeContext {
  /** The process. */
  readonly process: ProbedProcess;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /**
   * Aborted when nothing waits for the answer any more: after the timeout of
   * this call, or when the run ends. The probe must then free what it uses.
   */
  readonly signal: AbortSignal;
  /**
   * Aborted when the probe is not called again for this run. All calls for one
   * run get the same signal, so that a probe can keep something between them.
   */
  readonly probing: AbortSignal;
}

/** The part of a `Process` that a probe can use. */
export interface ProbedProcess {
  /** The name of the process. */
  readonly name: string;
  /** The process ID of the child; `undefined` while none is alive. */
  readonly pid: number | undefined;
  /** Reads the output as lines, as `Process.lines()` does. */
  lines(options?: LinesOptions): Lines;
  /** Returns the newest buffered lines, as `Process.tail()` does. */
  tail(count?: number): Line[];
}

/** What a probe has answered. */
export interface ProbeAnswer {
  /** When the answer came, in milliseconds since the epoch. */
  readonly time: number;
  /** Whether it was yes. */
  readonly ok: boolean;
  /** Why it was no. */
  readonly reason?: string | undefined;
}

/** The last answers of the probes of a run. */
export interface ProbeAnswers {
  /** That of the option `ready`; `undefined` before the first. */
  readonly ready?: ProbeAnswer | undefined;
  /** That of the option `live`; `undefined` before the first. */
  readonly live?: ProbeAnswer | undefined;
}

/** When a run is ready: fit to do its work. */
export interface ReadyOptions {
  /** Returns whether the run is ready. */
  probe: Probe;
  /**
   * Time from a negative answer to the next call of the probe, in milliseconds;
   * at least 1.
   *
   * @default {200}
   */
  intervalMs?: number | undefined;
  /**
   * How long a call of the probe can take, in milliseconds; at least 1. Then
   * the answer is no.
   *
   * @default {1_000}
   */
  timeoutMs?: number | undefined;
  /**
   * How long a run can take to become ready, in milliseconds from its start.
   * Then processman ends the run as `stop()` would, and that counts as a crash.
   * `Infinity` sets no limit.
   *
   * @default {60_000}
   */
  withinMs?: number | undefined;
  /**
   * Time from an answer to the next call of the probe once the run is ready, in
   * milliseconds; at least 1. A negative answer takes the readiness away, and a
   * positive one gives it back. Without it, a run that is ready stays ready.
   */
  recheckMs?: number | undefined;
}

/** How processman finds out that a run hangs. */
export interface LiveOptions {
  /** Returns whether the run still works. */
  probe: Probe;
  /**
   * Time from an answer to the next call of the probe, in milliseconds; at
   * least 1.
   *
   * @default {10_000}
   */
  intervalMs?: number | undefined;
  /**
   * How long a call of the probe can take, in milliseconds; at least 1. Then
   * the answer is no.
   *
   * @default {1_000}
   */
  timeoutMs?: number | undefined;
  /**
   * How many negative answers in a row end the run; at least 1. processman then
   * ends it as `stop()` would, and that counts as a crash.
   *
   * @default {3}
   */
  failures?: number | undefined;
}

/** When a run is ready, with every default filled in. */
export type ReadyRules =
  & Filled<Omit<ReadyOptions, "recheckMs">>
  & Pick<ReadyOptions, "recheckMs">;

/** How to find out that a run hangs, with every default filled in. */
export type LiveRules = Filled<LiveOptions>;

/** The default options of readiness. */
export const READY_DEFAULTS: Filled<
  Omit<ReadyOptions, "probe" | "recheckMs">
> = {
  intervalMs: 200,
  timeoutMs: 1_000,
  withinMs: 60_000,
};

/** The default options of liveness. */
export const LIVE_DEFAULTS: Filled<Omit<LiveOptions, "probe">> = {
  intervalMs: 10_000,
  timeoutMs: 1_000,
  failures: 3,
};

const checkReadyOptions = optionsOf<ReadyOptions>({
  probe: callable,
  intervalMs: aMillisecond,
  timeoutMs: aMillisecond,
  withinMs: (value, path) => {
    if (value !== Infinity) milliseconds(value, path);
  },
  recheckMs: aMillisecond,
}, ["probe"]);

/** Checks a probe of readiness, or options with one. */
export const checkReady: Check = probeOr(checkReadyOptions);

const checkLiveOptions = optionsOf<LiveOptions>({
  probe: callable,
  intervalMs: aMillisecond,
  timeoutMs: aMillisecond,
  failures: (value, path) => {
    whole(value, path);
    if (value === 0) wrong(path, "a number >= 1", value, RangeError);
  },
}, ["probe"]);

/** Checks a probe of liveness, or options with one. */
export const checkLive: Check = probeOr(checkLiveOptions);

/** Fills in the defaults of readiness. */
export function readyRules(ready: Probe | ReadyOptions): ReadyRules {
  return { ...READY_DEFAULTS, ...given(optionsWith(ready)) };
}

/** Fills in the defaults of liveness. */
export function liveRules(live: Probe | LiveOptions): LiveRules {
  return { ...LIVE_DEFAULTS, ...given(optionsWith(live)) };
}

/** A probe alone is the same as options with that probe. */
function optionsWith<Options>(
  value: Probe | Options,
): Options | { readonly probe: Probe } {
  return typeof value === "function" ? { probe: value as Probe } : value;
}

/** Returns a check for a probe, or for options with one. */
function probeOr(checkOptions: Check): Check {
  return (value, path) => {
    if (typeof value === "function") return value;
    if (typeof value === "object" && value !== null) {
      return checkOptions(value, path);
    }
    wrong(path, "a function or an object", value);
  };
}
