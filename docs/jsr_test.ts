/**
 * Tests what JSR shows and scores: the description, the docs of both modules,
 * and the docs of all that they export.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { root } from "../tools/package.ts";
import { outputOf, permitted, runScript } from "../tools/testing.ts";

/** The limit of JSR for the description of a package, in bytes of UTF-8. */
const DESCRIPTION_LIMIT = 250;

/** What a reader is most likely to look up: its docs have an example. */
const WITH_EXAMPLE = [
  "Process.lines",
  "Process.stop",
  "Process.update",
  "Processman",
  "Processman.command",
  "Processman.events",
  "Processman.shutdown",
  "RestartLimitError",
  "SpawnError",
  "StopError",
  "constant",
  "exponential",
  "printOutput",
  "simulate",
  "uniform",
  "exec",
  "file",
  "http",
  "line",
  "tcp",
  "PlanError",
  "up",
  "FakeKernel",
  "VirtualClock",
  "seededRandom",
];

/** The parts of the output of `deno doc --json` that the tests read. */
interface DocOutput {
  nodes: Record<string, { module_doc?: Doc; symbols: DocSymbol[] }>;
}

interface Doc {
  doc?: string;
  tags?: { kind: string; doc?: string; name?: string }[];
}

interface DocSymbol {
  name: string;
  declarations: {
    declarationKind: string;
    kind: string;
    jsDoc?: Doc;
    def?: Partial<Record<(typeof MEMBERS)[number], Member[]>>;
  }[];
}

interface Member {
  name?: string;
  jsDoc?: Doc;
}

/** Where a declaration has its members. */
const MEMBERS = [
  "callSignatures",
  "constructors",
  "indexSignatures",
  "members",
  "methods",
  "properties",
] as const;

/** What is exported, and each of its members, by name. */
interface Documented {
  readonly name: string;
  /** How a link names it. */
  readonly target: string;
  readonly doc: Doc;
}

async function readDocs(): Promise<DocOutput> {
  const files = Object.values(config.exports)
    .map((path) => new URL(path, root).pathname);
  const output = await outputOf(Deno.execPath(), "doc", "--json", ...files);
  return JSON.parse(output);
}

function* documented({ nodes }: DocOutput): Generator<Documented> {
  for (const { symbols } of Object.values(nodes)) {
    for (const { name, declarations } of symbols) {
      for (
        const { declarationKind, kind, jsDoc = {}, def = {} } of declarations
      ) {
        if (declarationKind === "private") continue;
        yield { name, target: name, doc: jsDoc };
        for (const member of MEMBERS.flatMap((each) => def[each] ?? [])) {
          const { name: own = "constructor", jsDoc: doc = {} } = member;
          // JSR links to the members of a class through its prototype alone.
          const owner = kind === "class" ? `${name}.prototype` : name;
          yield { name: `${name}.${own}`, target: `${owner}.${own}`, doc };
        }
      }
    }
  }
}

function hasExample({ doc = "", tags = [] }: Doc): boolean {
  return doc.includes("```ts\n") || tags.some(({ kind }) => kind === "example");
}

const docs = permitted("run") && permitted("read")
  ? await readDocs()
  : { nodes: {} };
const ignore = Object.keys(docs.nodes).length === 0;

Deno.test("The description fits JSR", () => {
  const { length } = new TextEncoder().encode(config.description);
  assert(length > 0 && length <= DESCRIPTION_LIMIT, `${length} bytes`);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x1f\x7f]/.test(config.description));
});

Deno.test({ name: "Each module has docs with an example", ignore }, () => {
  const modules = Object.entries(docs.nodes);
  assertEquals(modules.length, Object.keys(config.exports).length);
  for (const [file, { module_doc: doc = {} }] of modules) {
    assert(doc.doc, file);
    assert(hasExample(doc), file);
  }
});

Deno.test({ name: "Each export and each member has docs", ignore }, () => {
  const all = [...documented(docs)];
  assert(all.length > 300, `${all.length} found`);
  // Of a method with overloads, the implementation has no docs of its own.
  const told = new Set(
    all.filter(({ doc }) => doc.doc).map(({ name }) => name),
  );
  assertEquals(
    all.map(({ name }) => name).filter((name) => !told.has(name)),
    [],
  );
});

Deno.test({ name: "What is looked up most has an example", ignore }, () => {
  const found = new Set(
    [...documented(docs)].filter(({ doc }) => hasExample(doc))
      .map(({ name }) => name),
  );
  assertEquals(WITH_EXAMPLE.filter((name) => !found.has(name)), []);
});

Deno.test({ name: "Each link in the docs has a target", ignore }, () => {
  const all = [...documented(docs)];
  const names = new Set(all.map(({ target }) => target));
  const modules = Object.entries(docs.nodes)
    .map(([name, { module_doc = {} }]) => ({ name, doc: module_doc }));
  const broken = [...modules, ...all].flatMap(({ name, doc }) =>
    linksOf(doc)
      .filter((to) => !names.has(to))
      .map((to) => `${name}: ${to}`)
  );
  assertEquals(broken, []);
});

function linksOf({ doc = "", tags = [] }: Doc): string[] {
  const texts = [doc, ...tags.map((tag) => tag.doc ?? "")];
  return texts.flatMap((text) =>
    [...text.matchAll(/\{@link(?:code|plain)? ([^\s|}]+)/g)]
      .map(([, to = ""]) => to)
  );
}

Deno.test({
  name: "The first program in the docs of mod.ts prints what they say",
  ignore,
}, async () => {
  const text = docs.nodes[new URL("mod.ts", root).href]?.module_doc?.doc ?? "";
  const [, code = ""] = text.match(/^```ts\n(.*?)^```$/ms) ?? [];
  const [, output = ""] = text.match(/^```text\n(.*?)\n```$/ms) ?? [];
  await using program = runScript(code);
  await program.finished;
  const printed = program.tail(Infinity)
    .filter(({ source }) => source === "stdout").map((line) => line.text);
  assertEquals(printed.join("\n"), output);
});
