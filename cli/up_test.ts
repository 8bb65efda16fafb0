import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { clientOf, placeOf } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** A server that needs a database, and a task between them. */
const SHOP = `
name: shop
processes:
  db:
    command: [sh, -c, "trap 'echo db ends; exit' TERM; echo db ready; while :; do sleep 0.05; done"]
    ready: { line: { pattern: db ready }, intervalMs: 20 }
  migrate: { type: task, command: [echo, migrated], dependsOn: { db: ready } }
  api:
    command: [sh, -c, "trap 'echo api ends; exit' TERM; echo serving; echo careful >&2; while :; do sleep 0.05; done"]
    dependsOn: { migrate: completed, db: started }
  other: { command: [sleep, "600"] }
`;

/** Makes a folder with a configuration. */
async function project(config: string): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", config);
  return tool;
}

Deno.test({
  name: "up prints the output with prefixes, and ends when all have ended",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  setup: { type: task, command: [sh, -c, "echo one; echo two >&2"] }
  job:
    command: [echo, three]
    dependsOn: { setup: completed }
    restart: { policy: on-failure }
`);
    const { stdout, stderr, status } = await tool.run("processman up");
    assertEquals(stdout, "setup | one\njob   | three\n");
    assertEquals(stderr, "setup | two\n");
    assertEquals(status, 0);
  },
});

Deno.test({
  name: "up ends with 1 if a process has failed, and says what that blocks",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  setup: { type: task, command: [sh, -c, "exit 7"], restart: { policy: never } }
  api: { command: [sleep, "600"], dependsOn: { setup: completed } }
  job: { command: ["true"] , restart: { policy: on-failure } }
`);
    const { stderr, status } = await tool.run("processman up");
    assertStringIncludes(stderr, 'WARN Process "setup" crashed with code 7');
    assertStringIncludes(stderr, "api is blocked: setup ");
    assertEquals(status, 1);
  },
});

Deno.test({
  name: "up stops in reverse order at Ctrl-C and SIGTERM, and leaves nothing",
  ignore,
  async fn() {
    await using tool = await project(SHOP);
    const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;
    for (const [signal, expected] of signals) {
      await using running = tool.start("exec processman up", { cwd: "." });
      await running.stderr.line(/careful$/);
      running.signal(signal);
      const { stdout, stderr, status } = await running.ended;
      assertEquals(status, expected);
      assertMatch(stdout, /api +\| api ends\ndb +\| db ends\n$/);
      assertMatch(stderr, new RegExp(`INFO Received ${signal}: stopping`));
      const left = [...Deno.readDirSync(placeOf(tool))].map(({ name }) => name);
      assertEquals(left.includes("socket"), false);
      assertEquals(left.includes("record.json"), false);
    }
  },
});

Deno.test({
  name: "A second Ctrl-C ends up at once",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  api:
    command: [sh, -c, "trap '' TERM; echo ready; while :; do sleep 0.05; done"]
    stop: { gracePeriodMs: 60000 }
`);
    await using running = tool.start("exec processman up");
    await running.stdout.line(/ready/);
    running.signal("SIGINT");
    await running.stderr.line(/Received SIGINT/);
    // Signals within a second count as one.
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    running.signal("SIGINT");
    assertEquals((await running.ended).status, 130);
  },
});

Deno.test({
  name: "up NAME starts it with what it depends on, and --no-deps alone",
  ignore,
  async fn() {
    await using tool = await project(SHOP);
    await using running = tool.start("exec processman up api");
    await running.stderr.line(/careful/);
    running.signal("SIGINT");
    const { stdout } = await running.ended;
    assertMatch(
      stdout,
      /^db +\| db ready\n.*migrate \| migrated\n.*serving\n/s,
    );
    assertEquals(await tool.run("processman up --no-deps migrate"), {
      stdout: "migrate | migrated\n",
      stderr: "",
      status: 0,
    });
  },
});

Deno.test({
  name: "up --exit-code-from ends all when the process ends, with its status",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  db: { command: [sh, -c, "trap 'echo stopped; exit' TERM; echo up; while :; do sleep 0.05; done"] }
  tests: { command: [sh, -c, "sleep 0.3; exit 5"], dependsOn: { db: started }, restart: { policy: never } }
`);
    const ended = await tool.run("processman up --exit-code-from tests");
    assertEquals([ended.stdout, ended.status], [
      "db    | up\ndb    | stopped\n",
      5,
    ]);
  },
});

Deno.test({
  name: "up refuses wrong names and options before anything starts",
  ignore,
  async fn() {
    await using tool = await project(SHOP);
    const cases: [line: string, message: string][] = [
      [
        "up apo",
        'there is no entry "apo"; did you mean "api"?; the entries are db, ' +
        "migrate, api, other",
      ],
      [
        "up --exit-code-from apo",
        'there is no process "apo", which --exit-code-from names; did you ' +
        'mean "api"?; those that start are db, migrate, api, other',
      ],
      [
        "up -d --exit-code-from api",
        "--exit-code-from cannot be used with -d or --wait: nothing would " +
        "wait for the end",
      ],
      [
        "up -S shop",
        "up starts a configuration, which -f names: it takes no -S",
      ],
      [
        "up --no-deps",
        "--no-deps needs the name of an entry that is started alone",
      ],
    ];
    await Promise.all(cases.map(async ([line, message]) => {
      assertEquals(await tool.run(`processman ${line}`), {
        stdout: "",
        stderr: `processman: ${message}\n`,
        status: 2,
      });
    }));
  },
});

Deno.test({
  name: "up ends with the exit code of a critical process",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  helper: { command: [sleep, "600"] }
  api: { command: [sh, -c, "exit 3"], critical: true, restart: { policy: never } }
`);
    assertEquals((await tool.run("processman up")).status, 3);
  },
});

Deno.test({
  name:
    "up goes on while a client stops all processes, and ends by down with 0",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  api: { command: [sh, -c, "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.05; done"] }
`);
    await using running = tool.start("exec processman up");
    await running.stdout.line("api | up");
    await clientOf(tool).stop({ names: ["api"] });
    await clientOf(tool).start({ names: ["api"] });
    await running.stdout.line("api | up");
    await clientOf(tool).shutdown();
    const { stdout, status } = await running.ended;
    assertEquals(stdout, "api | up\napi | bye\napi | up\napi | bye\n");
    assertEquals(status, 0);
  },
});

Deno.test({
  name: "up ends when nothing reads its output, and leaves nothing",
  ignore,
  async fn() {
    await using tool = await project(`
processes:
  api: { command: [sh, -c, "while :; do echo tick; sleep 0.02; done"] }
`);
    const { stdout, stderr } = await tool.run(
      "{ processman up; echo $? >&2; } | head -n 1",
    );
    assertEquals(stdout, "api | tick\n");
    assertEquals(stderr, "141\n");
    assertEquals(await tool.alive(), []);
  },
});

Deno.test({
  name: "up and logs in a state folder that cannot be used say what to do",
  ignore,
  async fn() {
    await using tool = await project(
      "processes: { a: { command: [sleep, 60] } }",
    );
    const file = await tool.write("file", "");
    const env = { XDG_STATE_HOME: file };
    const { stderr, status } = await tool.run("processman up -d", { env });
    assertMatch(stderr, /cannot write its log .*\n.*XDG_STATE_HOME/);
    assertEquals(status, 1);
    const logs = await tool.run("processman logs", { env });
    assertMatch(logs.stderr, /^processman: .*Not a directory.*\n$/);
    assertEquals(logs.status, 1);
  },
});
