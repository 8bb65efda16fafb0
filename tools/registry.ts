import { type Package, readPackage, root } from "./package.ts";

/** The `@std` packages that have a stand-in, each in a folder of `tools/std`. */
const STAND_INS = ["assert", "async", "log"];

/** A JSR registry on loopback. */
export interface Registry extends AsyncDisposable {
  /** Its address, as `JSR_URL` takes it. */
  readonly url: string;
}

/** Options for {@linkcode startRegistry}. */
export interface RegistryOptions {
  /** The registry that has all other packages; none by default. */
  upstream?: URL;
}

/** Returns the stand-ins for `@std` packages. */
export async function readStandIns(): Promise<Package[]> {
  return await Promise.all(
    STAND_INS.map((name) => readPackage(new URL(`tools/std/${name}/`, root))),
  );
}

/** Serves packages to Deno, without the network. */
export async function startRegistry(
  packages: readonly Package[],
  { upstream }: RegistryOptions = {},
): Promise<Registry> {
  const pages = new Map<string, Response>();
  for (const { name, version, exports, files } of packages) {
    const [scope, base] = name.slice(1).split("/");
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const [path, content] of files) {
      const checksum = `sha256-${await sha256(content)}`;
      manifest[path] = { size: content.length, checksum };
      pages.set(`/${name}/${version}${path}`, new Response(content));
    }
    pages.set(
      `/${name}/meta.json`,
      Response.json({
        scope,
        name: base,
        latest: version,
        versions: { [version]: {} },
      }),
    );
    pages.set(
      `/${name}/${version}_meta.json`,
      Response.json({ exports, manifest }),
    );
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      const { pathname } = new URL(url);
      const page = pages.get(pathname)?.clone();
      if (page || !upstream) {
        return page ?? new Response("Not found", { status: 404 });
      }
      const { status, body } = await fetch(
        new URL(pathname.slice(1), upstream),
      );
      return new Response(body, { status });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * Returns the environment in which `deno` uses a registry on loopback. Deno
 * takes it for granted that a version never changes, so such a registry needs a
 * cache of its own.
 */
export function registryEnv(
  { url }: Registry,
  cache: string,
): Record<string, string> {
  const noProxy = Deno.env.get("NO_PROXY") ?? Deno.env.get("no_proxy");
  return {
    JSR_URL: url,
    DENO_DIR: cache,
    NO_PROXY: noProxy ? `${noProxy},127.0.0.1` : "127.0.0.1",
  };
}

async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return new Uint8Array(digest).toHex();
}
