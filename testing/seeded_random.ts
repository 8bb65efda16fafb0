/**
 * Reproducible random numbers.
 *
 * @module
 */

import { whole } from "./arguments.ts";

/**
 * Returns a source of random numbers that always returns the same numbers for
 * the same seed. You can use it as the option `restart.random`. The algorithm
 * is mulberry32.
 * @example
 * ```ts
 * import { seededRandom } from "@isbm/processman/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const [one, other] = [seededRandom(7), seededRandom(7)];
 * assertEquals([one(), one()], [other(), other()]);
 * ```
 *
 * @param seed Any whole number.
 * @returns A function that returns the next number in `[0, 1)`.
 * @throws {TypeError} If the seed is not a number.
 * @throws {RangeError} If the seed is not a whole number.
 */
export function seededRandom(seed: number): () => number {
  whole(seed, "seed");
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
