/**
 * Reads files in the form of Python's `configparser`, as supervisord does.
 *
 * @module
 */

/** A section with its keys, in lower case. */
export type IniSection = Map<string, string>;

/**
 * Reads a file of sections `[NAME]` with lines `KEY=VALUE` or `KEY: VALUE`. A
 * line that is indented continues a value. `;` or `#` begins a comment at the
 * start of a line, and after a space. Of keys that are there twice, the last
 * one stays.
 *
 * @param text The text of the file.
 * @param into The sections of the files before it, to which it adds.
 * @param wrong Is told what is no line of such a file.
 */
export function readIni(
  text: string,
  into: Map<string, IniSection>,
  wrong: (line: number, text: string) => void,
): void {
  let section: IniSection | undefined;
  let key: string | undefined;
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = withoutComment(whole);
    if (line.trim() === "") continue;
    const [, name] = /^\[(.+)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      section = into.get(name) ?? new Map();
      into.set(name, section);
      key = undefined;
      continue;
    }
    const before = key === undefined ? undefined : section?.get(key);
    if (/^\s/.test(line) && before !== undefined && key !== undefined) {
      section?.set(key, `${before}\n${line.trim()}`.trimStart());
      continue;
    }
    const [, written, value = ""] = /^\s*([^=:]+?)\s*[=:](.*)$/.exec(line) ??
      [];
    if (written === undefined || section === undefined) {
      wrong(index + 1, whole.trim());
      continue;
    }
    key = written.toLowerCase();
    section.set(key, value.trim());
  }
}

/** Removes a comment: `;` or `#` at the start, or after a space. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)[;#].*$/, "");
}
