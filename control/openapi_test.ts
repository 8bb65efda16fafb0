import { assert, assertEquals, assertMatch } from "@std/assert";
import { plan, up } from "../plan/mod.ts";
import { quiet, request, stage } from "../tools/control_testing.ts";
import { permitted } from "../tools/testing.ts";
import { openApi } from "./openapi.ts";
import { ROUTES } from "./routes.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

type Json = Record<string, unknown>;

/**
 * Checks a value against a JSON Schema, whose keywords it must know.
 *
 * @throws If the value does not fit or the schema has another keyword.
 */
function validate(value: unknown, schema: Json, root: Json, path = "$"): void {
  const fail = (why: string): never => {
    throw new Error(`${path} ${why}: ${JSON.stringify(value)?.slice(0, 200)}`);
  };
  for (const [keyword, wanted] of Object.entries(schema)) {
    switch (keyword) {
      case "description":
      case "default":
      case "title":
        break;
      case "$ref": {
        const name = String(wanted).replace("#/components/schemas/", "");
        const components = root["components"] as { schemas: Json };
        const found = components.schemas[name] as Json | undefined;
        if (found === undefined) fail(`refers to ${wanted}`);
        else validate(value, found, root, path);
        break;
      }
      case "anyOf": {
        const fits = (wanted as Json[]).some((each) => {
          try {
            validate(value, each, root, path);
            return true;
          } catch {
            return false;
          }
        });
        if (!fits) fail("fits none");
        break;
      }
      case "type":
        if (typeOf(value, String(wanted)) !== wanted) fail(`is no ${wanted}`);
        break;
      case "enum":
        if (!(wanted as unknown[]).includes(value)) fail(`is not one of them`);
        break;
      case "minimum":
        if ((value as number) < Number(wanted)) fail("is too small");
        break;
      case "maximum":
        if ((value as number) > Number(wanted)) fail("is too large");
        break;
      case "items":
        for (const [index, item] of (value as unknown[]).entries()) {
          validate(item, wanted as Json, root, `${path}[${index}]`);
        }
        break;
      case "minItems":
        if ((value as unknown[]).length < Number(wanted)) fail("is too short");
        break;
      case "maxItems":
        break;
      case "required":
        for (const name of wanted as string[]) {
          if (!Object.hasOwn(value as Json, name)) fail(`lacks ${name}`);
        }
        break;
      case "properties":
        for (const [name, each] of Object.entries(wanted as Json)) {
          if (!Object.hasOwn(value as Json, name)) continue;
          validate(
            (value as Json)[name],
            each as Json,
            root,
            `${path}.${name}`,
          );
        }
        break;
      case "additionalProperties":
        if (wanted === true) break;
        for (const name of Object.keys(value as Json)) {
          if (!Object.hasOwn(schema["properties"] as Json, name)) {
            fail(`has ${name}`);
          }
        }
        break;
      default:
        throw new Error(`the schema has the keyword ${keyword}`);
    }
  }
}

function typeOf(value: unknown, wanted: string): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (wanted === "integer" && Number.isInteger(value)) return "integer";
  return typeof value;
}

const DOCUMENT = openApi("1.2.3");

/** Returns an operation of the document. */
function operationOf(path: string, method: string): Json {
  const paths = DOCUMENT["paths"] as Record<string, Json>;
  return paths[path]?.[method.toLowerCase()] as Json;
}

/** Checks an answer against what the document says about it. */
function check(
  path: string,
  method: string,
  answer: {
    status: number;
    headers: ReadonlyMap<string, string>;
    body: string;
  },
): void {
  const { responses } = operationOf(path, method) as {
    responses: Record<string, { content: Record<string, Json> }>;
  };
  const response = responses[answer.status];
  if (response === undefined) {
    throw new Error(
      `${method} ${path} answers ${answer.status}: ${answer.body}`,
    );
  }
  const type = answer.headers.get("content-type") ?? "";
  const media = response.content[type.split(";")[0] ?? ""];
  assert(media !== undefined, `${method} ${path} answers with ${type}`);
  if (type === "application/json") {
    validate(JSON.parse(answer.body), media["schema"] as Json, DOCUMENT);
  } else if (type === "text/event-stream") {
    const kinds = media["x-events"] as Record<string, Json>;
    for (const [, kind = "", data = ""] of answer.body.matchAll(EVENT)) {
      const schema = kinds[kind];
      assert(schema !== undefined, `an event ${kind}`);
      validate(JSON.parse(data), schema, DOCUMENT);
    }
  }
}

const EVENT = /^event: (\w+)\n(?:id: .*\n)?data: (.*)\n\n/gm;

/** Requests that are answered with success, by the route. */
const GOOD: Readonly<
  Record<string, readonly [target: string, body?: unknown]>
> = {
  getSupervisor: ["/v1/supervisor"],
  listProcesses: ["/v1/processes?usage=true"],
  getProcess: ["/v1/processes/api.2?usage=true"],
  describeProcess: ["/v1/processes/never/details"],
  explainProcess: ["/v1/processes/waiting/why"],
  readLogs: ["/v1/logs?lines=5&name=api&source=stdout&since=0"],
  readEvents: ["/v1/events?after=0"],
  readOutput: ["/v1/processes/brief/output"],
  write: ["/v1/processes/console/input", { data: "aGkK" }],
  resize: ["/v1/processes/console/resize", { columns: 100, rows: 30 }],
  getMetrics: ["/metrics"],
  getOpenApi: ["/openapi.json"],
  start: ["/v1/start", { names: ["api"], withinMs: 10_000 }],
  stop: ["/v1/stop", { names: ["api.1"] }],
  restart: ["/v1/restart", { names: ["api"], roll: true }],
  kill: ["/v1/kill", { names: ["api.1"] }],
  signal: ["/v1/signal", { names: ["api.2"], signal: "SIGCONT", to: "group" }],
  scale: ["/v1/scale", { name: "api", replicas: 3 }],
  apply: ["/v1/apply", { config: { a: 1 }, dryRun: true }],
  shutdown: ["/v1/shutdown", { withinMs: 5_000 }],
};

/** Requests that are refused, with the status and the message. */
const BAD: readonly [string, string, unknown, number, RegExp][] = [
  ["GET", "/v1/processes?usage=1", 0, 400, /"usage" must be true or false/],
  ["GET", "/v1/processes?usag=true", 0, 400, /did you mean "usage"/],
  ["GET", "/v1/processes/%zz", 0, 400, /name in the path is malformed/],
  ["GET", "/v1/processes/apii", 0, 404, /"apii"; did you mean "api"\?/],
  ["GET", "/v1/processes/nobody/why", 0, 404, /no process "nobody"$/],
  ["GET", "/v1/logs?grep=(", 0, 400, /"grep" is malformed/],
  ["GET", "/v1/logs?after=api", 0, 400, /"after" must be NAME:SEQ/],
  ["GET", "/v1/logs?lines=-1", 0, 400, /"lines" must be a whole number >= 0/],
  ["GET", "/v1/logs?level=all", 0, 400, /must be one of "debug", "info"/],
  ["GET", "/v1/logs?name=nobody", 0, 404, /no process "nobody"/],
  ["GET", "/v1/events?after=x", 0, 400, /"after" must be a whole number/],
  ["GET", "/v1/events?after=1&after=2", 0, 400, /"after" must be a whole/],
  ["POST", "/v1/start", [], 400, /"body" must be an object/],
  ["POST", "/v1/start", {}, 400, /"names" is missing/],
  ["POST", "/v1/start", { names: [] }, 400, /"names" must not be empty/],
  ["POST", "/v1/start", { names: ["api", 5] }, 400, /"names\[1\]" must be a/],
  ["POST", "/v1/start", { names: ["x"], within: 1 }, 400, /mean "withinMs"/],
  ["POST", "/v1/start", { names: ["nobody"] }, 404, /no process "nobody"/],
  ["POST", "/v1/start", { names: ["never"], withinMs: 5 }, 504, /within 5 ms/],
  ["POST", "/v1/start", { names: ["broken"] }, 500, /broken/],
  ["POST", "/v1/stop", { names: ["api"], withinMs: -1 }, 400, /number >= 0/],
  ["POST", "/v1/kill", { names: ["nobody"] }, 404, /no process/],
  ["POST", "/v1/restart", { names: ["other"], roll: true }, 409, /other/],
  ["POST", "/v1/restart", { names: ["api"], roll: 1 }, 400, /"roll" must be t/],
  [
    "POST",
    "/v1/signal",
    { names: ["api"], signal: "HUP" },
    400,
    /signal "HUP"/,
  ],
  ["POST", "/v1/signal", { names: ["done"], signal: "SIGHUP" }, 409, /not run/],
  ["POST", "/v1/scale", { name: "never", replicas: 2 }, 409, /"replicas"/],
  [
    "POST",
    "/v1/scale",
    { name: "api.1", replicas: 2 },
    409,
    /replica of "api"/,
  ],
  ["POST", "/v1/scale", { name: "other", replicas: 2 }, 409, /belongs to none/],
  ["POST", "/v1/scale", { name: "api", replicas: 0 }, 400, /number >= 1/],
  ["POST", "/v1/scale", { name: "nobody", replicas: 1 }, 404, /no process/],
  ["POST", "/v1/processes/api/input", { data: "" }, 409, /choose one: api.1/],
  ["POST", "/v1/processes/other/input", { data: "" }, 409, /`stdin: piped`/],
  ["POST", "/v1/processes/console/input", { data: "*" }, 400, /be Base64/],
  [
    "POST",
    "/v1/processes/console/input",
    { data: btoa("x".repeat(65_537)) },
    429,
    /console has not read/,
  ],
  [
    "POST",
    "/v1/processes/other/resize",
    { columns: 80, rows: 24 },
    409,
    /no terminal/,
  ],
  ["POST", "/v1/apply", { config: 5 }, 400, /"config" must be an object/],
  ["POST", "/v1/apply", { config: { fail: 1 } }, 500, /it does not work/],
  ["POST", "/v1/shutdown", { withinMs: 1e12 }, 400, /number <= /],
];

const SECRET = "value of a secret variable";

Deno.test({
  name: "The OpenAPI document and the server say the same about each route",
  ignore,
  // Long: one plan serves all requests.
  async fn() {
    await using pm = quiet();
    const env = { SECRET };
    await using app = await up(
      pm,
      plan({
        never: { command: ["sleep", "500"], ready: () => false, env },
        waiting: { command: ["true"], dependsOn: { never: "ready" } },
        done: { type: "task", command: ["true"], env },
        broken: {
          command: ["no-such-program"],
          restart: { policy: "never" },
          env,
        },
        api: {
          command: ["sh", "-c", "echo hello; exec sleep 500"],
          replicas: 2,
          env,
        },
      }),
      { names: ["api", "done"] },
    );
    pm.command("sleep", ["500"], { name: "other", env });
    pm.command("sleep", ["500"], { name: "console", tty: true });
    pm.command("sh", ["-c", "echo hi; sleep 3"], {
      name: "brief",
      restart: { policy: "never" },
    });
    await using at = await stage(app, {
      apply: (config) =>
        Object.hasOwn(config as object, "fail")
          ? Promise.reject(new Error("it does not work"))
          : Promise.resolve({ changed: [] }),
    });
    const ask = async (method: string, target: string, body?: unknown) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await request(at.socket, method, target, text);
      assert(!answer.body.includes(SECRET));
      return { ...answer, body: unchunked(answer) };
    };
    for (const [method, target, body, status, message] of BAD) {
      const answer = await ask(method, target, body === 0 ? undefined : body);
      const { error } = JSON.parse(answer.body);
      assertMatch(error?.message ?? target, message);
      assertEquals([target, answer.status], [target, status]);
      check(pathOf(target), method, answer);
    }
    for (const { operation, method, path } of ROUTES) {
      const [target = "", body] = GOOD[operation] ?? [];
      const answer = await ask(method, target, body);
      assertEquals([operation, answer.status], [operation, 200]);
      check(path, method, answer);
    }
    assert(pm.closing.aborted);
  },
});

/** Returns the path of the route that a target leads to. */
function pathOf(target: string): string {
  const [path = ""] = target.split("?");
  return path.replace(/^(\/v1\/processes\/)[^/]+/, "$1{name}");
}

function unchunked(
  { headers, body }: { headers: ReadonlyMap<string, string>; body: string },
): string {
  if (headers.get("transfer-encoding") !== "chunked") return body;
  return body.replaceAll(
    /[\da-f]+\r\n([^]*?)\r\n(?=[\da-f]+\r\n)|0\r\n\r\n$/g,
    "$1",
  );
}

Deno.test({
  name: "Paths and methods that do not exist are refused",
  ignore,
  async fn() {
    await using pm = quiet();
    await using at = await stage(pm);
    for (
      const path of [
        "/",
        "/v1",
        "/v1/processes/",
        "/v1/processes/a/b",
        "/v1/why",
      ]
    ) {
      const { status, body } = await request(at.socket, "GET", path);
      assertEquals([path, status], [path, 404]);
      validate(
        JSON.parse(body),
        { $ref: "#/components/schemas/Error" },
        DOCUMENT,
      );
    }
    const { status, headers, body } = await request(
      at.socket,
      "DELETE",
      "/v1/start",
    );
    assertEquals([status, headers.get("allow")], [405, "POST"]);
    assertEquals(
      JSON.parse(body).error.message,
      "/v1/start does not have the method DELETE, but POST",
    );
  },
});

Deno.test("The OpenAPI document describes all routes, each once", () => {
  const paths = DOCUMENT["paths"] as Record<string, Json>;
  const operations = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((each) => (each as Json)["operationId"])
  );
  assertEquals(operations.sort(), ROUTES.map((each) => each.operation).sort());
  assertEquals(DOCUMENT["openapi"], "3.1.0");
  assertEquals(Object.keys(GOOD).sort(), operations);
  for (const { summary, query } of ROUTES) {
    assertMatch(summary, /^[A-Z]\w+s /);
    for (const { description } of Object.values(query)) {
      assert(description !== "");
    }
  }
});
