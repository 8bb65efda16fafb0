import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { denoCommand } from "./deno.ts";
import { jsrUrl, stdPackages } from "./jsr.ts";
import { type Package, readPackage, root } from "./package.ts";
import { readStandIns, registryEnv, startRegistry } from "./registry.ts";
import { permitted } from "./testing.ts";

const ignore = !permitted("read", "write", "net", "env");

/** Starts a registry that has a cache of its own. */
async function startCached(
  packages: readonly Package[],
): Promise<AsyncDisposable & { env: Record<string, string> }> {
  const registry = await startRegistry(packages);
  const cache = await Deno.makeTempDir({ prefix: "processman_" });
  return {
    env: registryEnv(registry, cache),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await Deno.remove(cache, { recursive: true });
    },
  };
}

/** Changes each file of a package, as if it was another one's. */
function changed({ files, ...rest }: Package): Package {
  const comment = new TextEncoder().encode("// Real\n");
  const copy = Array.from(
    files,
    ([path, content]) =>
      [path, new Uint8Array([...comment, ...content])] as const,
  );
  return { ...rest, files: new Map(copy) };
}

Deno.test("jsrUrl() keeps the path, and takes what deno takes", () => {
  const urls: [string, string][] = [
    ["", "https://jsr.io/"],
    ["nonsense", "https://jsr.io/"],
    ["http://127.0.0.1:1", "http://127.0.0.1:1/"],
    ["http://127.0.0.1:1/a/mirror", "http://127.0.0.1:1/a/mirror/"],
    ["http://127.0.0.1:1/a/mirror/", "http://127.0.0.1:1/a/mirror/"],
  ];
  for (const [value, url] of urls) assertEquals(jsrUrl(value).href, url);
});

Deno.test({
  name: "Stand-ins have the lowest version that deno.json takes",
  ignore,
  async fn() {
    const { imports } = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", root)),
    );
    const lowest = Object.fromEntries(
      (await readStandIns()).map((
        { name, version },
      ) => [name, `jsr:${name}@^${version}`]),
    );
    const fromJsr = Object.entries<string>(imports)
      .filter(([, specifier]) => specifier.startsWith("jsr:"));
    assertEquals(Object.fromEntries(fromJsr), lowest);
    const { files } = await readPackage(root);
    const code = new TextDecoder().decode(files.get("/system.ts"));
    // Before 1.0.14, a delay of more than 31 bits ends at once. With 1.0.14, a
    // delay that is aborted keeps the program alive, on Deno 2.8 and later.
    assertStringIncludes(code, '"jsr:@std/async@^1.0.15/delay"');
  },
});

Deno.test({
  name: "stdPackages() tells stand-ins from other packages",
  ignore,
  async fn() {
    const standIns = await readStandIns();
    const cases: [Package[], string[]][] = [
      [standIns, ["@std/assert", "@std/async", "@std/log"]],
      [standIns.map(changed), []],
      [
        standIns.map((each) => each.name === "@std/log" ? each : changed(each)),
        ["@std/log"],
      ],
    ];
    for (const [packages, expected] of cases) {
      await using registry = await startCached(packages);
      const used = await stdPackages({ env: registry.env });
      assertEquals(
        used.map(({ name, version }) => ({ name, version })),
        packages.map(({ name, version }) => ({ name, version })),
      );
      assertEquals(
        used.flatMap(({ name, standIn }) => standIn ? name : []),
        expected,
      );
    }
  },
});

/** Runs the gate, which must not get as far as its first step. */
async function refusal(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = new URL("gate.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await denoCommand(
    ["run", "--quiet", "-A", script, ...args],
    { env, stdin: "null" },
  ).output();
  const text = new TextDecoder();
  assertEquals(/^format/m.test(text.decode(stdout)), false);
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test({
  name: "gate.ts --real-std fails if JSR does not answer, or has stand-ins",
  ignore,
  async fn() {
    await using registry = await startCached(await readStandIns());
    const unanswered = { JSR_URL: "http://127.0.0.1:1/mirror" };
    for (const env of [unanswered, registry.env]) {
      const { code, stdout, stderr } = await refusal(["--real-std"], env);
      assertEquals(code, 1);
      assertStringIncludes(stdout, `${env.JSR_URL}/`);
      assertMatch(stdout, /^@std\/assert 1.*, @std\/async 1.*, @std\/log 0/m);
      assertEquals(
        stderr,
        "FAILED: --real-std allows no stand-ins, as of @std/assert, " +
          "@std/async, @std/log\n",
      );
    }
  },
});

Deno.test({
  name: "gate.ts refuses arguments that it does not know",
  ignore,
  async fn() {
    const { code, stderr } = await refusal(["--real-sdt"], {});
    assertEquals(code, 2);
    assertEquals(stderr, "No such argument: --real-sdt; there is --real-std\n");
  },
});
