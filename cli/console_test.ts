import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hasScreens, openScreen, type Screen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys") ||
  !await hasScreens();

const SERVE = (word: string) => `[sh, -c, "echo ${word} 日本; exec sleep 600"]`;

const CONFIG = `
processes:
  db: { command: ${SERVE("stored")} }
  api: { command: ${SERVE("served")} }
  job: { type: task, command: [printf, "no newline"] }
`;

/** A folder with a configuration, and a terminal in it. */
class Desk implements AsyncDisposable {
  private constructor(readonly tool: Tool, readonly screen: Screen) {}

  static async open(config = CONFIG): Promise<Desk> {
    const tool = new Tool();
    await tool.write("processman.yaml", config);
    const screen = await openScreen({
      cwd: tool.folder,
      env: tool.env,
      columns: 60,
      rows: 24,
    });
    return new Desk(tool, screen);
  }

  /** Returns the lines on the screen that are not empty. */
  async shown(): Promise<string[]> {
    return (await this.screen.lines()).filter((line) => line !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.screen[Symbol.asyncDispose]();
    await this.tool[Symbol.asyncDispose]();
  }
}

/** Returns a check for a text. */
function has(wanted: string): (text: string) => boolean {
  return (text) => text.includes(wanted);
}

/** Matches a screen whose last line is a prompt. */
const PROMPT = /\n\$\n*$/;

const IDLE = "2 running, 1 completed · ? help";

Deno.test({
  name: "up on a terminal has one status line below the output, and q ends it",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman up; echo status $?\n");
    await screen.until(has(IDLE));
    const [command, ...lines] = await desk.shown();
    assertEquals(command, "$ processman up; echo status $?");
    assertEquals(lines.pop(), IDLE);
    assertEquals(lines.sort(), [
      "api | served 日本",
      "db  | stored 日本",
      "job | no newline",
    ]);
    await screen.type("q");
    await screen.until(/^status 0$/m);
    // The line is gone, and the terminal shows what is typed again.
    assertEquals((await desk.shown()).slice(-2), ["status 0", "$"]);
    await screen.type("echo typed");
    await screen.until(/^\$ echo typed$/m);
  },
});

Deno.test({
  name: "up --web on a terminal prints the link above the status line",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman up --web\n");
    await screen.until((text) =>
      text.includes("Dashboard: http://") && text.includes(IDLE)
    );
    const lines = await desk.shown();
    assertEquals(lines.at(-1), IDLE);
    await screen.type("q");
    await screen.until(PROMPT);
  },
});

Deno.test({
  name: "Keys of up focus, restart, stop, filter, search and help",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman up\n");
    await screen.until(has(IDLE));
    await screen.type("r");
    await screen.until(has("focus on a process first: type its number, or n"));
    await screen.type("2");
    await screen.until(/--- api ---\napi \| served 日本\n.* · api focused/);
    await screen.type("r");
    await screen.until(/--- api ---\napi \| served 日本\napi \| served 日本\n/);
    await screen.type("s");
    await screen.until(/1 running, 1 completed, 1 stopped · api focused/);
    await screen.type("s");
    await screen.until(/2 running, 1 completed · api focused/);
    await screen.press("Escape");
    await screen.type("/stor");
    await screen.until(/^search: stor$/m);
    await screen.press("Enter");
    await screen.until(
      /--- 1 line with "stor" ---\ndb {2}\| stored 日本\n---\n/,
    );
    await screen.type("fnothing\nndb\n");
    await screen.until(/db focused · filter "nothing"/);
    await screen.type("?");
    const help = await screen.until(/3 +job: completed/);
    assertMatch(help, /Keys:\n +1 to 9 +focus on a process/);
    await screen.press("C-c");
    await screen.until(/^INFO Received SIGINT: stopping/m);
    await screen.until(PROMPT);
  },
});

Deno.test({
  name: "The status line survives resizes and long lines",
  ignore,
  async fn() {
    const long = "0123456789".repeat(15);
    await using desk = await Desk.open(`${CONFIG}
  long:
    command: [sh, -c, "read x < go; echo ${long}; printf '\\\\033[2J\\\\033[Hclear\\\\n'; sleep 600"]
`);
    const { screen, tool } = desk;
    await screen.type("mkfifo go; processman up\n");
    const idle = "3 running, 1 completed · ? help";
    await screen.until(has(idle));
    await screen.resize(20, 24);
    await screen.until(has("3 running, 1 compl…"));
    await screen.resize(40, 24);
    await screen.until(has(idle));
    await Deno.writeTextFile(`${tool.folder}/go`, "\n");
    await screen.until(/long \| clear/);
    const text = (await screen.lines()).join("\n");
    assertStringIncludes(
      text.replaceAll("\n", ""),
      `long | ${long}long | clear`,
    );
    // One status line, at the end, and nothing of the others.
    assertEquals(text.match(/running/g)?.length, 1, text);
    assertMatch(text, new RegExp(`${RegExp.escape(idle)}\n*$`));
  },
});

Deno.test({
  name: "Ctrl-Z gives the terminal back, and fg takes it again",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("set -m; processman up\n");
    await screen.until(has(IDLE));
    await screen.press("C-z");
    await screen.until(/Stopped|\n\$ ?$/);
    await screen.type("stty -a | grep -o '[-]*icanon'\n");
    await screen.until(/^icanon$/m);
    await screen.type("fg\n");
    await screen.until(/fg\n.*\n*.*2 running, 1 completed · \? help/s);
    await screen.type("q");
    await screen.until(PROMPT);
  },
});

Deno.test({
  name: "A signal to up gives the terminal back",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman up; stty -a | grep -o '[-]*icanon'\n");
    await screen.until(has(IDLE));
    const alive = await desk.tool.alive();
    const line = alive.find((line) => line.endsWith("cli/mod.ts up")) ?? "";
    Deno.kill(Number.parseInt(line), "SIGTERM");
    await screen.until(/^icanon$/m);
  },
});

Deno.test({
  name:
    "up in the background of a shell, and into a pipe, shows no status line",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("set -m; processman up &\n");
    await screen.until(/served/);
    await screen.type("kill %1; wait\n");
    await screen.until(/Received SIGTERM/);
    await screen.until(PROMPT);
    await screen.type("clear\n");
    await screen.until((text) => !text.includes("served"));
    await screen.type("processman up | cat\n");
    await screen.until(/served/);
    await screen.press("C-c");
    const text = await screen.until(/Received SIGINT/);
    assertEquals(text.includes("? help"), false);
    await screen.until(PROMPT);
  },
});

Deno.test({
  name: "A second up on a terminal offers to apply what differs",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen, tool } = desk;
    await screen.type("processman up -d 2>&1 | sed 's/ by.*//'\n");
    await screen.until(has("project is up, supervised"));
    await tool.write(
      "processman.yaml",
      `${CONFIG}  web: { command: [sleep, "600"] }\n`,
    );
    await screen.type("clear; processman up\n");
    const asked = await screen.until(has("Apply it now? [y/N]"));
    assertStringIncludes(
      asked,
      "The configuration differs from what runs:\n+ web\n",
    );
    await screen.press("Enter");
    await screen.until(PROMPT);
    await screen.type("clear; processman up\n");
    await screen.until(has("Apply it now? [y/N]"));
    await screen.type("y\n");
    await screen.until(has("processman: applied"));
    await screen.type("clear; processman up\n");
    await screen.until(has("3 of 4 processes run"));
  },
});

Deno.test({
  name: "The end of the terminal stops everything that up supervises",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    {
      await using screen = await openScreen({
        cwd: tool.folder,
        env: tool.env,
      });
      await screen.type("processman up\n");
      await screen.until(has(IDLE));
    }
    const deadline = performance.now() + 20_000;
    let alive = await tool.alive();
    while (alive.length > 0 && performance.now() < deadline) {
      alive = await tool.alive();
    }
    assertEquals(alive, []);
  },
});
