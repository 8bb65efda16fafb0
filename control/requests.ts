/**
 * Checks the query and the body of a request.
 *
 * @module
 */

import type { ScaleRequest, SignalRequest } from "./actions.ts";
import { Problem } from "./problem.ts";
import type { Roster } from "./roster.ts";
import type { Parameter } from "./routes.ts";
import { checkValue, type Schema, unknown } from "./schema.ts";
import type { LogQuery, StartRequest } from "./wire.ts";

/** The parameters of a query, as their schemas say. */
export interface Query {
  readonly usage?: boolean;
  readonly follow?: boolean;
  readonly name?: readonly string[];
  readonly lines?: number;
  readonly since?: number;
  readonly until?: number;
  readonly grep?: string;
  readonly source?: "stdout" | "stderr";
  readonly level?: "debug" | "info" | "warn" | "error";
  readonly run?: number;
  readonly after?: readonly string[] | number;
}

/** The bodies of all requests in one; the schema of a route says which part. */
export interface Command extends SignalRequest, ScaleRequest {
  readonly dependencies?: StartRequest["dependencies"];
  readonly roll?: boolean;
  readonly config: unknown;
  readonly dryRun?: boolean;
  readonly data: string;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Reads a query.
 *
 * @param query The query.
 * @param parameters The parameters that there are.
 * @throws {Problem} If a parameter does not exist or is something else.
 */
export function queryOf(
  query: URLSearchParams,
  parameters: Readonly<Record<string, Parameter>>,
): Query {
  const values: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const parameter = Object.hasOwn(parameters, name)
      ? parameters[name]
      : undefined;
    if (parameter === undefined) {
      unknown(name, name, Object.keys(parameters));
    }
    const value = valueOf(query.getAll(name), parameter.schema);
    checkValue(value, parameter.schema, name);
    values[name] = value;
  }
  return values;
}

/** Reads the texts of a parameter as its type says; leaves the rest as it is. */
function valueOf(texts: readonly string[], schema: Schema): unknown {
  const type = "type" in schema ? schema.type : undefined;
  if (type === "array") return texts;
  const [text = "", second] = texts;
  if (second !== undefined) return texts;
  if (type === "boolean") {
    return text === "true" ? true : text === "false" ? false : text;
  }
  const isNumber = type === "number" || type === "integer";
  return isNumber && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * Reads a body.
 *
 * @param bytes The body.
 * @param schema What it must be.
 * @throws {Problem} If it is something else.
 */
export function commandOf(bytes: Uint8Array, schema: Schema): Command {
  let body;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // A request that needs nothing can leave out its body.
    body = text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? "JSON" : "UTF-8";
    throw new Problem("bad-request", `The body is not ${why}`);
  }
  checkValue(body, schema, "body");
  return body;
}

/**
 * Returns the query for a log.
 *
 * @param query The query of the request.
 * @param roster The processes.
 * @param logged The names of the processes that the log has lines of.
 * @throws {Problem} If a name does not exist or something is malformed.
 */
export function logQueryOf(
  query: Query,
  roster: Roster,
  logged: readonly string[],
): LogQuery {
  const { name, after, usage: _usage, grep, ...rest } = query;
  if (grep !== undefined) checkPattern(grep);
  // The log knows what an entry and a pattern stand for, also later.
  for (const each of name ?? []) {
    if (!/[*?]/.test(each) && !logged.includes(each)) roster.find(each);
  }
  return {
    ...rest,
    ...grep !== undefined && { grep },
    ...name && { names: [...new Set(name)] },
    ...Array.isArray(after) && { after: positions(after) },
  };
}

/** Returns from which event to read, and whether to go on. */
export function eventsQueryOf(
  { after, follow = false }: Query,
): { after: number; follow: boolean } {
  return { after: typeof after === "number" ? after : 0, follow };
}

function checkPattern(grep: string): void {
  try {
    new RegExp(grep);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem("bad-request", `"grep" is malformed: ${why}`);
  }
}

function positions(after: readonly string[]): Record<string, number> {
  return Object.fromEntries(after.map((each) => {
    const [, name, seq] = each.match(/^(.+):(\d{1,15})$/s) ?? [];
    if (name !== undefined) return [name, Number(seq)];
    throw new Problem(
      "bad-request",
      `"after" must be NAME:SEQ, not ${JSON.stringify(each.slice(0, 80))}`,
    );
  }));
}
