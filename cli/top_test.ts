import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { hasScreens, openScreen, type Screen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys") ||
  !await hasScreens();

/** How long the screen is watched under load, in milliseconds. */
const LOAD_MS = Deno.args.includes("--full") ? 60_000 : 1_500;

const CONFIG = `
processes:
  db:
    shell: "echo accepting; exec sleep 600"
    ready: { line: accepting }
  api:
    shell: "echo served 日本; exec sleep 600"
    dependsOn: { db: ready }
  job: { type: task, command: [echo, done] }
`;

/** 99 processes that do nothing, and one that writes 10,000 lines a second. */
const MANY = `
processes:
  noisy:
    shell: "while sleep 0.05; do seq -f \\"$(date +%s%3N) line %.0f\\" 500; done"
  many: { command: [sleep, "600"], replicas: 99 }
`;

/** A supervisor in the background, and a terminal in its folder. */
class Desk implements AsyncDisposable {
  private constructor(readonly tool: Tool, readonly screen: Screen) {}

  static async open(config: string): Promise<Desk> {
    const tool = new Tool();
    await tool.write("processman.yaml", config);
    const { status, stderr } = await tool.run("processman up -d");
    assertEquals(status, 0, stderr);
    return new Desk(
      tool,
      await openScreen({ cwd: tool.folder, env: tool.env }),
    );
  }

  /** The process ID of `top`; `undefined` if it does not run. */
  async pid(): Promise<number | undefined> {
    const alive = await this.tool.alive();
    const line = alive.find((line) => line.endsWith("cli/mod.ts top"));
    return line === undefined ? undefined : Number.parseInt(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.screen[Symbol.asyncDispose]();
    await this.tool[Symbol.asyncDispose]();
  }
}

const HINTS = /q quit$/;

Deno.test({
  name: "top shows processes, acts by keys, and finds the next supervisor",
  ignore,
  async fn() {
    await using desk = await Desk.open(CONFIG);
    const { screen, tool } = desk;
    await screen.type("processman top; echo status $?\n");
    const first = await screen.until(/> db +running.*\n(.*\n)+accepting\n/);
    assertEquals((await screen.lines()).length, 24);
    assertMatch(first, /^project: .*2 running.*\n {2}NAME +STATE .* MEMORY\n/);
    assertMatch(first.trimEnd(), HINTS);
    await screen.press("Down");
    await screen.until(
      /> api +running(.*\n)+ api {2}\[log\].*live\nserved 日本\n/,
    );
    await screen.type("d");
    await screen.until(/\nNeeds +db ready\n/);
    await screen.type("g");
    await screen.until(/\n> └─ api +running +db ready\n/);
    await screen.type("lr");
    await screen.until(/\nRestart api\? y\/N$/m);
    await screen.type("y");
    await screen.until(/\nserved 日本\nserved 日本\n(.*\n)*api: restarted/);
    await screen.resize(200, 60);
    const wide = await screen.until(/ LAST +CPU/);
    const lines = await screen.lines();
    assertEquals([lines.length, wide.match(/> api/g)?.length], [60, 1]);
    await tool.run("processman down");
    await screen.until(/^project: the supervisor has ended; waiting/);
    await tool.run("processman up -d");
    await screen.until(/^project: (.*\n)+> api +running/);
    await screen.type("q");
    await screen.until(
      /^\$ processman top; echo status \$\?\nstatus 0\n\$ ?$/m,
    );
  },
});

Deno.test({
  name: "top gives the terminal back on every end, and needs a terminal",
  ignore,
  async fn() {
    await using desk = await Desk.open(CONFIG);
    const { screen, tool } = desk;
    const script =
      "processman top; echo status $?; stty -a | grep -o '[-]icanon'";
    for (
      const [signal, status] of [["SIGHUP", 129], ["SIGTERM", 143]] as const
    ) {
      await screen.type(`clear; ${script}\n`);
      await screen.until(/> db/);
      Deno.kill(await desk.pid() ?? 0, signal);
      const text = await screen.until(new RegExp(`^status ${status}$`, "m"));
      assertEquals(text.includes("> db"), false);
    }
    await screen.type(`set -m; clear; ${script}\n`);
    await screen.until(/> db/);
    await screen.press("C-z");
    await screen.until(/Stopped/);
    await screen.type("fg\n");
    await screen.until(/> db/);
    await screen.press("C-c");
    const ended = await screen.until(/^\$ ?$/m);
    assertEquals(ended.includes("-icanon"), false);
    await screen.type("clear; TERM=dumb processman top; echo status $?\n");
    const dumb = await screen.until(/^status 2$/m);
    assertStringIncludes(dumb, 'TERM is "dumb"');
    const { status, stderr } = await tool.run("processman top");
    assertEquals([status, stderr], [
      2,
      "processman: top needs a terminal, as stdin and as stdout: use " +
      '"processman ps --watch" instead\n',
    ]);
  },
});

/** Returns how many milliseconds the newest line on a screen is old. */
function age(text: string): number {
  const times = Array.from(
    text.matchAll(/^(\d{13}) line/gm),
    ([, time]) => Number(time),
  );
  assert(times.length > 3, text);
  return Date.now() - Math.max(...times);
}

/** Returns the processor time in seconds and the memory in MiB of a process. */
async function usage(pid: number): Promise<[seconds: number, memory: number]> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0] = fields.slice(11);
  return [(user + system) / 100, (fields[21] ?? 0) / 256];
}

Deno.test({
  name: "top keeps up with 10,000 lines a second, and ends with its terminal",
  ignore,
  async fn() {
    await using desk = await Desk.open(MANY);
    const { screen } = desk;
    await screen.type("echo $$ > shell; processman top\n");
    await screen.until(/> noisy (.*\n)+\d{13} line/);
    const pid = await desk.pid() ?? 0;
    const [before, memory] = await usage(pid);
    const end = performance.now() + LOAD_MS;
    let oldest = 0;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      oldest = Math.max(oldest, age((await screen.lines()).join("\n")));
    }
    const [after, grown] = await usage(pid);
    assert(oldest < 5_000, `the newest line was ${oldest} ms old`);
    assert(after - before < LOAD_MS / 1_000 * 0.5, `${after - before} s`);
    assert(grown < memory + 150, `${memory} MiB, then ${grown} MiB`);
    if (LOAD_MS > 10_000) {
      // deno-lint-ignore no-console
      console.log({ oldest, seconds: after - before, memory, grown });
    }
    await screen.press("End");
    const last = await screen.until(/> many\.99/);
    assertMatch(last, /92–100 of 100/);
    assertEquals((await screen.lines()).length, 24);
    await screen.resize(200, 60);
    await screen.until(
      /76–100 of 100(.*\n)+> many\.99(.*\n)+ many\.99 .*live\n/,
    );
    const shell = await Deno.readTextFile(`${desk.tool.folder}/shell`);
    Deno.kill(Number(shell), "SIGKILL");
    const late = performance.now() + 20_000;
    while (await desk.pid() !== undefined && performance.now() < late);
    assertEquals(await desk.pid(), undefined);
  },
});
