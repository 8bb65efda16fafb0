/**
 * A terminal with output that scrolls, and one status line below it.
 *
 * @module
 */

import { widthOf } from "./text_width.ts";

/** What a screen needs of its terminal. */
export interface Surface {
  /** Writes a text; resolves when it is written. */
  write(text: string): Promise<void>;
  /** Returns how many columns there are. */
  columns(): number;
  /** Whether the status line stands out by its colors. */
  readonly color?: boolean;
}

/** Goes to the beginning of the line, and erases from there to the end. */
const ERASE = "\r\x1b[J";

/** Keeps a status line below what is printed. */
export class Screen {
  readonly #surface: Surface;
  /** The status line that is on the terminal; empty if there is none. */
  #shown = "";
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  /** Creates a screen without a status line. */
  constructor(surface: Surface) {
    this.#surface = surface;
  }

  /**
   * Prints lines above the status line.
   *
   * @param lines The lines, each with its line break.
   * @returns A promise that resolves when they are printed.
   */
  print(lines: string): Promise<void> {
    return this.#then(() => {
      if (lines === "") return "";
      return `${this.#erased()}${lines}${this.#styled}`;
    });
  }

  /**
   * Shows another status line.
   *
   * @param text The line, without control codes; it must fit.
   */
  status(text: string): Promise<void> {
    return this.#then(() => {
      if (this.#closed || text === this.#shown) return "";
      const erased = this.#erased();
      this.#shown = text;
      return `${erased}${this.#styled}`;
    });
  }

  /** Takes the status line away. What is printed later stays plain. */
  close(): Promise<void> {
    return this.#then(() => {
      const erased = this.#erased();
      this.#shown = "";
      this.#closed = true;
      return erased;
    });
  }

  /** Takes the status line away until the next one is shown. */
  clear(): Promise<void> {
    return this.#then(() => {
      const erased = this.#erased();
      this.#shown = "";
      return erased;
    });
  }

  /** The status line with its colors. */
  get #styled(): string {
    const colored = this.#surface.color && this.#shown !== "";
    return colored ? `\x1b[7m${this.#shown}\x1b[0m` : this.#shown;
  }

  /**
   * Returns what erases the status line. A terminal that has become narrower
   * shows it on several lines.
   */
  #erased(): string {
    if (this.#shown === "") return "";
    const columns = Math.max(1, this.#surface.columns());
    const above = Math.ceil(widthOf(this.#shown) / columns) - 1;
    return above > 0 ? `\x1b[${above}A${ERASE}` : ERASE;
  }

  /** Writes after all that is to be written earlier. */
  #then(text: () => string): Promise<void> {
    const written = this.#last.then(async () => {
      const now = text();
      if (now !== "") await this.#surface.write(now);
    });
    // One failed write does not keep the next ones from being tried.
    this.#last = written.catch(() => {});
    return written;
  }
}
