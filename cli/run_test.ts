import { assertEquals, assertMatch } from "@std/assert";
import { hasScreens, openScreen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const CONFIG = `
processes:
  api:
    command: [sleep, "600"]
    cwd: sub
    replicas: 2
    env: { PORT: "$[8000 + replica]", GREETING: hello }
  bare: { command: [sleep, "600"], clearEnv: true, env: { ONLY: "1" } }
`;

/** Makes a folder with the configuration. */
async function project(): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", CONFIG);
  await tool.write("sub/file", "");
  return tool;
}

Deno.test({
  name: "run uses the environment and the folder of a process",
  ignore,
  async fn() {
    await using tool = await project();
    const print = `sh -c 'echo $PORT $GREETING; pwd; cat'`;
    const first = await tool.run(`echo in | processman run api -- ${print}`);
    const expected = (port: number) => `${port} hello\n${tool.folder}/sub\n`;
    assertEquals(first, {
      stdout: expected(8001) + "in\n",
      stderr: "",
      status: 0,
    });
    const second = await tool.run(
      `processman run api.2 -- ${print} </dev/null`,
    );
    assertEquals(second.stdout, expected(8002));
    const bare = await tool.run("processman run bare -- env", { cwd: "sub" });
    assertEquals(bare.stdout.includes("ONLY=1\n"), true);
    assertEquals(bare.stdout.includes("XDG_STATE_HOME"), false);
  },
});

Deno.test({
  name: "run ends with the status of the command",
  ignore,
  async fn() {
    await using tool = await project();
    const status = async (command: string) =>
      (await tool.run(`processman run api -- ${command}`)).status;
    const commands = ["sh -c 'exit 7'", "sh -c 'kill -TERM $$'", "/"];
    const statuses = await Promise.all(commands.map(status));
    assertEquals(statuses, [7, 143, 126]);
    const absent = await tool.run("processman run api -- no-such-program");
    assertEquals(absent.status, 127);
    assertMatch(absent.stderr, /^processman: .*no-such-program/);
  },
});

Deno.test({
  name: "run refuses unknown names and a missing command",
  ignore,
  async fn() {
    await using tool = await project();
    assertEquals(await tool.run("processman run apo -- env"), {
      stdout: "",
      stderr: 'processman: there is no process "apo"; did you mean "api"?; ' +
        "the entries are api, bare\n",
      status: 2,
    });
    const none = await tool.run("processman run api");
    assertEquals(none.status, 2);
    assertMatch(none.stderr, /^processman: write "--" and a command/);
  },
});

Deno.test({
  name: "run passes SIGTERM on to the command",
  ignore,
  async fn() {
    await using tool = await project();
    const script =
      'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.05; done';
    await using running = tool.start(
      `exec processman run api -- sh -c '${script}'`,
    );
    await running.stdout.line(/ready/);
    Deno.kill(running.pid, "SIGTERM");
    const { stdout, status } = await running.ended;
    assertEquals([stdout, status], ["ready\nbye\n", 3]);
  },
});

Deno.test({
  name: "run gives the command the terminal, with Ctrl-C",
  ignore: ignore || !await hasScreens(),
  async fn() {
    await using tool = await project();
    await using screen = await openScreen({ cwd: tool.folder, env: tool.env });
    const script = 'trap "echo interrupted; exit 5" INT; test -t 0 && ' +
      "read line; echo got $line; while :; do sleep 0.05; done";
    await screen.type(`processman run api -- sh -c '${script}'; echo "=$?"\n`);
    await screen.type("some text\n");
    await screen.until(/^got some text$/m);
    await screen.press("C-c");
    await screen.until(/^(\^C)?interrupted\n=5$/m);
  },
});
