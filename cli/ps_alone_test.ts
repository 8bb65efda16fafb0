import { assert, assertEquals } from "@std/assert";
import { root } from "../tools/package.ts";
import { outputOf, permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** What `deno info` tells of a module. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Returns the modules that Deno loads with one, without its types. */
async function loaded(path: string): Promise<string[]> {
  const { href } = new URL(path, root);
  const info = await outputOf(Deno.execPath(), "info", "--json", href);
  const { modules }: { modules: Module[] } = JSON.parse(info);
  const byName = new Map(modules.map((each) => [each.specifier, each]));
  const found = new Set([href]);
  for (const specifier of found) {
    for (const { code } of byName.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined) found.add(code.specifier);
    }
  }
  return [...found].map((each) => each.replace(root.href, ""));
}

Deno.test({
  name: "ps loads only a few modules, and no package",
  ignore,
  async fn() {
    const modules = await loaded("cli/mod.ts");
    const others = modules.filter((path) =>
      !/^(cli|control)\/\w+\.ts$/.test(path)
    );
    assertEquals(others, []);
    assert(modules.length <= 24, `${modules.length} modules: ${modules}`);
  },
});

Deno.test({
  name: "Only the commands about the dashboard load it",
  ignore,
  async fn() {
    const pages = (modules: readonly string[]) =>
      modules.filter((path) => path.startsWith("dashboard/"));
    const first = await loaded("cli/dispatch.ts");
    assertEquals(pages(first), []);
    // Nor does any load the Model Context Protocol but `mcp`.
    assertEquals(first.filter((path) => path.includes("npm:")), []);
    for (const command of ["up", "foreground", "logs", "background", "web"]) {
      assertEquals(pages(await loaded(`cli/${command}.ts`)), [], command);
    }
    const server = pages(await loaded("cli/web_server.ts"));
    assert(server.includes("dashboard/assets.ts"));
  },
});

Deno.test({
  name: "Only top loads the full screen",
  ignore,
  async fn() {
    for (const command of ["dispatch", "foreground", "watch", "status"]) {
      const modules = await loaded(`cli/${command}.ts`);
      const found = modules.filter((path) => /cli\/(top|full_)/.test(path));
      assertEquals(found, [], command);
    }
  },
});

Deno.test({
  name: "up loads what talks to systemd only if systemd listens",
  ignore,
  async fn() {
    for (const command of ["up", "foreground", "background"]) {
      const modules = await loaded(`cli/${command}.ts`);
      const found = modules.filter((path) => path.includes("systemd"));
      assertEquals(found, [], command);
    }
  },
});

Deno.test({
  name: "Only a supervisor that exports loads telemetry",
  ignore,
  async fn() {
    const telemetry = (modules: readonly string[]) =>
      modules.filter((path) => /^telemetry\/|opentelemetry/.test(path));
    for (const path of ["cli/foreground.ts", "cli/background.ts", "mod.ts"]) {
      assertEquals(telemetry(await loaded(path)), [], path);
    }
    const exporting = telemetry(await loaded("cli/telemetry.ts"));
    assert(exporting.includes("telemetry/mod.ts"));
    assert(exporting.some((path) => path.includes("@opentelemetry/api")));
  },
});

Deno.test({
  name: "ps needs no timer, for which Deno would load many modules",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("Procfile", "web: exec sleep 600\n");
    assertEquals((await tool.run("processman up -d")).status, 0);
    const main = new URL("cli/main.ts", root);
    await tool.write(
      "ps.ts",
      `for (const name of ["setTimeout", "clearTimeout", "setInterval"]) {
        Object.defineProperty(globalThis, name, {
          get: () => { throw new Error(name); },
        });
      }
      const { main } = await import("${main}");
      Deno.exit(await main(["ps"]));`,
    );
    const deno = Deno.execPath();
    const { stdout, stderr } = await tool.run(`${deno} run -A ps.ts`);
    assertEquals(stderr, "");
    const web = await tool.run("processman ps web");
    const same = (text: string) => text.replace(/\d+ s /, "0 s ");
    assertEquals(same(stdout), same(web.stdout));
  },
});

Deno.test({
  name: "ps without a supervisor says what ps with options says",
  ignore,
  async fn() {
    await using tool = new Tool();
    assertEquals(
      await tool.run("processman ps"),
      await tool.run("processman ps --check"),
    );
    await tool.write("Procfile", "web: exec sleep 600\n");
    const alone = await tool.run("processman ps");
    assertEquals(alone, await tool.run("processman ps --check"));
    assertEquals([alone.stdout, alone.status], ["", 3]);
  },
});
