/**
 * Reads unit files as systemd's manual pages describe them, for the tests of
 * what writes them.
 *
 * @module
 */

/** A setting of a unit, such as `ExecStart`, and what stands behind it. */
export type Setting = readonly [name: string, value: string];

/**
 * Reads a unit, as in systemd.syntax(7): comments and empty lines do not count,
 * and nothing here continues a line.
 *
 * @returns The settings of each section, in order.
 */
export function readUnit(text: string): Record<string, Setting[]> {
  const sections: Record<string, Setting[]> = {};
  let section: Setting[] | undefined;
  for (const line of text.split("\n").map((each) => each.trim())) {
    const [, name] = /^\[([A-Z][a-z]+)\]$/.exec(line) ?? [];
    if (line === "" || line.startsWith("#")) continue;
    if (name !== undefined) {
      section = sections[name] = [];
      continue;
    }
    const [, key, value] = /^([A-Za-z]+)=(.*)$/s.exec(line) ?? [];
    if (key === undefined || value === undefined || value.endsWith("\\")) {
      throw new Error(`not a line of a unit: ${line}`);
    }
    if (section === undefined) throw new Error(`in no section: ${line}`);
    section.push([key, value]);
  }
  return sections;
}

/** Returns the values of a setting. */
export function valuesOf(
  settings: readonly Setting[] | undefined,
  name: string,
): string[] {
  return (settings ?? []).filter(([key]) => key === name)
    .map(([, value]) => value);
}

/**
 * Splits a value into words, as in the section "Quoting" of systemd.syntax(7),
 * and expands `%%` as in the section "Specifiers" of systemd.unit(5).
 */
export function wordsOf(value: string): string[] {
  const words: string[] = [];
  let rest = value.trimStart();
  while (rest !== "") {
    const { word, left } = rest.startsWith('"') || rest.startsWith("'")
      ? quotedWord(rest)
      : plainWord(rest);
    words.push(expanded(word));
    rest = left;
  }
  return words;
}

/**
 * Reads a command line, as in the section "Command lines" of
 * systemd.service(5).
 */
export function commandOf(value: string): string[] {
  const [program = "", ...args] = wordsOf(value);
  if (/^[@\-:+!|]/.test(program)) throw new Error(`a prefix: ${program}`);
  if (/["'\\\p{Cc}]/u.test(program)) throw new Error(`no path: ${program}`);
  if (/(?:^|\s)\\?;(?:\s|$)/.test(value.replaceAll(/"(?:\\.|[^"])*"/g, ""))) {
    throw new Error(`a separator: ${value}`);
  }
  return [
    program,
    ...args.map((arg) => {
      if (/\$/.test(arg.replaceAll("$$", ""))) {
        throw new Error(`a variable: ${arg}`);
      }
      return arg.replaceAll("$$", "$");
    }),
  ];
}

interface Read {
  readonly word: string;
  readonly left: string;
}

function quotedWord(text: string): Read {
  const quote = text.charAt(0);
  let end = 1;
  while (end < text.length && text[end] !== quote) {
    end += text[end] === "\\" ? 2 : 1;
  }
  const left = text.slice(end + 1);
  if (end >= text.length || !/^(?:\s|$)/.test(left)) {
    throw new Error(`a quote that does not end a word: ${text}`);
  }
  return { word: unescaped(text.slice(1, end)), left: left.trimStart() };
}

function plainWord(text: string): Read {
  const [word = ""] = /^[^ \t\n\r]+/.exec(text) ?? [];
  if (/["']/.test(word)) throw new Error(`a quote inside a word: ${word}`);
  return { word: unescaped(word), left: text.slice(word.length).trimStart() };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-f]{2}|.?)/gs, (all, what: string) => {
    const char = what.length === 3
      ? String.fromCharCode(Number.parseInt(what.slice(1), 16))
      : ESCAPES[what];
    // A byte above 0x7f would be no character of its own.
    if (char === undefined || char > "\x7f") throw new Error(`escape: ${all}`);
    return char;
  });
}

function expanded(word: string): string {
  return word.replaceAll(/%(.?)/gs, (all, what) => {
    if (what !== "%") throw new Error(`a specifier: ${all}`);
    return "%";
  });
}
