/**
 * The table of routes: what the control API can be asked, and who answers. The
 * server and the OpenAPI document are made from it.
 *
 * @module
 */

import type { ProblemCode } from "./problem.ts";
import type { Schema } from "./schema.ts";
import { list, NAMES, object, OPEN, ref, WITHIN } from "./schemas.ts";

/** A parameter of a query. All are optional. */
export interface Parameter {
  /** What it must be. A list is written by repeating the parameter. */
  readonly schema: Schema;
  /** What it means. */
  readonly description: string;
}

/** What a route answers with. */
export type AnswerForm =
  | { readonly kind: "json"; readonly schema: Schema }
  | { readonly kind: "text"; readonly type: string }
  /** Server-sent events: the schema of the data of each kind of event. */
  | {
    readonly kind: "events";
    readonly events: Readonly<Record<string, Schema>>;
  };

/** Something that the control API can be asked. */
export interface Route {
  /** What to call it in clients; also what the server does. */
  readonly operation: Operation;
  /** The method. */
  readonly method: "GET" | "POST";
  /** The path; `{name}` stands for the name of an entry or a process. */
  readonly path: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** The parameters of its query. */
  readonly query: Readonly<Record<string, Parameter>>;
  /** The body of the request. */
  readonly body?: Schema;
  /** How many bytes the body may have. */
  readonly bodyBytes?: number;
  /** The answer. */
  readonly answer: AnswerForm;
  /** What else it can answer. */
  readonly problems: readonly ProblemCode[];
}

/** The names of all routes. */
export type Operation =
  | "getSupervisor"
  | "listProcesses"
  | "getProcess"
  | "describeProcess"
  | "explainProcess"
  | "readLogs"
  | "readEvents"
  | "readOutput"
  | "getMetrics"
  | "getOpenApi"
  | "start"
  | "stop"
  | "restart"
  | "kill"
  | "signal"
  | "write"
  | "resize"
  | "scale"
  | "apply"
  | "shutdown";

/** How many bytes a body may have by default. */
export const BODY_BYTES = 1_048_576;

/** How many bytes the body with a configuration may have. */
const CONFIG_BYTES = 16 * BODY_BYTES;

const USAGE: Readonly<Record<string, Parameter>> = {
  usage: {
    schema: { type: "boolean", default: false },
    description: "Whether to find out what each run uses.",
  },
};

const time: Schema = { type: "number" };

const LOGS: Readonly<Record<string, Parameter>> = {
  name: {
    schema: list({ type: "string" }),
    description: "The name of an entry or a process; all by default.",
  },
  lines: {
    schema: { type: "integer", minimum: 0 },
    description: "How many of the newest lines to read; all by default.",
  },
  since: {
    schema: time,
    description: "Only lines from this time on, in milliseconds.",
  },
  until: {
    schema: time,
    description: "Only lines before this time, in milliseconds.",
  },
  grep: {
    schema: { type: "string" },
    description:
      "A regular expression that the text must match, without its colors.",
  },
  source: {
    schema: { type: "string", enum: ["stdout", "stderr"] },
    description: "Only lines of this output.",
  },
  level: {
    schema: { type: "string", enum: ["debug", "info", "warn", "error"] },
    description: "Only lines of this level or above.",
  },
  run: {
    schema: { type: "integer" },
    description: "Only this run; 0 is the newest one, -1 the one before it.",
  },
  follow: {
    schema: { type: "boolean", default: false },
    description: "Whether to go on with the lines that arrive.",
  },
  after: {
    schema: list({ type: "string" }),
    description: "`NAME:SEQ`: the last line that the reader has had.",
  },
};

const EVENTS: Readonly<Record<string, Parameter>> = {
  after: {
    schema: { type: "integer", minimum: 0 },
    description: "The number of the last event that the reader has had.",
  },
  follow: {
    schema: { type: "boolean", default: false },
    description: "Whether to go on with the events that happen.",
  },
};

function get(
  operation: Operation,
  path: string,
  summary: string,
  answer: AnswerForm,
  query: Readonly<Record<string, Parameter>> = {},
): Route {
  const named = path.includes("{name}");
  const problems: ProblemCode[] = [
    ...Object.keys(query).length > 0 || named ? ["bad-request" as const] : [],
    ...named || operation === "readLogs" ? ["not-found" as const] : [],
    "failed",
  ];
  return { operation, method: "GET", path, summary, query, answer, problems };
}

/** A part of a body that can be left out. */
const OPTIONAL = ["withinMs", "dependencies", "roll", "to", "dryRun"];

function post(
  operation: Operation,
  summary: string,
  properties: Readonly<Record<string, Schema>>,
  more: readonly ProblemCode[],
  {
    answer = object({}),
    bodyBytes = BODY_BYTES,
    path = `/v1/${operation}`,
  } = {},
): Route {
  return {
    operation,
    method: "POST",
    path,
    summary,
    query: {},
    body: object(properties, OPTIONAL),
    bodyBytes,
    answer: { kind: "json", schema: answer },
    problems: ["bad-request", "too-large", "failed", ...more],
  };
}

const SIDE: Schema = { type: "integer", minimum: 1, maximum: 65_535 };

const names = { names: NAMES };
const awaited = { names: NAMES, withinMs: WITHIN };
const flag: Schema = { type: "boolean", default: false };

/** All routes. */
export const ROUTES: readonly Route[] = [
  get("getSupervisor", "/v1/supervisor", "Describes the supervisor", {
    kind: "json",
    schema: ref("Supervisor"),
  }),
  get("listProcesses", "/v1/processes", "Lists the processes", {
    kind: "json",
    schema: list(ref("Process")),
  }, USAGE),
  get("getProcess", "/v1/processes/{name}", "Describes a process", {
    kind: "json",
    schema: ref("Process"),
  }, USAGE),
  get(
    "describeProcess",
    "/v1/processes/{name}/details",
    "Tells the options of a process, and what its probes say",
    { kind: "json", schema: ref("Details") },
  ),
  get(
    "explainProcess",
    "/v1/processes/{name}/why",
    "Says why a process is where it is",
    { kind: "json", schema: ref("Why") },
  ),
  get("readLogs", "/v1/logs", "Reads the output of processes", {
    kind: "events",
    events: { line: ref("Line"), missed: ref("Missed") },
  }, LOGS),
  get("readEvents", "/v1/events", "Reads what has happened", {
    kind: "events",
    events: { event: ref("Event") },
  }, EVENTS),
  get(
    "readOutput",
    "/v1/processes/{name}/output",
    "Reads the raw output of a process, from its newest bytes on",
    {
      kind: "events",
      events: {
        attached: ref("Attached"),
        output: ref("Output"),
        skipped: ref("Skipped"),
        ended: ref("Ended"),
      },
    },
  ),
  get("getMetrics", "/metrics", "Returns metrics for Prometheus", {
    kind: "text",
    type: "text/plain",
  }),
  get("getOpenApi", "/openapi.json", "Describes this API", {
    kind: "json",
    schema: OPEN,
  }),
  post(
    "start",
    "Starts processes, and waits until they are ready or completed",
    {
      ...awaited,
      dependencies: {
        type: "string",
        enum: ["require", "start", "ignore"],
        default: "require",
        description:
          "What happens to what they depend on, as in `App.start()`.",
      },
    },
    ["not-found", "conflict", "closing", "not-ready"],
  ),
  post("stop", "Stops processes, and waits until they have ended", awaited, [
    "not-found",
  ]),
  post(
    "restart",
    "Restarts processes, and waits until they are ready or completed",
    {
      ...awaited,
      roll: { ...flag, description: "Whether to restart one after another." },
    },
    ["not-found", "conflict", "closing", "not-ready"],
  ),
  post("kill", "Kills processes, which stay stopped", names, ["not-found"]),
  post("signal", "Sends a signal to processes", {
    ...names,
    signal: { type: "string", description: "The signal, such as `SIGHUP`." },
    to: {
      type: "string",
      enum: ["leader", "group"],
      default: "leader",
      description: "The child alone, or everything that it has started, too.",
    },
  }, ["not-found", "conflict"]),
  post(
    "write",
    "Writes to the stdin of a process",
    {
      data: {
        type: "string",
        description: "The bytes in Base64, at most 65,536 of them.",
      },
    },
    ["not-found", "conflict", "full"],
    {
      path: "/v1/processes/{name}/input",
    },
  ),
  post(
    "resize",
    "Resizes the terminal of a process",
    {
      columns: SIDE,
      rows: SIDE,
    },
    ["not-found", "conflict"],
    { path: "/v1/processes/{name}/resize" },
  ),
  post(
    "scale",
    "Changes the number of replicas of an entry, and waits for them",
    {
      name: { type: "string", description: "The name of the entry." },
      replicas: { type: "integer", minimum: 1, maximum: 10_000 },
      withinMs: WITHIN,
    },
    ["not-found", "conflict", "closing", "not-ready"],
  ),
  post(
    "apply",
    "Changes the configuration; answers with what is different",
    {
      config: OPEN,
      dryRun: { ...flag, description: "Whether to change nothing." },
    },
    ["conflict", "closing"],
    { answer: { title: "The difference" }, bodyBytes: CONFIG_BYTES },
  ),
  post("shutdown", "Stops all processes and ends the supervisor", {
    withinMs: WITHIN,
  }, []),
];

/** What a request is about. */
export type Match =
  | { readonly route: Route; readonly name: string | undefined }
  /** The methods that the path has, if the path exists. */
  | { readonly methods: readonly string[] };

/**
 * Finds the route of a request.
 *
 * @param method The method.
 * @param path The encoded path.
 * @returns The route; if there is none, the methods that the path has.
 */
export function match(method: string, path: string): Match {
  const methods: string[] = [];
  for (const route of ROUTES) {
    const [start = "", end] = route.path.split("{name}");
    let name: string | undefined;
    if (end === undefined) {
      if (path !== start) continue;
    } else {
      if (!path.startsWith(start) || !path.endsWith(end)) continue;
      name = path.slice(start.length, path.length - end.length);
      if (path.length < start.length + end.length || !/^[^/]+$/.test(name)) {
        continue;
      }
    }
    if (route.method === method) return { route, name };
    methods.push(route.method);
  }
  return { methods };
}
