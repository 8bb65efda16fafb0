import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { pidsOf } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** A configuration; `api` is its second entry. */
const shop = (api: string) => `
name: shop
processes:
  db: { command: [sleep, "600"] }
  api: { ${api} }
  web: { command: [sleep, "600"], replicas: 2 }
`;

const API = 'command: [sleep, "600"], env: { TOKEN: secret }';

async function started(): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", shop(API));
  const { status, stderr } = await tool.run("processman up -d");
  assertEquals(status, 0, stderr);
  return tool;
}

Deno.test({
  name: "reload with one changed entry keeps all other process IDs",
  ignore,
  async fn() {
    await using tool = await started();
    const before = await pidsOf(tool);
    assertEquals(await tool.run("processman reload"), {
      stdout: "Nothing differs from what runs.\n",
      stderr: "",
      status: 0,
    });
    const config = shop(API.replace("secret", "other").replace("600", "601"));
    await tool.write("processman.yaml", config);
    const changes = '~ api.command: ["sleep","600"] → ["sleep","601"] ' +
      "(restart)\n~ api.env.TOKEN: changes (restart)\n";
    const dry = await tool.run("processman reload --dry-run");
    assertEquals(dry, { stdout: changes, stderr: "", status: 0 });
    assertEquals(await pidsOf(tool), before);
    const applied = await tool.run("processman reload");
    assertEquals(applied, {
      stdout: changes,
      stderr: "processman: applied\n",
      status: 0,
    });
    const { api, ...others } = await pidsOf(tool);
    assertNotEquals(api, before.api);
    assertEquals({ ...others, api: before.api ?? null }, before);
  },
});

Deno.test({
  name: "reload of a mistake changes nothing, or puts everything back",
  ignore,
  async fn() {
    await using tool = await started();
    const before = await pidsOf(tool);
    await tool.write("processman.yaml", shop("comand: [sleep]"));
    const wrong = await tool.run("processman reload");
    assertEquals([wrong.stdout, wrong.status], ["", 2]);
    assertMatch(wrong.stderr, /processman\.yaml:5:\d+: .*comand/);
    assertEquals(await pidsOf(tool), before);
    // A version that does not get ready is put back.
    const broken = 'command: [sh, -c, "echo no port >&2; exit 1"]';
    await tool.write("processman.yaml", shop(broken));
    const { stderr, status } = await tool.run("processman reload");
    assertEquals(status, 1);
    assertMatch(stderr, /^processman: the change has been put back/);
    assertMatch(
      stderr,
      /\n {2}api crashed with code 1 .*\n {4}api \| no port\n$/,
    );
    const { api, ...others } = await pidsOf(tool);
    assertNotEquals(api, null);
    assertEquals({ ...others, api: before.api ?? null }, before);
  },
});

Deno.test({
  name: "reload says what has no effect before the next start",
  ignore,
  async fn() {
    await using tool = await started();
    const config = shop(API).replace("shop", "store");
    await tool.write(
      "processman.yaml",
      `${config}logs: { maxBytes: 1000000 }\n`,
    );
    const expected = {
      stdout: '! name: needs "processman down" and "up"\n' +
        '! logs.maxBytes: needs "processman down" and "up"\n',
      stderr: "processman: applied\n",
      status: 0,
    };
    assertEquals(await tool.run("processman reload"), expected);
    // It still has no effect.
    assertEquals((await tool.run("processman reload")).stdout, expected.stdout);
  },
});

Deno.test({
  name: "reload without a supervisor ends with 3",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", shop(API));
    const { stdout, stderr, status } = await tool.run("processman reload");
    assertEquals([stdout, status], ["", 3]);
    assertMatch(
      stderr,
      /^processman: no supervisor runs for .*processman.yaml/,
    );
  },
});

Deno.test({
  name: "reload and up read the files and profiles again that up was given",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("base.yaml", shop(API));
    const more = `processes:
  more: { command: [sleep, "600"] }
  debug: { command: [sleep, "600"], profiles: [debug] }
`;
    await tool.write("more.yaml", more);
    const given = "-f base.yaml -f more.yaml --profile debug";
    const { status, stderr } = await tool.run(`processman up -d ${given}`);
    assertEquals(status, 0, stderr);
    const before = await pidsOf(tool);
    assertEquals(Object.keys(before).includes("debug"), true);
    await tool.run("mv more.yaml gone.yaml; cp gone.yaml more.yaml");
    assertEquals(await tool.run("processman reload -S shop"), {
      stdout: "Nothing differs from what runs.\n",
      stderr: "",
      status: 0,
    });
    await tool.write(
      "more.yaml",
      more.replace('more: { command: [sleep, "600"] }', ""),
    );
    const { stdout } = await tool.run("processman reload -S shop");
    assertEquals(stdout, "- more\n");
    const { more: _, ...others } = before;
    assertEquals(await pidsOf(tool), others);
    // Those that are named count alone.
    const fewer = await tool.run("processman reload -f base.yaml");
    assertEquals(fewer.stdout, "- debug\n");
  },
});
