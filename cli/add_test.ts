import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ConfigFolder } from "../tools/config_testing.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { clientOf, statesOf } from "../tools/tool_client.ts";
import { changeAdded } from "./added.ts";
import { CliError } from "./call.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

Deno.test({
  name: "add without a configuration starts a supervisor, and loses nothing",
  ignore,
  async fn() {
    await using tool = new Tool();
    const first = `processman add one --env 'A=$[x] \${B}' -- sh -c ` +
      `'echo "$A"; exec sleep 600'`;
    // One of them starts the supervisor.
    const all = await tool.run(
      `${first} & processman add two -- sleep 600 & ` +
        "processman add three --no-start -- sleep 600; wait",
    );
    const lines = all.stdout.split("\n").filter((line) => line !== "").sort();
    assertEquals(
      lines,
      ["one: added", "three: added", "two: added"],
      all.stderr,
    );
    const running = { one: "running", two: "running", three: "idle" };
    assertEquals(await statesOf(tool), running);
    const log = clientOf(tool).logs({ names: ["one"], lines: 1 });
    for await (const item of log) {
      assertEquals(item.kind === "line" && item.text, "$[x] ${B}");
    }
    const again = await tool.run("processman add two -- sleep 1");
    assertEquals([again.status, again.stdout], [2, ""]);
    assertMatch(again.stderr, /there is a process "two" already/);
    const odd = await tool.run("processman delete toString");
    assertEquals([odd.status, odd.stdout], [2, ""]);
    // The state of the supervisor survives it, for its owner alone.
    const gone = await tool.run(
      "processman delete two && processman down && processman up -d && processman config",
    );
    assertEquals(gone.status, 0, gone.stderr);
    assertMatch(
      gone.stdout,
      /# Added by "processman add": (one, three|three, one)\n/,
    );
    assertEquals(await statesOf(tool), { one: "running", three: "idle" });
    const find = await tool.run(
      'find "$XDG_STATE_HOME" -name "added.json*" -perm /077',
    );
    assertEquals(find.stdout, "");
  },
});

Deno.test({
  name: "A process of a configuration is neither replaced nor deleted",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("Procfile", "web: sleep 600\n");
    const alone = await tool.run("processman add x -- sleep 600");
    assertEquals([alone.status, alone.stdout], [3, ""]);
    await tool.run("processman up -d");
    const taken = await tool.run(
      "processman add web -- sleep 600; processman delete web",
    );
    assertMatch(taken.stderr, /there is a process "web" already\n/);
    assertMatch(
      taken.stderr,
      /"web" was not added .*Procfile is removed there/,
    );
    // One that does not start is not kept.
    const broken = await tool.run("processman add x -- ./nothing");
    assertEquals([broken.status, broken.stdout], [1, ""]);
    assertMatch(
      broken.stderr,
      /^processman: x does not run, and is not added: .*\/nothing/,
    );
    await tool.write("Procfile", "web: sleep 600\napi: sleep 600\n");
    const stale = await tool.run("processman add x -- sleep 600");
    assertEquals(stale.status, 1);
    assertMatch(stale.stderr, /"processman reload" first/);
    assertEquals(await statesOf(tool), { web: "running" });
  },
});

Deno.test({
  name: "add says what is wrong with the file that it keeps processes in",
  ignore,
  async fn() {
    await using folder = new ConfigFolder({});
    const config = `${folder.real}/processman.yaml`;
    const env = (name: string) =>
      name === "XDG_STATE_HOME" ? folder.real : undefined;
    const change = () =>
      changeAdded(config, env, () => ({ a: {} }), () => Promise.resolve());
    await change();
    const [file = ""] = await filesIn(folder.real);
    for (const text of ["null", "[]", '{ "processes": { "a": 1 } }', "{"]) {
      await Deno.writeTextFile(file, text);
      await assertRejects(change, CliError, "has the added processes");
      assertEquals(await Deno.readTextFile(file), text);
    }
    await assertRejects(
      () => changeAdded(config, () => "/dev/null", () => ({}), change),
      CliError,
    );
  },
});

/** Lists the files that keep added processes. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(walk(folder));
  return entries.filter((path) => path.endsWith("/added.json"));
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* walk(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
