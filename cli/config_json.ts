/**
 * Reads JSON, with the place of each part.
 *
 * @module
 */

import { matchAt } from "./match_at.ts";
import {
  type ConfigFaults,
  type Spot,
  spotAt,
  spotsOf,
} from "./config_fault.ts";
import {
  type ConfigNode,
  listNode,
  type MapEntry,
  mapNode,
  scalarNode,
} from "./config_node.ts";

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// deno-lint-ignore no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[A-Za-z]+/y;

/** How deep values can be in each other. */
const MOST_LEVELS = 100;

/**
 * Reads a JSON file.
 *
 * @param file The path of the file, for the places.
 * @param text The text of the file.
 * @param faults Where the faults go.
 * @returns What it contains; `undefined` if it has a fault or is empty.
 */
export function parseJson(
  file: string,
  text: string,
  faults: ConfigFaults,
): ConfigNode | undefined {
  if (text.trim() === "") return undefined;
  const reader = new JsonReader(file, text, faults);
  try {
    return reader.whole();
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    faults.add(spotAt(file, text, error.at), error.message);
    return undefined;
  }
}

class NotJson extends Error {
  constructor(message: string, readonly at: number) {
    super(`this is not JSON: ${message}`);
  }
}

class JsonReader {
  #at = 0;
  #level = 0;
  readonly #spotAt: (offset: number) => Spot;
  readonly #text: string;
  readonly #faults: ConfigFaults;

  constructor(file: string, text: string, faults: ConfigFaults) {
    this.#spotAt = spotsOf(file, text);
    this.#text = text;
    this.#faults = faults;
  }

  whole(): ConfigNode {
    const node = this.#value();
    this.#skip();
    if (this.#at < this.#text.length) this.#fail("nothing can follow here");
    return node;
  }

  #value(): ConfigNode {
    this.#skip();
    if (++this.#level > MOST_LEVELS) this.#fail("it is nested too deep");
    const node = this.#one();
    this.#level--;
    return node;
  }

  #one(): ConfigNode {
    const spot = this.#spotAt(this.#at);
    const next = this.#text[this.#at];
    if (next === "{") return mapNode(spot, this.#entries());
    if (next === "[") return listNode(spot, this.#items());
    if (next === '"') return scalarNode(spot, this.#string());
    const number = this.#take(NUMBER);
    if (number !== undefined) return scalarNode(spot, Number(number), number);
    const start = this.#at;
    const word = this.#take(WORD);
    if (word === "true") return scalarNode(spot, true);
    if (word === "false") return scalarNode(spot, false);
    if (word === "null") return scalarNode(spot, null);
    this.#at = start;
    this.#fail(
      next === undefined
        ? "the file ends too early"
        : next === "/"
        ? "JSON has no comments; YAML has them"
        : `a value is missing before ${JSON.stringify(next)}`,
    );
  }

  #entries(): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    this.#list("}", () => {
      const key = this.#spotAt(this.#at);
      const name = this.#string();
      this.#skip();
      this.#expect(":");
      const value = this.#value();
      const first = entries.get(name)?.key.line;
      if (first === undefined) entries.set(name, { key, value });
      else this.#faults.add(key, `"${name}" is already in line ${first}`);
    });
    return entries;
  }

  #items(): ConfigNode[] {
    const items: ConfigNode[] = [];
    this.#list("]", () => items.push(this.#value()));
    return items;
  }

  #list(end: "}" | "]", each: () => void): void {
    this.#at++;
    this.#skip();
    if (this.#text[this.#at] === end) return void this.#at++;
    while (true) {
      this.#skip();
      if (this.#text[this.#at] === end) this.#fail("a comma too many before");
      each();
      this.#skip();
      if (this.#text[this.#at] === end) return void this.#at++;
      this.#expect(",", end);
    }
  }

  #string(): string {
    const text = this.#take(STRING);
    if (text === undefined) this.#fail("a text in double quotes must be here");
    return JSON.parse(text);
  }

  #expect(wanted: string, or = wanted): void {
    if (this.#text[this.#at] !== wanted) {
      const either = or === wanted ? wanted : `${wanted} or ${or}`;
      this.#fail(`${either} is missing`);
    }
    this.#at++;
  }

  #skip(): void {
    this.#take(SPACE);
  }

  #take(expression: RegExp): string | undefined {
    const [found] = matchAt(expression, this.#text, this.#at) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(message: string): never {
    throw new NotJson(message, this.#at);
  }
}
