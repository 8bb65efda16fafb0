import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { hasScreens, openScreen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { AttachedScreen } from "./attach_screen.ts";
import { detachKeys, KeyWatch } from "./detach_keys.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys") ||
  !await hasScreens();

const CONFIG = `
processes:
  shell:
    shell: echo begin; exec sh
    tty: true
    env: { PS1: "in> " }
    restart: { backoff: { constant: 10 } }
  lines: { shell: "while read l; do echo got $l; done", stdin: piped }
  plain: { command: [sleep, "600"] }
`;

Deno.test("Keys that detach are found, also in pieces, and nothing is lost", () => {
  const watch = new KeyWatch(detachKeys("ctrl-p,ctrl-q"));
  assertEquals(watch.read(Uint8Array.of(97, 16)), { pass: [97], over: false });
  assertEquals(watch.read(Uint8Array.of(98)), { pass: [16, 98], over: false });
  assertEquals(watch.read(Uint8Array.of(16, 16)), { pass: [16], over: false });
  assertEquals(watch.read(Uint8Array.of(17)), { pass: [], over: true });
  assertEquals(detachKeys("ctrl-X,d"), [24, 100]);
  assertThrows(() => detachKeys("ctrl-1"), Error, '"ctrl-1" is none');
});

Deno.test("A screen keeps the column, and undoes what a program leaves", () => {
  const screen = new AttachedScreen();
  const show = (text: string) => screen.show(new TextEncoder().encode(text));
  assertEquals(show("a\r\nb\nc\r"), "a\r\nb\x1bDc\r");
  assertEquals(
    show("\n\x1b[?1049h\x1b[?25l\x1b[?20"),
    "\n\x1b[?1049h\x1b[?25l\x1b[?20",
  );
  show("04h\x1b[?25h");
  assertEquals(screen.leave(), "\x1b[0m\x1b[?1049l\x1b[?2004l");
  assertEquals(screen.leave(), "\x1b[0m");
});

Deno.test({
  name: "attach types into a process on a terminal, and gives it back",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const { status, stderr } = await tool.run("processman up -d");
    assertEquals(status, 0, stderr);
    const piped = await tool.run("echo hi | processman attach lines");
    assertEquals([piped.status, piped.stdout], [0, "got hi\n"], piped.stderr);
    await using screen = await openScreen({ cwd: tool.folder, env: tool.env });
    await screen.type("processman attach shell; echo status $?; stty -a\n");
    await screen.until(/attached to shell; ctrl-p,ctrl-q detaches\n(.*\n)*in>/);
    await screen.type("stty size\n");
    await screen.until(/\n24 80\n/);
    await screen.resize(200, 60);
    await screen.type("sleep 0.2; stty size\n");
    await screen.until(/\n60 200\n/);
    await screen.press("C-p", "C-q");
    await screen.until(/detached from shell\n(.*\n)*status 0\n(.*\n)*.* echo /);
    await screen.type("clear; processman attach shell; echo status $?\n");
    await screen.until(/attached to shell.*\n(.*\n)*in>/);
    await screen.type("kill -9 $$\n");
    await screen.until(/kill -9.*\n(.*\n)*begin\n(.*\n)*in>/);
    await screen.type("echo again-$((1+1))\n");
    await screen.until(/again-2\n/);
    await tool.run("processman kill shell");
    const end = await screen.until(/status \d+\n/);
    assertMatch(end, /shell was stopped\n/);
    await screen.type("clear; processman attach plain; echo status $?\n");
    await screen.until(/has no stdin: that needs `tty: true` or/);
    await screen.press("C-c");
    await screen.until(/status 0\n/);
  },
});
