/**
 * The OpenAPI document, made from the table of routes.
 *
 * @module
 */

import { type ProblemCode, STATUSES } from "./problem.ts";
import {
  type AnswerForm,
  type Parameter,
  type Route,
  ROUTES,
} from "./routes.ts";
import { ref, SCHEMAS } from "./schemas.ts";

/**
 * Returns the OpenAPI 3.1 document of the control API.
 *
 * @param version The version of this package.
 */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const { path, method } = route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "processman",
      version,
      description:
        "Controls a supervisor over its Unix socket. Each connection carries one request.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: { schemas: SCHEMAS },
  };
}

function operation(route: Route): Record<string, unknown> {
  const { operation, summary, path, query, body, answer, problems } = route;
  const parameters = [
    ...path.includes("{name}")
      ? [{
        name: "name",
        in: "path",
        required: true,
        description: "The name of an entry or a process.",
        schema: { type: "string" },
      }]
      : [],
    ...Object.entries(query).map(([name, each]) => parameter(name, each)),
  ];
  return {
    operationId: operation,
    summary,
    ...parameters.length > 0 && { parameters },
    ...body && {
      requestBody: { required: true, content: json(body) },
    },
    responses: {
      200: { description: "Success", content: content(answer) },
      ...refusals(problems),
    },
  };
}

function parameter(
  name: string,
  { schema, description }: Parameter,
): Record<string, unknown> {
  return { name, in: "query", description, schema };
}

function content(answer: AnswerForm): Record<string, unknown> {
  switch (answer.kind) {
    case "json":
      return json(answer.schema);
    case "text":
      return { [answer.type]: { schema: { type: "string" } } };
    case "events": {
      const kinds = Object.keys(answer.events);
      return {
        "text/event-stream": {
          schema: { type: "string" },
          // Proposed for a later version of OpenAPI, so it is an extension.
          "x-events": answer.events,
          "x-event-kinds": kinds,
        },
      };
    }
  }
}

function refusals(problems: readonly ProblemCode[]): Record<string, unknown> {
  const all: ProblemCode[] = [...problems];
  return Object.fromEntries(
    all.map((code) => [
      STATUSES[code],
      { description: DESCRIPTIONS[code], content: json(ref("Error")) },
    ]),
  );
}

const DESCRIPTIONS: Readonly<Record<ProblemCode, string>> = {
  "bad-request": "The request is malformed",
  "not-found": "There is no process with this name",
  "not-allowed": "The path does not have this method",
  "conflict": "The request does not fit the present state",
  "too-large": "The request is too large",
  "full": "Too much waits for the program",
  "failed": "The request could not be fulfilled",
  "closing": "The supervisor is ending",
  "unauthorized": "The request has no valid key",
  "forbidden": "The request is from another page, or for another host",
  "unreachable": "There is no supervisor",
  "not-ready": "The processes were not ready in time",
};

function json(schema: unknown): Record<string, unknown> {
  return { "application/json": { schema } };
}
