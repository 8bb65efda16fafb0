/**
 * Reads keys from what a terminal sends.
 *
 * @module
 */

/** A key that was pressed; a text that was pasted is a key for each character. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | {
    readonly kind:
      | "enter"
      | "escape"
      | "tab"
      | "backspace"
      | "clear"
      | "end";
  };

/** The codes of keys that have names. */
const NAMED: Readonly<Record<string, Key>> = {
  "\r": { kind: "enter" },
  "\n": { kind: "enter" },
  "\t": { kind: "tab" },
  "\x7f": { kind: "backspace" },
  "\b": { kind: "backspace" },
  "\x15": { kind: "clear" },
  "\x04": { kind: "end" },
};

/** Matches an escape sequence, such as that of an arrow key, or a character. */
const PIECE =
  // deno-lint-ignore no-control-regex
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]/gu;

/** Turns bytes of a terminal into keys; characters can be split anywhere. */
export class KeyReader {
  readonly #decoder = new TextDecoder();

  /**
   * Returns the keys in some bytes. Keys without a meaning here, such as the
   * arrows, are left out.
   *
   * @param bytes What was read from the terminal.
   */
  read(bytes: Uint8Array): Key[] {
    const text = this.#decoder.decode(bytes, { stream: true });
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
  const [first = ""] = piece;
  return first < " " ? undefined : { kind: "text", text: piece };
}
