/**
 * Checks how the modules of the package depend on each other. The tables in
 * `architecture_test.ts` say what is allowed; this module applies them.
 *
 * @module
 */

import { type Fact, type ModuleFacts, readModule } from "./module_facts.ts";

/** The most lines that a file of the core may have. */
export const FILE_LINES = 400;

/** The most lines that a function may have without a reason. */
export const FUNCTION_LINES = 40;

/** What is allowed. */
export interface Architecture {
  /**
   * The modules of the core without `.ts`, the lowest layer first. A module
   * imports only from layers below its own.
   */
  readonly layers: readonly (readonly string[])[];
  /**
   * The other rings whose `mod.ts` a ring may import, and the files that are
   * doors of their own, by the ring's folder.
   */
  readonly doors: Readonly<Record<string, readonly string[]>>;
  /** The files that may import from other packages. */
  readonly externals: Permits;
  /** The files that may use a global name, or a part of it. */
  readonly globals: Permits;
  /** The files whose variables may change after the import, by the variable. */
  readonly state: Permits;
  /** The files behind the exports of the package. */
  readonly entries: readonly string[];
}

/**
 * The names that only some files may use, each with these files: `name.ts`, or
 * `folder/*` for all files in a folder. A name that ends with `*` stands for
 * all names that begin with the text before the `*`.
 */
export type Permits = Readonly<Record<string, readonly string[]>>;

/** An import of another file of the package. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/**
 * Returns the violations of the rules, one line for each, as in
 * `run.ts:8 layers: imports "process.ts", which is not in a lower layer`.
 *
 * @param sources The text of each published module, by its path: `probe/mod.ts`.
 * @param allowed What is allowed.
 */
export function checkArchitecture(
  sources: ReadonlyMap<string, string>,
  allowed: Architecture,
): string[] {
  const modules = new Map(
    [...sources].map(([path, text]) => [path, readModule(path, text)] as const),
  );
  const edges: Edge[] = [];
  const externals = new Map<string, Fact[]>();
  for (const [from, { imports }] of modules) {
    const others: Fact[] = [];
    for (const { name, line } of imports) {
      const to = resolve(from, name);
      if (to === undefined) others.push({ name, line });
      else edges.push({ from, to, line });
    }
    externals.set(from, others);
  }
  const factsOf = (key: "globals" | "state") =>
    new Map([...modules].map(([path, module]) => [path, module[key]]));
  return [
    ...unknownFiles(modules, allowed),
    ...edges.flatMap((edge) => checkEdge(edge, modules, allowed)),
    ...circles(edges),
    ...unreachable([...modules.keys()], edges, allowed.entries),
    ...permits("externals", externals, allowed.externals, true),
    ...permits("globals", factsOf("globals"), allowed.globals),
    ...permits("state", factsOf("state"), allowed.state, true),
    ...[...modules].flatMap(([path, module]) => limits(path, module)),
  ];
}

/** Finds files without a place in the tables, and places without a file. */
function unknownFiles(
  modules: ReadonlyMap<string, ModuleFacts>,
  { layers, doors }: Architecture,
): string[] {
  const core = layers.flat().map((name) => `${name}.ts`);
  return [
    ...[...modules.keys()].flatMap((path) => {
      const ring = ringOf(path);
      if (ring === undefined) {
        return core.includes(path) ? [] : [`${path}:1 layers: is in no layer`];
      }
      return ring in doors ? [] : [`${path}:1 doors: "${ring}" is no ring`];
    }),
    ...core.filter((path) => !modules.has(path))
      .map((path) => `${path}:1 layers: is in a layer, but does not exist`),
  ];
}

/** Checks that an import leads to a lower layer, or to a permitted `mod.ts`. */
function checkEdge(
  { from, to, line }: Edge,
  modules: ReadonlyMap<string, ModuleFacts>,
  { layers, doors }: Architecture,
): string[] {
  const at = (rule: string, why: string) => [
    `${from}:${line} ${rule}: imports "${to}", ${why}`,
  ];
  if (!modules.has(to)) return at("published", "which is not published");
  const [ring, other] = [ringOf(from), ringOf(to)];
  if (ring !== undefined) {
    if (other === ring || doors[ring]?.includes(to)) return [];
    if (to !== `${other === undefined ? "" : `${other}/`}mod.ts`) {
      return at("doors", "which is not the door");
    }
    return other === undefined || doors[ring]?.includes(other)
      ? []
      : at("doors", `which is closed to "${ring}"`);
  }
  if (other !== undefined) return at("doors", "which is not of the core");
  const layer = (path: string) =>
    layers.findIndex((names) => names.some((name) => `${name}.ts` === path));
  return layer(to) < layer(from)
    ? []
    : at("layers", "which is not in a lower layer");
}

/** Finds circular imports; each begins with its alphabetically first file. */
function circles(edges: readonly Edge[]): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, above: readonly Edge[]) => {
    const start = above.findIndex(({ from }) => from === path);
    if (start >= 0) return found.add(describeCircle(above.slice(start)));
    if (done.has(path)) return;
    for (const edge of edges) {
      if (edge.from === path) visit(edge.to, [...above, edge]);
    }
    done.add(path);
  };
  for (const { from } of edges) visit(from, []);
  return [...found];
}

function describeCircle(edges: readonly Edge[]): string {
  const [first = ""] = edges.map(({ from }) => from).sort();
  const start = edges.findIndex(({ from }) => from === first);
  const circle = [...edges.slice(start), ...edges.slice(0, start)];
  const way = circle.map(({ to }) => ` → ${to}`).join("");
  return `${first}:${circle[0]?.line} circle: ${first}${way}`;
}

/** Finds the files that no export leads to. */
function unreachable(
  paths: readonly string[],
  edges: readonly Edge[],
  entries: readonly string[],
): string[] {
  const reached = new Set(entries);
  for (const path of reached) {
    for (const { from, to } of edges) if (from === path) reached.add(to);
  }
  return paths.filter((path) => !reached.has(path))
    .map((path) => `${path}:1 exports: no export of deno.json leads to it`);
}

/**
 * Checks that files use only what a table permits, and that every permit for a
 * single file is used.
 */
function permits(
  rule: string,
  facts: ReadonlyMap<string, readonly Fact[]>,
  table: Permits,
  closed = false,
): string[] {
  const found: string[] = [];
  const used = new Set<string>();
  for (const [path, all] of facts) {
    for (const { name, line } of all) {
      const keys = Object.keys(table).filter((key) => covers(key, name));
      if (keys.length === 0 && !closed) continue;
      const places = [path, `${ringOf(path)}/*`];
      const given = keys.filter((key) =>
        table[key]?.some((place) => places.includes(place))
      );
      for (const key of given) used.add(`${key} ${path}`);
      if (given.length > 0) continue;
      found.push(`${path}:${line} ${rule}: has no permit for "${name}"`);
    }
  }
  for (const [key, paths] of Object.entries(table)) {
    for (const path of paths) {
      if (path.endsWith("/*") || used.has(`${key} ${path}`)) continue;
      found.push(`${path}:1 ${rule}: has a permit for "${key}" without need`);
    }
  }
  return found;
}

/**
 * Whether an entry of a table is about a name. An entry for an object, such as
 * `Deno`, is also about each part of it; an entry for a part, such as
 * `Deno.kill`, is also about the whole object.
 */
function covers(key: string, name: string): boolean {
  if (key.endsWith("*")) return name.startsWith(key.slice(0, -1));
  return key === name || key.startsWith(`${name}.`) ||
    name.startsWith(`${key}.`);
}

/** Checks the lengths of a file and of its functions. */
function limits(path: string, { lines, functions }: ModuleFacts): string[] {
  const found = functions
    .filter(({ lines, reason }) => lines > FUNCTION_LINES && !reason)
    .map(({ name, line, lines }) =>
      `${path}:${line} limits: ${name} has ${lines} lines, more than ` +
      `${FUNCTION_LINES}, and no comment "Long: REASON"`
    );
  if (lines <= FILE_LINES || ringOf(path) !== undefined) return found;
  const last = `${path}:${FILE_LINES + 1}`;
  return [
    `${last} limits: the file has ${lines} lines, more than ${FILE_LINES}`,
    ...found,
  ];
}

/** Returns the folder that a file is in; `undefined` in the core. */
function ringOf(path: string): string | undefined {
  const end = path.lastIndexOf("/");
  return end === -1 ? undefined : path.slice(0, end);
}

/** Returns the path that a relative specifier leads to. */
function resolve(from: string, specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
