import { assert, assertEquals, assertMatch } from "@std/assert";
import { Processman } from "../mod.ts";
import { pathWith } from "../tools/deno.ts";
import { root } from "../tools/package.ts";
import { blocksOf, readPage } from "../tools/pages.ts";
import { findProgram, freePort } from "../tools/servers.ts";
import {
  Folder,
  lineOf,
  outputOf,
  permitted,
  runScript,
  scriptDeno,
  works,
} from "../tools/testing.ts";

/** What makes a program process 1, or the child of a process 1 that reaps. */
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"] as const;

/** Whether this user can make a program process 1. */
const namespaces = await works(...NAMESPACE, "true");

/** Writes the files of the page, with a port that is free. */
async function writeFiles(folder: string, port: number): Promise<void> {
  const page = await readPage("docs/container.md");
  for (const block of blocksOf(page.text)) {
    if (block.kind !== "file") continue;
    const text = block.text.replaceAll("8000", String(port));
    await Deno.writeTextFile(`${folder}/${block.name}`, text);
  }
}

/** Returns the command of the page's Dockerfile, to be run here. */
async function entryOf(folder: string, init: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${folder}/Dockerfile`);
  const command = ["ENTRYPOINT", "CMD"].flatMap((key): string[] =>
    JSON.parse(text.match(new RegExp(`^${key} (.*)$`, "m"))?.[1] ?? "[]")
  );
  assertEquals(command.slice(0, 3), ["/tini", "--", "deno"]);
  const config = `--config=${new URL("deno.json", root).pathname}`;
  const [run = "", ...rest] = command.slice(3);
  return [init, "--", scriptDeno, run, "--no-prompt", config, ...rest];
}

Deno.test({
  name: "docs/container.md: the entry point ends by SIGTERM, below its init",
  ignore: !permitted("read", "write", "net", "env") || !namespaces ||
    findProgram("tini") === undefined,
  async fn() {
    await using folder = new Folder();
    const port = freePort();
    await writeFiles(folder.path, port);
    await using pm = new Processman({ logger: null, signals: [] });
    const entry = await entryOf(folder.path, findProgram("tini") ?? "");
    const [program = "", ...args] = [...NAMESPACE, ...entry];
    const container = pm.command(program, args, {
      cwd: folder.path,
      env: { NO_COLOR: "1", PATH: pathWith(scriptDeno) },
      restart: { policy: "never" },
    });
    await lineOf(container, "listening");
    const answer = await fetch(`http://localhost:${port}`);
    assertEquals(await answer.text(), "hello\n");
    // The init gets the signal, and tells the exit code to `unshare`.
    const init = await outputOf(
      "ps",
      "-o",
      "pid=",
      "--ppid",
      `${container.pid}`,
    );
    Deno.kill(Number(init), "SIGTERM");
    const { code } = await container.finished;
    const said = container.tail(100).map(({ text }) => text).join("\n");
    assertEquals(code, 143, said);
    assertMatch(said, /Received SIGTERM: stopping "main"/);
  },
});

Deno.test({
  name: "docs/container.md: a program that is process 1 ends at SIGTERM",
  ignore: !namespaces,
  async fn() {
    await using program = runScript(
      `
      import { Processman } from "@isbm/processman";
      const pm = new Processman({ logger: null });
      pm.command("sleep", ["500"]);
      console.log("pid", Deno.pid);
    `,
      { limits: `exec ${NAMESPACE.join(" ")} "$0" "$@"` },
    );
    await lineOf(program, "pid 1");
    const pid = await outputOf("ps", "-o", "pid=", "--ppid", `${program.pid}`);
    Deno.kill(Number(pid), "SIGTERM");
    assertEquals((await program.finished).code, 143);
  },
});

Deno.test({
  name: "docs/container.md: zombies stay if the program is process 1",
  ignore: !namespaces,
  async fn() {
    const list = "ps -A -o stat=,comm=";
    const script = (left: string) => `
      import { Processman } from "@isbm/processman";
      await using pm = new Processman({ logger: null });
      const started = 'case "$(ps -o comm= -p $!)" in sleep*) break; esac';
      const leave = "sleep 0.5 & while :; do " + started + "; done";
      await pm.command("sh", ["-c", leave]).finished;
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
    const namespace = NAMESPACE.join(" ");
    // A zombie counts as gone here.
    const alone = await looks("grep -v ^Z |", `exec ${namespace} "$0" "$@"`);
    assert(alone.some((line) => zombie.test(line)), alone.join("\n"));
    // Here it does not: the shell that is process 1 reaps it.
    const init = `sh -c '"$@"; exit $?' sh`;
    const below = await looks("", `exec ${namespace} ${init} "$0" "$@"`);
    assert(!below.some((line) => zombie.test(line)), below.join("\n"));
  },
});
