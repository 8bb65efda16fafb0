/**
 * The stdin of a process on a terminal, whose size can be changed.
 *
 * @module
 */

import type { TerminalSize } from "./kernel.ts";
import { options, type OptionsCheck, whole, wrong } from "./validate.ts";

/** The size of a terminal until something sets another one. */
export const TERMINAL_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** The longest side of a terminal, in characters. */
const MOST = 65_535;

function side(value: unknown, path: string): void {
  whole(value, path);
  if (Number(value) < 1 || Number(value) > MOST) {
    wrong(path, `a whole number from 1 to ${MOST}`, value, RangeError);
  }
}

/** Checks the size of a terminal. */
const checkSize: OptionsCheck<TerminalSize> = options<TerminalSize>({
  columns: side,
  rows: side,
}, ["columns", "rows"]);

/** The stdin of a process that runs on a terminal: what is typed there. */
export class TerminalInput extends WritableStream<Uint8Array> {
  readonly #resized: (size: TerminalSize) => void;
  #size = TERMINAL_SIZE;

  /** @ignore Made by a process with the option `tty`. */
  constructor(
    sink: UnderlyingSink<Uint8Array>,
    resized: (size: TerminalSize) => void,
  ) {
    super(sink);
    this.#resized = resized;
  }

  /** The size of the terminal. */
  get size(): TerminalSize {
    return this.#size;
  }

  /**
   * Changes the size of the terminal, for this run and all later ones. A program
   * that runs gets `SIGWINCH` if the size is another one.
   *
   * @param size The size in characters.
   * @throws {TypeError} If a side is missing or no number.
   * @throws {RangeError} If a side is not a whole number from 1 to 65535.
   */
  resize(size: TerminalSize): void {
    this.#size = checkSize(size, "");
    this.#resized(this.#size);
  }
}
