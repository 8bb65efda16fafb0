/**
 * Processes on terminals of their own.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  checkCommandOptions,
  type CommandOptions,
  constant,
  type Process,
  Processman,
  SpawnError,
  TerminalInput,
} from "./mod.ts";
import {
  alive,
  lineOf,
  outputOf,
  permitted,
  runScript,
  systemTable,
} from "./tools/testing.ts";

const ignore = Deno.build.os !== "linux" || !permitted("run", "ffi");

const silent = { logger: null };

/** Runs a shell script on a terminal. */
function start(
  pm: Processman,
  script: string,
  options: CommandOptions = {},
): Process {
  const restart = { policy: "never" } as const;
  return pm.command("sh", ["-c", script], { tty: true, restart, ...options });
}

/** Types a text. */
async function type(job: Process, text: string): Promise<void> {
  const writer = job.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

/** Returns the lines of a process that has ended. */
async function linesOf(job: Process): Promise<string[]> {
  const lines = await Array.fromAsync(job.lines());
  return lines.map(({ text }) => text);
}

function inputOf(job: Process): TerminalInput {
  const { stdin } = job;
  assert(stdin instanceof TerminalInput);
  return stdin;
}

Deno.test({
  name: "tty: a program has a terminal, and its lines are clean",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(
      pm,
      `test -t 0 && test -t 1 && test -t 2 && stty size && echo $TERM
       read -r name; echo "hello $name" >&2; ps -o sess= -p $$ | grep -qw $$
       exit $((3 + $?))`,
    );
    await lineOf(job, /^xterm/);
    await type(job, "you\n");
    assertEquals((await job.finished).code, 3);
    // The terminal shows what is typed.
    assertEquals(await linesOf(job), [
      "24 80",
      "xterm-256color",
      "you",
      "hello you",
    ]);
  },
});

Deno.test({
  name: "tty: each end of a program is that of its process",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const ends: [script: string, code: number, signal: string | null][] = [
      ["exit 0", 0, null],
      ["exit 130", 130, null],
      ["kill -TERM $$", 143, "SIGTERM"],
      ["kill -KILL $$", 137, "SIGKILL"],
    ];
    for (const [script, code, signal] of ends) {
      const status = await start(pm, script).finished;
      assertEquals([status.code, status.signal], [code, signal], script);
    }
    const job = start(pm, "sleep 500; echo no");
    // Ctrl-C is for what runs in the foreground, as on any terminal.
    await lineOf(
      start(
        pm,
        `until ps -o args= -t "$T" | grep -q '^sleep 500'
      do :; done; echo ready`,
        { env: { T: await terminalOf(job) } },
      ),
      /ready/,
    );
    await type(job, "\x03");
    assertEquals((await job.finished).signal, "SIGINT");
    assertEquals(await linesOf(job), ["^C"]);
  },
});

/** Returns the terminal of a process, such as `pts/3`. */
async function terminalOf({ pid }: Process): Promise<string> {
  let name;
  do name = (await outputOf("ps", "-o", "tty=", "-p", `${pid}`)).trim(); while (
    name === "?"
  );
  return name;
}

Deno.test({
  name: "tty: all output of a program that ends at once arrives",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(pm, "seq 1 20000; exit 7");
    const lines = await linesOf(job);
    assertEquals(lines.length, 20_000);
    assertEquals(lines.at(-1), "20000");
    assertEquals((await job.finished).code, 7);
  },
});

Deno.test({
  name: "tty: a terminal can be resized, for this run and the next ones",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(
      pm,
      "trap 'stty size; exit 1' WINCH; stty size; while :; do sleep 0.02; done",
      { restart: { backoff: constant(0), limit: { restarts: 1 } } },
    );
    await lineOf(job, /^24 80/);
    inputOf(job).resize({ columns: 200, rows: 60 });
    await lineOf(job, /^60 200/);
    inputOf(job).resize({ columns: 200, rows: 60 });
    assertEquals(inputOf(job).size, { columns: 200, rows: 60 });
    // The second run begins with the size.
    await lineOf(job, /^60 200/);
    await job.stop();
    assertThrows(
      () => inputOf(job).resize({ columns: 0, rows: 24 }),
      RangeError,
      'Option "columns" must be a whole number from 1 to 65535: current value is 0',
    );
  },
});

/** Starts what does not end when its terminal hangs up. */
const STUBBORN = `set -m; trap "" HUP
  (trap "" TERM; echo a; sleep 500) &
  sh -c 'echo b; sleep 500' &
  sleep 0.05; echo "pids $(ps -o pid= -s $$ | tr -s '\\n ' ' ')"; exec sleep 500`;

Deno.test({
  name: "tty: a stop and a kill leave nothing in the session",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    for (const how of ["stop", "kill"] as const) {
      const job = start(pm, STUBBORN);
      await lineOf(job, /^pids/);
      const { pid = 0 } = job;
      const before = await systemTable().look();
      assert((before?.session(pid).length ?? 0) >= 4, how);
      const { survivors, escaped } = how === "stop"
        ? await job.stop({ gracePeriodMs: 200 })
        : await job.kill();
      assertEquals([survivors, escaped], [[], []]);
      const after = await systemTable().look();
      assertEquals(after?.session(pid), []);
    }
  },
});

Deno.test({
  name: "tty: what a run leaves behind when it crashes is ended",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(pm, `${STUBBORN.replace("exec sleep 500", "exit 1")}`, {
      restart: { policy: "never", leftovers: { gracePeriodMs: 100 } },
    });
    const pids = (await lineOf(job, /^pids/)).match(/\d+/g)?.map(Number) ?? [];
    assertEquals((await job.finished).code, 1);
    assertEquals(await Promise.all(pids.map(alive)), pids.map(() => false));
  },
});

Deno.test({
  name: "tty: the guard ends everything after SIGKILL to the program",
  ignore,
  async fn() {
    await using parent = runScript(
      `
      import { Processman } from "@isbm/processman";
      const pm = new Processman({ logger: null });
      const job = pm.command("sh", ["-c", ${JSON.stringify(STUBBORN)}], {
        tty: true,
        stop: { gracePeriodMs: 300 },
      });
      for await (const { text } of job.lines()) {
        if (text.startsWith("pids")) console.log(text);
        if (text.startsWith("pids")) Deno.kill(Deno.pid, "SIGKILL");
      }`,
      { permission: "--allow-run", flags: ["--allow-ffi"] },
    );
    const pids = (await lineOf(parent, /^pids/)).match(/\d+/g) ?? [];
    assert(pids.length >= 4);
    await parent.finished;
    while ((await Promise.all(pids.map(Number).map(alive))).includes(true));
  },
});

Deno.test({
  name: "tty: a program that does not read holds back what is typed",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(pm, "stty raw -echo; echo raw; sleep 500");
    await lineOf(job, /raw/);
    const writer = job.stdin.getWriter();
    // The write that does not fit fails when the program ends.
    const typed = writer.write(new Uint8Array(1_000_000).fill(97));
    const stopped = job.kill();
    await assertRejects(() => typed, TypeError, "it has ended");
    await stopped;
    writer.releaseLock();
  },
});

Deno.test({
  name: "tty: closing stdin types the end of the input",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const job = start(pm, "stty -echo; echo go; cat; echo end");
    await lineOf(job, /go/);
    await type(job, "one\n");
    await job.stdin.close();
    assertEquals(await linesOf(job), ["go", "one", "end"]);
  },
});

Deno.test({
  name: "tty: more terminals at once work than Deno has threads",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const jobs = Array.from(
      { length: 34 },
      (_, i) => start(pm, `read -r x; echo "$x ${i}"`),
    );
    for (const [i, job] of jobs.entries()) await type(job, `n${i}\n`);
    for (const [i, job] of jobs.entries()) {
      assertEquals(await linesOf(job), [`n${i}`, `n${i} ${i}`]);
    }
  },
});

Deno.test({
  name: "tty: a program runs as another user on a terminal of that user",
  ignore: ignore || Deno.uid() !== 0,
  async fn() {
    await using pm = new Processman(silent);
    for (const options of [{ user: "nobody" }, { uid: 65_534 }]) {
      const job = start(
        pm,
        `id -u; echo again >"$(tty)"; stat -c %u "$(tty)"`,
        options,
      );
      assertEquals(await linesOf(job), ["65534", "again", "65534"]);
    }
  },
});

Deno.test({
  name: "tty: hooks and stop commands have pipes, and leave no terminal",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    const script = "test -t 1 && echo terminal; seq 10000 20000 >&2; echo over";
    const files = () => Array.from(Deno.readDirSync("/proc/self/fd")).length;
    const once = async () => {
      const job = start(pm, "echo up; exec sleep 500", {
        before: ["sh", "-c", script],
        stop: { command: ["sh", "-c", `${script}; kill $PROCESSMAN_PID`] },
        after: ["sh", "-c", "test -t 1; echo $?"],
        output: { bufferBytes: 1_000_000 },
      });
      await lineOf(job, /up/);
      const { steps } = await job.stop();
      assertEquals(steps.map(({ signal }) => signal), [undefined]);
      return (await linesOf(job)).filter((text) => !/ \d{2,}$/.test(text));
    };
    const lines = ["[before] over", "up", "[stop] over", "[after] 1"];
    assertEquals((await once()).sort(), lines.toSorted());
    const before = files();
    await once();
    assertEquals(files(), before);
  },
});

Deno.test({
  name: "tty: a program that is missing is an error, not an exit",
  ignore,
  async fn() {
    await using pm = new Processman(silent);
    for (const program of ["processman-none", "/processman/none", "./none"]) {
      assertThrows(
        () => pm.command(program, [], { tty: true }),
        SpawnError,
        program,
      );
    }
    const env = { LD_NONE: "1" };
    const job = pm.command("sh", ["-c", "tty"], { tty: true, env });
    assertStringIncludes((await linesOf(job))[0] ?? "", "/dev/pts/");
  },
});

Deno.test({
  name: "tty: needs a permission",
  ignore,
  async fn() {
    await using parent = runScript(`
      import { Processman } from "@isbm/processman";
      await using pm = new Processman({ logger: null });
      try {
        pm.command("true", [], { tty: true });
      } catch (error) {
        console.log(error.message);
      }
    `);
    assertEquals(await linesOf(parent), [
      'Cannot start process "true": Requires ffi access for the option "tty", run again with the --allow-ffi flag',
    ]);
  },
});

Deno.test("tty: cannot be combined with other streams, or without a session", () => {
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    assertThrows(
      () => checkCommandOptions({ tty: true, [name]: "piped" }, "web"),
      TypeError,
      `Option "web.tty" cannot be combined with "${name}", which is the terminal`,
    );
  }
  assertThrows(
    () => checkCommandOptions({ tty: true, group: false }),
    TypeError,
    'Option "tty" cannot be combined with "group: false", as a terminal needs a session',
  );
  checkCommandOptions({ tty: false, stdin: "piped", group: false });
});
