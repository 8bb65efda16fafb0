/**
 * What a program costs while it does nothing.
 *
 * @module
 */

import { assert } from "@std/assert";
import { cpuOf } from "../bench/compare/processes.ts";

/** How long what happened before may still cost something, in milliseconds. */
const SETTLE_MS = 500;

/**
 * Fails if an idle program takes more than a thousandth of a processor.
 *
 * @param pid The process ID of the program.
 * @param seconds How long to measure.
 */
export async function assertIdle(pid: number, seconds: number): Promise<void> {
  await pass(SETTLE_MS);
  const before = cpuOf(pid);
  assert(before > 10);
  await pass(seconds * 1_000);
  const spent = cpuOf(pid) - before;
  assert(spent < seconds, `${spent} ms in ${seconds} s`);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
