import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { mock } from "node:test";
import { Guard, SCRIPT } from "./guard.ts";
import { Processman } from "./mod.ts";
import { ProcessTable } from "./process_table.ts";
import { Run } from "./run.ts";
import { Spawner } from "./spawn.ts";
import { Ending } from "./stop.ts";
import { alive, lineOf, outputOf, runScript } from "./tools/testing.ts";

const RULES = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
  final: false,
} as const;

function start(script: string, group: boolean = true): Run {
  const args = ["-c", script];
  return new Run({
    name: "test",
    program: "sh",
    command: { args, stdin: "null", stdout: "null", stderr: "null" },
    group,
    spawner: new Spawner(),
  });
}

/** The shells that there are on this machine, besides the one that `sh` is. */
async function shells(): Promise<[string, ...string[]][]> {
  const all: [string, ...string[]][] = [["sh"]];
  for (const shell of ["dash", "bash", "busybox"]) {
    const found = await outputOf("sh", "-c", `command -v ${shell}`);
    if (found) all.push(shell === "busybox" ? [shell, "sh"] : [shell]);
  }
  return all;
}

Deno.test("SCRIPT ends what has begun and not ended, in every shell", async (t) => {
  for (const [shell, ...args] of await shells()) {
    await t.step([shell, ...args].join(" "), async () => {
      const group = start("sleep 500 & sleep 500 & wait");
      const stubborn = start("trap '' TERM; while :; do sleep 1; done");
      const single = start("exec sleep 500", false);
      const ended = start("exec sleep 500");
      const guard = new Deno.Command(shell, {
        args: [...args, "-c", SCRIPT],
        clearEnv: true,
        stdin: "piped",
      }).spawn();
      const writer = guard.stdin.getWriter();
      await writer.write(new TextEncoder().encode(
        [
          `+ ${group.pid} -${group.pid} TERM 9`,
          `+ ${stubborn.pid} -${stubborn.pid} TERM 1`,
          `+ ${ended.pid} -${ended.pid} TERM 9`,
          `+ ${single.pid} ${single.pid} INT 9`,
          `- ${ended.pid}`,
          "",
        ].join("\n"),
      ));
      assert(group.alive && stubborn.alive && single.alive && ended.alive);
      await writer.close();
      assertEquals((await group.status).signal, "SIGTERM");
      assertEquals((await single.status).signal, "SIGINT");
      // A signal may come before the trap is set.
      assert(
        ["SIGKILL", "SIGTERM"].includes((await stubborn.status).signal ?? ""),
      );
      assertEquals((await guard.status).code, 0);
      assert(ended.alive);
      await new Ending(ended, RULES, new ProcessTable()).done;
    });
  }
});

Deno.test("Guard starts with the first run and ends when it is closed", async () => {
  const guard = new Guard(() => {});
  assertEquals(guard.pid, undefined);
  const run = start("exec sleep 500");
  guard.watch(run, RULES);
  const { pid } = guard;
  assert(pid !== undefined && await alive(pid));
  const other = start("exec sleep 500");
  guard.watch(other, RULES);
  assertEquals(guard.pid, pid);
  for (const each of [run, other]) {
    await new Ending(each, RULES, new ProcessTable()).done;
    guard.forget(each);
  }
  await guard.close();
  assert(!await alive(pid));
});

Deno.test("Guard is put in place again when it died", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    console.log("child " + pm.command("sleep", ["500"]).pid);
    await pm.finished;
  `);
  const child = Number((await lineOf(parent, /^child/)).slice(6));
  const guards = async () =>
    (await outputOf(
      "sh",
      "-c",
      `ps -A -o pid=,ppid=,args= | grep 'while rea[d]'`,
    ))
      .split("\n").map((row) => row.trim().split(/\s+/).map(Number))
      .filter(([, ppid]) => ppid === parent.pid).map(([pid]) => pid ?? 0);
  const [first] = await guards();
  assert(first !== undefined);
  Deno.kill(first, "SIGKILL");
  let next: number[] = [];
  while (next.length === 0 || next[0] === first) next = await guards();
  assertNotEquals(next[0], first);
  parent.signal("SIGKILL");
  await parent.finished;
  while (await alive(child));
  while (await alive(next[0] ?? 0));
});

Deno.test("Guard lets each run end in its own time at an uncaught error", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const script = (name) =>
      "trap 'echo " + name + " was asked; exit' TERM; echo ready >&2; exec 2>/dev/null; " +
      "while :; do sleep 0.01; done";
    const start = async (name, options) => {
      const job = pm.command("sh", ["-c", script(name)], {
        stdout: "inherit",
        ...options,
      });
      for await (const { text } of job.lines()) if (text === "ready") break;
      return job;
    };
    await pm.command("true").finished; // there were no runs for a moment
    await start("first");
    await start("second");
    await start("alone", { group: false });
    const job = await start("restarted");
    await job.restart({ signal: "SIGKILL" });
    for await (const { run } of job.lines({})) if (run === 2) break;
    throw new Error("uncaught");
  `);
  await parent.finished;
  for (const name of ["first", "second", "alone", "restarted"]) {
    await lineOf(parent, `${name} was asked`);
  }
});

Deno.test("Guard keeps the program alive as long as there are runs", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    for (let i = 0; i < 2; i++) {
      pm.command("sh", ["-c", "sleep 0.3; exit 1"], {
        stdout: "null",
        stderr: "null",
        restart: { policy: "never" },
      }).finished.then(({ code }) => console.log("code", code));
    }
  `);
  assertEquals((await parent.finished).code, 0);
  assertEquals(parent.tail().map(({ text }) => text), ["code 1", "code 1"]);
});

Deno.test("Guard is given up with one warning when it dies again and again", async () => {
  const warnings: string[] = [];
  const guard = new Guard((message) => warnings.push(message));
  const run = start("exec sleep 500");
  const spawn = Deno.Command.prototype.spawn;
  const starts: Deno.ChildProcess[] = [];
  const stub = mock.method(
    Deno.Command.prototype,
    "spawn",
    function (this: Deno.Command) {
      const child = spawn.call(this);
      child.kill("SIGKILL");
      starts.push(child);
      return child;
    },
  );
  try {
    guard.watch(run, RULES);
    for (let i = 0; i < 3; i++) {
      await starts[i]?.status;
      await Promise.resolve();
    }
    assertEquals(starts.length, 3);
    guard.watch(run, RULES);
    assertEquals(starts.length, 3);
    assertEquals(warnings.length, 1);
    await guard.close();
  } finally {
    stub.mock.restore();
    await new Ending(run, RULES, new ProcessTable()).done;
  }
});

Deno.test("Guard that cannot be started is tried again with the next run", async () => {
  const warnings: string[] = [];
  const guard = new Guard((message) => warnings.push(message));
  const run = start("exec sleep 500");
  const stub = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Error("Too many open files");
  });
  for (let i = 0; i < 4; i++) guard.watch(run, RULES);
  stub.mock.restore();
  assertEquals(warnings.length, 1);
  assert(warnings[0]?.endsWith("Too many open files"), warnings[0]);
  await new Ending(run, RULES, new ProcessTable()).done;
  await guard.close();
});

Deno.test("Guard that does not read holds nobody up", async () => {
  const pm = new Processman({ logger: null });
  const first = pm.command("sleep", ["500"]);
  const rows = await outputOf(
    "sh",
    "-c",
    "ps -A -o pid=,ppid=,args= | grep 'while rea[d]'",
  );
  const guard = rows.split("\n").map((row) =>
    row.trim().split(/\s+/).map(Number)
  )
    .find(([, ppid]) => ppid === Deno.pid)?.[0];
  assert(guard !== undefined);
  Deno.kill(guard, "SIGSTOP");
  for (let i = 0; i < 50; i++) await pm.command("true").finished;
  await first.stop();
  await pm.shutdown();
  assert(!await alive(guard));
});

Deno.test("Guard that does not read is replaced before much waits for it", async () => {
  const guard = new Guard(() => {});
  const run = start("exec sleep 500");
  guard.watch(run, RULES);
  const { pid } = guard;
  assert(pid !== undefined);
  Deno.kill(pid, "SIGSTOP");
  // Enough, however few digits the process ID has.
  for (let i = 0; i < 60_000; i++) {
    guard.forget(run);
    guard.watch(run, RULES);
  }
  while (await alive(pid));
  while (guard.pid === pid || guard.pid === undefined) await outputOf("true");
  await new Ending(run, RULES, new ProcessTable()).done;
  guard.forget(run);
  await guard.close();
});

Deno.test("Processman leaves processes alone with orphans: leave", async (t) => {
  for (
    const [end, does] of [["SIGKILL", ""], [null, "Deno.exit(0);"]] as const
  ) {
    await t.step(end ?? "Deno.exit()", async () => {
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null, orphans: "leave" });
        const child = pm.command("sleep", ["500"], { stdout: "null", stderr: "null" });
        console.log(child.pid);
        ${does}
        await pm.finished;
      `);
      const child = Number(await lineOf(parent, /^\d+$/));
      if (end) parent.signal(end);
      await parent.finished;
      assert(await alive(child));
      Deno.kill(child, "SIGKILL");
    });
  }
});
