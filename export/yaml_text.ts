/**
 * YAML that the parsers of YAML 1.1 and 1.2 read as the same strings, with
 * comments.
 *
 * @module
 */

import { Document, isMap, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { commentLines } from "./comment_lines.ts";

/** A value. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | YamlObject
  | Commented;

/** A mapping; keys without a value are left out. */
export interface YamlObject {
  readonly [key: string]: YamlValue | undefined;
}

/** A value with comments above its key. */
export class Commented {
  /** Adds paragraphs of comments to a value, and an empty line above it. */
  constructor(
    readonly value: YamlValue,
    readonly comments: readonly string[],
    readonly apart: boolean = false,
  ) {}
}

/** How values are written. */
export interface YamlOptions {
  /** The longest list that stands on one line, in characters. */
  readonly flowWidth: number;
  /** The keys of lists that have a line for each item. */
  readonly lists?: readonly string[];
  /** Returns how a text must be written so that the engine reads that text. */
  readonly escape?: (text: string) => string;
}

/**
 * Returns the text of a document.
 *
 * @param value The document.
 * @param options How it is written.
 */
export function yamlText(value: YamlObject, options: YamlOptions): string {
  const document = new Document({});
  const root = new Writer(options).node(value, 0);
  document.contents = root as typeof document.contents;
  const text = document.toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    doubleQuotedMinMultiLineLength: Infinity,
  });
  return text.replaceAll(UNUSUAL, escaped);
}

/** Makes the nodes of a document. */
class Writer {
  readonly #options: YamlOptions;

  constructor(options: YamlOptions) {
    this.#options = options;
  }

  /** Returns the node of a value at a depth. */
  node(value: YamlValue, depth: number): unknown {
    if (value instanceof Commented) return this.node(value.value, depth);
    if (typeof value === "string") {
      return scalarOf(this.#options.escape?.(value) ?? value, true);
    }
    if (typeof value !== "object") return new Scalar(value);
    if (isList(value)) return this.#list(value, depth);
    const map = new YAMLMap();
    for (const [name, each] of Object.entries(value)) {
      if (each === undefined) continue;
      const node = this.node(each, depth + 1);
      const block = this.#options.lists?.includes(name) ?? false;
      if (node instanceof YAMLSeq && block) node.flow = false;
      map.add(new Pair(commented(scalarOf(name, false), each, depth), node));
    }
    return map;
  }

  #list(value: readonly YamlValue[], depth: number): YAMLSeq {
    const list = new YAMLSeq();
    list.flow = isShort(value, this.#options.flowWidth);
    for (const each of value) {
      const node = this.node(each, depth + 1);
      // Old parsers refuse a colon in an item that has no quotes.
      const plain = node instanceof Scalar && node.type === Scalar.PLAIN;
      if (plain && String(each).includes(":")) node.type = Scalar.QUOTE_DOUBLE;
      list.add(commented(node, each, depth));
    }
    return list;
  }
}

/** Puts what stands above a value above a node. */
function commented<Node>(node: Node, value: YamlValue, depth: number): Node {
  if (!(value instanceof Commented)) return node;
  if (!(node instanceof Scalar) && !isMap(node)) return node;
  if (value.apart) node.spaceBefore = true;
  if (value.comments.length > 0) {
    node.commentBefore = commentLines(value.comments, 2 * depth).join("\n");
  }
  return node;
}

function isList(
  value: readonly YamlValue[] | YamlObject,
): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** Whether a list fits on a line. */
function isShort(list: readonly YamlValue[], width: number): boolean {
  return list.every((each) => typeof each !== "object") &&
    !list.some((each) => String(each).includes("\n")) &&
    list.join(", ").length < width;
}

/** Texts that are a string in every version of YAML. */
const PLAIN =
  /^(?:-{0,2}[A-Za-z/](?:[A-Za-z0-9/._@+=$()-]|:(?=[A-Za-z0-9/]))*|\d+(?:ms|[shkm]))$/;

/** Words that are something else in some version of YAML. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Several lines that a person can edit. */
const LINES = /^[!-~](?:[^\p{Cc}\p{Cs}]|\n)*[^\p{Cc}\p{Cs}\s]\n?$/u;

function scalarOf(text: string, block: boolean): Scalar {
  const scalar = new Scalar(text.toWellFormed());
  scalar.type = PLAIN.test(text) && !RESERVED.test(text)
    ? Scalar.PLAIN
    : block && text.includes("\n") && LINES.test(text) &&
        text.search(UNUSUAL) < 0
    ? Scalar.BLOCK_LITERAL
    : Scalar.QUOTE_DOUBLE;
  return scalar;
}

/**
 * Characters that some parsers refuse or take for the end of a line, and that
 * readers cannot see. They only occur between double quotes.
 */
const UNUSUAL =
  /[\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\uffff]/g;

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
