import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertMatch,
} from "@std/assert";
import { denoCommand } from "./deno.ts";
import { publishedFiles, readPackage, root } from "./package.ts";
import { publish } from "./jsr.ts";
import { registryEnv, startRegistry } from "./registry.ts";
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
  name: "startRegistry() has the packages of another one, below its own",
  ignore,
  async fn() {
    const make = (name: string, text: string) => ({
      name,
      version: "1.2.3",
      exports: { ".": "./mod.ts" },
      files: new Map([["/mod.ts", new TextEncoder().encode(text)]]),
    });
    await using upstream = await startRegistry([
      make("@a/b", "upstream"),
      make("@a/c", "upstream"),
    ]);
    await using registry = await startRegistry([make("@a/b", "own")], {
      upstream: new URL(`${upstream.url}/`),
    });
    const get = async (path: string) => {
      const response = await fetch(`${registry.url}/${path}`);
      return [response.status, await response.text()];
    };
    assertEquals(await get("@a/b/1.2.3/mod.ts"), [200, "own"]);
    assertEquals(await get("@a/c/1.2.3/mod.ts"), [200, "upstream"]);
    assertEquals(await get("@a/d/meta.json"), [404, "Not found"]);
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
  name: "readPackage() gives the files that deno publish takes, in folders too",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      const copy = new URL(`file://${folder}/package/`);
      await copyPackage(copy);
      await Deno.mkdir(new URL("probe", copy), { recursive: true });
      for (const name of ["planted.ts", "planted_test.ts"]) {
        await Deno.writeTextFile(new URL(`probe/${name}`, copy), planted);
      }
      // The page of the dashboard is published as the strings that it becomes.
      await Deno.mkdir(new URL("dashboard/page", copy));
      for (const name of ["planted.ts", "planted.tsx"]) {
        const path = `dashboard/page/${name}`;
        await Deno.writeTextFile(new URL(path, copy), "wrong");
      }
      const config = JSON.parse(
        await Deno.readTextFile(`${copy.pathname}deno.json`),
      );
      config.exports["./planted"] = "./probe/planted.ts";
      await Deno.writeTextFile(
        new URL("deno.json", copy),
        JSON.stringify(config),
      );

      const ours = await readPackage(copy);
      await using registry = await publish(ours);
      const deno = async (args: string[], cwd: string | URL) => {
        const env = registryEnv(registry, `${folder}/cache`);
        const { stdout, stderr } = await denoCommand(args, {
          cwd,
          env: { ...env, NO_COLOR: "1" },
        }).output();
        const text = new TextDecoder();
        return { stdout: text.decode(stdout), stderr: text.decode(stderr) };
      };
      const { stderr } = await deno(
        ["publish", "--dry-run", "--allow-dirty", "--no-check"],
        copy,
      );
      assertMatch(stderr, /Success/);
      const published = [...stderr.matchAll(/^ +(file:\S+) \(/gm)]
        .map(([, url = ""]) => url.slice(copy.href.length)).sort();
      assertEquals(published, await publishedFiles(copy));
      assertEquals([...ours.files.keys()], published.map((name) => `/${name}`));
      assertArrayIncludes(published, ["mod.ts", "probe/planted.ts"]);
      assert(!published.some((name) => name.endsWith("_test.ts")));
      assert(!published.some((name) => name.includes("/page/")));

      await Deno.writeTextFile(
        `${folder}/main.ts`,
        'import { name } from "jsr:@isbm/processman/planted";\nconsole.log(name);\n',
      );
      assertEquals(
        await deno(["run", "--quiet", "--check", "main.ts"], folder),
        {
          stdout: "Processman\n",
          stderr: "",
        },
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A module of a ring. */
const planted = `
import { Processman } from "../mod.ts";

/** The name of a class of the core. */
export const name: string = Processman.name;
`;

async function copyPackage(to: URL): Promise<void> {
  for (const path of await publishedFiles(root)) {
    await Deno.mkdir(new URL("./", new URL(path, to)), { recursive: true });
    await Deno.copyFile(new URL(path, root), new URL(path, to));
  }
}
