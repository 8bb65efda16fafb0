/**
 * The schemas of what the control API takes and gives.
 *
 * @module
 */

import { LONGEST_MS } from "./actions.ts";
import { STATE_NAMES } from "./metrics.ts";
import { STATUSES } from "./problem.ts";
import type { Schema } from "./schema.ts";

const TEXT: Schema = { type: "string" };
const COUNT: Schema = { type: "integer", minimum: 0 };
const FLAG: Schema = { type: "boolean" };
const TIME: Schema = {
  type: "number",
  description: "In milliseconds since the epoch.",
};

const MS: Schema = {
  type: "number",
  minimum: 0,
  description: "In milliseconds.",
};

/** How long to wait. */
export const WITHIN: Schema = {
  type: "number",
  minimum: 0,
  maximum: LONGEST_MS,
  description: "How long to wait for the result, in milliseconds.",
};

/** Names of entries or processes. */
export const NAMES: Schema = {
  type: "array",
  items: TEXT,
  minItems: 1,
  maxItems: 10_000,
  description: "The names of entries or processes.",
};

/**
 * Makes the schema of an object.
 *
 * @param properties The properties.
 * @param optional The names of those that can be left out.
 */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties)
    .filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

/** Refers to one of {@linkcode SCHEMAS}. */
export function ref(name: keyof typeof SCHEMAS): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Makes the schema of an array. */
export function list(items: Schema): Schema {
  return { type: "array", items };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

function oneOf(...words: string[]): Schema {
  return { type: "string", enum: words };
}

/** A record that can have any properties. */
export const OPEN: Schema = {
  type: "object",
  properties: {},
  required: [],
  additionalProperties: true,
};

/** The schemas that have a name. */
export const SCHEMAS = {
  Error: object({
    error: object({ code: oneOf(...Object.keys(STATUSES)), message: TEXT }),
  }),
  Supervisor: object({
    name: TEXT,
    pid: COUNT,
    version: TEXT,
    startedAt: TIME,
    config: orNull(TEXT),
    source: orNull(object({ files: list(TEXT), profiles: list(TEXT) })),
    cwd: TEXT,
    logs: orNull(TEXT),
    log: orNull(TEXT),
    metrics: orNull(TEXT),
    plan: FLAG,
    canApply: FLAG,
  }),
  End: object({
    run: COUNT,
    time: TIME,
    code: { type: "integer" },
    signal: orNull(TEXT),
    crashed: FLAG,
    requested: FLAG,
    reason: TEXT,
    stderr: list(TEXT),
  }),
  Usage: object({
    cpu: orNull({ type: "number", minimum: 0 }),
    memory: COUNT,
    processes: COUNT,
  }),
  Dependency: object({
    name: TEXT,
    when: oneOf("started", "ready", "completed"),
    restart: oneOf("never", "explicit", "always"),
    required: FLAG,
    awaited: FLAG,
  }),
  Schedule: object({
    action: oneOf("run", "restart"),
    next: orNull(TIME),
    suspended: FLAG,
  }),
  Process: object({
    name: TEXT,
    entry: TEXT,
    type: oneOf("service", "task"),
    labels: list(TEXT),
    command: list(TEXT),
    state: oneOf(...STATE_NAMES),
    ready: orNull(FLAG),
    pid: orNull(COUNT),
    since: orNull(TIME),
    until: orNull(TIME),
    run: COUNT,
    restarts: COUNT,
    restartsLeft: orNull(COUNT),
    last: orNull({ $ref: "#/components/schemas/End" }),
    dependencies: list({ $ref: "#/components/schemas/Dependency" }),
    schedule: orNull({ $ref: "#/components/schemas/Schedule" }),
    why: TEXT,
    usage: orNull({ $ref: "#/components/schemas/Usage" }),
  }),
  Probe: object({
    name: TEXT,
    intervalMs: MS,
    timeoutMs: MS,
    withinMs: orNull(MS),
    failures: orNull(COUNT),
    last: orNull(object({ time: TIME, ok: FLAG, reason: orNull(TEXT) })),
  }),
  Stop: object({
    time: TIME,
    durationMs: MS,
    signals: list(TEXT),
    forced: FLAG,
    survivors: list(COUNT),
  }),
  Details: object({
    name: TEXT,
    cwd: orNull(TEXT),
    user: orNull(TEXT),
    environment: list(TEXT),
    options: OPEN,
    ready: orNull({ $ref: "#/components/schemas/Probe" }),
    live: orNull({ $ref: "#/components/schemas/Probe" }),
    stopped: orNull({ $ref: "#/components/schemas/Stop" }),
  }),
  Why: {
    type: "object",
    properties: {
      name: TEXT,
      sentence: TEXT,
      state: {
        type: "object",
        properties: { kind: TEXT },
        required: ["kind"],
        additionalProperties: true,
      },
      held: {
        type: "object",
        properties: { kind: TEXT },
        required: ["kind"],
        additionalProperties: true,
      },
    },
    required: ["name", "sentence", "state"],
    additionalProperties: false,
  },
  Line: object({
    kind: oneOf("line"),
    seq: COUNT,
    process: TEXT,
    time: TIME,
    source: oneOf("stdout", "stderr"),
    run: COUNT,
    text: TEXT,
    truncated: FLAG,
  }),
  Missed: object({ kind: oneOf("missed"), process: TEXT, count: COUNT }),
  Attached: object({
    kind: oneOf("attached"),
    process: TEXT,
    stdin: oneOf("terminal", "piped", "none"),
  }),
  Output: object({
    kind: oneOf("output"),
    source: oneOf("stdout", "stderr"),
    data: { ...TEXT, description: "The bytes in Base64." },
  }),
  Skipped: object({ kind: oneOf("skipped"), bytes: COUNT }),
  Ended: object({
    kind: oneOf("ended"),
    code: { type: "integer" },
    signal: orNull(TEXT),
    stopped: FLAG,
    closing: FLAG,
  }),
  Event: object({
    id: COUNT,
    kind: TEXT,
    time: TIME,
    name: orNull(TEXT),
    text: TEXT,
    details: OPEN,
  }),
} as const satisfies Record<string, Schema>;
