import { assertEquals, assertMatch } from "@std/assert";
import { fileIn, readPage } from "../tools/pages.ts";
import {
  Folder,
  lineOf,
  outputOf,
  permitted,
  runScript,
  works,
} from "../tools/testing.ts";

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

Deno.test("docs/systemd.md: KillMode=mixed leaves the signals to processman", async () => {
  const got = await signalsAfter((pid) => Deno.kill(pid, "SIGTERM"));
  assertEquals(got, ["got INT"]);
});

Deno.test("docs/systemd.md: KillMode=control-group overrides stop.signal", async () => {
  // systemd sends it to the program, to what it runs, and to its guard.
  const got = await signalsAfter((pid) =>
    outputOf("sh", "-c", `kill -TERM $(ps -o pid= --ppid ${pid}) ${pid}`)
  );
  assertEquals(got.sort(), ["got INT", "got TERM"]);
});

Deno.test({
  name: "docs/systemd.md: systemd understands the units",
  ignore: !permitted("read", "write") ||
    !await works("systemd-analyze", "--version"),
  async fn() {
    const { text } = await readPage("docs/systemd.md");
    await using folder = new Folder();
    const files = ["shop.service", "processman-shop.service"].map((name) => {
      const unit = fileIn(text, name);
      assertMatch(unit, /^KillMode=mixed$/m);
      const program = /\/usr\/bin\/deno|\/home\/shop\/.deno\/bin\/processman/g;
      const file = `${folder.path}/${name}`;
      Deno.writeTextFileSync(file, unit.replace(program, Deno.execPath()));
      return file;
    });
    const { code, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", ...files],
    }).output();
    // It ends with success although it does not know a name.
    const said = new TextDecoder().decode(stderr).split("\n");
    assertEquals(said.filter((line) => line.includes("shop.service")), []);
    assertEquals(code, 0);
  },
});
