import { assert, assertEquals } from "@std/assert";
import { stringify } from "yaml";
import { EXAMPLE } from "../tools/config_example.ts";
import { schemaText } from "../tools/config_schema.ts";
import { permitted } from "../tools/testing.ts";
import { checkSchema } from "./config_check.ts";
import { expanded } from "./config_expand.ts";
import { ConfigError, type ConfigFault, ConfigFaults } from "./config_fault.ts";
import { nameOf, type NodePath } from "./config_node.ts";
import { parseJson } from "./config_json.ts";
import { parseYaml } from "./config_yaml.ts";

/** The keys that the author of a configuration chooses. */
const OWN = ["processes", "env", "headers", "dependsOn"];

/** Finds the faults of a text by the schema. */
function faultsOf(text: string, parse = parseYaml): readonly ConfigFault[] {
  const faults = new ConfigFaults();
  try {
    const node = parse("f", text, faults);
    faults.throwAny();
    assert(node !== undefined);
    checkSchema(expanded(node, faults).checked, faults);
    faults.throwAny();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

/** Lists all paths in a value. */
function* pathsIn(value: unknown, path: NodePath = []): Generator<NodePath> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined) continue;
    yield* pathsIn(each, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** Returns a copy in which a key has another name, or a value is replaced. */
function changed(
  value: unknown,
  path: NodePath,
  change: (key: string, value: unknown) => [string, unknown],
): unknown {
  const [step, ...rest] = path;
  const entries = Object.entries(Object(value)).map(([key, each]) => {
    if (key !== String(step)) return [key, each];
    return rest.length === 0
      ? change(key, each)
      : [key, changed(each, rest, change)];
  });
  return Array.isArray(value)
    ? entries.map(([, each]) => each)
    : Object.fromEntries(entries);
}

/** Returns only the option of the example that a path leads into. */
function around([first, name, option]: NodePath): unknown {
  const { processes = {} } = EXAMPLE;
  const entry = processes[String(name)];
  if (first !== "processes" || entry === undefined) {
    return { [String(first)]: Object(EXAMPLE)[String(first)] };
  }
  const value = Object(entry)[String(option)];
  const only = option === undefined ? entry : { [String(option)]: value };
  return { processes: { [String(name)]: only } };
}

/** Returns the text from the place of a fault on. */
function textAt(text: string, { line, column }: ConfigFault): string {
  return text.split("\n")[line - 1]?.slice(column - 1) ?? "";
}

// The package that reads YAML looks at the environment.
const ignore = !permitted("env");

const PATHS = [...pathsIn(EXAMPLE)];

Deno.test("The example has every option of the schema, and no mistake", {
  ignore,
}, () => {
  assertEquals(faultsOf(stringify(EXAMPLE)), []);
  const written = new Set(PATHS.flatMap((path) => path.map(String)));
  const names = new Set<string>();
  JSON.parse(schemaText(), (key, value) => {
    if (key === "properties") {
      Object.keys(value).forEach((name) => names.add(name));
    }
    return value;
  });
  assert(names.size > 90, String(names.size));
  assertEquals([...names].filter((name) => !written.has(name)), []);
});

Deno.test(
  "A typo in each key is found with its line and column",
  { ignore },
  () => {
    let count = 0;
    for (const path of PATHS) {
      const key = path.at(-1);
      if (
        typeof key !== "string" || OWN.includes(String(path.at(-2)))
      ) continue;
      const typo = `${key.slice(0, -1)}_${key.slice(-1)}`;
      const wrong = changed(around(path), path, (_, value) => [typo, value]);
      for (
        const [text, parse] of [
          [stringify(wrong), parseYaml],
          [JSON.stringify(wrong, null, 1), parseJson],
        ] as const
      ) {
        const found = faultsOf(text, parse).filter(({ message }) =>
          message.includes(`${typo} does not exist`)
        );
        assertEquals(found.length, 1, path.join("."));
        const [fault] = found;
        assert(fault !== undefined);
        const at = textAt(text, fault).replace(/^"/, "");
        assert(at.startsWith(typo), `${path.join(".")}: ${at}`);
        assert(
          fault.message.endsWith(`did you mean "${key}"?`),
          `${path.join(".")}: ${fault.message}`,
        );
      }
      count++;
    }
    assert(count > 150, String(count));
  },
);

Deno.test("A wrong type of each value is found with its line and column", {
  ignore,
}, () => {
  for (const path of PATHS) {
    const wrong = changed(around(path), path, (key, value) => [
      key,
      typeof value === "object" && value !== null ? -3.5 : [["wrong"]],
    ]);
    const text = stringify(wrong);
    const name = nameOf(path);
    const all = faultsOf(text);
    const found = all.filter(({ message }) =>
      message.startsWith(`${name} `) || message.startsWith(`${name}[0]`)
    );
    assert(found.length > 0, `${name}: ${Deno.inspect(all)}`);
    for (const fault of found) {
      const at = textAt(text, fault);
      const near = at.startsWith(`${path.at(-1)}:`) ||
        /^(-3\.5|(- )*wrong)/.test(at);
      assert(near, `${name}: ${at}`);
    }
  }
});

Deno.test(
  "A value that is not one of the possible ones is found",
  { ignore },
  () => {
    const text = `processes:
  api:
    command: [api]
    restart: { policy: on-failur }
    stop: { signal: SIGTREM, to: all }
    stdin: pipe
    replicas: 0
    dependsOn: { db: redy }
`;
    assertEquals(
      faultsOf(text).map(({ line, column, message }) =>
        `${line}:${column} ${message}`
      ),
      [
        '4:24 processes.api.restart.policy cannot be "on-failur": did you mean "on-failure"?',
        '5:21 processes.api.stop.signal cannot be "SIGTREM": did you mean "SIGTERM"?',
        '5:34 processes.api.stop.to must be one of "group", "leader", not "all"',
        '6:12 processes.api.stdin cannot be "pipe": did you mean "piped"?',
        "7:15 processes.api.replicas must be a number >= 1, not 0",
        '8:22 processes.api.dependsOn.db cannot be "redy": did you mean "ready"?',
      ],
    );
  },
);

Deno.test("Names that other tools have lead to ours", { ignore }, () => {
  const text = `services:
  api:
    command: npm start
    depends_on: [db]
    environment: { A: 1 }
    env_file: .env
    healthcheck: {}
`;
  const [first] = faultsOf(text);
  assertEquals(
    first?.message,
    'services does not exist: did you mean "processes"? The keys of a ' +
      "compose file have other names here: see https://github.com/isbm/" +
      "processman/blob/HEAD/docs/from_compose.md",
  );
  assertEquals(
    faultsOf(text.replace("services", "processes"))
      .map(({ line, message }) => `${line} ${message}`),
    [
      '3 processes.api.command must be a list, not "npm start": write [npm, start] to run the program itself, or shell: "npm start" to run it in a shell',
      '4 processes.api.depends_on does not exist: did you mean "dependsOn"?',
      '5 processes.api.environment does not exist: did you mean "env"?',
      '6 processes.api.env_file does not exist: did you mean "envFiles"?',
      '7 processes.api.healthcheck does not exist: did you mean "ready"?',
    ],
  );
});

Deno.test("What other tools have besides is explained", { ignore }, () => {
  const text = `processes:
  api:
    image: shop
    ports: ["80:80"]
    restart: unless-stopped
    stop: 5s
    ready: { tcp: "localhost:80", timeoutMs: 2s }
  db:
    command: [db]
    restart: { limit: 5, policy: no }
    stop: { gracePeriodMs: 1m }
  web:
    command: [web]
    restart: no
    toString: x
  cron:
    command: [cron]
    restart: { limit: false }
`;
  assertEquals(
    faultsOf(text).map(({ line, message }) => `${line} ${message}`)
      .filter((text) => !text.includes("toString")),
    [
      "3 processes.api.image does not exist: programs run without images: `command` says what to run",
      "4 processes.api.ports does not exist: programs use the files and the network of the machine: leave it out",
      '5 processes.api.restart must be a map, not "unless-stopped": write { policy: always }',
      '6 processes.api.stop must be a map, not "5s": write { gracePeriodMs: 5000 }',
      '7 processes.api.ready.tcp must be a number or a map, not "localhost:80": write { port: 80, hostname: "localhost" }',
      '7 processes.api.ready.timeoutMs must be a number, not "2s": write 2000',
      "10 processes.db.restart.limit must be a map, not 5: write { restarts: 5 }",
      '10 processes.db.restart.policy must be one of "on-failure", "always", "never", not "no"',
      '11 processes.db.stop.gracePeriodMs must be a number, not "1m": write 60000',
      '14 processes.web.restart must be a map, not "no": write { policy: never }',
      "18 processes.cron.restart.limit must be a map, not false: without it, there is no limit",
    ],
  );
});
