import { assertEquals, assertMatch } from "@std/assert";
import { denoCommand } from "./deno.ts";
import { publishedFiles, readPackage, root } from "./package.ts";
import { readPackages, startRegistry } from "./registry.ts";
import { permitted } from "./testing.ts";

const ignore = !permitted("read", "write", "net", "env");

Deno.test({
  name: "startRegistry() serves what Deno asks for, with checksums",
  ignore,
  async fn() {
    const file = new TextEncoder().encode("export const a = 1;\n");
    await using registry = await startRegistry([{
      name: "@a/b",
      version: "1.2.3",
      exports: { ".": "./mod.ts" },
      files: new Map([["/mod.ts", file]]),
    }]);
    const get = (path: string) => fetch(`${registry.url}/@a/b/${path}`);
    assertEquals(await (await get("meta.json")).json(), {
      scope: "a",
      name: "b",
      latest: "1.2.3",
      versions: { "1.2.3": {} },
    });
    assertEquals(await (await get("1.2.3_meta.json")).json(), {
      exports: { ".": "./mod.ts" },
      manifest: {
        "/mod.ts": {
          size: 20,
          checksum:
            "sha256-037ecd1db38c230c248787e60fd7bfc0cb0101b187b59535b6e7483be762d350",
        },
      },
    });
    assertEquals(await (await get("1.2.3/mod.ts")).bytes(), file);
    const missing = await get("1.2.3/none.ts");
    assertEquals([missing.status, await missing.text()], [404, "Not found"]);
  },
});

Deno.test({
  name: "readPackage() resolves import specifiers as a published file has them",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      const write = (name: string, text: string) =>
        Deno.writeTextFile(`${folder}/${name}`, text);
      await write(
        "deno.json",
        JSON.stringify({
          name: "@a/b",
          version: "1.2.3",
          exports: "./mod.ts",
          imports: { "@std/log": "jsr:@std/log@^0.224.0" },
          publish: { include: ["*.ts"], exclude: ["*_test.ts"] },
        }),
      );
      await write(
        "mod.ts",
        `import "@std/log";
import {
  a,
} from "@std/log/a";
import type { b } from "@std/logs";
export * from "./c.ts";
const d = await import("@std/log/d");
`,
      );
      await write("mod_test.ts", "");
      const { exports, files } = await readPackage(
        new URL(`file://${folder}/`),
      );
      assertEquals(exports, { ".": "./mod.ts" });
      assertEquals([...files.keys()], ["/mod.ts"]);
      assertEquals(
        new TextDecoder().decode(files.get("/mod.ts")),
        `import "jsr:@std/log@^0.224.0";
import {
  a,
} from "jsr:@std/log@^0.224.0/a";
import type { b } from "@std/logs";
export * from "./c.ts";
const d = await import("jsr:@std/log@^0.224.0/d");
`,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "readPackages() gives the files that deno publish takes",
  ignore,
  async fn() {
    const packages = await readPackages();
    const cache = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      await using registry = await startRegistry(packages);
      const { stderr } = await denoCommand(
        ["publish", "--dry-run", "--allow-dirty", "--no-check"],
        {
          cwd: root,
          env: { JSR_URL: registry.url, DENO_DIR: cache, NO_COLOR: "1" },
        },
      ).output();
      const output = new TextDecoder().decode(stderr);
      assertMatch(output, /Success/);
      const names = [...output.matchAll(/^ +(file:\S+) \(/gm)]
        .map(([, url = ""]) => url.slice(root.href.length));
      assertEquals(names.sort(), await publishedFiles(root));
      assertEquals(
        [...packages[0]?.files.keys() ?? []],
        names.map((name) => `/${name}`),
      );
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  },
});
