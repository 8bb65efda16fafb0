import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hasScreens, openScreen } from "./screen.ts";
import { alive, permitted } from "./testing.ts";
import { Tool } from "./tool.ts";

const ignore = !permitted("read", "write", "net", "env");

Deno.test({
  name: "Tool runs the command of this checkout by its name in a shell",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("a/b", "");
    const { stdout, stderr, status } = await tool.run(
      "pwd; ls a >&2; processman --version; kill -TERM $$",
    );
    const [folder, version] = stdout.split("\n");
    assertEquals(folder, tool.folder);
    assertMatch(version ?? "", /^processman \d+\.\d+\.\d+$/);
    assertEquals(stderr, "b\n");
    assertEquals(status, 143);
  },
});

Deno.test({
  name: "Tool waits for lines of what goes on, and says what it did not find",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using running = tool.start("echo a; echo b; read x; echo got $x");
    assertEquals(await running.stdout.line(/[bc]/), "b");
    await running.type("it\n");
    assertEquals(await running.stdout.line(/got/), "got it");
    await assertRejects(() => running.stdout.line("c"), Error, "got it");
    assertEquals((await running.ended).status, 0);
  },
});

Deno.test({
  name: "Tool ends what is left, and fails because of it",
  ignore,
  async fn() {
    const tool = new Tool({ endLimitMs: 200 });
    const { stdout } = await tool.run(
      "setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $!",
    );
    const pid = Number(stdout);
    assertEquals(await alive(pid), true);
    await assertRejects(() => tool[Symbol.asyncDispose](), Error, "sleep 60");
    assertEquals(await alive(pid), false);
  },
});

Deno.test({
  name: "A screen shows what a terminal shows",
  ignore: ignore || !await hasScreens(),
  async fn() {
    await using tool = new Tool();
    await using screen = await openScreen({
      cwd: tool.folder,
      env: tool.env,
      columns: 40,
      rows: 6,
    });
    await screen.type("stty size; pwd | wc -l; read x");
    await screen.press("Enter");
    await screen.until(/6 40\n1\n/);
    await screen.press("C-c");
    await screen.resize(50, 8);
    await screen.type("stty size");
    await screen.press("Enter");
    await screen.until(/^8 50\n\$$/m);
  },
});
