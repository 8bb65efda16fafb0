/**
 * What is wrong with a configuration, and where.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";

/** A place in a file. */
export interface Spot {
  /** The path of the file. */
  readonly file: string;
  /** The line, 1 for the first; 0 if it is not known. */
  readonly line: number;
  /** The column, 1 for the first; 0 if it is not known. */
  readonly column: number;
}

/** One thing that is wrong. */
export interface ConfigFault extends Spot {
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** A configuration has faults. The message lists all of them. */
export class ConfigError extends CliError {
  /** The faults, in the order of their places. */
  readonly faults: readonly ConfigFault[];

  /** Creates the error. */
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(faultText).join("\n"), STATUS.usage);
    this.faults = faults;
  }
}

/** The faults that have been found so far. */
export class ConfigFaults {
  readonly #found: ConfigFault[] = [];

  /** How many there are. */
  get count(): number {
    return this.#found.length;
  }

  /** Adds a fault. */
  add({ file, line, column }: Spot, message: string): void {
    const known = this.#found.some((each) =>
      each.file === file && each.line === line && each.column === column &&
      each.message === message
    );
    if (!known) this.#found.push({ file, line, column, message });
  }

  /**
   * Does nothing if there is no fault.
   *
   * @throws {ConfigError} All faults, if there are any.
   */
  throwAny(): void {
    if (this.#found.length === 0) return;
    const files = [...new Set(this.#found.map(({ file }) => file))];
    const rank = ({ file }: ConfigFault) => files.indexOf(file);
    throw new ConfigError(
      this.#found.toSorted((a, b) =>
        rank(a) - rank(b) || a.line - b.line || a.column - b.column
      ),
    );
  }
}

/** Writes a fault as `FILE:LINE:COLUMN: MESSAGE`. */
export function faultText(fault: ConfigFault): string {
  const { file, line, column, message } = fault;
  const numbers = [line, column].filter((number) => number > 0);
  return `${[file, ...numbers].join(":")}: ${message}`;
}

/** Returns the line and the column of a position in a text. */
export function spotAt(file: string, text: string, offset: number): Spot {
  return spotsOf(file, text)(offset);
}

/** Returns a function that returns the lines and columns of positions. */
export function spotsOf(
  file: string,
  text: string,
): (offset: number) => Spot {
  const starts = [0];
  for (
    let at = text.indexOf("\n");
    at !== -1;
    at = text.indexOf("\n", at + 1)
  ) {
    starts.push(at + 1);
  }
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
