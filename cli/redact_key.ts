/**
 * Private keys that a program has written line by line.
 *
 * @module
 */

const BEGIN = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/;
const END = /-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/;

/** A line of a key: nothing but base64, perhaps after a prefix of a log. */
const BODY = /(?:^|[\s|:>"'])([A-Za-z0-9+/]{40,}={0,2})\s*["',\\n]*$/;

/** A line that is nothing but the end of base64. */
const REST = /^\s*[A-Za-z0-9+/]{1,}={0,2}\s*$/;

/** A header of a key that is protected by a passphrase. */
const HEADER = /(?:Proc-Type|DEK-Info|Comment|Version):/;

/** A line of a key as programs break them. */
const WRAPPED = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?:.{64}|.{76})$/;

/** How many lines in a row can be none of a key, before it has ended. */
const GRACE = 3;

/** What a line is, with the lines around it. */
export interface KeyLine {
  /** Whether it belongs to a private key. */
  readonly secret: boolean;
  /** Whether a key begins with it, as far as it is there. */
  readonly first: boolean;
}

/**
 * Finds the lines that belong to private keys. Either end of a key can be
 * missing, because only the newest lines are there.
 *
 * @param lines The lines of one output, in order.
 */
export function keyLines(lines: readonly string[]): KeyLine[] {
  const secret = new Array<boolean>(lines.length).fill(false);
  let left = 0;
  lines.forEach((line, i) => {
    if (END.test(line)) {
      left = 0;
      markBefore(lines, secret, i);
    } else if (left > 0) {
      secret[i] = true;
      const known = [BODY, REST, HEADER].some((form) => form.test(line));
      left = known ? GRACE : left - 1;
    }
    // Of a key in one line, the patterns take care.
    if (BEGIN.test(line) && !END.test(line)) left = GRACE;
  });
  markBlocks(lines, secret);
  return secret.map((is, i) => ({ secret: is, first: is && !secret[i - 1] }));
}

/** Marks the lines before the end of a key whose beginning is missing. */
function markBefore(
  lines: readonly string[],
  secret: boolean[],
  end: number,
): void {
  for (let i = end - 1; i >= 0 && !secret[i]; i--) {
    const line = lines[i] ?? "";
    const isKey = BODY.test(line) || i === end - 1 && REST.test(line);
    if (!isKey) return;
    secret[i] = true;
  }
}

/** Marks lines of base64 in a row, of which both ends are missing. */
function markBlocks(lines: readonly string[], secret: boolean[]): void {
  let from = 0;
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i]?.trim() ?? "";
    if (BODY.test(line) && WRAPPED.test(line)) continue;
    if (i - from >= 2) secret.fill(true, from, i);
    from = i + 1;
  }
}
