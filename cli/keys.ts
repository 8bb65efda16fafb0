/**
 * Reads keys from what a terminal sends.
 *
 * @module
 */

/** A key that was pressed; a text that was pasted is a key for each character. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "move"; readonly to: Move }
  | {
    readonly kind:
      | "enter"
      | "escape"
      | "tab"
      | "backspace"
      | "clear"
      | "redraw"
      | "end";
  };

/** Where a key of the cursor leads. */
export type Move =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page up"
  | "page down"
  | "first"
  | "last";

/** The codes of keys that have names. */
const NAMED: Readonly<Record<string, Key>> = {
  "\r": { kind: "enter" },
  "\n": { kind: "enter" },
  "\t": { kind: "tab" },
  "\x7f": { kind: "backspace" },
  "\b": { kind: "backspace" },
  "\x15": { kind: "clear" },
  "\x0c": { kind: "redraw" },
  "\x04": { kind: "end" },
};

/** The ends of the sequences that the keys of the cursor send. */
const MOVES: Readonly<Record<string, Move>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "first",
  F: "last",
  "1~": "first",
  "4~": "last",
  "5~": "page up",
  "6~": "page down",
  "7~": "first",
  "8~": "last",
};

/** Matches an escape sequence, such as that of an arrow key, or a character. */
const PIECE =
  // deno-lint-ignore no-control-regex
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]/gu;

/** Matches the beginning of an escape sequence that has not all come yet. */
// deno-lint-ignore no-control-regex
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|O)$/;

/** Turns bytes of a terminal into keys; characters can be split anywhere. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  /** The beginning of an escape sequence, until the rest comes. */
  #begun = "";

  /**
   * Returns the keys in some bytes. Keys without a meaning here, such as F1,
   * are left out.
   *
   * @param bytes What was read from the terminal.
   */
  read(bytes: Uint8Array): Key[] {
    const all = this.#begun + this.#decoder.decode(bytes, { stream: true });
    this.#begun = UNFINISHED.exec(all)?.[0] ?? "";
    const text = all.slice(0, all.length - this.#begun.length);
    const keys: Key[] = [];
    for (const [piece] of text.matchAll(PIECE)) {
      const key = keyOf(piece);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }
}

function keyOf(piece: string): Key | undefined {
  const named = NAMED[piece];
  if (named !== undefined) return named;
  if (piece === "\x1b") return { kind: "escape" };
  const to = MOVES[piece.slice(2)];
  if (to !== undefined && piece.startsWith("\x1b")) return { kind: "move", to };
  const [first = ""] = piece;
  return first < " " ? undefined : { kind: "text", text: piece };
}
