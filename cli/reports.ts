/**
 * What a program in the background and the command that starts it say to each
 * other: the command writes a request to its stdin, and it answers with a
 * report on its stdout, each a line of JSON.
 *
 * @module
 */

import type { MetricsOptions } from "../control/mod.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** What a supervisor in the background is to do. */
export interface BackgroundRequest {
  /** The configuration. */
  readonly config: ResolvedConfig;
  /** The names of the entries to start; all that start by themselves if `null`. */
  readonly names: readonly string[] | null;
  /** Whether the named entries are started alone. */
  readonly alone: boolean;
  /** The file of its own log. */
  readonly log: string;
  /** Where the metrics are served on a port, if they are. */
  readonly metrics: MetricsOptions | null;
}

/** What came of a request. */
export type BackgroundReport =
  /** It can be asked now; a supervisor starts the processes. */
  | { readonly kind: "serving"; readonly socket: string }
  /** Another program does it already. */
  | { readonly kind: "taken" }
  /** It cannot do it; it has ended. */
  | { readonly kind: "refused"; readonly message: string };

/** Writes a report, as a program in the background. */
export function writeReport(report: BackgroundReport): void {
  try {
    Deno.stdout.writeSync(
      new TextEncoder().encode(`${JSON.stringify(report)}\n`),
    );
  } catch {
    // The command that started this program has ended.
  }
}

/**
 * Reads a report.
 *
 * @param line The line; anything else than a report is possible.
 * @returns The report; `undefined` if it is none.
 */
export function readReport(line: string): BackgroundReport | undefined {
  try {
    const report: unknown = JSON.parse(line);
    return isReport(report) ? report : undefined;
  } catch {
    return undefined;
  }
}

function isReport(value: unknown): value is BackgroundReport {
  if (typeof value !== "object" || value === null) return false;
  const { kind, socket, message } = value as Record<string, unknown>;
  return kind === "taken" ||
    kind === "serving" && typeof socket === "string" ||
    kind === "refused" && typeof message === "string";
}

/**
 * Reads a stream up to the first line break.
 *
 * @param stream The stream; it is canceled at the end.
 * @returns The line; what there was without a line break if the stream ended.
 */
export async function firstLine(
  stream: ReadableStream<Uint8Array>,
): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  return text;
}
