import { matchesGlob } from "node:path";

/** The root of this repository. */
export const root: URL = new URL("../", import.meta.url);

/**
 * Where the files of this repository are on the web, for links from files that
 * are published to those that are not.
 */
export const WEB = "https://github.com/isbm/processman/blob/HEAD/";

/** A package as a registry serves it. */
export interface Package {
  /** Scope and name, as in `@scope/name`. */
  readonly name: string;
  /** The only version there is. */
  readonly version: string;
  /** The file behind each export, as in `{ "./sub": "./sub.ts" }`. */
  readonly exports: Readonly<Record<string, string>>;
  /** The content of each file, by its path (`/mod.ts`). */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** The parts of a `deno.json` that make a package. */
interface Config {
  name: string;
  version: string;
  exports: string | Record<string, string>;
  imports?: Record<string, string>;
  publish?: { include?: string[]; exclude?: string[] };
}

/** Reads the package in a folder, with its files as if they were published. */
export async function readPackage(folder: URL): Promise<Package> {
  const { name, version, exports, imports = {} } = await readConfig(folder);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of await publishedFiles(folder)) {
    const content = await Deno.readFile(new URL(file, folder));
    files.set(
      `/${file}`,
      file.endsWith(".ts") ? resolveImports(content, imports) : content,
    );
  }
  return {
    name,
    version,
    exports: typeof exports === "string" ? { ".": exports } : exports,
    files,
  };
}

/** Returns the paths of the files that `deno publish` takes from a folder. */
export async function publishedFiles(folder: URL): Promise<string[]> {
  const { include = ["**"], exclude = [] } =
    (await readConfig(folder)).publish ?? {};
  // The name of a folder stands for everything in it.
  const matches = (path: string) => (glob: string) =>
    matchesGlob(path, glob) || path.startsWith(`${glob}/`);
  return (await Array.fromAsync(walk(folder)))
    .filter((path) => include.some(matches(path)))
    .filter((path) => !exclude.some(matches(path)))
    .sort();
}

/** Walks through a folder, but not through what Deno, Git and npm keep there. */
async function* walk(folder: URL, above = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) yield `${above}${name}`;
    else if (!name.startsWith(".") && name !== "node_modules") {
      yield* walk(new URL(`${name}/`, folder), `${above}${name}/`);
    }
  }
}

async function readConfig(folder: URL): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", folder)));
}

/** Resolves bare import specifiers by the import map, as `deno publish` does. */
function resolveImports(
  content: Uint8Array,
  imports: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const source = new TextDecoder().decode(content);
  const resolved = source.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g,
    (match, before: string, specifier: string) => {
      for (const [key, target] of Object.entries(imports)) {
        if (specifier !== key && !specifier.startsWith(`${key}/`)) continue;
        return `${before}"${target}${specifier.slice(key.length)}"`;
      }
      return match;
    },
  );
  return new TextEncoder().encode(resolved);
}
