/**
 * Probes that can be named, written down and compared.
 *
 * @module
 */

import type { ProbeContext } from "../mod.ts";

/**
 * What a probe looks for, as an object with one entry: the name of the function
 * that made the probe, with its options.
 */
export type ProbeForm = Readonly<Record<string, unknown>>;

/** A probe that can describe itself. */
export interface DescribedProbe {
  /**
   * Finds out whether the answer is yes. If the answer is no, the promise
   * rejects with an error that says why.
   */
  (context: ProbeContext): Promise<boolean>;
  /** What the probe looks for, such as `tcp 127.0.0.1:5432`. */
  readonly name: string;
  /**
   * Returns what the probe looks for, such as
   * `{ tcp: { hostname: "127.0.0.1", port: 5432 } }`. Probes with equal results
   * look for the same thing.
   */
  toJSON(): ProbeForm;
}

/**
 * Gives a probe a description.
 *
 * @param name What the probe looks for, in words.
 * @param form What it looks for, as an object.
 * @param probe The probe.
 */
export function described(
  name: string,
  form: ProbeForm,
  probe: (context: ProbeContext) => Promise<boolean>,
): DescribedProbe {
  const named = Object.defineProperty(probe, "name", { value: name });
  return Object.assign(named, { toJSON: () => form });
}

/** Tells a run from all others; each start of a process counts runs anew. */
export function runOf({ run, process: { pid } }: ProbeContext): string {
  return `${run} ${pid}`;
}

/** Returns the message of what was thrown, which can be any value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
