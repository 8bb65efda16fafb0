/**
 * Functions that compute the delay before a restart. They read no clock, and
 * take the source of random numbers as an argument.
 *
 * @module
 */

import {
  callable,
  type Filled,
  given,
  milliseconds,
  oneOf,
  options as optionsOf,
  type OptionsCheck,
  whole,
  wrong,
} from "./validate.ts";

/**
 * Computes the delay before a restart, in milliseconds.
 *
 * `attempt` is the number of consecutive crashes: 1 after the first crash. It
 * is also 1 after a run that ended with success. `random` returns a random
 * number in `[0, 1)`. `previousMs` is the delay before the run that has just
 * ended; 0 on the first attempt.
 *
 * `JSON.stringify()` turns the backoffs of this package into their name and
 * their options, such as `{"uniform":5000}`.
 */
export type Backoff = (
  attempt: number,
  random: () => number,
  previousMs: number,
) => number;

/**
 * How the delay is randomized, so that processes that crash together do not
 * restart together. `w` is the delay without jitter.
 *
 * - `"none"`: the delay is `w`.
 * - `"full"`: a random time from 0 to `w`.
 * - `"equal"`: a random time from half of `w` to `w`.
 * - `"decorrelated"`: a random time from `initialMs` to `factor` times the
 *   previous delay; before the first restart, from `initialMs` to `factor`
 *   times `initialMs`.
 */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

/** Options for {@linkcode exponential}. */
export interface ExponentialOptions {
  /**
   * The delay before the first restart in milliseconds, without jitter.
   *
   * @default {100}
   */
  initialMs?: number | undefined;
  /**
   * The factor by which the delay grows from one restart to the next; at least
   * 1.
   *
   * @default {2}
   */
  factor?: number | undefined;
  /**
   * The longest delay in milliseconds.
   *
   * @default {30_000}
   */
  maxMs?: number | undefined;
  /**
   * How the delay is randomized.
   *
   * @default {"full"}
   */
  jitter?: Jitter | undefined;
}

/** Checks the options of an exponential backoff. */
export const checkExponential: OptionsCheck<ExponentialOptions> = optionsOf<
  ExponentialOptions
>({
  initialMs: milliseconds,
  factor: (value, path) => {
    if (typeof value !== "number") wrong(path, "a number", value);
    if (!(value >= 1 && value < Infinity)) {
      wrong(path, "a finite number >= 1", value, RangeError);
    }
  },
  maxMs: milliseconds,
  jitter: oneOf("none", "full", "equal", "decorrelated"),
});

/** The default options of an exponential backoff. */
export const EXPONENTIAL_DEFAULTS: Filled<ExponentialOptions> = {
  initialMs: 100,
  factor: 2,
  maxMs: 30_000,
  jitter: "full",
};

/** Returns the shortest possible delay of an attempt, in milliseconds. */
export type ShortestWait = (attempt: number) => number;

/** Replaces infinity, because infinity times 0 is not a number. */
const HUGE = Number.MAX_VALUE;

/** The property of a backoff that holds its function of shortest delays. */
const SHORTEST = Symbol("shortestWait");

/**
 * Returns a backoff with a random delay from 0 to a maximum. All delays are
 * equally likely.
 * @example
 * ```ts
 * import { uniform } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = uniform(5_000);
 * assertEquals(backoff(1, () => 0.5, 0), 2_500);
 * ```
 *
 * @param maxMs The longest delay in milliseconds.
 * @returns The backoff.
 * @throws {TypeError} If `maxMs` is not a number.
 * @throws {RangeError} If `maxMs` is negative or not finite.
 */
export function uniform(maxMs: number): Backoff {
  milliseconds(maxMs, "maxMs");
  return ours((_attempt, random) => random() * maxMs, () => 0, {
    uniform: maxMs,
  });
}

/**
 * Returns a backoff whose delay is always the same.
 *
 * @example
 * ```ts
 * import { constant } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(constant(250)(7, Math.random, 250), 250);
 * ```
 *
 * @param ms The delay in milliseconds.
 * @returns The backoff.
 * @throws {TypeError} If `ms` is not a number.
 * @throws {RangeError} If `ms` is negative or not finite.
 */
export function constant(ms: number): Backoff {
  milliseconds(ms, "ms");
  return ours(() => ms, () => ms, { constant: ms });
}

/**
 * Returns a backoff whose delay grows with each consecutive crash, up to a
 * maximum.
 *
 * @example The third delay is four times as long as the first
 * ```ts
 * import { exponential } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = exponential({ initialMs: 100, jitter: "none" });
 * assertEquals(backoff(1, Math.random, 0), 100);
 * assertEquals(backoff(3, Math.random, 200), 400);
 * ```
 *
 * @param options The first delay, its growth, the longest delay and the jitter.
 * @returns The backoff.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If a delay is negative or not finite, if the longest
 * delay is shorter than the first, or if the factor is below 1 or not finite.
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  const filled = {
    ...EXPONENTIAL_DEFAULTS,
    ...given(checkExponential(options, "")),
  };
  const { initialMs, maxMs } = filled;
  if (maxMs < initialMs) {
    wrong("maxMs", `>= initialMs (${initialMs})`, maxMs, RangeError);
  }
  return ours(...exponentialDelays(filled), { exponential: filled });
}

/** Returns the delays of an exponential backoff, and the shortest of them. */
function exponentialDelays(
  { initialMs, factor, maxMs, jitter }: Filled<ExponentialOptions>,
): [Backoff, ShortestWait] {
  const plain: ShortestWait = (attempt) =>
    Math.min(maxMs, initialMs * Math.min(factor ** (attempt - 1), HUGE));
  switch (jitter) {
    case "none":
      return [plain, plain];
    case "full":
      return [(attempt, random) => random() * plain(attempt), () => 0];
    case "equal":
      return [
        (attempt, random) => (1 + random()) / 2 * plain(attempt),
        (attempt) => plain(attempt) / 2,
      ];
    case "decorrelated":
      return [(_attempt, random, previousMs) => {
        const upper = Math.min(Math.max(initialMs, previousMs) * factor, HUGE);
        return Math.min(maxMs, initialMs + random() * (upper - initialMs));
      }, () => initialMs];
  }
}

/**
 * Returns the shortest delays of a backoff made by `uniform()`, `constant()` or
 * `exponential()`. For any other function they are unknown. This function does
 * not call it to find out, because a call can change what it returns later.
 *
 * @returns A function that computes them; `undefined` if they are unknown.
 */
export function shortestWait(backoff: Backoff): ShortestWait | undefined {
  try {
    const shortest: unknown = Reflect.get(backoff, SHORTEST);
    return typeof shortest === "function"
      ? shortest as ShortestWait
      : undefined;
  } catch {
    // It is a Proxy whose trap has thrown an error.
    return undefined;
  }
}

/**
 * Makes a backoff that checks its arguments and its random numbers. `form` is
 * what `JSON.stringify()` gets: two backoffs with the same form are the same.
 */
function ours(
  backoff: Backoff,
  shortest: ShortestWait,
  form: Record<string, unknown>,
): Backoff {
  const checked: Backoff = (attempt, random, previousMs) => {
    whole(attempt, "attempt");
    if (attempt === 0) wrong("attempt", "a number >= 1", attempt, RangeError);
    callable(random, "random");
    milliseconds(previousMs, "previousMs");
    return backoff(attempt, () => fraction(random()), previousMs);
  };
  const toJSON = () => structuredClone(form);
  return Object.assign(checked, { [SHORTEST]: shortest, toJSON });
}

/** Checks and returns a random number. */
function fraction(value: unknown): number {
  if (typeof value !== "number") wrong("random()", "a number", value);
  if (value >= 0 && value < 1) return value;
  wrong("random()", "a number in [0, 1)", value, RangeError);
}
