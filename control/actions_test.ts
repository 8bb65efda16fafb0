import { assert, assertEquals, assertMatch } from "@std/assert";
import { constant } from "../mod.ts";
import { plan, up } from "../plan/mod.ts";
import { quiet, refusal, stage, write } from "../tools/control_testing.ts";
import { alive, eventOf, lineOf, permitted } from "../tools/testing.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

test("A process without a plan is stopped, started, restarted and killed", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command("sleep", ["500"], { name: "job" });
  const names = ["job"];
  await at.client.stop({ names });
  assertEquals((await at.client.process("job")).state, "stopped");
  // What is stopped already is where it should be.
  await at.client.stop({ names });
  await at.client.start({ names });
  const { pid } = job;
  await at.client.start({ names });
  assertEquals(job.pid, pid);
  await at.client.restart({ names });
  assert(job.pid !== undefined && job.pid !== pid);
  await at.client.kill({ names });
  const { state, last } = await at.client.process("job");
  assertEquals([state, last?.reason], ["stopped", "was stopped by SIGKILL"]);
  await at.client.kill({ names });
});

test("A stop that takes too long is completed by SIGKILL", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command(
    "sh",
    ["-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
    { name: "job" },
  );
  await lineOf(job, "up");
  await at.client.stop({ names: ["job"], withinMs: 50 });
  const { last } = await at.client.process("job");
  assertEquals(last?.signal, "SIGKILL");
});

test("A start waits until a process is ready, but not longer than it may", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  let ready = false;
  const options = {
    name: "job",
    ready: { probe: () => ready, intervalMs: 10 },
  };
  const job = pm.command("sleep", ["500"], options);
  assertEquals(
    await refusal(at.client.start({ names: ["job"], withinMs: 20 })),
    {
      status: 504,
      code: "not-ready",
      message: "Cannot start job within 20 ms",
    },
  );
  assertEquals((await at.client.process("job")).ready, false);
  ready = true;
  await at.client.start({ names: ["job"], withinMs: 10_000 });
  assertEquals((await at.client.process("job")).ready, true);
  assert(job.pid !== undefined);
});

test("A start says why a process does not get ready", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command("sh", ["-c", "echo no disk >&2; exit 1"], {
    name: "job",
    ready: () => false,
    restart: { policy: "never" },
  });
  await job.finished;
  const { status, code, message } = await refusal(
    at.client.start({ names: ["job"] }),
  );
  assertEquals([status, code], [500, "failed"]);
  assertMatch(message, /^Process "job" is not ready: it has ended: no disk/);
});

test("A signal goes to the child, or to everything that it has started", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command(
    "sh",
    [
      "-c",
      "trap 'echo child' USR1; (trap 'echo other' USR1; echo up; " +
      "while :; do sleep 0.02; done) & while :; do wait; done",
    ],
    { name: "job" },
  );
  await lineOf(job, "up");
  const names = ["job"];
  await at.client.signal({ names, signal: "SIGUSR1" });
  await lineOf(job, "child");
  assert(!job.tail(10).some(({ text }) => text === "other"));
  await at.client.signal({ names, signal: "SIGUSR1", to: "group" });
  await lineOf(job, "other");
  await at.client.stop({ names });
  assertEquals(await refusal(at.client.signal({ names, signal: "SIGUSR1" })), {
    status: 409,
    code: "conflict",
    message: "Cannot signal job: it does not run",
  });
});

test("Nothing is done if one of the names does not exist", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command("sleep", ["500"], { name: "job" });
  const names = ["job", "jobb"];
  const { client } = at;
  for (
    const asked of [
      client.stop({ names }),
      client.restart({ names }),
      client.kill({ names }),
      client.signal({ names, signal: "SIGTERM" }),
    ]
  ) {
    assertEquals(await refusal(asked), {
      status: 404,
      code: "not-found",
      message: 'There is no process "jobb"; did you mean "job"?',
    });
  }
  assertEquals(job.state.kind, "running");
});

test("Only processes of a plan can be scaled or rolled, and nothing be applied", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  pm.command("sleep", ["500"], { name: "job" });
  const { client } = at;
  const answers = [
    await refusal(client.scale({ name: "job", replicas: 2 })),
    await refusal(client.restart({ names: ["job"], roll: true })),
    await refusal(client.apply({}, { dryRun: false })),
  ];
  assertEquals(answers.map(({ status, message }) => `${status} ${message}`), [
    "409 Only processes of a plan can be scaled, and job belongs to none",
    "409 Only processes of a plan can be rolled, and job belongs to none",
    "409 This supervisor has no configuration that can be changed",
  ]);
});

test("The processes of a plan are controlled through the plan", async () => {
  await using pm = quiet();
  await using app = await up(
    pm,
    plan({
      db: { command: ["sleep", "500"] },
      api: {
        command: ["sleep", "500"],
        replicas: 2,
        dependsOn: { db: { when: "started", restart: "explicit" } },
      },
    }),
  );
  await using at = await stage(app);
  const { client } = at;
  const states = async () =>
    Object.fromEntries(
      (await client.processes()).map(({ name, state }) => [name, state]),
    );
  const before = ["api.1", "api.2"].map((name) => app.get(name as "api")?.pid);
  await client.restart({ names: ["db"] });
  const after = ["api.1", "api.2"].map((name) => app.get(name as "api")?.pid);
  assert(before.every((pid, index) => pid !== after[index]));
  await client.scale({ name: "api", replicas: 3 });
  assertEquals(await states(), {
    db: "running",
    "api.1": "running",
    "api.2": "running",
    "api.3": "running",
  });
  await client.kill({ names: ["api.3"] });
  await client.stop({ names: ["api.2"] });
  assertEquals((await states())["api.3"], "stopped");
  await client.scale({ name: "api", replicas: 1 });
  assertEquals(await states(), { db: "running", "api.1": "running" });
  await client.start({ names: ["api"], dependencies: "start" });
  await client.restart({ names: ["api"], roll: true });
  assertEquals(await states(), { db: "running", "api.1": "running" });
});

test("A process keeps its entry while its replicas are replaced", async () => {
  await using pm = quiet();
  await using app = await up(
    pm,
    plan({
      api: {
        command: ["sh", "-c", "echo up; exec sleep 500"],
        replicas: 2,
        ready: { probe: () => true, intervalMs: 10 },
      },
    }),
  );
  await using at = await stage(app);
  const events = pm.events();
  const rolling = at.client.restart({ names: ["api"], roll: true });
  let done = false;
  rolling.finally(() => done = true);
  const entries = new Set<string>();
  await eventOf(events, "start");
  while (!done) {
    for (const { entry } of await at.client.processes()) entries.add(entry);
  }
  await rolling;
  assertEquals([...entries], ["api"]);
  await events.return?.();
});

test("A wait ends when its client leaves", async () => {
  await using pm = quiet();
  const asked = Promise.withResolvers<AbortSignal>();
  // A socket alone keeps no program alive.
  const busy = setInterval(() => {}, 60_000);
  await using at = await stage(pm, {
    apply: (_config, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
  const connection = await Deno.connect({ transport: "unix", path: at.socket });
  const body = JSON.stringify({ config: {} });
  await write(
    connection,
    `POST /v1/apply HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const signal = await asked.promise;
  const left = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => left.resolve());
  connection.close();
  await left.promise;
  clearInterval(busy);
});

test("A shutdown that takes too long is completed by SIGKILL", async () => {
  const pm = quiet();
  await using at = await stage(pm);
  const job = pm.command(
    "sh",
    ["-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
    { name: "job", restart: { backoff: constant(0) } },
  );
  await lineOf(job, "up");
  const { pid = 0 } = job;
  await Promise.all([
    at.client.shutdown({ withinMs: 50 }),
    at.client.shutdown(),
  ]);
  assert(!await alive(pid));
});
