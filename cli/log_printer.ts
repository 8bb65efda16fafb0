/**
 * Prints lines of processes, as many at once as there are.
 *
 * @module
 */

import type { LogItem } from "../control/client.ts";
import type { Io } from "./call.ts";
import { dateTime } from "../control/format.ts";
import { colorOf, harmless, prefixOf } from "./line_format.ts";

/** How lines are printed. */
export interface LogFormat {
  /** Whether each item is printed as JSON. */
  readonly json: boolean;
  /** Whether the name of the process comes before a line. */
  readonly prefix: boolean;
  /** Whether the local time comes before everything else. */
  readonly timestamps?: boolean | undefined;
}

/** How many characters can wait to be written. */
const MOST_CHARS = 64 * 1024;

/** Prints items: lines to stdout, what is missing to stderr. */
export class LogPrinter {
  readonly #io: Pick<Io, "out" | "err" | "terminal" | "color">;
  readonly #format: LogFormat;
  readonly #names: string[] = [];
  #width = 0;
  #text = "";
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Creates a printer. */
  constructor(io: Io, format: LogFormat) {
    this.#io = io;
    this.#format = format;
  }

  /** Makes room for the names of processes; each has its own color. */
  reserve(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#names.includes(name)) continue;
      this.#names.push(name);
      this.#width = Math.max(this.#width, name.length);
    }
  }

  /**
   * Prints an item; waits if much has not been written yet.
   *
   * @throws {BrokenPipeError} If nothing reads the output any more.
   */
  async print(item: LogItem): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (item.kind === "missed" && !this.#format.json) {
      await this.flush();
      return await this.#io.err(missedText(item));
    }
    this.#text += this.#textOf(item);
    this.#writing ??= this.#write();
    if (this.#text.length > MOST_CHARS) await this.flush();
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes until nothing is left; what comes meanwhile is written at once. */
  async #write(): Promise<void> {
    try {
      while (this.#text !== "") {
        const text = this.#text;
        this.#text = "";
        await this.#io.out(text);
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }

  #textOf(item: LogItem): string {
    if (this.#format.json || item.kind === "missed") {
      return `${JSON.stringify(item)}\n`;
    }
    const { terminal, color } = this.#io;
    const text = terminal ? harmless(item.text, color) : item.text;
    const time = this.#format.timestamps ? `${dateTime(item.time)} ` : "";
    if (!this.#format.prefix) return `${time}${text}\n`;
    this.reserve([item.process]);
    const its = color ? colorOf(this.#names.indexOf(item.process)) : undefined;
    return `${time}${prefixOf(item.process, this.#width, its)}${text}\n`;
  }
}

function missedText(
  { process, count }: Extract<LogItem, { kind: "missed" }>,
): string {
  const lines = count === 1 ? "1 line" : `${count} lines`;
  return `processman: ${lines} of ${process} missed: the log no longer had ${
    count === 1 ? "it" : "them"
  }\n`;
}
