/**
 * The streams of a process, which all its runs share.
 *
 * @module
 */

import type { ProcessHost } from "./life_host.ts";
import { Output } from "./output.ts";
import type { Spec } from "./spec.ts";
import { Stdin } from "./stdin.ts";

/** The streams of a process, which all its runs share. */
export interface ProcessStreams {
  /** The output of the runs. */
  readonly output: Output;
  /** The stdin of the runs, if it is piped. */
  readonly stdin: Stdin | undefined;
}

/**
 * Makes the streams of a process.
 *
 * @param name The name of the process.
 * @param spec What it runs.
 * @param host The part of the manager that it uses.
 */
export function streamsFor<Process>(
  name: string,
  { command: { stdin, tty }, output, file }: Spec,
  { files, kernel, outlets }: ProcessHost<Process>,
): ProcessStreams {
  const writer = file && files.writer(name, file);
  return {
    output: new Output(output, kernel, writer, outlets.of(name)),
    stdin: stdin === "piped" ? new Stdin(name, tty) : undefined,
  };
}
