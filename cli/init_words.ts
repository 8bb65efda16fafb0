/**
 * Command lines of other tools, as words and for a shell.
 *
 * @module
 */

/** What `bash` understands and `sh` does not. */
const BASH =
  /\[\[|[<>]\(|<<<|&>|\(\(|\$'|\bpipefail\b|(^|[;&|\s])(source|function|declare|shopt|mapfile|readarray)\s|\$\{\w+(\^|,|\/|:\d|\[)|\$RANDOM\b|^\s*\w+=\(/m;

/** Returns whether only `bash` understands a command line, not `sh`. */
export function needsBash(line: string): boolean {
  return BASH.test(line);
}

/** A part of a word: in quotes, or a letter. */
const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gs;

/**
 * Splits a command line into words as a shell does, without running anything
 * and without replacing variables.
 *
 * @param line The command line.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, plain, space] of line.matchAll(PART)) {
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? "") +
      (single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? plain);
  }
  return word === undefined ? words : [...words, word];
}

/** A variable in a text: `$NAME` or `${NAME…}`, and `$$` for a dollar. */
const VARIABLE = /\$\$|\$\{?([A-Za-z_]\w*)/g;

/** Names the variables in a text of Compose; `$$` is a dollar. */
export function variablesIn(text: string): string[] {
  const names = Array.from(text.matchAll(VARIABLE), ([, name]) => name ?? "");
  return [...new Set(names.filter((name) => name !== ""))];
}

/** Names the variables that a shell replaces in a text. */
export function shellVariablesIn(text: string): string[] {
  return variablesIn(text.replaceAll("$$", ""));
}

/**
 * Writes words as a command line for a shell, which replaces the variables.
 *
 * @param words The words, in which `$$` is a dollar.
 */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => {
    if (variablesIn(word).length > 0) {
      const text = word.replace(/["\\`]/g, "\\$&").replaceAll("$$", "\\$");
      return `"${text}"`;
    }
    const text = word.replaceAll("$$", "$");
    return /^[\w@%+=:,./-]+$/.test(text)
      ? text
      : `'${text.replaceAll("'", `'\\''`)}'`;
  }).join(" ");
}
