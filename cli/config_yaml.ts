/**
 * Reads YAML, with the place of each part.
 *
 * @module
 */

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
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
  type MapNode,
  mapNode,
  scalarNode,
} from "./config_node.ts";

/** The most parts that a file can have, aliases written out. */
const MOST_NODES = 100_000;

/**
 * Reads a YAML file.
 *
 * @param file The path of the file, for the places.
 * @param text The text of the file, with LF as line breaks.
 * @param faults Where the faults go.
 * @param tags Tags that have a meaning: `!tag value` is read as the map
 * `{ "!tag": value }`.
 * @returns What it contains; `undefined` if it has a fault or is empty.
 */
export function parseYaml(
  file: string,
  text: string,
  faults: ConfigFaults,
  tags: readonly string[] = [],
): ConfigNode | undefined {
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: false,
    strict: true,
    uniqueKeys: false,
    version: "1.2",
  });
  const warnings = document.warnings.filter(({ code, pos: [from, to] }) =>
    code !== "TAG_RESOLVE_FAILED" || !tags.includes(text.slice(from, to))
  );
  // After the first mistake, the parser often finds the rest to be wrong, too.
  const [first, ...more] = [...document.errors, ...warnings];
  const tabs = more.filter(({ code }) => code === "TAB_AS_INDENT");
  if (first !== undefined) {
    for (const { pos, message, code } of [first, ...tabs]) {
      const words = wordsOf(code, message, text.slice(pos[0] - 1, pos[0] + 1));
      faults.add(spotAt(file, text, pos[0]), words);
    }
    return undefined;
  }
  if (document.contents === null) return undefined;
  const reader = new Reader(spotsOf(file, text), document, faults, tags);
  const node = reader.read(document.contents);
  return reader.broken ? undefined : node;
}

function wordsOf(code: string, message: string, around: string): string {
  if (around === "${") {
    return '${…} must be in quotes between { and }: "${…}"';
  }
  switch (code) {
    case "TAB_AS_INDENT":
      return "a line cannot begin with a tab; use spaces";
    case "MULTIPLE_DOCS":
      return "a file can have only one document; remove what follows ---";
    case "TAG_RESOLVE_FAILED":
      return `${message}; tags such as !name have no meaning here`;
    default:
      return `this is not YAML: ${message}`;
  }
}

/** Turns the nodes of a document into those of a configuration. */
class Reader {
  /** Whether parts are missing, so that nothing else can be said. */
  broken = false;
  #count = 0;
  readonly #open = new Set<Node>();
  readonly #spotAt: (offset: number) => Spot;
  readonly #document: Document;
  readonly #faults: ConfigFaults;

  readonly #tags: readonly string[];

  constructor(
    spotAt: (offset: number) => Spot,
    document: Document,
    faults: ConfigFaults,
    tags: readonly string[],
  ) {
    this.#spotAt = spotAt;
    this.#document = document;
    this.#faults = faults;
    this.#tags = tags;
  }

  read(node: unknown, around?: Spot): ConfigNode {
    const spot = this.#spotOf(node) ?? around ?? this.#spotAt(0);
    const value = this.#untagged(node, spot);
    if (!isNode(node) || isAlias(node)) return value;
    const { tag = "" } = node;
    return this.#tags.includes(tag)
      ? mapNode(spot, [[tag, { key: spot, value }]])
      : value;
  }

  #untagged(node: unknown, spot: Spot): ConfigNode {
    if (++this.#count > MOST_NODES) {
      if (this.#count === MOST_NODES + 1) {
        this.#faults.add(spot, `the file has more than ${MOST_NODES} values`);
        this.broken = true;
      }
      return scalarNode(spot, null, "");
    }
    if (isAlias(node)) return this.#alias(node, spot);
    if (isMap(node)) return this.#map(node, spot);
    if (isSeq(node)) {
      return listNode(spot, node.items.map((each) => this.read(each, spot)));
    }
    return isScalar(node)
      ? this.#scalar(node, spot)
      : scalarNode(spot, null, "");
  }

  #scalar({ value, source }: Scalar, spot: Spot): ConfigNode {
    switch (typeof value) {
      case "string":
      case "number":
      case "boolean":
        return scalarNode(spot, value, source ?? String(value));
      case "bigint":
        return scalarNode(spot, Number(value), source ?? String(value));
      default:
        return scalarNode(spot, null, source ?? "");
    }
  }

  #alias(node: Alias, spot: Spot): ConfigNode {
    const target = node.resolve(this.#document);
    if (target === undefined || this.#open.has(target)) {
      const why = target === undefined
        ? `there is no &${node.source} before *${node.source}`
        : `*${node.source} contains itself`;
      this.#faults.add(spot, why);
      this.broken = true;
      return scalarNode(spot, null, "");
    }
    this.#open.add(target);
    const read = this.read(target, spot);
    this.#open.delete(target);
    return read;
  }

  #map(map: YAMLMap, spot: Spot): MapNode {
    const wasOpen = this.#open.has(map);
    this.#open.add(map);
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const { key, value } of map.items) {
      const at = this.#spotOf(key) ?? spot;
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined;
      if (name === undefined) {
        this.#faults.add(at, "a key must be a text");
      } else if (name === "<<") {
        this.#merge(value, at, merged);
      } else if (own.has(name)) {
        const first = own.get(name)?.key.line;
        this.#faults.add(at, `"${name}" is already in line ${first}`);
      } else {
        own.set(name, { key: at, value: this.read(value, at) });
      }
    }
    if (!wasOpen) this.#open.delete(map);
    return mapNode(spot, [...merged, ...own]);
  }

  /** Adds the entries of a merge key, the first of several maps first. */
  #merge(value: unknown, at: Spot, merged: Map<string, MapEntry>): void {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const node = this.read(source, at);
      if (node.kind !== "map") {
        this.#faults.add(
          at,
          "<< must be a map, such as *name, or a list of maps",
        );
        continue;
      }
      for (const [name, entry] of node.entries) {
        if (!merged.has(name)) merged.set(name, entry);
      }
    }
  }

  #spotOf(node: unknown): Spot | undefined {
    if (typeof node !== "object" || node === null) return undefined;
    if (!("range" in node) || !Array.isArray(node.range)) return undefined;
    return this.#spotAt(Number(node.range[0]));
  }
}
