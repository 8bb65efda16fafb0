/**
 * Passes what a program writes on its own terminal to the terminal of the user.
 *
 * @module
 */

/** The modes that a program can leave behind, in the state before it. */
const MODES: Readonly<Record<string, "h" | "l">> = {
  "1": "l",
  "7": "h",
  "25": "h",
  "1000": "l",
  "1002": "l",
  "1003": "l",
  "1004": "l",
  "1006": "l",
  "1049": "l",
  "2004": "l",
};

// deno-lint-ignore no-control-regex
const CHANGE = /\x1b\[\?([\d;]+)([hl])/g;

/** How many characters a change of modes can have. */
const LONGEST = 40;

/** What a program has shown. */
export class AttachedScreen {
  readonly #decoder = new TextDecoder();
  readonly #changed = new Set<string>();
  #last = "";

  /** Returns what shows the same on a terminal that expands line feeds. */
  show(bytes: Uint8Array): string {
    const text = this.#decoder.decode(bytes, { stream: true });
    const seen = this.#last + text;
    for (const [, modes = "", to] of seen.matchAll(CHANGE)) {
      for (const mode of modes.split(";")) {
        const before = Object.hasOwn(MODES, mode) ? MODES[mode] : to;
        if (before === to) this.#changed.delete(mode);
        else this.#changed.add(mode);
      }
    }
    const before = this.#last.at(-1);
    this.#last = seen.slice(-LONGEST);
    // After a lone line feed, a program goes on in the same column.
    return text.replace(/\r?\n/g, (end, at: number) => {
      const whole = end.length === 2 || (at === 0 && before === "\r");
      return whole ? end : "\x1bD";
    });
  }

  /** Returns what gives the terminal back as it was; can be called twice. */
  leave(): string {
    const modes = [...this.#changed]
      .map((mode) => `\x1b[?${mode}${MODES[mode]}`);
    this.#changed.clear();
    return `\x1b[0m${modes.join("")}`;
  }
}
