import { denoCommand } from "./deno.ts";
import { type Package, root } from "./package.ts";
import {
  readStandIns,
  type Registry,
  registryEnv,
  startRegistry,
} from "./registry.ts";

/** Where `jsr:` specifiers are resolved: a registry that can be reached. */
export interface Jsr extends AsyncDisposable {
  /** What to tell the user about it. */
  readonly description: string;
  /** The environment in which `deno` uses it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A package of `@std`, as `deno` loads it. */
export interface StdPackage {
  /** Its name, such as `@std/async`. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Whether it is the stand-in from `tools/std`. */
  readonly standIn: boolean;
}

/** How long JSR may take to answer, in milliseconds. */
const PATIENCE_MS = 1_500;

/**
 * Returns the address of JSR with a slash at its end. As for `deno`, it is the
 * value of `JSR_URL`, which can have a path, unless that is no URL.
 */
export function jsrUrl(
  value: string = Deno.env.get("JSR_URL") ?? "",
): URL {
  const valid = URL.canParse(value) ? value : "https://jsr.io";
  return new URL(`${valid.replace(/\/+$/, "")}/`);
}

/** Returns JSR itself if it answers, or else starts the stand-ins. */
export async function openJsr(patienceMs: number = PATIENCE_MS): Promise<Jsr> {
  const url = jsrUrl();
  const problem = await findProblem(url, patienceMs);
  if (problem !== undefined) return await openStandIns(url, problem);
  return {
    description: `@std packages: from ${url}`,
    env: {},
    async [Symbol.asyncDispose]() {},
  };
}

/** Serves a package as JSR would; all others come from where JSR is. */
export async function publish(own: Package): Promise<Registry> {
  return await startRegistry([own], { upstream: jsrUrl() });
}

/** Returns why a registry cannot be used; `undefined` if it can. */
async function findProblem(
  url: URL,
  patienceMs: number,
): Promise<string | undefined> {
  const page = new URL("@std/async/meta.json", url);
  try {
    const response = await fetch(page, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const body = await response.text();
    if (!response.ok) return `${page} has status ${response.status}`;
    const meta = JSON.parse(body);
    return typeof meta?.versions === "object"
      ? undefined
      : `${page} lists no versions`;
  } catch (error) {
    return error instanceof SyntaxError
      ? `${page} is not JSON`
      : `${page} does not answer`;
  }
}

/**
 * Starts the stand-ins. They get an empty cache each time, which costs less
 * than a second, and never land in the user's.
 */
async function openStandIns(instead: URL, problem: string): Promise<Jsr> {
  const registry = await startRegistry(await readStandIns());
  const cache = await Deno.makeTempDir({ prefix: "processman_" });
  return {
    description:
      `@std packages: stand-ins from tools/std, not from ${instead}, as ${problem}`,
    env: registryEnv(registry, cache),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      // A process left behind may still write to it: no reason to fail.
      await Deno.remove(cache, { recursive: true }).catch(() => {});
    },
  };
}

/** Options for {@linkcode stdPackages}. */
export interface StdOptions {
  /** The environment of `deno`, which decides which registry it uses. */
  env?: Readonly<Record<string, string>>;
  /**
   * The module that loads the packages.
   *
   * @default {"tools/std_test.ts"}, which loads all that the project uses.
   */
  entry?: URL;
}

/** Returns the `@std` packages that a module loads, by what `deno` has loaded. */
export async function stdPackages(
  { env = {}, entry = new URL("tools/std_test.ts", root) }: StdOptions = {},
): Promise<StdPackage[]> {
  const { success, stdout, stderr } = await denoCommand(
    ["info", "--quiet", "--json", entry.href],
    { cwd: new URL(".", entry), env },
  ).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  const { modules }: {
    modules: { specifier: string; local?: string; error?: string }[];
  } = JSON.parse(text.decode(stdout));
  const standIns = new Map(
    (await readStandIns()).map(({ name, files }) => [name, files]),
  );
  const packages = new Map<string, StdPackage>();
  for (const { specifier, local, error } of modules) {
    const [, name, version, path] =
      specifier.match(/\/(@std\/[^/]+)\/([^/]+)(\/.+)$/) ?? [];
    if (name === undefined || version === undefined) continue;
    if (local === undefined) throw new Error(`${specifier}: ${error}`);
    const own = standIns.get(name)?.get(path ?? "");
    // In its cache, Deno adds a line to each file.
    const standIn = own !== undefined &&
      (await Deno.readTextFile(local)).startsWith(text.decode(own));
    const key = `${name}@${version}`;
    packages.set(key, {
      name,
      version,
      standIn: standIn || packages.get(key)?.standIn === true,
    });
  }
  return [...packages.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}
