/**
 * Checks a configuration against its schema, and says what would be right.
 *
 * @module
 */

import type { z } from "zod";
import type { ConfigFaults } from "./config_fault.ts";
import {
  type ConfigNode,
  keySpot,
  mapScalars,
  nameOf,
  nodeAt,
  type NodePath,
  plainOf,
  type ScalarNode,
  spotOf,
} from "./config_node.ts";
import { COMPOSE, SYNONYMS, WITHOUT } from "./config_synonyms.ts";
import { nearest } from "./nearest.ts";
import { config } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong at a path. */
interface Finding {
  readonly path: NodePath;
  readonly issue: Issue;
  /** The types that would be right, if all of them are wrong. */
  readonly types?: readonly string[];
}

/**
 * Checks a configuration.
 *
 * @param node The configuration.
 * @param faults Where the faults go.
 * @returns The values that variables have made, in the type that is needed, by
 * their paths as JSON.
 */
export function checkSchema(
  node: ConfigNode,
  faults: ConfigFaults,
): Map<string, ScalarNode["value"]> {
  const cast = new Map<string, ScalarNode["value"]>();
  let findings = findingsIn(node);
  const before = cast.size;
  for (const finding of findings) castAt(node, finding, cast);
  const typed = cast.size > before ? withValues(node, cast) : node;
  if (typed !== node) findings = findingsIn(typed);
  const meant = findings.flatMap(meantBy);
  for (const finding of findings) {
    // What is missing because of a typo is told once.
    if (!isMeant(finding, meant)) report(typed, finding, faults);
  }
  return cast;
}

/** Returns a copy with other values at some paths. */
export function withValues(
  node: ConfigNode,
  values: ReadonlyMap<string, ScalarNode["value"]>,
): ConfigNode {
  return mapScalars(node, (scalar, path) => {
    const value = values.get(JSON.stringify(path));
    return value === undefined ? scalar : { ...scalar, value };
  });
}

function findingsIn(node: ConfigNode): Finding[] {
  const value = plainOf(
    node,
    ({ value }) => value === Infinity ? "Infinity" : value,
  );
  const { error } = config.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => findingsOf(issue, []));
}

/** Chooses, of a union, what the author probably meant. */
function findingsOf(issue: Issue, above: NodePath): Finding[] {
  const path = [...above, ...issue.path.map(stepOf)];
  if (issue.code !== "invalid_union") return [{ path, issue }];
  const branches = issue.errors.map((issues) =>
    issues.flatMap((each) => findingsOf(each, path))
  );
  const right = branches.filter((found) =>
    !found.some((each) => isType(each, path))
  );
  const best = right.toSorted((a, b) => a.length - b.length)[0];
  if (best !== undefined) return best;
  const types = branches.flatMap((found) => found.flatMap(typesOf));
  return [{ path, issue, types: [...new Set(types)] }];
}

function stepOf(step: PropertyKey): string | number {
  return typeof step === "symbol" ? String(step) : step;
}

/** Whether a branch of a union is of another type than the value. */
function isType({ path, issue, types }: Finding, of: NodePath): boolean {
  if (path.length !== of.length) return false;
  if (types !== undefined) return true;
  if (issue.code === "invalid_type") return issue.expected !== "int";
  return issue.code === "invalid_value";
}

function typesOf({ issue, types }: Finding): readonly string[] {
  if (types !== undefined) return types;
  if (issue.code === "invalid_type") {
    return [TYPES[issue.expected] ?? issue.expected];
  }
  if (issue.code === "invalid_value") return issue.values.map(show);
  return [];
}

const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  null: "null",
  number: "a number",
  object: "a map",
  record: "a map",
  string: "a text",
};

/** Notes the value of a text from a variable in the type that is expected. */
function castAt(
  node: ConfigNode,
  finding: Finding,
  cast: Map<string, ScalarNode["value"]>,
): void {
  const at = nodeAt(node, finding.path);
  if (at?.kind !== "scalar" || !at.loose) return;
  const { value } = at;
  const types = typesOf(finding);
  const key = JSON.stringify(finding.path);
  if (typeof value === "number" && types.includes(TYPES.string ?? "")) {
    cast.set(key, String(value));
  }
  if (typeof value !== "string") return;
  if (types.includes("a number") || types.includes("a whole number")) {
    if (/^-?\d+(\.\d+)?$/.test(value)) cast.set(key, Number(value));
  }
  if (types.includes("true or false") && /^(true|false)$/.test(value)) {
    cast.set(key, value === "true");
  }
}

function report(
  node: ConfigNode,
  finding: Finding,
  faults: ConfigFaults,
): void {
  const { path, issue } = finding;
  const name = nameOf(path);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const at = keySpot(node, path, key);
      faults.add(at, unknownKey([...path, key], JSON.parse(issue.message)));
    }
    return;
  }
  if (issue.code === "invalid_key") {
    const at = keySpot(node, path.slice(0, -1), String(path.at(-1)));
    return faults.add(at, `${name} must have a name ${namedAs(path)}`);
  }
  const present = nodeAt(node, path);
  if (present === undefined) {
    return faults.add(spotOf(node, path), missing(path, typesOf(finding)));
  }
  if (issue.code === "custom") {
    const at = path.length > 0
      ? keySpot(node, path.slice(0, -1), String(path.at(-1)))
      : spotOf(node, path);
    return faults.add(at, `${name} ${issue.message}`);
  }
  faults.add(spotOf(node, path), `${name} ${wrongValue(present, finding)}`);
}

/** Says what is wrong with a value, and what would be right. */
function wrongValue(present: ConfigNode, finding: Finding): string {
  const { path, issue } = finding;
  const choices = typesOf(finding).filter((type) => type.startsWith('"'));
  if (present.kind === "scalar" && choices.length > 0) {
    const names: string[] = choices.map((choice) => JSON.parse(choice));
    const near = nearest(String(present.value), names);
    if (near !== undefined) {
      return `cannot be ${shown(present)}: did you mean "${near}"?`;
    }
  }
  const must = `must be ${expectation(finding)}`;
  if (issue.code === "too_small" && present.kind === "list") return must;
  return `${must}, not ${shown(present)}${adviceFor(path, present) ?? ""}`;
}

/** Returns the paths of the options that were meant by unknown ones. */
function meantBy({ path, issue }: Finding): NodePath[] {
  if (issue.code !== "unrecognized_keys") return [];
  return issue.keys.flatMap((key) => {
    const near = nearestKey(key, JSON.parse(issue.message));
    return near === undefined ? [] : [[...path, near]];
  });
}

/** Whether something is missing that a typo means. */
function isMeant(
  { path, issue }: Finding,
  meant: readonly NodePath[],
): boolean {
  const isChoice = issue.code === "custom" &&
    issue.message.startsWith("must have");
  return meant.some((other) => {
    const parent = isChoice ? other.slice(0, -1) : other;
    return JSON.stringify(parent) === JSON.stringify(path);
  });
}

function nearestKey(key: string, names: readonly string[]): string | undefined {
  const known = SYNONYMS[key];
  return known !== undefined && names.includes(known)
    ? known
    : nearest(key, names);
}

function unknownKey(path: NodePath, names: readonly string[]): string {
  const key = String(path.at(-1));
  const near = nearestKey(key, names);
  const known = names.filter((name) => name !== "$schema").join(", ");
  const why = Object.hasOwn(WITHOUT, key) ? WITHOUT[key] : undefined;
  if (why !== undefined) return `${nameOf(path)} does not exist: ${why}`;
  if (near === "processes" && key === "services") {
    return `${
      nameOf(path)
    } does not exist: did you mean "processes"? ${COMPOSE}`;
  }
  return near === undefined
    ? `${nameOf(path)} does not exist: possible are ${known}`
    : `${nameOf(path)} does not exist: did you mean "${near}"?`;
}

function namedAs(path: NodePath): string {
  return path[0] === "processes" && path.length === 2
    ? "of letters, digits, _ and -, with a letter or a digit first"
    : "without =";
}

function missing(path: NodePath, types: readonly string[]): string {
  const of = path.length > 1 ? ` in ${nameOf(path.slice(0, -1))}` : "";
  const what = types.length === 0 ? "" : `: ${either(types)}`;
  return `"${path.at(-1)}" is missing${of}${what}`;
}

/** Says what a value must be. */
function expectation(finding: Finding): string {
  const { issue } = finding;
  const types = typesOf(finding);
  if (issue.code === "invalid_type" && issue.expected === "int") {
    return "a whole number";
  }
  if (types.length > 0) {
    return issue.code === "invalid_value" && types.length > 1
      ? `one of ${types.join(", ")}`
      : either(types);
  }
  if (issue.code === "too_small") {
    const { minimum, origin } = issue;
    if (origin === "array") return "a list that is not empty";
    return `a number >= ${minimum}`;
  }
  if (issue.code === "too_big") return `a number <= ${issue.maximum}`;
  // The schema says what a text must look like.
  return issue.message;
}

function either(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** What to write instead of what people often write. */
function adviceFor(path: NodePath, node: ConfigNode): string | undefined {
  const last = path.at(-1);
  const runs = ["command", "before", "after"].includes(String(last));
  if (node.kind === "scalar" && runs && node.value !== null) {
    const words = String(node.value).split(/\s+/).join(", ");
    if (path.at(-2) === "stop") return `: write [${words}]`;
    const shell = `shell: ${JSON.stringify(node.value)}`;
    const inShell = last === "command" ? shell : `{ ${shell} }`;
    return `: write [${words}] to run the program itself, or ${inShell} to run it in a shell`;
  }
  if (node.kind === "list" && last === "dependsOn") {
    const [first] = node.items;
    const name = first?.kind === "scalar" ? first.value : "db";
    return `: write { ${name}: started }, or ready or completed`;
  }
  if (node.kind === "list" && last === "env") {
    return ": write { NAME: value }";
  }
  return node.kind === "scalar" ? adviceForScalar(last, node.value) : undefined;
}

/** What to write instead of a text or a number in the short form of a map. */
function adviceForScalar(
  key: NodePath[number] | undefined,
  value: ScalarNode["value"],
): string | undefined {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(String(value)) ?? [];
  const ms = Number(number) * ({ s: 1_000, m: 60_000 }[unit ?? ""] ?? 1);
  if (String(key).endsWith("Ms") && unit !== undefined) return `: write ${ms}`;
  switch (key) {
    case "restart": {
      const [policy] = /^(never|always|on-failure)/.exec(String(value)) ?? [];
      const same = value === "no" ? "never" : "always";
      return `: write { policy: ${policy ?? same} }`;
    }
    case "stop":
      return unit && `: write { gracePeriodMs: ${ms} }`;
    case "limit":
      return typeof value === "number"
        ? `: write { restarts: ${value} }`
        : ": without it, there is no limit";
    case "tcp": {
      const [, host, port] = /^(.+):(\d+)$/.exec(String(value)) ?? [];
      return port && `: write { port: ${port}, hostname: "${host}" }`;
    }
    default:
      return undefined;
  }
}

function shown(node: ConfigNode): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  return node.value === null ? "empty" : show(node.value);
}

function show(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return typeof value === "string" ? JSON.stringify(short) : short;
}
