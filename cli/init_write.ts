/**
 * Writes the configuration that `init` has made from a file of another tool.
 *
 * @module
 */

import {
  Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  stringify,
  visit,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { escapedIn } from "./config.ts";
import type { NodePath } from "./config_node.ts";
import { commentLines, reason } from "./init_comments.ts";
import type { Found, Gap } from "./init_origin.ts";

/** The longest map or list that stands in one line, in characters. */
const FLOW_WIDTH = 60;

/** How YAML is written: lines are not folded. */
const STYLE = { lineWidth: 0, flowCollectionPadding: true } as const;

/**
 * Returns the text of a configuration. What is not taken over stands in comments
 * at the process that it belongs to.
 *
 * @param found The configuration, and what is not taken over.
 * @param title The first lines, as a paragraph.
 */
export function configText(found: Found, title: string): string {
  const { config, gaps, stubs = {} } = found;
  const { processes = {}, ...rest } = config;
  const document = new Document({});
  const root = nodeOf(document, found, { ...rest, processes }, []);
  document.contents = root as typeof document.contents;
  const map = root.get("processes") as YAMLMap;
  for (const { key } of root.items.slice(1)) {
    if (isScalar(key)) key.spaceBefore = true;
  }
  for (const pair of map.items) {
    const key = pair.key;
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const lines = aboutProcess(found, name);
    if (lines.length > 0) key.commentBefore = lines.join("\n");
    if (pair !== map.items[0]) key.spaceBefore = true;
  }
  const lost = namesWithout(found).flatMap((name, index) => [
    ...index > 0 || map.items.length > 0 ? [""] : [],
    ...stubLines(found, name, stubs[name]),
  ]);
  document.commentBefore = [
    ...commentLines(title, 0),
    ...listed(gaps.filter(({ process }) => process === undefined), 0),
  ].join("\n");
  const text = document.toString(STYLE);
  const commented = lost.map((line) => line === "" ? "\n" : `  #${line}\n`);
  return `${
    map.items.length === 0 ? text.replace(/ \{ *\}\n$/, " {}\n") : text
  }${commented.join("")}`;
}

/** Names the processes that are only in comments. */
export function namesWithout({ config, gaps, stubs = {} }: Found): string[] {
  const named = gaps.flatMap(({ process }) => process ?? []);
  const all = new Set([...Object.keys(stubs), ...named]);
  return [...all].filter((name) =>
    !Object.hasOwn(config.processes ?? {}, name)
  );
}

function aboutProcess({ gaps, comments = {} }: Found, name: string): string[] {
  const comment = Object.hasOwn(comments, name) ? comments[name] : undefined;
  return [
    ...comment === undefined ? [] : commentLines(comment, 2),
    ...listed(gaps.filter(({ process }) => process === name), 2),
  ];
}

/** Lists gaps as lines of a comment. */
function listed(gaps: readonly Gap[], indent: number): string[] {
  if (gaps.length === 0) return [];
  return [
    " Not taken over:",
    ...sameReasons(gaps).flatMap((gap) =>
      commentLines(reason(gap), indent, "-")
    ),
  ];
}

/** Puts keys together that have the same reason. */
function sameReasons(gaps: readonly Gap[]): Pick<Gap, "key" | "why">[] {
  return Array.from(
    Map.groupBy(gaps, ({ why }) => why),
    ([why, alike]) => ({ key: alike.map(({ key }) => key).join(", "), why }),
  );
}

/** Returns a process that is to be completed by hand, as lines of a comment. */
function stubLines(found: Found, name: string, stub: object = {}): string[] {
  const lines = [...aboutProcess(found, name)];
  const entry = { command: ["PROGRAM", "ARGUMENT"], ...stub };
  const document = new Document({});
  document.contents = nodeOf(
    document,
    found,
    { processes: { [name]: entry } },
    [],
  )
    .get("processes") as typeof document.contents;
  const text = document.toString(STYLE).trimEnd();
  return [...lines, ...text.split("\n").map((line) => ` ${line}`)];
}

/** Makes a node; short maps and lists inside of a process stand in one line. */
function nodeOf(
  document: Document,
  { variables }: Found,
  value: unknown,
  path: NodePath,
): YAMLMap {
  const yaml = plain(value);
  const root = document.createNode(
    variables ? yaml : escapedIn(yaml, path),
  ) as YAMLMap;
  visit(root, {
    Collection: (_, node, ancestors) => {
      const outer = ancestors.filter(isCollection);
      const inside = outer.some(({ flow }) => flow);
      const least = isIn("defaults", ancestors) ? 2 : 3;
      const deep = isSeq(node) ||
        outer.length >= least && !isLongEnv(node, ancestors);
      node.flow = inside || outer.length > 0 && deep && isShort(node);
      if (node.flow && isSeq(node)) node.toString = tight;
      if (node.flow && isMap(node)) node.toString = loose;
    },
  });
  return root;
}

function isIn(name: string, ancestors: readonly unknown[]): boolean {
  return ancestors.some((each) => isPair(each) && String(each.key) === name);
}

/** Variables have a line each if there are several. */
function isLongEnv(
  { items }: YAMLMap | YAMLSeq,
  ancestors: readonly unknown[],
): boolean {
  const parent = ancestors.at(-1);
  return items.length > 1 && isPair(parent) && String(parent.key) === "env";
}

/** Writes a list as `[a, b]`. */
const tight: YAMLSeq["toString"] = function (this: YAMLSeq, context, ...rest) {
  const own = context && { ...context, flowCollectionPadding: "" };
  return YAMLSeq.prototype.toString.call(this, own, ...rest);
};

/** Writes a map as `{ a: b }`, also in a list. */
const loose: YAMLMap["toString"] = function (this: YAMLMap, context, ...rest) {
  const own = context && { ...context, flowCollectionPadding: " " };
  return YAMLMap.prototype.toString.call(this, own, ...rest);
};

function isShort(node: Node): boolean {
  const text = stringify(node, { ...STYLE, collectionStyle: "flow" }).trim();
  return text.length <= FLOW_WIDTH && !text.includes("\n");
}

/** Returns a value as YAML can have it. */
function plain(value: unknown): unknown {
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, plain(each)]),
  );
}
