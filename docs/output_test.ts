import { assertEquals, assertMatch } from "@std/assert";
import { Processman } from "../mod.ts";
import { root } from "../tools/package.ts";
import { fileIn, readPage } from "../tools/pages.ts";
import { findProgram } from "../tools/servers.ts";
import { Folder, outputOf, permitted, runScript } from "../tools/testing.ts";

/**
 * A program that is busy while its process writes much to its stdout.
 *
 * @param stdout What the stdout of the process is.
 * @param looks How often the busy program looks whether it has ended.
 */
function busy(stdout: "piped" | "inherit", looks: number): string {
  const look = `i=0; until [ $i = ${looks} ]; do ` +
    "s=$(ps -o stat= -p $0); case $s in Z*) break; esac; " +
    "sleep 0.01; i=$((i + 1)); done; echo $s";
  return `
    import { Processman } from "@isbm/processman";
    await using pm = new Processman({ logger: null });
    const write = "read go; exec head -c 1000000 /dev/zero";
    const server = pm.command("sh", ["-c", write], {
      stdin: "piped",
      stdout: "${stdout}",
      restart: { policy: "never" },
    });
    const writer = server.stdin.getWriter();
    await writer.write(new TextEncoder().encode("go\\n"));
    // This call blocks the event loop, as a computation does.
    const { stdout } = new Deno.Command("sh", {
      args: ["-c", ${JSON.stringify(look)}, String(server.pid)],
    }).outputSync();
    const { code } = await server.finished;
    console.error("state", new TextDecoder().decode(stdout).trim(), code);
  `;
}

/** What a program says about its process. */
async function stateIn(script: string): Promise<string> {
  await using program = runScript(script);
  await program.finished;
  return program.tail(10).filter(({ source }) => source === "stderr")
    .map(({ text }) => text).join("\n");
}

Deno.test("docs/output.md: a process waits for a program that is busy", async () => {
  assertMatch(await stateIn(busy("piped", 20)), /^state [SD]\S* 0$/);
});

Deno.test('docs/output.md: a process with "inherit" waits for no program', async () => {
  assertMatch(await stateIn(busy("inherit", 1_000)), /^state Z\S* 0$/);
});

Deno.test("docs/output.md: a process waits for no Worker that is busy", async () => {
  const script = `
    import { Processman } from "@isbm/processman";
    // It is busy until a number in shared memory is not 0 any more.
    const computation = "onmessage = ({ data }) => {" +
      "postMessage('busy'); while (Atomics.load(data, 0) === 0); close(); }";
    const url = "data:application/javascript," + encodeURIComponent(computation);
    const worker = new Worker(url, { type: "module" });
    const over = new Int32Array(new SharedArrayBuffer(4));
    worker.postMessage(over);
    await new Promise((resolve) => worker.onmessage = resolve);
    await using pm = new Processman({ logger: null });
    const server = pm.command("head", ["-c", "1000000", "/dev/zero"]);
    const { code } = await server.finished;
    Atomics.store(over, 0, 1);
    console.log("ended with", code);
  `;
  await using program = runScript(script);
  await program.finished;
  assertEquals(program.tail(1)[0]?.text, "ended with 0");
});

Deno.test("docs/output.md: all lines are there when a process has finished", async () => {
  await using pm = new Processman({ logger: null });
  const write = "seq 20000; echo last out; echo last err >&2; exit 1";
  for (let round = 0; round < 10; round++) {
    const job = pm.command("sh", ["-c", write], {
      restart: { policy: "never" },
    });
    await job.finished;
    for (const source of ["out", "err"]) {
      const last = job.tail(30_000).find(({ text }) =>
        text === `last ${source}`
      );
      assertEquals(last?.run, 1);
    }
  }
});

const logrotate = permitted("read", "write", "env")
  ? findProgram("logrotate")
  : undefined;

Deno.test({
  name: "docs/output.md: logrotate keeps the logs of a week",
  ignore: logrotate === undefined,
  async fn() {
    await using folder = new Folder();
    const { path } = folder;
    const { text } = await readPage("docs/output.md");
    const config = fileIn(text, "shop.conf").replaceAll("/srv/shop", path);
    await Deno.writeTextFile(`${path}/shop.conf`, config);
    const log = `${path}/logs/web.log`;
    await Deno.mkdir(`${path}/logs`);
    for (let day = 1; day <= 7; day++) {
      const name = day === 1 ? `${log}.1` : `${log}.${day}.gz`;
      await Deno.writeTextFile(name, "an old day");
    }
    const numbered = fileIn(text, "shop.ts")
      .replace("echo at work", "i=$((i + 1)); echo $i");
    await using program = runScript(numbered, {
      limits: `cd ${path}`,
      flags: [
        `--config=${new URL("deno.json", root).pathname}`,
        "--allow-read=logs",
        "--allow-write=logs",
      ],
    });
    const args = ["--force", "--state", `${path}/state`, `${path}/shop.conf`];
    const reopened = ["-c", `until test -s ${log}; do sleep 0.01; done`];
    for (let day = 1; day <= 2; day++) {
      // An empty file stays.
      await outputOf("sh", ...reopened);
      await outputOf(logrotate ?? "", ...args);
    }
    await outputOf("sh", ...reopened);
    program.signal("SIGTERM");
    await program.finished;
    const names = await Array.fromAsync(
      Deno.readDir(`${path}/logs`),
      ({ name }) => name,
    );
    const compressed = [2, 3, 4, 5, 6, 7].map((day) => `web.log.${day}.gz`);
    assertEquals(names.sort(), ["web.log", "web.log.1", ...compressed]);
    const all = `zcat ${log}.2.gz; cat ${log}.1 ${log}`;
    const lines = (await outputOf("sh", "-c", all)).trimEnd().split("\n");
    assertEquals(lines, lines.map((_, index) => String(index + 1)));
  },
});
