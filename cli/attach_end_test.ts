import { assert, assertEquals, assertMatch } from "@std/assert";
import { hasScreens, openScreen, type Screen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys", "ffi") ||
  !await hasScreens();

/** How many lines a program writes while it is attached to. */
const LINES = Deno.args.includes("--full") ? 600_000 : 30_000;

const CONFIG = `
processes:
  repl:
    tty: true
    shell: |
      trap 'stty size' WINCH; trap 'echo ouch' INT; stty size
      while echo -n '? '; do
        read -r line || continue
        [ "$line" != quit ] || exit 7
        [ "$line" != crash ] || kill -9 $$
        [ "$line" != flood ] || seq ${LINES}
        [ "$line" != noise ] || while sleep 0.05 && seq 500; do :; done
        [ "$line" != full ] || printf '\\033[?1049h\\033[?25l\\033[2J\\033[HFULL'
        echo "got $line"
      done
    restart: { backoff: { constant: 0 } }
  deaf: { tty: true, shell: "stty raw -echo; echo up; exec sleep 600" }
`;

/** A supervisor in the background, and a terminal in its folder. */
class Desk implements AsyncDisposable {
  private constructor(readonly tool: Tool, readonly screen: Screen) {}

  static async open(size?: { columns: number; rows: number }): Promise<Desk> {
    const tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const { status, stderr } = await tool.run("processman up -d");
    assertEquals(status, 0, stderr);
    const place = { cwd: tool.folder, env: tool.env };
    return new Desk(tool, await openScreen({ ...place, ...size }));
  }

  /** Opens another terminal. */
  other(): Promise<Screen> {
    return openScreen({ cwd: this.tool.folder, env: this.tool.env });
  }

  /** The process ID of `attach`; `undefined` if it does not run. */
  async pid(): Promise<number | undefined> {
    const alive = await this.tool.alive();
    const line = alive.find((line) => line.includes("cli/mod.ts attach"));
    return line === undefined ? undefined : Number.parseInt(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.screen[Symbol.asyncDispose]();
    await this.tool[Symbol.asyncDispose]();
  }
}

/** Clears a terminal that shows a prompt. */
async function clear(screen: Screen): Promise<void> {
  await screen.type("clear\n");
  await screen.until((text) => text.trim() === "$");
}

/** Waits until `attach` has ended. */
async function gone(desk: Desk): Promise<void> {
  while (await desk.pid() !== undefined);
}

Deno.test({
  name:
    "attach: keys go to the terminal of the process, over restarts, until it ends",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen, tool } = desk;
    await screen.type("processman attach repl; echo status $?\n");
    assertEquals(
      (await screen.until(/^\?$/m)).trimEnd(),
      "$ processman attach repl; echo status $?\n" +
        "processman: attached to repl; ctrl-p,ctrl-q detaches\n" +
        "24 80\n?",
    );
    await screen.type("one\n");
    await screen.until(/^\? one\ngot one\n\?$/m);
    await screen.press("C-c");
    await screen.until(/\^Couch\n/);
    await screen.resize(200, 60);
    await screen.until(/^\? 60 200$/m);
    assertEquals((await screen.lines()).length, 60);
    await using second = await desk.other();
    await second.type("processman attach repl\n");
    // Its size is the one that counts now.
    await second.until(/got one(.*\n)+\? 24 80$/m);
    await second.type("two\n");
    await Promise.all([screen.until(/^got two$/m), second.until(/^got two$/m)]);
    await second.press("C-p", "C-q");
    await second.until(/detached from repl\n\$/);
    await screen.type("crash\n");
    await screen.until(/^\? crash\n(.*\n)?24 80\n\?/m);
    await screen.type("quit\n");
    await screen.until(/^\? quit\n24 80\n\?/m);
    await tool.run("processman stop repl");
    await screen.until(
      /\nprocessman: repl was stopped\nstatus 143\n\$ ?$/m,
    );
    const logs = await tool.run("processman logs --no-prefix repl");
    assertMatch(logs.stdout, /\ngot one\n/);
    assert(!logs.stdout.includes("\r"));
  },
});

Deno.test({
  name: "attach: gives the terminal back on every end, and leaves nothing",
  ignore,
  async fn() {
    await using desk = await Desk.open({ columns: 200, rows: 60 });
    const { screen, tool } = desk;
    const script = "a=$(stty -g); processman attach repl; s=$?; " +
      '[ "$a" = "$(stty -g)" ]; echo "same $? status $s"\n';
    const end = async (signal: Deno.Signal) => {
      const pid = await desk.pid();
      assert(pid !== undefined);
      Deno.kill(pid, signal);
    };
    const ends: [how: () => unknown, status: number][] = [
      [() => screen.press("C-p", "C-q"), 0],
      [() => end("SIGTERM"), 143],
      [() => end("SIGHUP"), 129],
    ];
    for (const [how, status] of ends) {
      await clear(screen);
      await screen.type(script);
      await screen.until(/FULL|attached(.*\n)+\?$/m);
      await screen.type("full\n");
      // The program has the whole screen, without the shell.
      await screen.until(/^FULL/);
      await how();
      await screen.until(new RegExp(`\nsame 0 status ${status}\n`));
      assertEquals(await screen.shown("cursor_flag"), "1");
      assertEquals(await screen.shown("alternate_on"), "0");
    }
    await clear(screen);
    await screen.type(script);
    await screen.until(/FULL|attached/);
    const shell = await screen.shown("pane_pid");
    Deno.kill(Number(shell), "SIGKILL");
    await gone(desk);
    const { stdout } = await tool.run("processman ps");
    assertMatch(stdout, /^repl +running/m);
  },
});

Deno.test({
  name: "attach: a program that does not read can still be left",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman attach deaf\n");
    await screen.until(/^up$/m);
    const text = "x".repeat(8_000);
    for (let i = 0; i < 30; i++) await screen.type(text);
    await screen.press("C-p", "C-q");
    await screen.until(/detached from deaf/);
  },
});

Deno.test({
  name: "attach: many lines do not hold back the process, nor the keys",
  ignore,
  async fn() {
    await using desk = await Desk.open();
    const { screen } = desk;
    await screen.type("processman attach repl\n");
    await screen.until(/^\?$/m);
    await screen.type("flood\n");
    await screen.until(new RegExp(`^${LINES}\ngot flood\n`, "m"), 120_000);
    // 10,000 lines a second, until Ctrl-C.
    await screen.type("noise\n");
    await screen.until(/^499\n500$/m);
    await screen.press("C-p", "C-q");
    await screen.until(/detached from repl\n\$$/m);
    await clear(screen);
    await screen.type("processman attach repl\n");
    await screen.until(/^499\n500$/m);
    await screen.press("C-c");
    await screen.until(/^got noise\n\?$/m);
  },
});
