/**
 * Replaces secrets in text that is given to others.
 *
 * @module
 */

import { keyLines } from "./redact_key.ts";
import {
  isSecretName,
  PATTERNS,
  SECRET_OPTION,
  SECRET_PAIR,
  SHORT_OPTIONS,
} from "./redact_patterns.ts";

/** A value that must not be seen. */
export interface Secret {
  /** The variable that has it. */
  readonly name: string;
  /** The value. */
  readonly value: string;
}

/** The least length of a value to search for, in characters. */
export const LEAST_CHARACTERS = 6;

/** A part of a text that is replaced. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** The variable whose value it is, where that is known. */
  readonly name?: string | undefined;
}

/** Replaces secrets: values that are known, and what looks like one. */
export class Redactor {
  /** The names of the variables by each form of their values. */
  readonly #names = new Map<string, string>();
  readonly #known: RegExp | undefined;
  /** What has been replaced. */
  readonly #replaced = new Set<string>();

  /** Creates a redactor for some values. */
  constructor(secrets: Iterable<Secret>) {
    for (const { name, value } of secrets) {
      for (const form of formsOf(value)) {
        if (!this.#names.has(form)) this.#names.set(form, name);
      }
    }
    const forms = [...this.#names.keys()].sort((a, b) => b.length - a.length);
    if (forms.length === 0) return;
    this.#known = new RegExp(forms.map(RegExp.escape).join("|"), "g");
  }

  /** How many different values have been replaced. */
  get count(): number {
    return this.#replaced.size;
  }

  /** Returns a text without secrets. */
  text(text: string): string {
    if (text.length < LEAST_CHARACTERS) return text;
    return this.#without(text, [...this.#exact(text), ...patternSpans(text)]);
  }

  /** Returns a text without secrets, the last of which may have been cut. */
  cutText(text: string): string {
    return this.text(this.#withoutBeginning(text));
  }

  /** Returns lines of one output without secrets, which can span several. */
  lines(lines: readonly string[], cut: readonly boolean[] = []): string[] {
    const keys = keyLines(lines);
    return lines.map((line, i) => {
      if (keys[i]?.first) this.#replaced.add(line);
      if (keys[i]?.secret) return REDACTED;
      return cut[i] ? this.cutText(line) : this.text(line);
    });
  }

  /** Returns the arguments of a program without secrets. */
  args(words: readonly string[]): string[] {
    const program = words[0]?.split("/").at(-1) ?? "";
    const short = SHORT_OPTIONS.find((each) => each.program.test(program))
      ?.option;
    return words.map((word, i) => {
      const before = i > 0 ? words[i - 1] ?? "" : "";
      const named = SECRET_OPTION.test(before) || before === short;
      if (named && word !== "" && !word.startsWith("-")) return this.all(word);
      const joined = short !== undefined && i > 0 && word.startsWith(short) &&
        word.length > short.length && !word.startsWith("--");
      const [pair = ""] = i > 0 ? word.match(SECRET_PAIR) ?? [] : [];
      if (pair !== "") return pair + this.all(word.slice(pair.length));
      if (joined) return short + this.all(word.slice(short.length));
      return this.text(word);
    });
  }

  /** Returns JSON without secrets: in texts, and under names of secrets. */
  value(value: unknown, name = ""): unknown {
    if (typeof value === "string") {
      if (name === "kind" || name === "signal") return value;
      return isSecretName(name) ? this.all(value) : this.text(value);
    }
    if (isTexts(value)) return this.#texts(value);
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.value(each, key)]),
    );
  }

  /** Returns texts in JSON: the arguments of a program, or lines. */
  #texts(texts: readonly string[]): string[] {
    const keys = keyLines(texts);
    return this.args(texts)
      .map((text, i) => keys[i]?.secret ? REDACTED : text);
  }

  /** Replaces all of a text. */
  all(text: string): string {
    if (text === "") return text;
    this.#replaced.add(text);
    return marker(this.#names.get(text));
  }

  /** Finds the values that are known. */
  #exact(text: string): Span[] {
    if (this.#known === undefined) return [];
    return Array.from(text.matchAll(this.#known), ({ 0: found, index }) => ({
      from: index,
      to: index + found.length,
      name: this.#names.get(found),
    }));
  }

  /** Replaces the beginning of a value at the end of a text. */
  #withoutBeginning(text: string): string {
    for (const form of this.#names.keys()) {
      for (let length = form.length - 1; length >= LEAST_CHARACTERS; length--) {
        if (!text.endsWith(form.slice(0, length))) continue;
        return text.slice(0, -length) + this.all(form);
      }
    }
    return text;
  }

  #without(text: string, spans: readonly Span[]): string {
    let result = "";
    let end = 0;
    for (const { from, to, name } of joined(spans)) {
      this.#replaced.add(text.slice(from, to));
      result += text.slice(end, from) + marker(name);
      end = to;
    }
    return end === 0 ? text : result + text.slice(end);
  }
}

const REDACTED = "[redacted]";

/** Returns what stands for a secret. */
function marker(name: string | undefined): string {
  return name === undefined ? REDACTED : `[redacted ${name}]`;
}

/** Returns the forms in which a value can be written. */
function formsOf(value: string): string[] {
  const forms = [value, ...value.split(/\r?\n/)].flatMap((text) => {
    const trimmed = text.trim();
    if (trimmed.length < LEAST_CHARACTERS || isCommon(trimmed)) return [];
    return [
      trimmed,
      JSON.stringify(trimmed).slice(1, -1),
      asciiJson(trimmed),
      asMarkup(trimmed),
      encodeURIComponent(trimmed.toWellFormed()),
      // As a form is encoded.
      `${new URLSearchParams([["", trimmed]])}`.slice(1),
      encodeURI(trimmed.toWellFormed()),
      new TextEncoder().encode(trimmed).toBase64({ omitPadding: true }),
    ];
  });
  return [...new Set(forms)];
}

/** Returns a text as JSON has it that consists of ASCII. */
function asciiJson(text: string): string {
  return JSON.stringify(text).slice(1, -1).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns a text as HTML and XML have it. */
function asMarkup(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "amp",
    "<": "lt",
    ">": "gt",
    '"': "quot",
    "'": "#39",
  };
  return text.replace(/[&<>"']/g, (letter) => `&${entities[letter]};`);
}

/** Returns whether a line of a value says nothing: it is in many texts. */
function isCommon(line: string): boolean {
  return /^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line);
}

/** Finds what looks like a secret. */
function patternSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const secret = match.slice(1).find((group) => group !== undefined) ??
        match[0];
      // The secret is the last part of the match, but for what follows it.
      const from = match.index + match[0].lastIndexOf(secret);
      spans.push({ from, to: from + secret.length });
    }
  }
  return spans;
}

/** Joins spans that overlap. */
function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from >= last.to) {
      result.push(span);
      continue;
    }
    result[result.length - 1] = {
      from: last.from,
      to: Math.max(last.to, span.to),
      name: last.name ?? span.name,
    };
  }
  return result;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((each) => typeof each === "string");
}
