import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkCommandOptions,
  exponential,
  type ExponentialOptions,
  Processman,
  type ProcessmanOptions,
} from "../mod.ts";
import { plan, type PlanEntry, type PlanOptions } from "../plan/mod.ts";
import {
  exec,
  type ExecOptions,
  file,
  type FileOptions,
  http,
  type HttpOptions,
  line,
  type LineOptions,
  tcp,
  type TcpOptions,
} from "../probe/mod.ts";
import { schemaText } from "../tools/config_schema.ts";
import { SCHEMA_FILE } from "../tools/config_schema.ts";
import { permitted } from "../tools/testing.ts";

const SCHEMA = JSON.parse(schemaText());

/** Options of the library, and where a configuration has them. */
interface Options {
  /** What they are called here. */
  readonly title: string;
  /** Checks an object of them, and lists their names in its message. */
  readonly check: (options: never) => unknown;
  /** The path of the schema that has them. */
  readonly at: string;
  /** Those that are written in another way, or have no written form. */
  readonly otherwise?: Readonly<Record<string, string>>;
}

/** Why options have no written form, or which one they have. */
const FUNCTION = "none: it is a function";
const OF_PLAN = "none: the plan needs it for itself";

function entry(options: object, name = "a"): unknown {
  return plan(
    { [name]: { command: ["a"], ...options } } as Record<string, PlanEntry>,
  );
}

const command = (options: unknown) => checkCommandOptions(options);

const ALL: readonly Options[] = [
  {
    title: "a command",
    check: command,
    at: "definitions/process",
    otherwise: {
      name: "the key in `processes`",
      signal: "none: it is an object of the program",
      prepare: FUNCTION,
      gate: OF_PLAN,
      stopAfter: OF_PLAN,
    },
  },
  {
    title: "an entry of a plan",
    check: entry,
    at: "definitions/process",
    otherwise: {
      each: '"$[8000 + replica]" in each option',
      prepare: FUNCTION,
    },
  },
  {
    title: "a dependency",
    check: (options) => entry({ dependsOn: { b: options } }),
    at: "definitions/dependsOn/additionalProperties/anyOf/1",
  },
  {
    title: "roll",
    check: (roll) => entry({ roll }),
    at: "definitions/process/properties/roll",
  },
  {
    title: "a plan",
    check: (options: PlanOptions) => plan({}, options),
    at: "",
  },
  {
    title: "restartBudget",
    check: (restartBudget) => plan({}, { restartBudget }),
    at: "properties/restartBudget",
  },
  {
    title: "a manager",
    check: (options: ProcessmanOptions) => new Processman(options),
    at: "",
    otherwise: {
      logger: "none: it is an object of the program",
      onSignal: "none: the supervisor ends by the signal",
      orphanLog: "none: the supervisor has its own",
      kernel: "none: it is for tests",
    },
  },
  {
    title: "the defaults of a manager",
    check: (defaults) => new Processman({ defaults }),
    at: "properties/defaults",
    otherwise: { prepare: FUNCTION },
  },
  {
    title: "restart",
    check: (restart) => command({ restart }),
    at: "definitions/restart",
    otherwise: { random: FUNCTION },
  },
  {
    title: "restart.limit",
    check: (limit) => command({ restart: { limit } }),
    at: "definitions/restart/properties/limit",
  },
  {
    title: "restart.leftovers",
    check: (leftovers) => command({ restart: { leftovers } }),
    at: "definitions/restart/properties/leftovers",
  },
  {
    title: "exponential",
    check: (options: ExponentialOptions) => exponential(options),
    at: "definitions/restart/properties/backoff/properties/exponential",
  },
  { title: "stop", check: (stop) => command({ stop }), at: "definitions/stop" },
  {
    title: "output",
    check: (output) => command({ output }),
    at: "definitions/output",
  },
  {
    title: "output.file",
    check: (file) => command({ output: { file } }),
    at: "definitions/output/properties/file",
  },
  {
    title: "ready",
    check: (ready) => command({ ready }),
    at: "definitions/ready",
    otherwise: { probe: "`http`, `tcp`, `exec`, `line`, `file` or `all`" },
  },
  {
    title: "live",
    check: (live) => command({ live }),
    at: "definitions/live",
    otherwise: { probe: "`http`, `tcp`, `exec`, `line`, `file` or `all`" },
  },
  {
    title: "http",
    check: (options: HttpOptions) => http("http://localhost/", options),
    at: "definitions/ready/properties/http/anyOf/1",
  },
  {
    title: "tcp",
    check: (options: TcpOptions) => tcp(options),
    at: "definitions/ready/properties/tcp/anyOf/1",
  },
  {
    title: "exec",
    check: (options: ExecOptions) => exec("true", [], options),
    at: "definitions/ready/properties/exec/anyOf/1",
  },
  {
    title: "line",
    check: (options: LineOptions) => line("x", options),
    at: "definitions/ready/properties/line/anyOf/1",
  },
  {
    title: "file",
    check: (options: FileOptions) => file("x", options),
    at: "definitions/ready/properties/file/anyOf/1",
  },
];

/** Returns the names of the options that a check knows, from its message. */
function namesOf({ title, check }: Options): string[] {
  const { message } = assertThrows(() => check({ "?": 0 } as never), Error);
  const [, names] = /\?" does not exist: the options are (.+)/.exec(message) ??
    [];
  assert(names !== undefined, `${title}: ${message}`);
  return names.split(", ");
}

/** Returns the names that a part of the schema has. */
function written(at: string): string[] {
  let part = SCHEMA;
  for (const step of at.split("/").filter((step) => step !== "")) {
    part = part[step];
    // A part with a description of its own refers to the shared one.
    const [reference] = part?.allOf ?? [];
    if (reference?.$ref !== undefined) {
      part = SCHEMA.definitions[reference.$ref.split("/").at(-1)];
    }
  }
  return Object.keys(part?.properties ?? {});
}

for (const options of ALL) {
  const { title, at, otherwise = {} } = options;
  Deno.test(`A configuration has a written form for each option of ${title}`, () => {
    const names = namesOf(options);
    const known = written(at);
    assert(known.length > 0, at);
    const missing = names.filter((name) => !known.includes(name));
    assertEquals(missing.sort(), Object.keys(otherwise).sort());
  });
}

Deno.test("The published JSON Schema is that of the code", {
  ignore: !permitted("read"),
}, async () => {
  assertEquals(await Deno.readTextFile(SCHEMA_FILE), schemaText());
});
