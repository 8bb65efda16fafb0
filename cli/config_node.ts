/**
 * What a configuration file contains, with the place of each part.
 *
 * @module
 */

import type { Spot } from "./config_fault.ts";

/** A map, a list or a single value. */
export type ConfigNode = MapNode | ListNode | ScalarNode;

/** Values by their keys. */
export interface MapNode {
  /** Distinguishes the kinds of nodes. */
  readonly kind: "map";
  /** Where it begins. */
  readonly spot: Spot;
  /** Its entries, in their order. */
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** A key and its value. */
export interface MapEntry {
  /** Where the key is. */
  readonly key: Spot;
  /** The value. */
  readonly value: ConfigNode;
}

/** Values in an order. */
export interface ListNode {
  /** Distinguishes the kinds of nodes. */
  readonly kind: "list";
  /** Where it begins. */
  readonly spot: Spot;
  /** The values. */
  readonly items: readonly ConfigNode[];
}

/** A single value. */
export interface ScalarNode {
  /** Distinguishes the kinds of nodes. */
  readonly kind: "scalar";
  /** Where it begins. */
  readonly spot: Spot;
  /** The value. */
  readonly value: string | number | boolean | null;
  /** How the value is written, such as `1.10` for the number 1.1. */
  readonly text: string;
  /** Whether variables made the text, so that `"2"` can mean the number 2. */
  readonly loose?: boolean | undefined;
}

/** The keys and indexes that lead to a node. */
export type NodePath = readonly (string | number)[];

/** Writes a path as `processes.api.command[0]`. */
export function nameOf(path: NodePath): string {
  if (path.length === 0) return "the configuration";
  return path.map((step, i) =>
    typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`
  ).join("");
}

/** Makes a map. */
export function mapNode(
  spot: Spot,
  entries: Iterable<readonly [string, MapEntry]> = [],
): MapNode {
  return { kind: "map", spot, entries: new Map(entries) };
}

/** Makes a list. */
export function listNode(spot: Spot, items: readonly ConfigNode[]): ListNode {
  return { kind: "list", spot, items };
}

/** Makes a single value. */
export function scalarNode(
  spot: Spot,
  value: ScalarNode["value"],
  text: string = String(value),
): ScalarNode {
  return { kind: "scalar", spot, value, text };
}

/** Returns a map with an entry added or replaced. */
export function withEntry(
  map: MapNode,
  name: string,
  value: ConfigNode,
  key: Spot = value.spot,
): MapNode {
  return mapNode(map.spot, [...map.entries, [name, { key, value }]]);
}

/** Returns the node at a path; `undefined` if there is none. */
export function nodeAt(
  node: ConfigNode | undefined,
  path: NodePath,
): ConfigNode | undefined {
  let at = node;
  for (const step of path) at = childOf(at, step);
  return at;
}

function childOf(
  node: ConfigNode | undefined,
  step: string | number,
): ConfigNode | undefined {
  if (node?.kind === "map") return node.entries.get(String(step))?.value;
  if (node?.kind === "list") return node.items[Number(step)];
  return undefined;
}

/**
 * Returns the place that a message about a path should name: that of the value,
 * or of what comes closest to it.
 */
export function spotOf(node: ConfigNode, path: NodePath): Spot {
  let at = node;
  let { spot } = node;
  for (const step of path) {
    const key = at.kind === "map" ? at.entries.get(String(step)) : undefined;
    const next = childOf(at, step);
    if (next === undefined) return spot;
    // What begins in a line of its own is best found by its key.
    // So is a value that is left out.
    const ownLine = next.kind !== "scalar" || next.text === "";
    spot = ownLine ? key?.key ?? next.spot : next.spot;
    at = next;
  }
  return spot;
}

/** Returns the place of a key; that of the map if it does not have it. */
export function keySpot(node: ConfigNode, path: NodePath, key: string): Spot {
  const map = nodeAt(node, path);
  const entry = map?.kind === "map" ? map.entries.get(key) : undefined;
  return entry?.key ?? spotOf(node, path);
}

/** Returns a copy in which each single value is replaced. */
export function mapScalars(
  node: ConfigNode,
  change: (scalar: ScalarNode, path: NodePath) => ConfigNode,
  path: NodePath = [],
): ConfigNode {
  switch (node.kind) {
    case "scalar":
      return change(node, path);
    case "list":
      return listNode(
        node.spot,
        node.items.map((each, i) => mapScalars(each, change, [...path, i])),
      );
    case "map":
      return mapNode(
        node.spot,
        [...node.entries].map(([name, { key, value }]) => {
          const changed = mapScalars(value, change, [...path, name]);
          return [name, { key, value: changed }] as const;
        }),
      );
  }
}

/** Returns a node as a plain value. */
export function plainOf(
  node: ConfigNode,
  scalar: (node: ScalarNode, path: NodePath) => unknown = ({ value }) => value,
  path: NodePath = [],
): unknown {
  switch (node.kind) {
    case "scalar":
      return scalar(node, path);
    case "list":
      return node.items.map((each, i) => plainOf(each, scalar, [...path, i]));
    case "map":
      return Object.fromEntries(
        Array.from(
          node.entries,
          ([name, { value }]) => [
            name,
            plainOf(value, scalar, [...path, name]),
          ],
        ),
      );
  }
}
