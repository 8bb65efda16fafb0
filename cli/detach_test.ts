import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { ControlClient } from "../control/client.ts";
import { outputOf, permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import {
  clientOf,
  pidsOf,
  placeOf,
  statesOf,
  untilView,
} from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** How many times the race of two calls is run. */
const RACES = Deno.args.includes("--full") ? 50 : 2;

const TWO = `
name: shop
processes:
  db: { command: [sleep, "600"] }
  api: { command: [sleep, "600"], dependsOn: { db: started } }
`;

async function project(config: string = TWO): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", config);
  return tool;
}

/** Returns the process ID of the supervisor. */
async function supervisorOf(tool: Tool): Promise<number> {
  return (await clientOf(tool).supervisor()).pid;
}

Deno.test({
  name: "up -d returns when every process runs, in a session of its own",
  ignore,
  async fn() {
    await using tool = await project();
    // The harness fails if something holds stdout or stderr open.
    const { stdout, stderr, status } = await tool.run("processman up -d");
    assertEquals([stdout, status], ["", 0]);
    const view = await clientOf(tool).supervisor();
    assertEquals(
      stderr,
      `processman: shop is up, supervised by process ${view.pid}\n`,
    );
    assertEquals(await statesOf(tool), { db: "running", api: "running" });
    const [session, terminal] = (await outputOf(
      "ps",
      ...["-o", "sid=,tty=", "-p", `${view.pid}`],
    )).trim().split(/\s+/);
    assertEquals([session, terminal], [`${view.pid}`, "?"]);
    assertEquals(view.cwd, tool.folder);
    assertEquals(view.config, `${tool.folder}/processman.yaml`);
    const { log, logs } = view;
    assertStringIncludes(await Deno.readTextFile(log ?? ""), "Supervises");
    assertEquals((await Deno.stat(log ?? "")).mode ?? 0 & 0o777, 0o100600);
    assert(logs?.startsWith(`${tool.state}/processman/`));
  },
});

Deno.test({
  name: "A detached up that fails says so with its status and the last stderr",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  api: { command: [sh, -c, "echo connecting; echo no database >&2; exit 3"] }
  other: { command: [sleep, "600"] }
`);
    const { stdout, stderr, status } = await tool.run("processman up -d");
    assertEquals([stdout, status], ["", 1]);
    const pid = await supervisorOf(tool);
    assertMatch(
      stderr,
      new RegExp(
        "^processman: not all processes are up:\\n" +
          "  api .*crashed with code 3.*\\n" +
          "    api \\| no database\\n" +
          `The supervisor \\(process ${pid}\\) goes on; its log is /.*\\.log\\n`,
      ),
    );
    // What is up stays up.
    assertEquals((await statesOf(tool)).other, "running");
  },
});

Deno.test({
  name: "A one-shot that has ended is no failure of up --wait",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  once: { command: [sh, -c, "exit 0"], restart: { policy: on-failure } }
  migrate: { type: task, command: [sh, -c, "sleep 0.3"] }
  api: { command: [sleep, "600"], dependsOn: { migrate: completed } }
`);
    const { status } = await tool.run("processman up --wait");
    assertEquals(status, 0);
    assertEquals(await statesOf(tool), {
      once: "ended",
      migrate: "completed",
      api: "running",
    });
  },
});

Deno.test({
  name: "up --wait-timeout ends with 4, and says what is missing and why",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  db: { command: [sleep, "600"], ready: { file: { path: never } } }
  api: { command: [sleep, "600"], dependsOn: { db: ready } }
`);
    const { stderr, status } = await tool.run(
      "processman up -d --wait-timeout 500ms",
    );
    assertEquals(status, 4);
    assertMatch(
      stderr,
      /^processman: not ready within 500 ms:\n {2}db has been running .* not ready.*\n {2}api waits for db to be ready.*\nThe supervisor/,
    );
  },
});

Deno.test({
  name: "up -d says why a supervisor does not start",
  ignore,
  async fn() {
    await using tool = await project();
    const long = `${tool.folder}/${"x".repeat(90)}`;
    await Deno.mkdir(long, { mode: 0o700 });
    const { stderr, status } = await tool.run("processman up -d", {
      env: { XDG_RUNTIME_DIR: long },
    });
    assertEquals(status, 1);
    assertMatch(stderr, /^processman: .*set XDG_RUNTIME_DIR/);
    const file = await tool.write("taken", "");
    const second = await tool.run("processman up -d", {
      env: { XDG_STATE_HOME: file },
    });
    assertEquals(second.status, 1);
    assertMatch(second.stderr, /cannot write its log .*\nSet XDG_STATE_HOME/);
  },
});

Deno.test({
  name:
    "After SIGKILL of the supervisor, the next up works on the stale socket",
  ignore,
  async fn() {
    // What the guard ends takes a while, and holds a lock until then.
    const slow =
      "mkdir lock || exit 1; trap 'sleep 0.4; rmdir lock; exit' TERM; " +
      "while :; do sleep 0.05; done";
    await using tool = await project(
      `${TWO}  slow: { command: [sh, -c, "${slow}"], restart: { policy: never } }\n`,
    );
    await tool.run("processman up -d");
    const before = await pidsOf(tool);
    const pid = await supervisorOf(tool);
    Deno.kill(pid, "SIGKILL");
    const { stderr, status } = await tool.run("processman up -d");
    assertEquals(status, 0);
    assertMatch(stderr, new RegExp(`^processman: process ${pid} died`));
    const after = await pidsOf(tool);
    assertNotEquals(after, before);
    // Nothing of the old one is left, so nothing runs twice.
    const sleeps = (await tool.alive()).filter((line) =>
      /sleep 600$/.test(line)
    );
    assertEquals(
      sleeps.map(parseFloat).sort(),
      [after.api, after.db].sort(),
    );
  },
});

Deno.test({
  name: "Two up -d at the same instant make one supervisor, and both succeed",
  ignore,
  async fn() {
    await using tool = await project();
    for (let race = 0; race < RACES; race++) {
      const ended = await Promise.all(
        [1, 2].map(() => tool.run("processman up -d")),
      );
      for (const { status, stderr } of ended) assertEquals(status, 0, stderr);
      const alive = await tool.alive();
      const count = (end: RegExp) =>
        alive.filter((line) => end.test(line)).length;
      assertEquals(count(/--supervise$/), 1, alive.join("\n"));
      assertEquals(count(/sleep 600$/), 2, alive.join("\n"));
      await clientOf(tool).shutdown();
    }
  },
});

Deno.test({
  name: "up during down waits, and starts everything again",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  slow: { command: [sh, -c, "trap 'sleep 0.6; exit' TERM; echo up; while :; do sleep 0.05; done"] }
`);
    await tool.run("processman up -d");
    const old = await supervisorOf(tool);
    await untilView(tool, "slow", ({ state }) => state === "running");
    const down = clientOf(tool).shutdown();
    const { status } = await tool.run("processman up -d");
    await down;
    assertEquals(status, 0);
    assertNotEquals(await supervisorOf(tool), old);
    assertEquals(await statesOf(tool), { slow: "running" });
  },
});

Deno.test({
  name: "A second up joins: it prints the difference, and never doubles",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.run("processman up -d");
    const before = await pidsOf(tool);
    const pid = await supervisorOf(tool);
    await tool.write("processman.yaml", TWO.replace("api:", "web:"));
    const runs = "processman: shop is supervised already by process " +
      `${pid}, and 2 of 2 processes run\n`;
    const output = 'See "processman logs -f" for its output.\n';
    const commands = { "up": output, "up -d": "", "up --wait": "" };
    await Promise.all(
      Object.entries(commands).map(async ([command, more]) => {
        assertEquals(await tool.run(`processman ${command}`), {
          stdout: "",
          stderr: `${runs}The configuration differs from what runs:\n- api\n` +
            `+ web\nApply it with "processman reload".\n${more}`,
          status: 0,
        });
      }),
    );
    assertEquals(await pidsOf(tool), before);
    const { stderr } = await tool.run(
      "processman up -d -f processman.yaml --profile tools",
    );
    assertMatch(
      stderr,
      /"processman reload -f processman.yaml --profile tools"\.\n$/,
    );
  },
});

Deno.test({
  name: "What a user stopped stays stopped over reload and join",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.run("processman up -d");
    await clientOf(tool).stop({ names: ["api"] });
    const config = TWO.replace("db: {", "db: { restart: { policy: never },");
    await tool.write("processman.yaml", config);
    assertEquals((await tool.run("processman up -d --wait")).status, 0);
    assertEquals((await tool.run("processman reload")).status, 0);
    assertEquals(await statesOf(tool), { db: "running", api: "stopped" });
    // To name it is to start it.
    assertEquals((await tool.run("processman up -d api")).status, 0);
    assertEquals(await statesOf(tool), { db: "running", api: "running" });
  },
});

Deno.test({
  name: "up -d NAME starts it with what it depends on, and nothing else",
  ignore,
  async fn() {
    await using tool = await project(
      `${TWO}  other: { command: [sleep, "600"] }\n`,
    );
    assertEquals((await tool.run("processman up -d api")).status, 0);
    const first = { db: "running", api: "running", other: "idle" };
    assertEquals(await statesOf(tool), first);
    assertEquals((await tool.run("processman up -d other")).status, 0);
    assertEquals(await statesOf(tool), { ...first, other: "running" });
  },
});

Deno.test({
  name: "A supervisor in the background survives the end of its terminal",
  ignore,
  async fn() {
    await using tool = await project();
    await using shell = tool.start("processman up -d; echo up; exec sleep 600");
    await shell.stdout.line("up");
    const pid = await supervisorOf(tool);
    const socket = `${placeOf(tool)}/socket`;
    shell.signal("SIGHUP");
    await shell.ended;
    assertEquals((await new ControlClient(socket).supervisor()).pid, pid);
  },
});
