import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  constant,
  type Logger,
  Processman,
  ProcessmanClosedError,
  SpawnError,
} from "./mod.ts";
import {
  alive,
  eventOf,
  lineOf,
  outputOf,
  runScript,
  stateOf,
} from "./tools/testing.ts";

const silent = { logger: null };

Deno.test("Process.stdout gives all that a program writes", async () => {
  await using pm = new Processman();
  const uname = pm.command("uname", ["-a"]);
  const text = await new Response(uname.stdout).text();
  assertEquals(text.trim(), await outputOf("uname", "-a"));
  assert((await uname.finished).success);
});

Deno.test("Process.stdout and Process.stderr are read separately", async () => {
  await using pm = new Processman();
  const both = pm.command("sh", ["-c", "echo out; echo err >&2"]);
  const texts = [both.stdout, both.stderr].map((each) =>
    new Response(each).text()
  );
  assertEquals(await Promise.all(texts), ["out\n", "err\n"]);
});

Deno.test("Processman.command() hands environment variables over", async () => {
  await using pm = new Processman();
  const sh = pm.command("sh", ["-c", "echo $A $B"], {
    env: { A: "one", B: "two" },
  });
  assertEquals(await lineOf(sh, /./), "one two");
});

Deno.test("Processman.command() adds to the defaults of the manager", async () => {
  await using pm = new Processman({
    defaults: { env: { A: "one", B: "two" }, cwd: "/" },
  });
  const sh = pm.command("sh", ["-c", "echo $A $B $PWD"], {
    env: { B: "three" },
  });
  assertEquals(await lineOf(sh, /./), "one three /");
});

Deno.test("Process.stop() ends a program by SIGTERM", async () => {
  await using pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  const { status } = sleep;
  const report = await sleep.stop();
  assertEquals((await status).signal, "SIGTERM");
  assertEquals(report.status, await status);
  assertEquals(report.steps.map(({ signal }) => signal), ["SIGTERM"]);
  assert(!report.forced);
  assertEquals(report.survivors, []);
  assertEquals(stateOf(sleep, "exited").status.signal, "SIGTERM");
  assertEquals(sleep.pid, undefined);
});

Deno.test("Process.kill() ends a program by SIGKILL", async () => {
  await using pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  const { status } = sleep;
  const report = await sleep.kill();
  assertEquals((await status).signal, "SIGKILL");
  assertEquals(report.steps.map(({ signal }) => signal), ["SIGKILL"]);
  assert(report.forced);
});

Deno.test("Process restarts a child that somebody else kills", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const random = () => 0.02;
  const sleep = pm.command("sleep", ["500"], {
    name: "sleeper",
    restart: { random },
  });
  const { pid } = await eventOf(events, "start");
  await outputOf("kill", "-9", String(pid));
  const { decision } = await eventOf(events, "restart");
  assertEquals(decision.delayMs, 100, "0.02 of the 5 seconds at most");
  const again = await eventOf(events, "start");
  assertEquals(again.run, 2);
  assert(again.pid !== pid);
  assertEquals(sleep.pid, again.pid);
  assertEquals(pm.get("sleeper"), sleep);
  assertEquals([...pm.processes()], [[again.pid, sleep]]);
  assert(await alive(again.pid));
});

Deno.test("Process reaches all runs through the same streams", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const counter = pm.command("sh", ["-c", "read n; echo got $n; exit $n"], {
    stdin: "piped",
    restart: { backoff: constant(0) },
  });
  const { stdout, stdin } = counter;
  const writer = stdin.getWriter();
  const text = new Response(stdout).text();
  for (const n of [3, 2, 1, 0]) {
    await writer.write(new TextEncoder().encode(`${n}\n`));
    assertEquals((await eventOf(events, "exit")).status.code, n);
  }
  assertEquals(await text, "got 3\ngot 2\ngot 1\ngot 0\n");
  assertEquals((await counter.finished).code, 0);
});

for (const all of ["stopAll", "killAll"] as const) {
  Deno.test(`Processman.${all}() leaves no process`, async () => {
    await using pm = new Processman();
    const signal = all === "stopAll" ? "SIGTERM" : "SIGKILL";
    for (let i = 0; i < 5; i++) pm.command("sleep", ["500"]);
    const pids = [...pm.processes().keys()];
    assertEquals(pids.length, 5);
    const reports = await pm[all]();
    assertEquals(
      reports.map(({ status }) => status.signal),
      Array(5).fill(signal),
    );
    assertEquals(pm.processes().size, 0);
    assertEquals([...pm], []);
    for (const pid of pids) assert(!await alive(pid));
  });
}

Deno.test("Processman.shutdown() kills when its signal is aborted already", async () => {
  const pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  await pm.shutdown({ signal: AbortSignal.abort() });
  assertEquals((await sleep.finished).signal, "SIGKILL");
});

Deno.test("Processman.command() throws after the shutdown", async () => {
  const pm = new Processman();
  const done = pm.command("true");
  await done.finished;
  await pm.shutdown();
  await pm.shutdown();
  assertThrows(() => pm.command("true"), ProcessmanClosedError);
  await assertRejects(() => done.start(), ProcessmanClosedError);
  await assertRejects(() => done.restart(), ProcessmanClosedError);
});

Deno.test("Processman stops all when this program gets SIGTERM", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman();
    for (let i = 0; i < 3; i++) pm.command("sleep", ["500"]);
    console.log([...pm.processes().keys()].join(" "));
    await pm.finished;
    console.log("ended");
  `);
  const pids = (await lineOf(parent, /\d/)).split(" ").map(Number);
  assertEquals(pids.length, 3);
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 143);
  // The log on stderr can arrive later.
  const printed = parent.tail().filter(({ source }) => source === "stdout");
  assertEquals(printed.at(-1)?.text, "ended");
  for (const pid of pids) assert(!await alive(pid));
});

Deno.test("Processman.shutdown() obeys its signal while a child ignores SIGTERM", async () => {
  const pm = new Processman();
  const stubborn = pm.command("sh", [
    "-c",
    "trap '' TERM; echo ready; while :; do sleep 1; done",
  ]);
  await lineOf(stubborn, "ready");
  const begun = performance.now();
  await pm.shutdown({ signal: AbortSignal.timeout(300) });
  const tookMs = performance.now() - begun;
  assert(tookMs >= 290, `${tookMs} ms`);
  assertLess(tookMs, 5_000, "not the grace period");
  assertEquals((await stubborn.finished).signal, "SIGKILL");
});

Deno.test("Process.stdout is complete when it is read after the end", async () => {
  await using pm = new Processman();
  for (let i = 0; i < 30; i++) {
    const echo = pm.command("echo", [`run ${i}`]);
    await echo.finished;
    assertEquals(pm.get("echo"), undefined);
    assertEquals(await new Response(echo.stdout).text(), `run ${i}\n`);
    assertEquals(await new Response(echo.stderr).text(), "");
  }
});

Deno.test("Process runs to its end though nobody reads its 10 MB", async () => {
  await using pm = new Processman();
  const writer = pm.command("sh", [
    "-c",
    "head -c 10000000 /dev/zero; echo end",
  ]);
  assert((await writer.finished).success);
  assertEquals(writer.droppedBytes, { stdout: 10_000_004 - 65_536, stderr: 0 });
  const kept = await new Response(writer.stdout).bytes();
  assertEquals(kept.length, 65_536);
  assertEquals(new TextDecoder().decode(kept.slice(-4)), "end\n");
});

for (const how of ["stop", "kill"] as const) {
  Deno.test(`Process.${how}() ends grandchildren with their leader`, async () => {
    await using pm = new Processman();
    const leader = pm.command("sh", [
      "-c",
      "sleep 500 & a=$!; sleep 500 & echo $$ $a $!; wait",
    ]);
    const pids = (await lineOf(leader, /\d/)).split(" ").map(Number);
    assertEquals(pids.length, 3);
    for (const pid of pids) assert(await alive(pid));
    const report = await leader[how]();
    assertEquals(report.survivors, []);
    assertEquals(report.forced, how === "kill");
    for (const pid of pids) assert(!await alive(pid));
  });
}

Deno.test("Process.stop() ends a group whose leader leaves first", async () => {
  await using pm = new Processman();
  const leader = pm.command("sh", [
    "-c",
    `sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait`,
  ]);
  const stubborn = Number(await lineOf(leader, /\d/));
  const { status, steps, forced } = await leader.stop({ gracePeriodMs: 200 });
  assertEquals(status.signal, "SIGTERM", "that of the leader");
  assertEquals(steps.map(({ signal }) => signal), ["SIGTERM", "SIGKILL"]);
  assert(forced);
  assert(!await alive(stubborn));
});

Deno.test("Process ends what a crashed run leaves behind", async () => {
  await using pm = new Processman(silent);
  const events = pm.events();
  const leaver = pm.command("sh", ["-c", "sleep 500 & echo $!; exit 1"], {
    restart: { backoff: constant(60_000) },
  });
  const orphan = Number(await lineOf(leaver, /\d/));
  await eventOf(events, "restart");
  assert(!await alive(orphan));
  assertEquals(leaver.state.kind, "backoff");
});

Deno.test("Process without a group leaves what its child started alone", async () => {
  await using pm = new Processman();
  const leader = pm.command("sh", ["-c", "sleep 500 & echo $!; wait"], {
    group: false,
  });
  const grandchild = Number(await lineOf(leader, /\d/));
  const begun = performance.now();
  assert(!(await leader.stop()).forced);
  assertLess(performance.now() - begun, 3_000, "the open pipe delays little");
  assert(await alive(grandchild));
  Deno.kill(grandchild, "SIGKILL");
});

Deno.test("Process.stop() is idempotent and shares one outcome", async () => {
  await using pm = new Processman();
  const sleep = pm.command("sleep", ["500"]);
  const reports = await Promise.all([sleep.stop(), sleep.stop(), sleep.stop()]);
  assertEquals(reports[0]?.steps.length, 1);
  assertEquals(reports[1], reports[0]);
  assertEquals(reports[2], reports[0]);
  assertEquals(await sleep.stop(), reports[0]);
  assertEquals(await sleep.kill(), reports[0]);
  assert(!sleep.signal("SIGTERM"));
});

Deno.test("Process.stop() of a process that ended by itself resolves", async () => {
  await using pm = new Processman();
  const done = pm.command("true");
  await done.finished;
  const { status, steps, forced } = await done.stop();
  assert(status.success);
  assertEquals(steps, []);
  assert(!forced);
});

Deno.test("Processman.stopAll() takes as long as the slowest child", async () => {
  await using pm = new Processman();
  const slow =
    "trap 'sleep 0.3; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
  const children = Array.from(
    { length: 50 },
    () => pm.command("sh", ["-c", slow]),
  );
  await Promise.all(children.map((child) => lineOf(child, "ready")));
  const begun = performance.now();
  const reports = await pm.stopAll();
  const tookMs = performance.now() - begun;
  assertEquals(reports.filter(({ forced }) => forced), []);
  assertLess(tookMs, 5_000, "a third of one after the other");
});

Deno.test("Processman writes to the logger it was given", async () => {
  const messages: string[] = [];
  const write = (level: string) => (message: string) =>
    messages.push(`${level}: ${message}`);
  const logger: Logger = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  await using pm = new Processman({ logger });
  const job = pm.command("sh", ["-c", "echo no luck >&2; exit 3"], {
    name: "job",
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
  });
  await job.finished;
  const blurred = messages.map((each) =>
    each.replace(/pid \d+/, "pid N").replace(/after \d+ ms/, "after N ms")
  );
  assertEquals(blurred, [
    'debug: Started process "job" as pid N',
    'warn: Process "job" crashed with code 3 after N ms, restarting in 0 ms (attempt 1, 0 left): no luck',
    'debug: Started process "job" as pid N',
    'warn: Process "job" crashed with code 3 after N ms: no luck',
    'error: Cannot restart process "job": 1 restart within 60000 ms: no luck',
  ]);
});

Deno.test("Processman outlives a logger that throws", async () => {
  const fail = () => {
    throw new Error("no log");
  };
  const reject = () => Promise.reject(new Error("no log"));
  const logger = { debug: fail, info: fail, warn: reject, error: fail };
  await using pm = new Processman({ logger });
  const job = pm.command("false", [], {
    restart: { backoff: constant(0), limit: { restarts: 2, withinMs: 60_000 } },
  });
  await job.finished;
  assertEquals(job.state.kind, "failed");
});

Deno.test("Processman.command() leaves nothing behind when it cannot start", async () => {
  await using pm = new Processman();
  const missing = assertThrows(() => pm.command("no-such-program"), SpawnError);
  assertEquals(missing.program, "no-such-program");
  assertInstanceOf(missing.cause, Deno.errors.NotFound);
  const plain = assertThrows(() => pm.command("/etc/passwd"), SpawnError);
  assertInstanceOf(plain.cause, Deno.errors.PermissionDenied);
  const cwd = assertThrows(
    () => pm.command("true", [], { cwd: "/no/such/folder" }),
    SpawnError,
  );
  assertInstanceOf(cwd.cause, Deno.errors.NotFound);
  assertStringIncludes(cwd.message, "/no/such/folder");
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  assertEquals(
    assertThrows(() => pm.command("true", [], { signal })),
    reason,
  );
  const sleep = pm.command("sleep", ["500"], { name: "taken" });
  assertThrows(
    () => pm.command("sleep", ["500"], { name: "taken" }),
    TypeError,
    'Cannot start process "taken": the name is already taken',
  );
  assertEquals([...pm], [sleep]);
});

Deno.test("Processman gives free names to processes without one", async () => {
  await using pm = new Processman();
  pm.command("/bin/sleep", ["500"]);
  const second = pm.command("sleep", ["500"]);
  pm.command("sleep", ["500"]);
  assertEquals([...pm].map(({ name }) => name), [
    "sleep",
    "sleep-2",
    "sleep-3",
  ]);
  await second.stop();
  const names = () => pm.command("sleep", ["500"]).name;
  assertEquals([names(), names()], ["sleep-2", "sleep-4"]);
  await pm.get("sleep")?.stop();
  assertEquals([names(), names()], ["sleep", "sleep-5"]);
  pm.command("sleep", ["500"], { name: "sleep-6" });
  assertEquals(names(), "sleep-7");
  await pm.get("sleep-6")?.stop();
  await pm.get("sleep-3")?.stop();
  assertEquals([names(), names()], ["sleep-3", "sleep-6"]);
  for (const name of ["sleep-0", "sleep-01"]) {
    await pm.command("true", [], { name }).finished;
  }
  assertEquals(names(), "sleep-8");
  await pm.stopAll();
  assertEquals(names(), "sleep");
});

Deno.test("Processman works with --allow-run for some programs only", async () => {
  await using parent = runScript(
    `
    import { Processman, SpawnError, constant } from "@isbm/processman";
    const warnings = [];
    const quiet = () => {};
    const logger = { debug: quiet, info: quiet, warn: (m) => warnings.push(m), error: quiet };
    const pm = new Processman({ logger });
    const sh = pm.command("sh", ["-c", "echo ready; sleep 500"]);
    for await (const { text } of sh.lines()) if (text === "ready") break;
    console.log((await sh.stop()).status.signal);
    const sleep = pm.command("sleep", ["500"]);
    console.log((await sleep.kill()).status.signal);
    const crash = pm.command("sh", ["-c", "exit 7"], {
      restart: { backoff: constant(0), limit: { restarts: 2, withinMs: 9_000 } },
    });
    await crash.finished;
    console.log(crash.state.kind);
    try {
      pm.command("ls");
    } catch (error) {
      console.log(error instanceof SpawnError, error.cause.name);
    }
    for (const options of [{ env: { PATH: "/elsewhere" } }, { cwd: "/" }]) {
      try {
        pm.command(options.cwd ? "./sh" : "sh", [], options);
      } catch (error) {
        console.log(error.cause.name);
      }
    }
    pm.command("sleep", ["500"]);
    await pm.shutdown();
    console.log(pm.processes().size);
    console.log(warnings.filter((each) => each.includes("groups")).length);
    `,
    { permission: "--allow-run=sh,sleep" },
  );
  const { code } = await parent.finished;
  const lines = parent.tail(20).map(({ text }) => text);
  assertEquals(lines, [
    "SIGTERM",
    "SIGKILL",
    "failed",
    "true NotCapable",
    "NotCapable",
    "NotCapable",
    "0",
    "1",
  ]);
  assertEquals(code, 0);
});
