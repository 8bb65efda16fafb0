import { assert, assertEquals, assertMatch } from "@std/assert";
import { hasTerminals, numbersOf, openTerminal } from "../tools/terminal.ts";
import { lineOf, outputOf, runScript } from "../tools/testing.ts";

const ignore = !hasTerminals();

/** A column of the row that the process table has for a process. */
function column(pid: number | undefined, name: string): Promise<string> {
  return outputOf("ps", "-o", `${name}=`, "-p", `${pid}`);
}

/** Waits until a process has a state, which nothing announces. */
async function becomes(pid: number | undefined, state: string): Promise<void> {
  const wait = `until ps -o stat= -p ${pid} | grep -q ^${state}; do :; done`;
  await outputOf("sh", "-c", wait);
}

/** Waits until processes have ended that are no children of this program. */
async function gone(...pids: number[]): Promise<void> {
  for (const pid of pids) {
    const wait = `while ps -o stat= -p ${pid} | grep -q '^[^Z]'; do :; done`;
    await outputOf("sh", "-c", wait);
  }
}

/** A program with a process in a session of its own, and one without. */
const TWO = `
  import { Processman } from "@isbm/processman";
  await using pm = new Processman({ logger: null });
  const own = pm.command("sleep", ["500"]);
  const shared = pm.command("sleep", ["500"], { group: false });
  console.log("pids", Deno.pid, own.pid, shared.pid);
  await pm.finished;
`;

Deno.test({
  name: "docs/terminal.md: Ctrl-Z suspends the program, not its processes",
  ignore,
  async fn() {
    const program = `
      import { constant, Processman } from "@isbm/processman";
      await using pm = new Processman({ logger: null });
      const restart = { backoff: constant(10) };
      const own = pm.command("sleep", ["500"], { restart });
      const shared = pm.command("sleep", ["500"], { group: false });
      console.log("pids", Deno.pid, own.pid, shared.pid);
      const tell = async () => {
        for await (const { kind, name, run } of pm.events()) {
          if (kind === "start") console.log(name, run, "runs");
        }
      };
      tell();
      await pm.finished;
    `;
    await using terminal = openTerminal(
      program,
      "$RUN; echo suspended; read line; fg >/dev/null",
    );
    const { process } = terminal;
    const [own = 0, child = 0, shared = 0] = await numbersOf(process, "pids");
    await terminal.type("\x1a");
    await lineOf(process, /suspended/);
    await becomes(own, "T");
    await becomes(shared, "T");
    assertMatch(await column(child, "stat"), /^S/);
    Deno.kill(child, "SIGKILL");
    await becomes(child, "Z");
    await terminal.type("\n");
    await lineOf(process, /^sleep 2 runs/);
    await becomes(shared, "S");
    await terminal.type("\x03");
    await process.finished;
    await gone(own, child, shared);
  },
});

Deno.test({
  name: "docs/terminal.md: SIGHUP of a closed terminal stops the processes",
  ignore,
  async fn() {
    await using terminal = openTerminal(TWO, "$RUN");
    const pids = await numbersOf(terminal.process, "pids");
    const [own, child, shared] = pids;
    assertMatch(await column(own, "tty"), /^pts/);
    assertMatch(await column(shared, "tty"), /^pts/);
    assertEquals(await column(child, "tty"), "?");
    await terminal.process.kill();
    await gone(...pids);
  },
});

Deno.test({
  name: "docs/terminal.md: a program in its own session outlives the terminal",
  ignore,
  async fn() {
    const script = "echo shell $$; THROUGH=setsid; $RUN";
    await using terminal = openTerminal(TWO, script);
    const [shell = 0] = await numbersOf(terminal.process, "shell");
    const pids = await numbersOf(terminal.process, "pids");
    await terminal.process.kill();
    await gone(shell);
    for (const pid of pids) assertMatch(await column(pid, "stat"), /^[SR]/);
    Deno.kill(pids[0] ?? 0, "SIGTERM");
    await gone(...pids);
  },
});

/** A shell that says by which signal it was asked to end. */
const TELLS = 'for s in HUP TERM; do trap "echo got $s; exit" $s; done; ' +
  "echo ready; while :; do sleep 0.01; done";

Deno.test("docs/terminal.md: nohup does not protect a Deno program", async () => {
  const script = `
    import { Processman, printOutput } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    printOutput(pm);
    pm.command("sh", ["-c", ${JSON.stringify(TELLS)}], { name: "child" });
    await pm.finished;
  `;
  // What `nohup` does, too.
  await using parent = runScript(script, { limits: "trap '' HUP" });
  await lineOf(parent, "child | ready");
  parent.signal("SIGHUP");
  await lineOf(parent, "child | got TERM");
  await parent.finished;

  await using plain = runScript(
    "setInterval(() => {}, 1_000); console.log('ready')",
    { limits: "trap '' HUP" },
  );
  await lineOf(plain, "ready");
  // Deno begins to listen to it a moment after the first line of a program.
  const hangUp = `while kill -HUP ${plain.pid}; do sleep 0.01; done`;
  await outputOf("sh", "-c", `${hangUp} 2>/dev/null`);
  assertEquals((await plain.finished).signal, "SIGHUP");
});

Deno.test("docs/terminal.md: a program that listens to SIGHUP goes on", async () => {
  const script = `
    import { Processman, printOutput } from "@isbm/processman";
    const pm = new Processman({ logger: null, signals: ["SIGTERM", "SIGINT"] });
    Deno.addSignalListener("SIGHUP", () => console.log("goes on", child.pid));
    printOutput(pm);
    const child = pm.command("sh", ["-c", ${JSON.stringify(TELLS)}], {
      name: "child",
    });
    await pm.finished;
  `;
  await using parent = runScript(script);
  await lineOf(parent, "child | ready");
  parent.signal("SIGHUP");
  await lineOf(parent, /^goes on \d+$/);
  parent.signal("SIGTERM");
  await lineOf(parent, "child | got TERM");
  parent.signal("SIGKILL");
  await parent.finished;
  const said = parent.tail(100).map(({ text }) => text);
  assert(!said.includes("child | got HUP"));
});

Deno.test({
  name: "docs/terminal.md: a resize reaches the program, not its processes",
  ignore,
  async fn() {
    const view = "trap 'echo resized' WINCH; trap 'echo asked' USR1; " +
      "echo ready; while :; do sleep 0.01; done";
    // Each line is answered, so that a resize that comes besides is counted.
    const program = `
      import { Processman } from "@isbm/processman";
      await using pm = new Processman({ logger: null });
      const args = ["-c", ${JSON.stringify(view)}];
      const own = pm.command("sh", args);
      const shared = pm.command("sh", args, { group: false });
      Deno.addSignalListener("SIGWINCH", () => own.signal("SIGUSR1"));
      (async () => {
        for await (const { text } of shared.lines()) console.log("shared", text);
      })();
      const said = [];
      for await (const { text } of own.lines()) {
        said.push(text);
        if (text === "ready") console.log("own ready");
        if (text === "resized") own.signal("SIGUSR1");
        const asked = said.filter((line) => line === "asked").length;
        if (text === "asked" && asked === 1) own.signal("SIGWINCH");
        if (text === "asked" && asked === 2) console.log("own", said.join());
      }
    `;
    await using terminal = openTerminal(program, "tty; $RUN");
    const { process } = terminal;
    const tty = (await lineOf(process, /^\/dev\/pts/)).trim();
    await lineOf(process, /^own ready/);
    await lineOf(process, /^shared ready/);
    await outputOf("stty", "-F", tty, "cols", "99");
    await lineOf(process, /^shared resized/);
    const own = await lineOf(process, /^own ready,/);
    assertEquals(own.trim(), "own ready,asked,resized,asked");
    await terminal.type("\x03");
    await process.finished;
  },
});

Deno.test("docs/terminal.md: printOutput() passes on what clears the screen", async () => {
  const script = `
    import { printOutput, Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const printed = printOutput(pm);
    pm.command("printf", ["\\\\033[2J\\\\033[Hcompiled\\\\n"], { name: "tsc" });
    await pm.finished;
    await pm.shutdown();
    await printed;
  `;
  await using parent = runScript(script);
  await lineOf(parent, "tsc | \x1b[2J\x1b[Hcompiled");
  await parent.finished;
});
