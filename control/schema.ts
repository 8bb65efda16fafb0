/**
 * The part of JSON Schema that the control API is described with, and the check
 * of a request against it.
 *
 * @module
 */

import { didYouMean, Problem } from "./problem.ts";

/** A schema. */
export type Schema =
  & {
    readonly description?: string;
    readonly default?: unknown;
  }
  & (
    | { readonly $ref: string }
    | { readonly type: "string"; readonly enum?: readonly string[] }
    | {
      readonly type: "number" | "integer";
      readonly minimum?: number;
      readonly maximum?: number;
    }
    | { readonly type: "boolean" }
    | { readonly type: "null" }
    | {
      readonly type: "array";
      readonly items: Schema;
      readonly minItems?: number;
      readonly maxItems?: number;
    }
    | {
      readonly type: "object";
      readonly properties: Readonly<Record<string, Schema>>;
      readonly required: readonly string[];
      readonly additionalProperties: boolean;
    }
    | { readonly anyOf: readonly Schema[] }
    /** Any value. */
    | { readonly title: string }
  );

/**
 * Checks a value of a request.
 *
 * @param value The value.
 * @param schema What it must be; without references and alternatives.
 * @param path What to call it in messages, such as `names[0]`.
 * @throws {Problem} If it is something else.
 */
export function checkValue(value: unknown, schema: Schema, path: string): void {
  if (!("type" in schema)) return;
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") wrong(path, "a string", value);
      if (schema.enum && !schema.enum.includes(value)) {
        wrong(path, `one of ${quoted(schema.enum)}`, value);
      }
      return;
    case "number":
    case "integer":
      return checkNumber(value, schema, path);
    case "boolean":
      if (typeof value !== "boolean") wrong(path, "true or false", value);
      return;
    case "array":
      return checkArray(value, schema, path);
    case "object":
      return checkObject(value, schema, path);
  }
}

type Of<Type extends string> = Extract<Schema, { readonly type: Type }>;

function checkNumber(
  value: unknown,
  { type, minimum = -Infinity, maximum = Infinity }: Of<"number" | "integer">,
  path: string,
): void {
  const what = type === "integer" ? "a whole number" : "a number";
  if (typeof value !== "number" || Number.isNaN(value)) {
    wrong(path, what, value);
  }
  if (type === "integer" && !Number.isSafeInteger(value)) {
    wrong(path, what, value);
  }
  if (value < minimum) wrong(path, `${what} >= ${minimum}`, value);
  if (value > maximum) wrong(path, `${what} <= ${maximum}`, value);
}

function checkArray(
  value: unknown,
  { items, minItems = 0, maxItems = Infinity }: Of<"array">,
  path: string,
): void {
  if (!Array.isArray(value)) wrong(path, "an array", value);
  if (value.length < minItems) {
    throw new Problem("bad-request", `"${path}" must not be empty`);
  }
  if (value.length > maxItems) {
    const most = `"${path}" must have at most ${maxItems} elements`;
    throw new Problem("bad-request", most);
  }
  for (const [index, item] of value.entries()) {
    checkValue(item, items, `${path}[${index}]`);
  }
}

function checkObject(
  value: unknown,
  { properties, required, additionalProperties }: Of<"object">,
  path: string,
): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    wrong(path, "an object", value);
  }
  const inside = (name: string) => path === "body" ? name : `${path}.${name}`;
  for (const [name, item] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, name)
      ? properties[name]
      : undefined;
    if (schema !== undefined) checkValue(item, schema, inside(name));
    else if (!additionalProperties) {
      unknown(inside(name), name, Object.keys(properties));
    }
  }
  for (const name of required) {
    if (Object.hasOwn(value, name)) continue;
    throw new Problem("bad-request", `"${inside(name)}" is missing`);
  }
}

/** Refuses a property or a parameter that does not exist. */
export function unknown(
  path: string,
  name: string,
  names: readonly string[],
): never {
  const hint = didYouMean(name, names);
  throw new Problem("bad-request", `"${cut(path)}" does not exist${hint}`);
}

function wrong(path: string, what: string, value: unknown): never {
  throw new Problem(
    "bad-request",
    `"${path}" must be ${what}, not ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null
    ? "an object"
    : String(value);
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(", ");
}

function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
