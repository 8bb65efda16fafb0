/**
 * The whole screen of a terminal, as rows.
 *
 * @module
 */

/** What a screen needs of its terminal. */
export interface FullSurface {
  /** Writes a text; resolves when it is written. */
  write(text: string): Promise<void>;
}

/** Shows a screen of its own, without a cursor, that does not wrap rows. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";

/**
 * Shows what was there before. The screen is emptied, and the cursor is at its
 * end: otherwise tmux shows rows of it before what was there, if the size has
 * changed.
 */
const LEAVE = "\x1b[0m\x1b[2J\x1b[999H\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Let a terminal that can show all changes between them at once. */
const [BEGIN, END] = ["\x1b[?2026h", "\x1b[?2026l"];

/** Draws rows on the whole screen; only those that differ are written. */
export class FullScreen {
  readonly #surface: FullSurface;
  #rows: readonly string[] = [];
  #entered = false;
  #last: Promise<void> = Promise.resolve();

  /** Creates a screen that is not shown. */
  constructor(surface: FullSurface) {
    this.#surface = surface;
  }

  /** Takes the terminal. */
  enter(): Promise<void> {
    return this.#then(() => {
      this.#entered = true;
      this.#rows = [];
      return ENTER;
    });
  }

  /** Forgets what is shown, so that everything is drawn anew. */
  clear(): Promise<void> {
    return this.#then(() => {
      this.#rows = [];
      return this.#entered ? "\x1b[0m\x1b[2J" : "";
    });
  }

  /**
   * Draws rows.
   *
   * @param rows The rows from the top, each not wider than the screen; they
   * have no control codes but colors.
   */
  draw(rows: readonly string[]): Promise<void> {
    return this.#then(() => this.#entered ? this.#difference(rows) : "");
  }

  /** Gives the terminal back; can be called twice. */
  leave(): Promise<void> {
    return this.#then(() => {
      if (!this.#entered) return "";
      this.#entered = false;
      return LEAVE;
    });
  }

  /** Returns what turns the rows that are shown into others. */
  #difference(rows: readonly string[]): string {
    const count = Math.max(rows.length, this.#rows.length);
    let text = "";
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? "";
      if (row === (this.#rows[i] ?? "")) continue;
      // Erased first: behind a full row, this would take its last character.
      text += `\x1b[${i + 1}H\x1b[0m\x1b[K${row}`;
    }
    this.#rows = rows;
    return text === "" ? "" : `${BEGIN}${text}\x1b[0m${END}`;
  }

  /** Writes after all that is to be written earlier, which takes some time. */
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
