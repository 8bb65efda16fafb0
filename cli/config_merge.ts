/**
 * Puts configurations together: later files override earlier ones.
 *
 * @module
 */

import {
  ALERT_TARGETS,
  BACKOFFS,
  HOOK_PROGRAMS,
  PROBES,
  PROGRAMS,
} from "./config_choices.ts";
import {
  type ConfigNode,
  type MapEntry,
  type MapNode,
  mapNode,
  type NodePath,
} from "./config_node.ts";

/**
 * Overrides a configuration. Maps are merged; lists and single values are
 * replaced; null removes an option, and is kept as the value of a variable in
 * `env`. Of options that exclude each other, such as `command` and `shell`, the
 * later one stays.
 *
 * @param base The configuration.
 * @param over What overrides it.
 */
export function merged(
  base: ConfigNode,
  over: ConfigNode,
  path: NodePath = [],
): ConfigNode {
  if (base.kind !== "map" || over.kind !== "map") return over;
  const entries = new Map<string, MapEntry>(base.entries);
  for (const name of excludedBy(over, path)) entries.delete(name);
  for (const [name, { key, value }] of over.entries) {
    const below = [...path, name];
    const old = entries.get(name);
    const isNull = value.kind === "scalar" && value.value === null;
    if (isNull && path.at(-1) !== "env") entries.delete(name);
    else if (old === undefined) entries.set(name, { key, value });
    else {
      entries.set(name, { key, value: merged(old.value, value, below) });
    }
  }
  return mapNode(base.entries.size === 0 ? over.spot : base.spot, entries);
}

/** Returns the options that those of a map exclude. */
function excludedBy(over: MapNode, path: NodePath): string[] {
  const choices = choicesAt(path);
  const given = choices.find((name) => over.entries.has(name));
  return given === undefined ? [] : choices.filter((name) => name !== given);
}

function choicesAt(path: NodePath): readonly string[] {
  if (path[0] === "processes" && path.length === 2) return PROGRAMS;
  const last = path.at(-1);
  if (path.length < 3) return [];
  if (last === "backoff") return BACKOFFS;
  if (path.length === 3 && (last === "before" || last === "after")) {
    return HOOK_PROGRAMS;
  }
  if (path.length === 3 && (last === "onFailed" || last === "onUnhealthy")) {
    return ALERT_TARGETS;
  }
  return path.length === 3 && (last === "ready" || last === "live")
    ? PROBES
    : [];
}

/** Adds to a process what the defaults have and it has not. */
export function withDefaults(
  entry: ConfigNode,
  defaults: ConfigNode,
): ConfigNode {
  if (defaults.kind !== "map" || entry.kind !== "map") return entry;
  const files = joinedFiles(entry, defaults);
  const all = merged(defaults, entry, ["processes", ""]);
  if (files === undefined || all.kind !== "map") return all;
  return mapNode(all.spot, [...all.entries, ["envFiles", files]]);
}

/** The files of the defaults come first. */
function joinedFiles(entry: MapNode, defaults: MapNode): MapEntry | undefined {
  const own = entry.entries.get("envFiles");
  const common = defaults.entries.get("envFiles");
  if (own?.value.kind !== "list" || common?.value.kind !== "list") {
    return own ?? common;
  }
  const items = [...common.value.items, ...own.value.items];
  return { key: own.key, value: { ...own.value, items } };
}
