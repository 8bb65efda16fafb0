import { assertEquals, assertMatch } from "@std/assert";
import { selfUnit } from "../export/mod.ts";
import { SYSTEMD, Systemd } from "../tools/systemd.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys") ||
  !SYSTEMD;

/** Says how it was stopped. */
const SERVE = (name: string) =>
  `trap 'echo ${name} >>stopped; exit' TERM; touch ${name}; sleep 500 & wait`;

function config(...names: string[]): string {
  const processes = Object.fromEntries(names.map((name, i) => [name, {
    command: ["sh", "-c", SERVE(name)],
    ready: { file: { path: name } },
    dependsOn: i === 0 ? {} : { [names[i - 1] ?? ""]: "ready" },
  }]));
  return JSON.stringify({ processes });
}

Deno.test({
  name: "the unit of the tool starts, reloads and stops what a plan says",
  ignore,
  async fn() {
    await using tool = new Tool();
    const file = await tool.write("processman.json", config("db", "api"));
    const processman = (await tool.run("command -v processman")).stdout.trim();
    const { files } = selfUnit({
      name: "shop",
      command: [processman, "up"],
      reload: [processman, "reload"],
      cwd: tool.folder,
      stopMs: 30_000,
      scope: "user",
      environment: tool.env,
    });
    await using systemd = await Systemd.start(files, {
      env: Deno.env.toObject(),
    });
    assertEquals((await systemd.systemctl("start", "shop")).text, "");
    assertMatch(await systemd.property("shop", "StatusText"), /2 ready/);
    const { stdout } = await tool.run("processman ps");
    assertMatch(stdout, /^db +running +yes .*\napi +running +yes /m);

    await Deno.writeTextFile(file, config("db", "api", "web"));
    assertEquals((await systemd.systemctl("reload", "shop")).text, "");
    assertEquals((await Deno.stat(`${tool.folder}/web`)).isFile, true);

    assertEquals((await systemd.systemctl("stop", "shop")).text, "");
    // A unit that has failed would still be there.
    assertEquals(await systemd.property("shop", "ActiveState"), "inactive");
    const stopped = await Deno.readTextFile(`${tool.folder}/stopped`);
    assertEquals(stopped, "web\napi\ndb\n");
  },
});
