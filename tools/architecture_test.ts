import { assertEquals } from "@std/assert";
import { type Architecture, checkArchitecture } from "./architecture.ts";

const allowed: Architecture = {
  layers: [["low"], ["middle", "other"], ["mod"]],
  doors: { probe: [], plan: ["probe"] },
  externals: { "@std/log/*": ["middle.ts"], "yaml": ["plan/*"] },
  globals: {
    "Deno.Command": ["low.ts"],
    "Date.now": [],
    "addEventListener": [],
    "console": ["plan/*"],
    "setTimeout": [],
  },
  state: { "known": ["low.ts"] },
  entries: ["mod.ts", "probe/mod.ts", "plan/mod.ts"],
};

/** Modules with nothing to mend. */
const good: Record<string, string> = {
  "low.ts": 'const known = new Set([new Deno.Command("a")]); known.clear();\n',
  "middle.ts": 'export * from "./low.ts"; import "@std/log/get-logger";\n',
  "other.ts": 'export type { Low } from "./low.ts";\n',
  "mod.ts": 'export * from "./middle.ts"; export * from "./other.ts";\n',
  "probe/mod.ts": 'export * from "./http.ts";\n',
  "probe/http.ts": 'import type { Low } from "../mod.ts";\n',
  "plan/mod.ts": 'import "../mod.ts"; import "../probe/mod.ts";\n',
};

/** Checks the modules, with text added to some of them, or new ones. */
function check(added: Record<string, string>): string[] {
  const sources = new Map(Object.entries(good));
  for (const [path, text] of Object.entries(added)) {
    sources.set(path, `${sources.get(path) ?? ""}${text}`);
  }
  return checkArchitecture(sources, allowed);
}

const empty = (count: number) => "\n".repeat(count);

Deno.test("checkArchitecture() allows what the tables allow", () => {
  assertEquals(check({}), []);
  assertEquals(
    check({ "plan/mod.ts": 'import "yaml";\nconsole.log(1);\n' }),
    [],
  );
});

Deno.test("checkArchitecture() finds nothing in comments, strings, types and keys", () => {
  const added = {
    "other.ts": `
/** Says console.log(Deno.kill(1)), and import("./mod.ts"). */
const text: string = "import './mod.ts'; setTimeout()"; // import "yaml";
const ticks = \`new Deno.Command("\${text}")\`;
type Timer = ReturnType<typeof setTimeout> | Deno.Command;
const clock = { setTimeout: 1, console() {} };
clock.setTimeout; clock.console(); new Date(1);
signal.addEventListener("abort", stop);
`,
  };
  assertEquals(check(added), []);
});

Deno.test("checkArchitecture() finds permits that are not needed, and no module", () => {
  const sources = new Map(Object.entries({ ...good, "low.ts": "" }));
  sources.delete("other.ts");
  assertEquals(checkArchitecture(sources, allowed), [
    "other.ts:1 layers: is in a layer, but does not exist",
    'mod.ts:1 published: imports "other.ts", which is not published',
    'low.ts:1 globals: has a permit for "Deno.Command" without need',
    'low.ts:1 state: has a permit for "known" without need',
  ]);
});

/** What is planted, and what is found. */
const planted: [string, Record<string, string>, ...string[]][] = [
  [
    "a circle",
    {
      "probe/http.ts": 'import "./tcp.ts";\n',
      "probe/tcp.ts": 'import "./http.ts";\n',
    },
    "probe/http.ts:2 circle: probe/http.ts → probe/tcp.ts → probe/http.ts",
  ],
  [
    "a circle of types",
    {
      "probe/http.ts": 'export type * from "./tcp.ts";\n',
      "probe/tcp.ts": 'export type Http = import("./http.ts").Http;\n',
    },
    "probe/http.ts:2 circle: probe/http.ts → probe/tcp.ts → probe/http.ts",
  ],
  [
    "an upward import, which makes circles",
    { "low.ts": 'import type { A } from "./mod.ts";\n' },
    'low.ts:2 layers: imports "mod.ts", which is not in a lower layer',
    "low.ts:2 circle: low.ts → mod.ts → middle.ts → low.ts",
    "low.ts:2 circle: low.ts → mod.ts → other.ts → low.ts",
  ],
  [
    "an import within a layer, when the program runs",
    { "other.ts": 'await import("./middle.ts");\n' },
    'other.ts:2 layers: imports "middle.ts", which is not in a lower layer',
  ],
  [
    "a core that imports a ring",
    { "mod.ts": 'import "./probe/mod.ts";\n' },
    'mod.ts:2 doors: imports "probe/mod.ts", which is not of the core',
    "mod.ts:2 circle: mod.ts → probe/mod.ts → probe/http.ts → mod.ts",
  ],
  [
    "a ring that goes past the doors",
    {
      "probe/http.ts": 'import "../low.ts";\nimport "../plan/mod.ts";\n',
      "plan/mod.ts": 'import "../probe/http.ts";\n',
    },
    'probe/http.ts:2 doors: imports "low.ts", which is not the door',
    'probe/http.ts:3 doors: imports "plan/mod.ts", which is closed to "probe"',
    'plan/mod.ts:2 doors: imports "probe/http.ts", which is not the door',
    "plan/mod.ts:1 circle: plan/mod.ts → probe/mod.ts → probe/http.ts → plan/mod.ts",
    "plan/mod.ts:2 circle: plan/mod.ts → probe/http.ts → plan/mod.ts",
  ],
  [
    "modules without a place",
    { "new.ts": "", "new/mod.ts": "" },
    "new.ts:1 layers: is in no layer",
    'new/mod.ts:1 doors: "new" is no ring',
    "new.ts:1 exports: no export of deno.json leads to it",
    "new/mod.ts:1 exports: no export of deno.json leads to it",
  ],
  [
    "a module out of reach",
    { "probe/tcp.ts": 'import "./http.ts";\n' },
    "probe/tcp.ts:1 exports: no export of deno.json leads to it",
  ],
  [
    "an import of what is not published",
    { "other.ts": 'import "./tools/testing.ts";\n' },
    'other.ts:2 published: imports "tools/testing.ts", which is not published',
  ],
  [
    "an import of another package",
    {
      "other.ts": 'import "@std/log/get-logger";\nimport "node:fs";\n',
      "probe/http.ts": 'import("yaml");\n',
    },
    'other.ts:2 externals: has no permit for "@std/log/get-logger"',
    'other.ts:3 externals: has no permit for "node:fs"',
    'probe/http.ts:2 externals: has no permit for "yaml"',
  ],
  [
    "a global that is not for the module",
    {
      "other.ts": `new Deno.Command("ls");
const { Command, exit } = Deno;
globalThis.Deno?.["Command"];
start(globalThis.setTimeout);
addEventListener("unload", end);
console!.log(new Date());
const all = { Deno };
`,
    },
    'other.ts:2 globals: has no permit for "Deno.Command"',
    'other.ts:3 globals: has no permit for "Deno.Command"',
    'other.ts:4 globals: has no permit for "Deno.Command"',
    'other.ts:5 globals: has no permit for "setTimeout"',
    'other.ts:6 globals: has no permit for "addEventListener"',
    'other.ts:7 globals: has no permit for "console.log"',
    'other.ts:7 globals: has no permit for "Date"',
    'other.ts:8 globals: has no permit for "Deno"',
  ],
  [
    "state of a module",
    {
      "other.ts": `let count = 0;
export const names = new Set<string>();
const fixed = new Set(["a"]);
const table: Record<string, number> = {};
class Counter { static #count = 0; static readonly most = 1; }
names.add("a"); fixed.has("a"); table.a = 1;
`,
    },
    'other.ts:2 state: has no permit for "count"',
    'other.ts:6 state: has no permit for "#count"',
    'other.ts:3 state: has no permit for "names"',
    'other.ts:5 state: has no permit for "table"',
  ],
  [
    "a file of 401 lines",
    { "other.ts": empty(400), "probe/http.ts": empty(400) },
    "other.ts:401 limits: the file has 401 lines, more than 400",
  ],
  [
    "functions of 41 lines without a reason",
    {
      "probe/http.ts": `function a() {${empty(40)}}
class B {
  // Long: each kind of event has its line.
  // In parts it would not be easier to read.
  #b() {${empty(40)}}

  c() {${empty(40)}}
}
export const d = () => {${empty(39)}};
use(() => {${empty(40)}});
`,
    },
    ...[["a()", 2], ["c()", 88], ["a function", 170]].map(([name, line]) =>
      `probe/http.ts:${line} limits: ${name} has 41 lines, more than 40, ` +
      'and no comment "Long: REASON"'
    ),
  ],
];

for (const [what, added, ...found] of planted) {
  Deno.test(`checkArchitecture() finds ${what}`, () => {
    assertEquals(check(added), found);
  });
}
