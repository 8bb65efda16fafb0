/**
 * Turns the lines that processes write into log records.
 *
 * @module
 */

import type { Context } from "@opentelemetry/api";
import type { Line, Process } from "../mod.ts";
import { ATTRIBUTE } from "./attributes.ts";
import { hrTime } from "./exact_time.ts";
import type { LineLogger, LineRecord } from "./options.ts";

/** Reads the lines of processes. */
export class LineLogs implements Disposable {
  readonly #logger: LineLogger;
  readonly #contextOf: (name: string, run: number) => Context;
  readonly #over = new AbortController();
  /** The processes of which a life has been read. */
  readonly #known = new WeakSet<Process>();

  /**
   * Creates an object that reads no process yet.
   *
   * @param logger What takes the records.
   * @param contextOf Returns the context of a run.
   */
  constructor(
    logger: LineLogger,
    contextOf: (name: string, run: number) => Context,
  ) {
    this.#logger = logger;
    this.#contextOf = contextOf;
  }

  /** Returns whether the lines of a process are read, or have been. */
  knows(process: Process): boolean {
    return this.#known.has(process);
  }

  /** Reads the lines of the present life of a process. Never rejects. */
  async follow(process: Process): Promise<void> {
    this.#known.add(process);
    const { name } = process;
    const { signal } = this.#over;
    for await (const lines of process.lines({ signal }).batches()) {
      for (const line of lines) this.#emit(name, line);
    }
  }

  /** Reads no more lines. */
  [Symbol.dispose](): void {
    this.#over.abort();
  }

  #emit(name: string, line: Line): void {
    try {
      this.#logger.emit(recordOf(name, line, this.#contextOf(name, line.run)));
    } catch {
      // The logger has lost a line; the next one may reach it.
    }
  }
}

function recordOf(
  name: string,
  { source, text, time, run }: Line,
  context: Context,
): LineRecord {
  return {
    timestamp: hrTime(time),
    // Many programs write everything to stderr, so it means no error.
    ...source === "stdout"
      ? { severityNumber: 9, severityText: "INFO" }
      : { severityNumber: 13, severityText: "WARN" },
    body: text,
    attributes: {
      [ATTRIBUTE.process]: name,
      [ATTRIBUTE.run]: run,
      [ATTRIBUTE.stream]: source,
    },
    context,
  };
}
