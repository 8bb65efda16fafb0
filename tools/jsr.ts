import { readPackages, startRegistry } from "./registry.ts";

/** Where `jsr:` specifiers are resolved: a registry that can be reached. */
export interface Jsr extends AsyncDisposable {
  /** What to tell the user about it. */
  readonly description: string;
  /** The environment in which `deno` uses it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Returns JSR itself if it answers, or else starts the stand-ins. */
export async function openJsr(): Promise<Jsr> {
  const url = Deno.env.get("JSR_URL") ?? "https://jsr.io";
  if (!await answers(url)) return await openStandIns(url);
  return {
    description: `@std packages: from ${url}`,
    env: {},
    async [Symbol.asyncDispose]() {},
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("/@std/async/meta.json", url), {
      signal: AbortSignal.timeout(1_500),
    });
    const meta = await response.json();
    return response.ok && typeof meta.versions === "object";
  } catch {
    return false;
  }
}

/**
 * Starts the stand-ins. Deno takes it for granted that a version never changes,
 * so they get an empty cache each time, which costs less than a second, and
 * never land in the user's.
 */
async function openStandIns(instead: string): Promise<Jsr> {
  const registry = await startRegistry(await readPackages());
  const cache = await Deno.makeTempDir({ prefix: "processman_" });
  const noProxy = Deno.env.get("NO_PROXY") ?? Deno.env.get("no_proxy");
  return {
    description:
      `@std packages: stand-ins from tools/std, as ${instead} does not answer`,
    env: {
      JSR_URL: registry.url,
      DENO_DIR: cache,
      NO_PROXY: noProxy ? `${noProxy},127.0.0.1` : "127.0.0.1",
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      // A process left behind may still write to it: no reason to fail.
      await Deno.remove(cache, { recursive: true }).catch(() => {});
    },
  };
}
