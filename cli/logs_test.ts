import { assert, assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { type Ended, Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env");
const full = Deno.args.includes("--full");

/** Returns what a command printed, which must end well and say nothing else. */
function printed({ stdout, stderr, status }: Ended): string {
  assertEquals(stderr, "");
  assertEquals(status, 0);
  return stdout;
}

/** Waits until the log has a line of a process. */
async function logged(tool: Tool, name: string, line: string): Promise<void> {
  const command = `processman logs -f -n 9 --no-prefix ${name}`;
  await using following = tool.start(command);
  await following.stdout.line(line);
}

Deno.test({
  name: "processman logs prints what was asked for, or says what is wrong",
  ignore,
  async fn() {
    await using tool = new Tool();
    const api = "echo one; echo WARN two >&2; echo  three; exec sleep 500";
    const worker = "seq 20000; echo w; exec sleep 500";
    await tool.write("Procfile", `api: ${api}\nworker: ${worker}\n`);
    const run = async (args: string) => {
      const all = printed(await tool.run(`processman logs ${args}`));
      return all.split("\n").slice(0, -1);
    };
    const fails = async (args: string, status: number, stderr: RegExp) => {
      const ended = await tool.run(`processman logs ${args}`);
      assertMatch(ended.stderr, stderr);
      assertEquals([ended.stdout, ended.status], ["", status]);
    };
    await fails("", 3, /^processman: no supervisor runs for .*Procfile: /);
    await tool.run("processman up -d");
    await logged(tool, "api", "three");
    await logged(tool, "worker", "w");
    assertEquals(
      (await run("api")).sort(),
      ["api | WARN two", "api | one", "api | three"],
    );
    assertEquals(await run("work* -n 1"), ["worker | w"]);
    assertEquals(
      await run("--grep '^[ot].*e$' --no-prefix --source stdout -n 1"),
      ["three"],
    );
    assertEquals(await run("--level warn --no-prefix"), ["WARN two"]);
    assertEquals(await run("--run -1 --until 0s"), []);
    const [json = ""] = await run("worker --json --since 1h --run 0 -n 1");
    const { time, ...rest } = JSON.parse(json);
    assertEquals(rest, {
      kind: "line",
      seq: 20_001,
      process: "worker",
      source: "stdout",
      run: 1,
      text: "w",
      truncated: false,
    });
    assert(time > 1e12);
    await fails("--grep '(a'", 2, /--grep needs .*\(a.*: Unterminated/);
    await fails("-f --until 1h", 2, /--until cannot be combined/);
    await fails("apo", 1, /^processman: There is no process "apo".*"api"/);
    await fails("@web", 1, /^processman: no process has the profile "web"/);
    // A reader that has enough is no failure.
    assertEquals(
      await tool.run("processman logs worker | head -n 1"),
      { stdout: "worker | 1\n", stderr: "", status: 0 },
    );
    await tool.run("processman down");
    await fails("apo", 1, /^processman: there is no log of "apo".*api/);
    await fails("@web", 2, /^processman: "@web" is a profile/);
    const { stdout, stderr, status } = await tool.run(
      "processman logs --since 1h --level warn",
    );
    assertEquals([stdout, status], ["api    | WARN two\n", 0]);
    assertMatch(
      stderr,
      /^processman: no supervisor runs for .*\nThese lines are from \/.*\/logs:\n$/,
    );
  },
});

Deno.test({
  name:
    "processman logs -f follows over restarts of a process and of the supervisor, also when that is killed",
  ignore,
  async fn() {
    await using tool = new Tool();
    const count = full ? 20_000 : 2_000;
    await tool.write(
      "Procfile",
      `api: seq ${count}; echo run ends; exec sleep 500\n`,
    );
    await tool.run("processman up -d");
    await using following = tool.start(
      "processman logs -f -n 100000 --no-prefix",
    );
    const { stdout, stderr } = following;
    await stdout.line("run ends");
    await tool.run("processman restart api");
    await stdout.line("run ends");
    await tool.run("processman down");
    await stderr.line(/^processman: the supervisor has ended; waiting/);
    await tool.run("processman up -d");
    await stderr.line(/^processman: following the supervisor \d+$/);
    await stdout.line("run ends");
    const ls = await tool.run("processman ls --json");
    const [{ pid }] = JSON.parse(ls.stdout);
    Deno.kill(pid, "SIGKILL");
    await stderr.line(/^processman: process \d+ died.*; waiting/);
    await tool.run("processman up -d");
    await stdout.line("run ends");
    following.signal("SIGINT");
    const { status } = await following.ended;
    assertEquals(status, 130);
    const once = Array.from({ length: count }, (_, i) => String(i + 1));
    const runs = [1, 2, 3, 4].flatMap(() => [...once, "run ends"]);
    assertEquals(stdout.text.split("\n").slice(0, -1), runs);
  },
});

Deno.test({
  name:
    "A slow reader of processman logs -f is told what it missed and never slows the child",
  ignore,
  async fn() {
    await using tool = new Tool();
    const count = full ? 2_000_000 : 200_000;
    await tool.write(
      "processman.json",
      JSON.stringify({
        logs: { maxBytes: 300_000 },
        processes: {
          api: {
            command: [
              "sh",
              "-c",
              `echo 0; read _ < go; seq ${count}; echo end`,
            ],
          },
        },
      }),
    );
    await tool.run("mkfifo go; processman up -d");
    await using following = tool.start("exec processman logs -f --no-prefix");
    const { stdout, stderr } = following;
    await stdout.line("0");
    following.signal("SIGSTOP");
    await tool.run("echo > go");
    await logged(tool, "api", "end");
    following.signal("SIGCONT");
    await stdout.line("end");
    following.signal("SIGINT");
    await following.ended;
    const lines = stdout.text.split("\n").slice(0, -1);
    const missed = [...stderr.text.matchAll(
      /^processman: (\d+) lines? of api missed: .*$/gm,
    )].reduce((sum, [, number]) => sum + Number(number), 0);
    assert(missed > count / 2, stderr.text);
    assertEquals(lines.length + missed, count + 2);
  },
});
