import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hasScreens, openScreen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { pidsOf, statesOf, untilView } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const SHOP = `
name: shop
processes:
  db: { command: [sleep, "600"], profiles: [data] }
  api:
    command: [sleep, "600"]
    replicas: 2
    dependsOn: { db: started }
  worker:
    command: [sh, -c, "trap 'exit 3' HUP; while :; do sleep 0.05; done"]
    restart: { policy: always, backoff: { constant: 60000 } }
  later: { command: [sleep, "600"], autoStart: false }
`;

/** Starts a supervisor in the background, which ends with the tool. */
async function supervise(config: string): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", config);
  const { stderr, status } = await tool.run("processman up -d --profile data");
  if (status === 0) return tool;
  await tool[Symbol.asyncDispose]();
  throw new Error(stderr);
}

Deno.test({
  name: "Commands do to processes what they say",
  ignore,
  async fn() {
    await using tool = await supervise(SHOP);
    const before = await pidsOf(tool);
    const first = await tool.run(
      "processman scale api=3 && processman stop api.2 && " +
        "processman restart worker && processman start later && " +
        "processman kill @data",
    );
    assertEquals(first, {
      stdout: "",
      stderr: "api: scaled to 3\napi.2: stopped\nworker: restarted\n" +
        "later: started\ndb: killed\n",
      status: 0,
    });
    assertEquals(await statesOf(tool), {
      db: "stopped",
      "api.1": "running",
      "api.2": "stopped",
      "api.3": "running",
      worker: "running",
      later: "running",
    });
    const after = await pidsOf(tool);
    assertEquals(after["api.1"], before["api.1"]);
    assertEquals(after.worker === before.worker, false);
    const second = await tool.run(`
      processman signal HUP worker
      processman start api.2; echo $?
      processman why api.2
      processman stop apo; echo $?
      processman signal HUPS api; echo $?
      processman scale worker=2; echo $?
      processman events --kind exit worker | tail -n 1
      processman status worker | grep Last
      processman ps --check worker >&2; echo $?
      processman down`);
    assertMatch(
      second.stdout,
      new RegExp([
        "^1",
        "api.2 is blocked: db was stopped",
        "1",
        "2",
        "1",
        "[-:\\d ]+  worker crashed with code 3 after .*",
        "  Last end   run 2 crashed with code 3, \\d+ s ago",
        "1",
        "$",
      ].join("\n")),
    );
    assertStringIncludes(second.stderr, "api.2 is blocked: db was stopped");
    assertStringIncludes(second.stderr, 'did you mean "api"?');
    assertStringIncludes(second.stderr, 'no signal "SIGHUPS"');
    assertMatch(second.stderr, /restarting in \d+ s +1 +crashed with code 3/);
    assertStringIncludes(second.stderr, "shop: everything is stopped\n");
    assertEquals(second.status, 0);
    assertEquals(await tool.alive(), []);
  },
});

Deno.test({
  name: "ps --watch shows a change when it happens",
  ignore: ignore || !await hasScreens(),
  async fn() {
    await using tool = await supervise(SHOP);
    await using piped = tool.start("processman ps --watch later");
    await piped.stdout.line(/^later +not started/);
    const options = { cwd: tool.folder, env: tool.env, columns: 90, rows: 8 };
    await using screen = await openScreen(options);
    await screen.type("processman ps --watch later api");
    await screen.press("Enter");
    await screen.until(/^later +not started/m);
    await tool.run("processman start later");
    await screen.until(/^later +running +yes/m);
    await piped.stdout.line(/^later +running +yes/);
    await tool.run("processman down");
    await screen.until(/^processman: no supervisor runs/m);
    assertEquals((await piped.ended).status, 3);
  },
});

Deno.test({
  name:
    "ps after a SIGKILL of the supervisor says when, and what the guard did",
  ignore,
  async fn() {
    await using tool = await supervise(SHOP);
    const pids = await pidsOf(tool);
    const { stdout } = await tool.run("processman ls --json");
    const [{ pid }] = JSON.parse(stdout);
    Deno.kill(pid, "SIGKILL");
    let ended = await tool.run("processman ps");
    // The guard needs a moment for each process.
    while (!ended.stderr.includes(`db (${pids.db}`)) {
      ended = await tool.run("processman ps");
    }
    assertEquals([ended.stdout, ended.status], ["", 3]);
    assertMatch(
      ended.stderr,
      new RegExp(
        `^processman: no supervisor runs for ${tool.folder}/processman.yaml: ` +
          `process ${pid} died at [-\\d]+ [:\\d]+ without stopping its ` +
          'processes; the guard then ended .*\nRun "processman up -d"',
      ),
    );
    for (const name of ["db", "api.1", "api.2", "worker"]) {
      assertStringIncludes(ended.stderr, `${name} (${pids[name]})`);
    }
    const list = await tool.run(
      "processman ls; processman up -d --profile data && processman ps",
    );
    assertMatch(list.stdout, /^NAME.*\nshop +died \d+ s ago +4 ended by guard/);
    assertMatch(list.stdout, /^api.2 +running/m);
    assertEquals(list.status, 0);
  },
});

/** A user's own program. */
const PROGRAM = `
import { Processman } from "${new URL("../mod.ts", import.meta.url)}";
import { expose } from "${new URL("../control/mod.ts", import.meta.url)}";
await using pm = new Processman({ logger: null });
pm.command("sh", ["-c", "echo hello; exec sleep 600"], { name: "own" });
pm.command("sleep", ["600"]);
await using exposed = await expose(pm, { name: "bot" });
console.log("exposed");
await pm.finished;
`;

Deno.test({
  name: "ls, ps, logs, stop and down work on a program that exposes itself",
  ignore,
  async fn() {
    await using tool = new Tool();
    const program = await tool.write("bot.ts", PROGRAM);
    await using running = tool.start(
      `exec "${Deno.execPath()}" run --quiet -A --config ` +
        `"${new URL("../deno.json", import.meta.url).pathname}" ${program}`,
    );
    await running.stdout.line("exposed");
    const { stdout, stderr, status } = await tool.run(`
      processman ls
      processman ps -S bot
      processman logs -S bot own
      processman why -S bot own
      processman scale -S bot own=2; echo $?
      processman stop -S bot own
      processman ps -S bot
      processman down -S bot`);
    assertMatch(stdout, /^bot +running +\d+ +\d+ s +2 running$/m);
    assertMatch(stdout, /^own +running +yes/m);
    assertMatch(stdout, /^own \| hello$/m);
    assertMatch(stdout, /^own has been running/m);
    assertMatch(stdout, /^1\n/m);
    assertMatch(stdout, /^own +stopped/m);
    assertStringIncludes(stderr, "processes of a plan can be scaled");
    assertEquals(status, 0);
    assertEquals((await running.ended).status, 0);
  },
});

Deno.test({
  name: "A supervisor whose configuration was removed can be seen and ended",
  ignore,
  async fn() {
    await using tool = await supervise(SHOP);
    await Deno.remove(`${tool.folder}/processman.yaml`);
    const { stdout, stderr, status } = await tool.run(
      "processman -f processman.yaml ps && processman stop db && " +
        "processman down; processman ps",
    );
    assertMatch(stdout, /^db +running/m);
    assertMatch(
      stderr,
      /^db: stopped\nshop: everything is stopped\nprocessman: there is no configuration in /,
    );
    assertEquals(status, 3);
  },
});

Deno.test({
  name: "Commands that wait for long say what they wait for",
  ignore,
  async fn() {
    await using tool = await supervise(`
processes:
  job:
    command: [sleep, "600"]
    ready: { line: { pattern: never } }
`);
    const calls = [
      "processman restart --timeout 4s job",
      "processman up --wait-timeout 4s",
    ];
    const ended = await Promise.all(calls.map((call) => tool.run(call)));
    for (const { stdout, stderr, status } of ended) {
      assertMatch(
        stderr,
        /^processman: still waiting, Ctrl-C .*\n +job has been /m,
      );
      assertEquals([stdout, status], ["", 4]);
    }
  },
});

Deno.test({
  name: "restart of a process that waits makes no copies (process-compose#347)",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write(
      "processman.yaml",
      `
processes:
  db: { command: [sleep, "600"], ready: { file: { path: go }, intervalMs: 20 } }
  api: { command: [sleep, "601"], dependsOn: { db: ready } }
`,
    );
    const { status } = await tool.run("processman up -d db");
    assertEquals(status, 0);
    const calls = ["start", "restart", "restart", "up -d"]
      .map((call) => tool.run(`processman ${call} api`));
    await untilView(tool, "api", ({ state }) => state === "waiting");
    await tool.write("go", "");
    const ended = await Promise.all(calls);
    assertEquals(ended.map(({ status }) => status), [0, 0, 0, 0]);
    const copies = (await tool.alive()).filter((line) =>
      /sleep 601/.test(line)
    );
    assertEquals(copies.map(parseFloat), [(await pidsOf(tool)).api]);
  },
});

Deno.test({
  name: "Nothing listens on a network port",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await using tool = await supervise(SHOP);
    await using logs = tool.start("exec processman logs -f");
    await tool.run("processman restart api; processman ps --json");
    // The supervisor, and the reader of logs.
    const pids = (await tool.alive())
      .filter((line) => /cli\/mod\.ts/.test(line)).map(parseFloat);
    assertEquals(pids.length, 2);
    for (const pid of pids) assertEquals(listenersOf(pid), []);
    // The check finds what listens.
    using _ = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    assertEquals(listenersOf(Deno.pid).length, 1);
    logs.signal("SIGTERM");
  },
});

/** Returns the sockets of a process that are open to the network. */
function listenersOf(pid: number): string[] {
  const open = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      open.add(Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // It has been closed meanwhile.
    }
  }
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((kind) =>
    Deno.readTextFileSync(`/proc/net/${kind}`).trim().split("\n").slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Of TCP, only what listens: its state is 10.
      .filter((fields) => kind.startsWith("udp") || fields[3] === "0A")
      .map((fields) => `socket:[${fields[9]}]`)
      .filter((socket) => open.has(socket))
  );
}

Deno.test({
  name: "A pipe in the place of a configuration is passed over",
  ignore,
  async fn() {
    await using tool = new Tool();
    const { stderr, status } = await tool.run(
      "mkfifo Procfile && processman up -d",
      { withinMs: 10_000 },
    );
    assertMatch(stderr, /^processman: there is no configuration in /);
    assertEquals(status, 2);
  },
});
