import { assert, assertEquals, assertMatch } from "@std/assert";
import { Processman } from "./mod.ts";
import { lineOf, outputOf, permitted, runScript } from "./tools/testing.ts";

/** Whether a command ends with success. */
async function works(program: string, ...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

/** A shell that says by which signals it is asked to end. */
const TELLS = "trap 'echo got TERM' TERM; trap 'echo got INT; over=1' INT; " +
  "echo ready; until [ $over ]; do sleep 0.01; done";

/** A program that stops such a shell by SIGINT. */
const STOPS_BY_INT = `
  import { printOutput, Processman } from "@isbm/processman";
  const pm = new Processman({ logger: null });
  printOutput(pm);
  pm.command("sh", ["-c", ${JSON.stringify(TELLS)}], {
    name: "child",
    stop: { signal: "SIGINT" },
  });
  await pm.finished;
`;

/** Runs that program, asks it to end, and returns what its shell got. */
async function signalsAfter(ask: (pid: number) => unknown): Promise<string[]> {
  await using program = runScript(STOPS_BY_INT);
  await lineOf(program, "child | ready");
  await ask(program.pid ?? 0);
  await program.finished;
  return program.tail(100).map(({ text }) => text.slice("child | ".length))
    .filter((text) => text.startsWith("got"));
}

Deno.test("docs/system.md: KillMode=mixed leaves the signals to processman", async () => {
  const got = await signalsAfter((pid) => Deno.kill(pid, "SIGTERM"));
  assertEquals(got, ["got INT"]);
});

Deno.test("docs/system.md: KillMode=control-group overrides stop.signal", async () => {
  // systemd sends it to the program, to what it runs, and to its guard.
  const got = await signalsAfter((pid) =>
    outputOf("sh", "-c", `kill -TERM $(ps -o pid= --ppid ${pid}) ${pid}`)
  );
  assertEquals(got.sort(), ["got INT", "got TERM"]);
});

Deno.test({
  name: "docs/system.md: systemd understands the unit",
  ignore: !permitted("read", "write") ||
    !await works("systemd-analyze", "--version"),
  async fn() {
    const page = await Deno.readTextFile(
      new URL("docs/system.md", import.meta.url),
    );
    const [, unit = ""] = page.match(/^```ini\n([^]*?)^```$/m) ?? [];
    assertMatch(unit, /^KillMode=mixed$/m);
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      const file = `${folder}/shop.service`;
      const here = unit.replace("/usr/bin/deno", Deno.execPath());
      await Deno.writeTextFile(file, here);
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", file],
      }).output();
      // It ends with success although it does not know a name.
      const said = new TextDecoder().decode(stderr).split("\n");
      assertEquals(said.filter((line) => line.includes("shop.service")), []);
      assertEquals(code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** What makes a program process 1, or the child of a process 1 that reaps. */
const NAMESPACE = "unshare --pid --fork --mount-proc";

Deno.test({
  name: "docs/system.md: zombies stay if the program is process 1",
  ignore: !await works(...NAMESPACE.split(" ") as [string], "true"),
  async fn() {
    const list = "ps -A -o stat=,comm=";
    const script = (left: string) => `
      import { Processman } from "@isbm/processman";
      await using pm = new Processman({ logger: null });
      await pm.command("sh", ["-c", "sleep 0.05 & exit 0"]).finished;
      const wait = "while ${list} | ${left} grep -q ' sleep$'; do :; done";
      const look = pm.command("sh", ["-c", wait + "; ${list}"]);
      for await (const { text } of look.lines()) console.log(text);
    `;
    const looks = async (left: string, limits: string) => {
      await using program = runScript(script(left), { limits });
      assert((await program.finished).success);
      return program.tail(100).map(({ text }) => text);
    };
    const zombie = /^Z\S* +sleep/;
    // A zombie counts as gone here.
    const alone = await looks("grep -v ^Z |", `exec ${NAMESPACE} "$0" "$@"`);
    assert(alone.some((line) => zombie.test(line)), alone.join("\n"));
    // Here it does not: the shell that is process 1 reaps it.
    const init = `sh -c '"$@"; exit $?' sh`;
    const below = await looks("", `exec ${NAMESPACE} ${init} "$0" "$@"`);
    assert(!below.some((line) => zombie.test(line)), below.join("\n"));
  },
});

Deno.test({
  name: "docs/system.md: uid alone leaves the group and the home of root",
  ignore: await outputOf("id", "-u") !== "0" || !await works("id", "nobody"),
  async fn() {
    await using pm = new Processman({ logger: null });
    const says = async (options: { uid: number } | { user: string }) => {
      const tell = "id -u; id -g; echo $HOME";
      const process = pm.command("sh", ["-c", tell], options);
      await process.finished;
      return process.tail().map(({ text }) => text);
    };
    const uid = Number(await outputOf("id", "-u", "nobody"));
    const gid = await outputOf("id", "-g", "nobody");
    const home = await outputOf("sh", "-c", "echo $HOME");
    assertEquals(await says({ uid }), [`${uid}`, "0", home]);
    const [, group, userHome] = await says({ user: "nobody" });
    assertEquals(group, gid);
    const entry = await outputOf("getent", "passwd", "nobody");
    assertEquals(userHome, entry.split(":")[5]);
  },
});
