import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pathWith } from "../tools/deno.ts";
import { install, RUN } from "../tools/install.ts";
import { VERSION } from "../control/client.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** The same configuration in two files. */
const CONFIGS = {
  "processman.yaml": `
processes:
  web: { command: [sleep, "600"] }
`,
  "processman.config.ts": `
import { defineConfig } from "jsr:@isbm/processman/cli";

export default defineConfig({
  processes: { web: { command: ["sleep", "600"] } },
});
`,
};

/** Returns the names of the files in the folder of a tool. */
async function files(tool: Tool): Promise<string[]> {
  const entries = Deno.readDir(tool.folder);
  return (await Array.fromAsync(entries, ({ name }) => name)).sort();
}

/** Starts and ends a supervisor with a command, and fails if that fails. */
async function upAndDown(
  run: (args: string) => ReturnType<Tool["run"]>,
): Promise<void> {
  const check = await run("check");
  assertMatch(check.stdout, /: no mistakes, 1 process\n/);
  const up = await run("up -d");
  assertEquals([up.stdout, up.status], ["", 0], up.stderr);
  const ps = await run("ps");
  assertMatch(ps.stdout, /\nweb {3}running /);
  const down = await run("down");
  assertEquals(down.status, 0, down.stderr);
}

Deno.test({
  name:
    "The tool works offline once installed, and leaves nothing in a project",
  ignore,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      const { bin, env } = await install(folder);
      const PATH = `${bin}:${pathWith(Deno.execPath())}`;
      const options = { env: { ...env, PATH } };

      await t.step("The installed command tells its version", async () => {
        await using tool = new Tool();
        assertEquals(await tool.run("processman --version", options), {
          stdout: `processman ${VERSION}\n`,
          stderr: "",
          status: 0,
        });
      });

      for (const [name, text] of Object.entries(CONFIGS)) {
        await t.step(`The installed command reads ${name}`, async () => {
          await using tool = new Tool();
          await tool.write("deno.json", "{}");
          await tool.write(name, text);
          await upAndDown((args) => tool.run(`processman ${args}`, options));
          assertEquals(await files(tool), ["deno.json", name]);
        });
      }

      await t.step(
        "It runs in a project of Node without installation",
        async () => {
          await using tool = new Tool();
          await tool.write("deno.json", "{}");
          await tool.write("package.json", '{ "dependencies": {} }');
          await tool.write("processman.yaml", CONFIGS["processman.yaml"]);
          const command = `deno ${RUN.join(" ")}`;
          await upAndDown((args) => tool.run(`${command} ${args}`, options));
          assertEquals(
            await files(tool),
            ["deno.json", "package.json", "processman.yaml"],
          );
          const { stderr, status } = await tool.run(
            `${command.replace("--no-config", "--no-lock")} check`,
            options,
          );
          assertStringIncludes(stderr, `Run the tool with --no-config, or`);
          assertEquals(status, 1);
        },
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
