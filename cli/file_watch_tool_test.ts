import { assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { clientOf, pidsOf, untilView } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** How many files are changed. */
const MANY = Deno.args.includes("--full") ? 10_000 : 1_000;

const shop = (more: string) => `
name: shop
processes:
  api: { command: [sleep, "600"]${more} }
`;

Deno.test({
  name: "A reload begins to watch, and many changes at once are one restart",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", shop(""));
    await tool.write("src/a", "");
    const { status, stderr } = await tool.run("processman up -d");
    assertEquals(status, 0, stderr);
    const { api } = await pidsOf(tool);
    const options = 'paths: ["src/[0-9]*"], debounceMs: 1500';
    await tool.write("processman.yaml", shop(`, watch: { ${options} }`));
    const reload = await tool.run("processman reload");
    assertEquals(reload.status, 0, reload.stderr);
    assertMatch(reload.stdout, /^~ api\.watch: none → \{"paths":\["\/.*\}\n$/);
    assertEquals((await pidsOf(tool)).api, api);
    for (let i = 0; i < MANY; i++) {
      Deno.writeTextFileSync(`${tool.folder}/src/${i}`, "");
    }
    const run = (number: number) =>
      untilView(
        tool,
        "api",
        (view) => view.run === number && view.state === "running",
      );
    const { why } = await run(2);
    assertMatch(
      why,
      /^api has been running for .*; it was restarted because src\/\d+ changed$/,
    );
    await tool.write("src/0", "again");
    await run(3);
    const events = clientOf(tool).events({ after: 0, follow: false });
    const texts = (await Array.fromAsync(events))
      .filter(({ kind, name }) => kind === "watch" && name === "api")
      .map(({ text }) => text);
    assertEquals(texts.length, 2);
    assertMatch(
      texts[0] ?? "",
      /^src\/\d+ and \d+ more files changed: restarting api$/,
    );
    assertEquals(texts[1], "src/0 changed: restarting api");
  },
});
