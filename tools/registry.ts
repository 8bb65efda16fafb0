import { type Package, readPackage, root } from "./package.ts";

/** A JSR registry on loopback. */
export interface Registry extends AsyncDisposable {
  /** Its address, as `JSR_URL` takes it. */
  readonly url: string;
}

/** Returns this package and the stand-ins for what it imports. */
export async function readPackages(): Promise<Package[]> {
  return await Promise.all([
    readPackage(root),
    ...["assert", "async", "log"].map((name) =>
      readPackage(new URL(`tools/std/${name}/`, root))
    ),
  ]);
}

/** Serves packages to Deno, without the network. */
export async function startRegistry(
  packages: readonly Package[],
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
    ({ url }) =>
      pages.get(new URL(url).pathname)?.clone() ??
        new Response("Not found", { status: 404 }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return new Uint8Array(digest).toHex();
}
