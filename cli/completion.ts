/**
 * What can stand at the cursor of a command line. The functions are pure, and
 * know the table of commands.
 *
 * @module
 */

import {
  type CommandSpec,
  GLOBAL,
  optionsOf,
  type OptionSpec,
  type WordKind,
} from "./command_spec.ts";
import { COMMANDS } from "./commands.ts";
import { PROFILE } from "./command_up.ts";
import { SIGNALS } from "./config_signals.ts";

/** A word that can stand there. */
export interface Word {
  readonly word: string;
  /** What it is or does. */
  readonly text: string;
}

/** What can stand at the cursor. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Word[] }
  /** A path, after a text that stays. */
  | { readonly kind: "files" | "folders"; readonly before: string }
  /** What another program takes, whose command line begins at this word. */
  | { readonly kind: "program"; readonly from: number }
  /** Names that a supervisor or a configuration knows. */
  | {
    readonly kind: "names";
    readonly of: "process" | "entry" | "count" | "profile" | "supervisor";
    /** A text before each name that stays. */
    readonly before: string;
    /** What is there already. */
    readonly given: readonly string[];
    /** The configurations that are named. */
    readonly files: readonly string[];
    /** The supervisor that is named. */
    readonly supervisor: string | undefined;
  };

const NOTHING: Wanted = { kind: "words", words: [] };

/** The options that can stand before a command. */
const LEADING: readonly OptionSpec[] = [
  ...GLOBAL,
  PROFILE,
  { long: "version", short: "V", summary: "Print the version" },
];

/**
 * Returns what can stand in the last of some words.
 *
 * @param words What follows `processman`; the last one can be empty.
 */
export function wantedAt(words: readonly string[]): Wanted {
  const line = new Line();
  words.slice(0, -1).forEach((word, i) => line.read(word, i));
  return line.wanted(words.at(-1) ?? "");
}

/** A command line, as far as it was read. */
class Line {
  #command: CommandSpec | "help" | undefined;
  /** The option whose value comes next. */
  #option: OptionSpec | undefined;
  /** Where `--` was. */
  #separator: number | undefined;
  readonly #given = new Set<OptionSpec>();
  readonly #names: string[] = [];
  readonly #files: string[] = [];
  #supervisor: string | undefined;

  /** Reads the next word. */
  read(word: string, at: number): void {
    if (this.#option !== undefined) return this.#take(this.#option, word);
    if (this.#separator !== undefined) return void this.#names.push(word);
    if (word === "--") return void (this.#separator = at);
    const [name, value] = split(word);
    if (!word.startsWith("-") || word === "-") return this.#name(word);
    if (/^-[^-]./.test(word)) return this.#letters(word);
    const option = this.#find(name);
    if (option === undefined) return;
    this.#given.add(option);
    if (value !== undefined) this.#take(option, value);
    else if (option.value !== undefined) this.#option = option;
  }

  /** Reads `-fn5`: options without values, and one whose value follows it. */
  #letters(word: string): void {
    for (const [at, letter] of [...word].entries()) {
      const option = at === 0 ? undefined : this.#find(`-${letter}`);
      if (option === undefined) continue;
      this.#given.add(option);
      if (option.value === undefined) continue;
      const value = word.slice(at + 1).replace(/^=/, "");
      if (value !== "") return this.#take(option, value);
      this.#option = option;
    }
  }

  /** Returns what the next word can be. */
  wanted(word: string): Wanted {
    const command = this.#command;
    if (this.#option !== undefined) {
      return this.#of(kindOf(this.#option), "", []);
    }
    if (this.#separator === undefined && word.startsWith("-")) {
      return this.#options(word);
    }
    if (command === undefined || command === "help") return commands(command);
    if (this.#separator !== undefined && command.rest !== undefined) {
      return { kind: "program", from: this.#separator + 1 };
    }
    const { most, are = [] } = command.names;
    if (this.#names.length >= most) return NOTHING;
    const kind = are[this.#names.length] ?? are.at(-1) ?? "other";
    return this.#of(kind, "", this.#names);
  }

  /** Returns the options, or what the value of one of them can be. */
  #options(word: string): Wanted {
    const [name, value] = split(word);
    if (value !== undefined) {
      const option = this.#find(name);
      if (option?.value === undefined) return NOTHING;
      return this.#of(kindOf(option), `${name}=`, []);
    }
    const free = this.#all().filter((option) =>
      option.many || !this.#given.has(option)
    );
    const short = /^-[^-]/.test(word) ? word.slice(1) : undefined;
    const words = free.flatMap((option) => [
      { word: `--${option.long}`, text: option.summary },
      ...option.short !== undefined && option.short === short
        ? [{ word: `-${option.short}`, text: option.summary }]
        : [],
    ]);
    return { kind: "words", words };
  }

  #all(): readonly OptionSpec[] {
    if (this.#command === "help") return [];
    return this.#command === undefined ? LEADING : optionsOf(this.#command);
  }

  #find(name: string): OptionSpec | undefined {
    return this.#all().find(({ long, short, also }) =>
      name === `--${long}` || name === `-${short}` ||
      also?.some((each) => name === `--${each}`)
    );
  }

  #name(word: string): void {
    if (this.#command !== undefined) return void this.#names.push(word);
    if (word === "help") this.#command = word;
    else this.#command = COMMANDS.find(({ name }) => name === word) ?? UNKNOWN;
  }

  #take({ long }: OptionSpec, value: string): void {
    this.#option = undefined;
    if (long === "file") this.#files.push(value);
    if (long === "supervisor") this.#supervisor = value;
  }

  #of(kind: WordKind, before: string, given: readonly string[]): Wanted {
    const some = (names: readonly string[], text: string): Wanted => ({
      kind: "words",
      words: names.map((name) => ({ word: before + name, text })),
    });
    if (typeof kind !== "string") return some(kind, "");
    switch (kind) {
      case "file":
      case "folder":
        return { kind: `${kind}s`, before };
      case "signal":
        return some(SIGNALS.map((name) => name.replace("SIG", "")), "signal");
      case "other":
        return NOTHING;
      default: {
        const [files, supervisor] = [this.#files, this.#supervisor];
        return { kind: "names", of: kind, before, given, files, supervisor };
      }
    }
  }
}

/** A command that does not exist takes nothing. */
const UNKNOWN: CommandSpec = {
  name: "",
  summary: "",
  usage: "",
  description: [],
  names: { least: 0, most: 0 },
  options: [],
  examples: [{ line: "", what: "" }, { line: "", what: "" }],
  statuses: [],
  load: () => Promise.reject(new TypeError("There is no such command")),
};

/** Splits `--name=value`. */
function split(word: string): [name: string, value: string | undefined] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function commands(command: "help" | undefined): Wanted {
  const all = COMMANDS.map(({ name, summary }) => ({
    word: name,
    text: summary,
  }));
  const help = { word: "help", text: "Print help" };
  return { kind: "words", words: command === "help" ? all : [...all, help] };
}

/** Returns what the value of an option is. */
function kindOf({ is, oneOf, value }: OptionSpec): WordKind {
  const paths: Readonly<Record<string, WordKind>> = {
    FILE: "file",
    FOLDER: "folder",
    PATH: "file",
  };
  return is ?? oneOf ?? paths[value ?? ""] ?? "other";
}
