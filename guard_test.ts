import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { mock } from "node:test";
import { Ending } from "./ending.ts";
import { Guard, type GuardInfo } from "./guard.ts";
import { Processman } from "./mod.ts";
import { systemClock } from "./system.ts";
import {
  type Attack,
  attack,
  ended,
  ENDS,
  FIND_GUARD,
  MOMENTS,
  WORKER_ENDS,
} from "./tools/attack_guard.ts";
import {
  alive,
  KERNEL,
  lineOf,
  outputOf,
  permitted,
  ready,
  runScript,
  startRun,
  STOP,
  systemTable,
} from "./tools/testing.ts";

/** What a guard is told of a run. */
const INFO: GuardInfo = { ...STOP, name: "test", to: "group", streams: [] };

/**
 * Waits until no process has a file in its arguments, and returns what has been
 * written to the file, which it removes.
 */
async function written(file: string): Promise<string> {
  while ((await outputOf("ps", "-A", "-o", "args=")).includes(file));
  const text = await outputOf("cat", file);
  await outputOf("rm", file);
  return text;
}

/** Runs a script in a program that ends somehow once the script is ready. */
async function endWith(
  script: string,
  end: string = `Deno.kill(Deno.pid, "SIGKILL");`,
): Promise<void> {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const job = pm.command("sh", ["-c", ${JSON.stringify(script)}]);
    for await (const { text } of job.lines()) if (text === "ready") break;
    ${end}
  `);
  await parent.finished;
}

Deno.test("Guard starts with the first run and ends when it is closed", async () => {
  const guard = new Guard(systemClock, () => {});
  assertEquals(guard.pid, undefined);
  const run = startRun("exec sleep 500");
  guard.watch(run, INFO);
  const { pid } = guard;
  assert(pid !== undefined && await alive(pid));
  const other = startRun("exec sleep 500");
  guard.watch(other, INFO);
  assertEquals(guard.pid, pid);
  for (const each of [run, other]) {
    await new Ending(each, STOP, systemTable(), KERNEL).done;
    guard.forget(each);
  }
  await guard.close();
  assert(!await alive(pid));
});

Deno.test("Guard is replaced when it dies", async () => {
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
  // The runs outlive what reads their output: they write to a file.
  const file = await outputOf("mktemp");
  const script = `trap 'echo NAME was asked >>${file}; exit' TERM; echo ready
    exec >/dev/null 2>&1; while :; do sleep 0.01; done`;
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const script = (name) => ${JSON.stringify(script)}.replace("NAME", name);
    const start = async (name, program, args, options) => {
      const job = pm.command(program, [...args, script(name)], options);
      for await (const { text } of job.lines()) if (text === "ready") break;
      return job;
    };
    await pm.command("true").finished; // there were no runs for a moment
    await start("first", "sh", ["-c"]);
    await start("second", "sh", ["-c"]);
    // A session of its own, so that nothing but the guard asks it to end.
    await start("alone", "setsid", ["sh", "-c"], { group: false });
    const job = await start("restarted", "sh", ["-c"]);
    await job.restart({ signal: "SIGKILL" });
    for await (const { run } of job.lines({})) if (run === 2) break;
    throw new Error("uncaught");
  `);
  await parent.finished;
  assertEquals((await written(file)).split("\n").sort(), [
    "alone was asked",
    "first was asked",
    "restarted was asked",
    "second was asked",
  ]);
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
  const guard = new Guard(systemClock, (message) => warnings.push(message));
  const run = startRun("exec sleep 500");
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
    guard.watch(run, INFO);
    for (let i = 0; i < 3; i++) {
      await starts[i]?.status;
      await Promise.resolve();
    }
    assertEquals(starts.length, 3);
    guard.watch(run, INFO);
    assertEquals(starts.length, 3);
    assertEquals(warnings.length, 1);
    await guard.close();
  } finally {
    stub.mock.restore();
    await new Ending(run, STOP, systemTable(), KERNEL).done;
  }
});

Deno.test("Guard that cannot be started is tried again with the next run", async () => {
  const warnings: string[] = [];
  const guard = new Guard(systemClock, (message) => warnings.push(message));
  const run = startRun("exec sleep 500");
  const stub = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Error("Too many open files");
  });
  for (let i = 0; i < 4; i++) guard.watch(run, INFO);
  stub.mock.restore();
  assertEquals(warnings.length, 1);
  assert(warnings[0]?.endsWith("Too many open files"), warnings[0]);
  await new Ending(run, STOP, systemTable(), KERNEL).done;
  await guard.close();
});

Deno.test("Guard that does not read delays nothing", async () => {
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
  const guard = new Guard(systemClock, () => {});
  const run = startRun("exec sleep 500");
  guard.watch(run, INFO);
  const { pid } = guard;
  assert(pid !== undefined);
  Deno.kill(pid, "SIGSTOP");
  // Enough, however few digits the process ID has.
  for (let i = 0; i < 60_000; i++) {
    guard.forget(run);
    guard.watch(run, INFO);
  }
  while (await alive(pid));
  while (guard.pid === pid || guard.pid === undefined) await outputOf("true");
  await new Ending(run, STOP, systemTable(), KERNEL).done;
  guard.forget(run);
  await guard.close();
});

/** How often each attack is tried; `tools/attack_guard.ts` tries more often. */
const TRIES = Deno.args.includes("--full") ? 100 : 1;

const ATTACKS: Attack[] = [
  ...(Object.keys(ENDS) as (keyof typeof ENDS)[]).map((end) => (
    { moment: "first", commands: 1, workMs: 0, end } as const
  )),
  ...(Object.keys(MOMENTS) as (keyof typeof MOMENTS)[]).flatMap((moment) =>
    (["throw", "Deno.exit"] as const).map((end) => (
      { moment, commands: 30, workMs: 0, end } as const
    ))
  ),
  { moment: "after the guard died", commands: 1, workMs: 300, end: "throw" },
  { moment: "first", commands: 1, workMs: 0, end: "SIGKILL at once" },
  ...(Object.keys(WORKER_ENDS) as (keyof typeof WORKER_ENDS)[]).flatMap((end) =>
    [1, 30].map((commands) => (
      { moment: "first", commands, workMs: 0, end } as const
    ))
  ),
];

for (const each of ATTACKS) {
  const { moment, commands, workMs, end } = each;
  Deno.test({
    name:
      `Guard leaves nothing: ${end}, ${moment}, ${commands} commands, ${workMs} ms`,
    ignore: !permitted("read", "env"),
    async fn() {
      const root = new URL(".", import.meta.url).pathname.replace(/\/$/, "");
      for (let i = 0; i < TRIES; i++) {
        assertEquals(await attack(each, root), []);
      }
    },
  });
}

/** Kills the guard after a script that prints a process ID, at each end. */
async function withoutGuard(
  t: Deno.TestContext,
  script: string,
): Promise<void> {
  for (const [name, end] of Object.entries(ENDS)) {
    await t.step(name, async () => {
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        ${FIND_GUARD}
        ${script}
        Deno.kill(guard, "SIGKILL");
        ${end}
      `);
      const pid = Number(await lineOf(parent, /^\d+$/));
      await parent.finished;
      assertEquals(await ended([pid]), []);
    });
  }
}

Deno.test("Guard that dies after it was told is replaced at the end", (t) =>
  withoutGuard(
    t,
    `
    // What it is told waits in its pipe, and goes with it.
    Deno.kill(guard, "SIGSTOP");
    const { pid } = pm.command("sleep", ["500"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(pid);`,
  ));

Deno.test("Guard that dies before the last look at a run is replaced at the end", (t) =>
  withoutGuard(
    t,
    `
    // A shell that gives its jobs groups of their own, which only the last
    // look finds.
    const script = "set -m; sleep 500 >/dev/null 2>&1 & echo $!";
    const job = pm.command("bash", ["-c", script]);
    await job.finished;
    console.log(job.tail()[0].text);`,
  ));

Deno.test("Guard stays in place when an error is handled after it", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const child = pm.command("sleep", ["500"]);
    const other = pm.command("sleep", ["500"]);
    addEventListener("error", (event) => {
      event.preventDefault();
      console.log("handled");
      setTimeout(async () => {
        console.log(child.state.kind, other.state.kind);
        console.log("pids", child.pid, other.pid);
        await child.stop();
        console.log("stopped");
      }, 200);
    });
    queueMicrotask(() => { throw new Error("oh"); });
    await pm.finished;
  `);
  await lineOf(parent, "handled");
  await lineOf(parent, "running running");
  const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1).map(Number);
  await lineOf(parent, "stopped");
  parent.signal("SIGKILL");
  await parent.finished;
  assertEquals(await ended(pids), []);
});

Deno.test("Guard ends runs whatever their options are", async () => {
  const file = await outputOf("mktemp");
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const pids = [
      ["SIGPOLL", {}],
      ["SIGSTKFLT", {}],
      ["SIGTERM", { stop: { gracePeriodMs: Number.MAX_VALUE } }],
      ["SIGTERM", { name: "it's \\"$(touch /tmp/x)\\" \`x\` \\n %s \\\\ ü \u{1f600}" }],
      ["SIGTERM", { group: false }],
    ].filter(([signal]) => Deno.build.os === "linux" || signal === "SIGTERM")
      .map(([signal, options]) =>
        pm.command("sleep", ["500"], { stop: { signal }, ...options }).pid
      );
    const stopped = pm.command("sleep", ["500"]);
    stopped.signal("SIGSTOP");
    setTimeout(() => {
      console.log("pids", ...pids, stopped.pid);
      Deno.kill(Deno.pid, "SIGKILL");
    }, 50);
    await pm.finished;
  `);
  const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1).map(Number);
  await parent.finished;
  assertEquals(await ended(pids), []);
  await outputOf("rm", file);
});

Deno.test("Guard is not misled by names of processes", async () => {
  const named = (name: string) =>
    `printf '${name}' >/proc/self/comm 2>/dev/null; echo $$; sleep 500 & wait`;
  const names = ["a\\nb) S", ") S 1 1 1 1", "\\377\\376 (", "1 (x) R 1 2 3"];
  const outside = await Promise.all(
    names.map((name) => ready(named(name).replace("self", "$$"))),
  );
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const children = ${JSON.stringify(names)}.map((name) =>
      pm.command("bash", [
        "-c",
        "set -m; printf '" + name + "' >/proc/$$/comm 2>/dev/null; " +
          "sleep 500 & echo pids $$ $!; wait",
      ])
    );
    for (const child of children) {
      for await (const { text } of child.lines()) {
        console.log(text);
        break;
      }
    }
    Deno.kill(Deno.pid, "SIGKILL");
  `);
  await parent.finished;
  const pids = parent.tail(10).flatMap(({ text }) =>
    text.split(" ").slice(1).map(Number)
  );
  assertEquals(pids.length, 2 * names.length);
  assertEquals(await ended(pids), []);
  for (const { pid, child } of outside) {
    assert(await alive(pid));
    Deno.kill(-pid, "SIGKILL");
    await child.status;
  }
});

Deno.test("Guard waits for no pipe that has a name", async () => {
  const folder = await outputOf("mktemp", "-d");
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const pipe = ${JSON.stringify(`${folder}/pipe`)};
    // Its stdout is a pipe that nothing else writes to.
    const children = [
      pm.command("sh", [
        "-c",
        'mkfifo "$1"; exec 3<>"$1" 1<"$1" 3>&-; echo ready >&2; exec sleep 500',
        "sh",
        pipe,
      ]),
      pm.command("sh", ["-c", "echo ready; exec sleep 500"]),
    ];
    for (const child of children) {
      for await (const _ of child.lines()) break;
    }
    console.log("pids", ...children.map(({ pid }) => pid));
    Deno.kill(Deno.pid, "SIGKILL");
  `);
  const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1).map(Number);
  await parent.finished;
  const left = await ended(pids);
  for (const pid of left) Deno.kill(pid, "SIGKILL");
  await outputOf("rm", "-r", folder);
  assertEquals(left, []);
});

Deno.test("Guard lets programs write while they end", async () => {
  const count = 10;
  const file = await outputOf("mktemp");
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const script =
      "trap 'echo bye; echo bye >&2; echo done >>${file}; exit' TERM; echo ready; " +
      "while :; do sleep 0.05; done";
    const children = Array.from({ length: ${count} }, () =>
      pm.command("sh", ["-c", script]));
    for (const child of children) {
      for await (const { text } of child.lines()) if (text === "ready") break;
    }
    console.log("pids", ...children.map(({ pid }) => pid));
    Deno.kill(Deno.pid, "SIGKILL");
  `);
  const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1).map(Number);
  await parent.finished;
  assertEquals(await ended(pids), []);
  const done = (await outputOf("cat", file)).split("\n").length;
  await outputOf("rm", file);
  assert(done >= count * 0.95, `${done} of ${count}`);
});

Deno.test("Processman asks no process twice, however it ends after a stop", async (t) => {
  const stop = "job.stop().catch(() => {});";
  const later = `setTimeout(() => { throw new Error("oh"); }, 100);
    await new Promise(() => {});`;
  const ends = {
    error: `addEventListener("error", () => { ${stop} }); ${later}`,
    rejection: `addEventListener("unhandledrejection", () => { ${stop} });
      Promise.reject(new Error("oh"));`,
    throw: `${stop} throw new Error("oh");`,
    exit: `${stop} Deno.exit(3);`,
    later: `${stop} ${later}`,
    unload: `addEventListener("unload", () => { ${stop} }); Deno.exit(3);`,
  };
  for (const [name, end] of Object.entries(ends)) {
    await t.step(name, async () => {
      const file = await outputOf("mktemp");
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        const job = pm.command("sh", ["-c",
          // A shell writes that its child was terminated, into a pipe that is gone.
          "exec 2>/dev/null; trap 'echo asked >>${file}' TERM; echo ready; n=0; " +
          "while [ $n -lt 15 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done"]);
        for await (const { text } of job.lines()) if (text === "ready") break;
        console.log("pids", job.pid);
        ${end}
      `);
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
      await parent.finished;
      assertEquals(await ended(pids.map(Number)), []);
      assertEquals(await outputOf("cat", file), "asked");
      await outputOf("rm", file);
    });
  }
});

Deno.test("Guard leaves nothing of what is started when an error comes", async (t) => {
  const programs = {
    error: "setTimeout(() => { throw new Error('oh'); });",
    unhandledrejection: "Promise.reject(new Error('oh'));",
  };
  for (const [type, program] of Object.entries(programs)) {
    await t.step(type, async () => {
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        await pm.command("true").finished;
        pm.command("sleep", ["500"]);
        addEventListener("${type}", () => {
          const pids = [1, 2, 3].map(() => pm.command("sleep", ["500"]).pid);
          console.log("pids", ...pids);
        });
        ${program}
      `);
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
      await parent.finished;
      assertEquals(await ended(pids.map(Number)), []);
    });
  }
});

Deno.test("Guard that knows all is trusted where another cannot be started", async (t) => {
  const full = `const files = [];
    try {
      while (true) files.push(new Deno.Command("true", { stdin: "piped" }).spawn());
    } catch { /* There are no descriptors left. */ }`;
  const revoke = `Deno.permissions.revokeSync({ name: "run" });`;
  const ends = {
    throw: `throw new Error("oh");`,
    exit: "Deno.exit(3);",
    handled: `addEventListener("unhandledrejection", (event) => {
        event.preventDefault();
        setTimeout(() => { console.log(job.state.kind); Deno.exit(); }, 50);
      });
      Promise.reject(new Error("oh"));`,
  };
  for (const [why, way] of Object.entries({ full, revoke })) {
    for (const [how, end] of Object.entries(ends)) {
      await t.step(`${why}, ${how}`, async () => {
        const file = await outputOf("mktemp");
        await using parent = runScript(
          `
          import { Processman } from "@isbm/processman";
          const pm = new Processman({ logger: null });
          await pm.command("true").finished;
          const job = pm.command("sh", ["-c",
            "exec 2>/dev/null; trap 'echo asked >>${file}' TERM; echo ready; n=0; " +
            "while [ $n -lt 15 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done"]);
          for await (const { text } of job.lines()) if (text === "ready") break;
          ${way}
          ${end}
        `,
          { limits: "ulimit -n 100" },
        );
        await parent.finished;
        assertEquals(await written(file), "asked");
        if (how === "handled") {
          assertEquals(parent.tail(1).map(({ text }) => text), ["running"]);
        }
      });
    }
  }
});

Deno.test("Guard keeps the grace period of a stop that is under way", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const job = pm.command("sh", ["-c",
      "trap '' TERM; echo ready; while :; do sleep 0.02; done"]);
    for await (const { text } of job.lines()) if (text === "ready") break;
    // Clocks in seconds differ most at this point of a second.
    const now = Date.now() % 1_000;
    await new Promise((go) => setTimeout(go, (1_900 - now) % 1_000));
    console.log("stop", job.pid, Date.now());
    job.stop({ gracePeriodMs: 1_000 });
    setTimeout(() => Deno.exit(), 150);
  `);
  const [, pid, at] = (await lineOf(parent, /^stop/)).split(" ").map(Number);
  await parent.finished;
  assertEquals(await ended([pid ?? 0]), []);
  assertLess(999, Date.now() - (at ?? 0));
});

Deno.test("Guard leaves nothing, whatever a program does as it unloads", async (t) => {
  const start =
    `const pids = [1, 2, 3].map(() => pm.command("sleep", ["500"]).pid);
    console.log("pids", ...pids);`;
  const programs = {
    "starts something": `addEventListener("unload", () => { ${start} });`,
    "starts more": `addEventListener("unload", () => { ${start} });
      await pm.command("true").finished;`,
    "exits": `addEventListener("unload", () => Deno.exit(3)); ${start}`,
    "stops the event": `addEventListener("unload", (event) =>
      event.stopImmediatePropagation()); ${start}`,
  };
  for (const [name, program] of Object.entries(programs)) {
    await t.step(name, async () => {
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        ${program}
        Deno.exit();
      `);
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
      await parent.finished;
      assertEquals(await ended(pids.map(Number)), []);
    });
  }
});

Deno.test("Guard goes on with a stop as it was asked for", async (t) => {
  const cases = [["group", "leader"], ["leader", "group"]] as const;
  for (const [own, to] of cases) {
    await t.step(`to the ${to}, by default to the ${own}`, async () => {
      const file = await outputOf("mktemp");
      // It has a worker, and the time to hear a signal twice.
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        const job = pm.command("sh", ["-c", \`
          exec 2>/dev/null; trap 'echo leader >>${file}; echo asked' TERM
          (trap 'echo worker >>${file}' TERM; echo ready; n=0
            while [ $n -lt 15 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done) &
          n=0; while [ $n -lt 5 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done\`],
          { stop: { to: "${own}" } });
        for await (const { text } of job.lines()) {
          if (text === "ready") job.stop({ to: "${to}" }).catch(() => {});
          if (text === "asked") break;
        }
        console.log("pids", job.pid);
        Deno.exit();
      `);
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
      await parent.finished;
      assertEquals(await ended(pids.map(Number)), []);
      // ended() waited for the leader. Now wait for the worker.
      const asked = (await written(file)).split("\n").sort();
      assertEquals(asked, ["leader", "worker"]);
    });
  }
});

Deno.test("Processman asks each run once at a signal, whatever the program does then", async (t) => {
  const later = `setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"), 5);`;
  const reactions = {
    "nothing": "",
    "a shutdown": "pm.shutdown();",
    "a stop of the group": `job.stop({ to: "group" });`,
    "Deno.exit()": "Deno.exit();",
    "an error": `throw new Error("on purpose");`,
    "SIGKILL some milliseconds later": later,
    "a stop of the group and Deno.exit()":
      `job.stop({ to: "group" }); Deno.exit();`,
    "a stop of the group and SIGKILL": `job.stop({ to: "group" }); ${later}`,
  };
  for (const [name, reaction] of Object.entries(reactions)) {
    await t.step(name, async () => {
      const file = await outputOf("mktemp");
      // Each ends some time after it was asked, and would hear it twice.
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        const start = (name, to) => pm.command("sh", ["-c", \`
          exec 2>/dev/null
          trap 'asked=y; echo \${name} >>${file}' TERM; asked=; n=0; echo ready
          while [ $n -lt 10 ]; do sleep 0.05 & wait $!; [ -z "$asked" ] || n=$((n + 1)); done\`],
          { name, stop: { to } });
        const job = start("leader", "leader");
        const other = start("other", "group");
        for (const each of [job, other]) {
          for await (const { text } of each.lines()) if (text === "ready") break;
        }
        Deno.addSignalListener("SIGTERM", () => { ${reaction} });
        console.log("pids", job.pid, other.pid);
      `);
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
      parent.signal("SIGTERM");
      await parent.finished;
      assertEquals(await ended(pids.map(Number)), []);
      const asked = (await written(file)).split("\n").sort();
      assertEquals(asked, ["leader", "other"]);
    });
  }
});

Deno.test("Guard asks what a stop has not reached yet, and nothing twice", async (t) => {
  // It ends some time after it was asked, and would hear it a second time.
  const worker = (file: string) =>
    `sh -c 'trap "echo asked >>${file}; echo asked" TERM; echo ready; n=0
      while [ $n -lt 15 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done'`;
  const now = "await ready; job.stop(HOW); Deno.exit();";
  const later = "await ready; job.stop(HOW); await asked; Deno.exit();";
  const killed =
    "await ready; job.stop(HOW); await asked; Deno.kill(Deno.pid, 'SIGKILL');";
  const group = (file: string) => `set -m; ${worker(file)} & wait`;
  const led = (file: string) => `${worker(file)} & wait`;
  const cases: [string, (file: string) => string, string, string][] = [
    ["a group of its own, at once", group, now, "{}"],
    ["a group of its own, that was asked", group, later, "{}"],
    ["a group of its own, that was asked, at SIGKILL", group, killed, "{}"],
    ["a worker whose leader ends, at once", led, now, "{ to: 'leader' }"],
    ["a worker whose leader ended", led, later, "{ to: 'leader' }"],
    [
      "a worker whose leader ended, at SIGKILL",
      led,
      killed,
      "{ to: 'leader' }",
    ],
  ];
  for (const [name, script, act, how] of cases) {
    await t.step(name, async () => {
      const file = await outputOf("mktemp");
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null });
        const job = pm.command("bash", ["-c", ${JSON.stringify(script(file))}]);
        const line = async (wanted) => {
          for await (const { text } of job.lines()) if (text === wanted) return;
        };
        const ready = line("ready");
        const asked = line("asked");
        ${act.replace("HOW", how)}
      `);
      await parent.finished;
      assertEquals(await written(file), "asked");
    });
  }
});

Deno.test("Guard does not repeat a signal that the last look has sent", async () => {
  const file = await outputOf("mktemp");
  // Nothing but the process table shows that it is there.
  const script = `set -m; sh -c 'trap "echo asked >>${file}" TERM; n=0
    while [ $n -lt 15 ]; do sleep 0.05; [ -s ${file} ] && n=$((n + 1)); done
    ' >/dev/null 2>&1 & exit 0`;
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const restart = { leftovers: { gracePeriodMs: 60_000 } };
    const args = ["-c", ${JSON.stringify(script)}];
    await pm.command("bash", args, { restart }).finished;
    const asked = pm.command("tail", ["-f", "${file}"]);
    for await (const _ of asked.lines()) Deno.kill(Deno.pid, "SIGKILL");
  `);
  await parent.finished;
  assertEquals(await written(file), "asked");
});

Deno.test("Guard lets a worker write whose leader has ended", async () => {
  const file = await outputOf("mktemp");
  const worker =
    `sh -c 'trap "sleep 0.5; echo bye; echo done >>${file}; exit" TERM
    exec 2>&1; echo ready; while :; do sleep 0.05; done'`;
  await endWith(
    `${worker} & wait`,
    "job.stop(); await job.status; Deno.exit();",
  );
  assertEquals(await written(file), "done");
});

for (const session of ["", "setsid "]) {
  Deno.test(`Guard takes no output from another program that reads it: ${session}sh`, async () => {
    const file = await outputOf("mktemp");
    // While the writer ends it writes to the reader, which takes its time.
    const script = `
    sh -c 'trap "echo last; exit" TERM; echo up; while :; do sleep 0.05; done' |
      ${session}sh -c 'trap "" TERM; read -r line; echo ready >&2; sleep 1; read -r line; echo "$line" >>${file}'`;
    await endWith(script);
    assertEquals(await written(file), "last");
  });
}

Deno.test("Guard lets a program write to any descriptor while it ends", async () => {
  const file = await outputOf("mktemp");
  const script = `exec 3>&1 >/dev/null 2>&1
    trap 'echo bye >&3; echo done >>${file}; exit' TERM
    echo ready >&3; while :; do sleep 0.05; done`;
  await endWith(script);
  assertEquals(await written(file), "done");
});

Deno.test("Guard leaves nothing though it is too much to be told at once", async () => {
  // With full counts it is more than fits into arguments.
  const count = Deno.args.includes("--full") ? 2_000 : 50;
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null, orphanLog: "/dev/null" });
    const name = "\u00fc".repeat(100);
    const pids = Array.from({ length: ${count} }, (_, i) =>
      pm.command("sleep", ["500"], { name: i + name }).pid);
    console.log("pids", ...pids);
    Deno.exit();
  `);
  const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1);
  await parent.finished;
  assertEquals(await ended(pids.map(Number), 60_000), []);
});

Deno.test("Guard tells a file what it ended", async (t) => {
  const name = 'it\'s "$(x)"\n\\ %s ü';
  for (const bad of [false, true]) {
    await t.step(bad ? "that cannot be written" : "that can be", async () => {
      const folder = await outputOf("mktemp", "-d");
      const log = bad ? folder : `${folder}/a b'$(x)`;
      await using parent = runScript(
        `
        import { Guard } from "${new URL("guard.ts", import.meta.url)}";
        import { systemKernel } from "${new URL("system.ts", import.meta.url)}";
        import { Run } from "${new URL("run.ts", import.meta.url)}";
        const kernel = systemKernel();
        const guard = new Guard(kernel, () => {}, { log: ${
          JSON.stringify(log)
        } });
        const start = (script) => {
          const run = new Run({
            name: "test",
            program: "sh",
            command: { args: ["-c", script], stdin: "null", stdout: "piped" },
            group: true,
          }, kernel);
          guard.watch(run, {
            name: ${JSON.stringify(name)},
            signal: "SIGTERM",
            gracePeriodMs: 1_000,
            to: "group",
            streams: [1],
          });
          return run;
        };
        const gentle = start("exec sleep 500");
        const stubborn = start("trap '' TERM; echo; while :; do sleep 1; done");
        await stubborn.child.stdout.getReader().read();
        console.log("pids", gentle.pid, stubborn.pid, guard.pid);
        Deno.kill(Deno.pid, "SIGKILL");
      `,
      );
      const pids = (await lineOf(parent, /^pids/)).split(" ").slice(1)
        .map(Number);
      await parent.finished;
      assertEquals(await ended(pids, 8_000), []);
      if (!bad) {
        const lines = (await outputOf("cat", log)).split("\n")
          .map((line) => JSON.parse(line));
        assert(
          lines.every(({ time }) => Math.abs(time - Date.now() / 1_000) < 60),
        );
        assertEquals(lines.map(({ time: _, ...line }) => line), [
          { name, pid: pids[0], signal: 15, killed: false },
          { name, pid: pids[1], signal: 15, killed: true },
        ]);
      }
      await outputOf("rm", "-r", folder);
    });
  }
});

Deno.test("Guard does not prompt for a permission that was revoked", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const warnings = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (m) => warnings.push(m) };
    const pm = new Processman({ logger });
    const job = pm.command("sleep", ["500"]);
    Deno.permissions.revokeSync({ name: "run" });
    addEventListener("error", (event) => {
      event.preventDefault();
      console.log("pid", job.pid, warnings.length);
    });
    queueMicrotask(() => { throw new Error("oh"); });
    await pm.finished;
  `);
  const [, pid] = (await lineOf(parent, /^pid/)).split(" ");
  parent.signal("SIGKILL");
  await parent.finished;
  assertEquals(await ended([Number(pid)]), []);
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
