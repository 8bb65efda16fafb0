/**
 * The streams of a process, which all its runs share.
 *
 * @module
 */

import type { ProcessHost } from "./life_host.ts";
import { Output, type OutputTap } from "./output.ts";
import type { Spec } from "./spec.ts";
import { Stdin } from "./stdin.ts";

/** The name of a stream of a process. */
export type StreamName = "stdin" | "stdout" | "stderr";

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
 * @param taps What is given each piece of the output.
 */
export function streamsFor<Process>(
  name: string,
  { command: { stdin, tty }, output, file }: Spec,
  { files, kernel, outlets }: ProcessHost<Process>,
  taps: ReadonlySet<OutputTap> = new Set(),
): ProcessStreams {
  const writer = file && files.writer(name, file);
  return {
    output: new Output(output, kernel, writer, outlets.of(name), taps),
    stdin: stdin === "piped" ? new Stdin(name, tty) : undefined,
  };
}

/**
 * Returns a stream of a process, or throws if it is not piped.
 *
 * @param name The name of the process.
 * @param spec What it runs.
 * @param which Which stream.
 * @param stream The stream, if there is one.
 */
export function piped<Stream>(
  name: string,
  { command }: Spec,
  which: StreamName,
  stream: Stream | undefined,
): Stream {
  const value = command[which];
  if (value === "piped" && stream !== undefined) return stream;
  throw new TypeError(
    `Cannot get ${which} of process "${name}": option "${which}" is "${value}", not "piped"`,
  );
}
