import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { constant, type Processman, ProcessmanClosedError } from "../mod.ts";
import { plan, PlanError, up } from "../plan/mod.ts";
import {
  exchange,
  quiet,
  readAll,
  refusal,
  request,
  stage,
  write,
} from "../tools/control_testing.ts";
import { RuntimeFolder } from "../tools/place_testing.ts";
import {
  eventOf,
  type Folder,
  permitted,
  runScript,
} from "../tools/testing.ts";
import { assertIdle } from "../tools/idle_cost.ts";
import {
  AlreadyExposedError,
  ControlClient,
  expose,
  type ExposeOptions,
  inspect,
  listPlaces,
  type LogItem,
  placeOfName,
} from "./mod.ts";
import { VERSION } from "./version.ts";

const full = Deno.args.includes("--full");

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

test("expose() shows a manager under its name, and its processes", async () => {
  await using pm = quiet();
  await using at = await stage(pm, {
    name: "shop",
    logsFolder: "/logs",
    ownLog: "/own",
  });
  const job = pm.command("sleep", ["500"], { name: "job" });
  assertEquals(await at.client.supervisor(), {
    ...at.exposed.record,
    name: "shop",
    pid: Deno.pid,
    version: VERSION,
    config: null,
    source: null,
    logs: "/logs",
    log: "/own",
    cwd: Deno.cwd(),
    metrics: null,
    plan: false,
    canApply: false,
  });
  const [view, ...others] = await at.client.processes();
  assertEquals(others, []);
  const since = job.state.kind === "running" ? job.state.since : 0;
  assertEquals({ ...view, why: "" }, {
    name: "job",
    entry: "job",
    type: "service",
    labels: [],
    command: ["sleep", "500"],
    state: "running",
    ready: true,
    pid: job.pid ?? 0,
    since,
    until: null,
    run: 1,
    restarts: 0,
    restartsLeft: null,
    last: null,
    dependencies: [],
    schedule: null,
    why: "",
    usage: null,
  });
  assertMatch(view?.why ?? "", /^job has been running for \d+ m?s$/);
  const places = await Array.fromAsync(listPlaces());
  assertEquals(places.map(({ socket }) => socket), [at.socket]);
});

test("expose() opens a socket for this user alone", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const { mode, isSocket } = Deno.statSync(at.socket);
  assertEquals([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
});

test("expose() refuses a name that another one has", async () => {
  await using pm = quiet();
  await using at = await stage(pm, { name: "shop" });
  const error = await assertRejects(
    () => expose(pm, { name: "shop" }),
    AlreadyExposedError,
    `Cannot expose "shop": the process ${Deno.pid} already does`,
  );
  assertEquals(error.holder, at.exposed.record);
  assertEquals((await at.client.processes()).length, 0);
});

test("Exposed closes the socket, and the manager goes on", async () => {
  await using folder = new RuntimeFolder();
  await using pm = quiet();
  const job = pm.command("sleep", ["500"]);
  for (let time = 0; time < 3; time++) {
    await using exposed = await expose(pm, { name: "shop" });
    assertEquals(
      (await request(exposed.socket, "GET", "/metrics")).status,
      200,
    );
  }
  assertEquals(job.state.kind, "running");
  assertEquals(await Array.fromAsync(listPlaces()), []);
  assert(folder.path !== "");
});

test("expose() closes the socket when the manager has been shut down", async () => {
  await using _folder = new RuntimeFolder();
  const pm = quiet();
  const exposed = await expose(pm, { name: "shop" });
  await pm.shutdown();
  await exposed[Symbol.asyncDispose]();
  await assertRejects(() => exchange(exposed.socket, ""));
  await assertRejects(
    () => expose(pm, { name: "shop" }),
    ProcessmanClosedError,
    'Cannot expose "shop": the manager has been shut down',
  );
});

test("expose() refuses wrong options before anything happens", async () => {
  await using _folder = new RuntimeFolder();
  await using pm = quiet();
  const cases: [unknown, string][] = [
    [undefined, "must be an object: current value is undefined"],
    [{}, 'Option "name" must be a string that is not empty'],
    [{ name: "" }, 'Option "name" must be a string that is not empty'],
    [{ name: 5 }, "current value is 5"],
    [{ name: "x", nam: 1 }, 'Option "nam" does not exist'],
    [{ name: "x", config: [] }, 'Option "config" must be a string'],
    [{ name: "x", apply: "y" }, 'Option "apply" must be a function'],
    [{ name: "x", logs: () => {} }, 'Option "logs" must be an object'],
  ];
  for (const [options, message] of cases) {
    await assertRejects(
      () => expose(pm, options as ExposeOptions),
      TypeError,
      message,
    );
  }
  await assertRejects(
    () => expose({} as Processman, { name: "x" }),
    TypeError,
    "Only a Processman, or an App that up() returns, can be exposed",
  );
  assertEquals(await Array.fromAsync(listPlaces()), []);
});

test("A process that has ended stays visible, with how it ended", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const script = "echo no disk >&2; exit 3";
  const job = pm.command("sh", ["-c", script], {
    name: "job",
    restart: { backoff: constant(0), limit: { restarts: 2 } },
  });
  await job.finished;
  const view = await at.client.process("job");
  assertEquals({ ...view.last, time: 0 }, {
    run: 3,
    time: 0,
    code: 3,
    signal: null,
    crashed: true,
    requested: false,
    reason: "crashed with code 3",
    stderr: ["no disk"],
  });
  assertEquals(
    [view.state, view.run, view.restarts, view.restartsLeft, view.pid],
    ["failed", 3, 2, 0, null],
  );
  assertStringIncludes(view.why, 'job failed: Cannot restart process "job"');
});

test("The newest 100 processes that have ended stay visible", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  pm.command("sleep", ["500"], { name: "old" });
  for (let from = 0; from < 110; from += 10) {
    const jobs = Array.from(
      { length: 10 },
      (_, index) => pm.command("true", [], { name: `job${from + index}` }),
    );
    await Promise.all(jobs.map(({ finished }) => finished));
  }
  const names = (await at.client.processes()).map(({ name }) => name);
  assertEquals(names.length, 101);
  assert(names.includes("old") && names.includes("job109"));
  assert(!names.includes("job0"));
});

test("Runs are counted over all lives of a process", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  const job = pm.command("sleep", ["500"], { name: "job" });
  await job.stop();
  await job.start();
  assertEquals((await at.client.process("job")).run, 2);
  const texts = (await Array.fromAsync(at.client.events())).map(({ text }) =>
    text.replace(/ after .*| with PID \d+/, "")
  );
  assertEquals(texts, [
    "job started, run 1",
    "job was stopped by SIGTERM",
    "job was stopped",
    "job started, run 2",
  ]);
});

test("A process that runs already is known when it is exposed", async () => {
  await using pm = quiet();
  const job = pm.command("sh", ["-c", "kill $$"], {
    name: "job",
    restart: { backoff: constant(60_000) },
  });
  await eventOf(job.events(), "restart");
  const other = pm.command("sleep", ["500"], { name: "other" });
  await using at = await stage(pm);
  const views = await at.client.processes();
  assertEquals(
    views.map(({ name, state, run, pid }) => [name, state, run, pid]),
    [["job", "backoff", 1, null], ["other", "running", 1, other.pid ?? 0]],
  );
});

test("A plan is shown with its entries, labels and reasons", async () => {
  await using pm = quiet();
  await using app = await up(
    pm,
    plan({
      db: { command: ["sleep", "500"] },
      setup: { type: "task", command: ["true"] },
      api: {
        command: ["sleep", "500"],
        replicas: 2,
        dependsOn: { db: "started" },
      },
    }),
  );
  pm.command("sleep", ["500"], { name: "other" });
  await app.stop("db");
  await using at = await stage(app, { labels: (entry) => [`of ${entry}`] });
  const views = await at.client.processes();
  assertEquals(
    views.map(({ name, entry, type, labels, state }) =>
      [name, entry, type, ...labels, state].join(" ")
    ),
    [
      "setup setup task of setup completed",
      "db db service of db stopped",
      "api.1 api service of api running",
      "api.2 api service of api running",
      "other other service of other running",
    ].sort((a, b) => names(views, a) - names(views, b)),
  );
  assertEquals(views.at(-1)?.name, "other");
  assertEquals(views.find(({ name }) => name === "db")?.why, "db was stopped");
  assertEquals(await at.client.why("db"), {
    name: "db",
    state: { kind: "stopped" },
    sentence: "db was stopped",
  } as never);
});

test("A view says what a process depends on, and what of it is awaited", async () => {
  await using pm = quiet();
  let ready = false;
  await using app = await up(
    pm,
    plan({
      db: {
        command: ["sleep", "500"],
        replicas: 2,
        ready: { probe: () => ready, intervalMs: 10 },
      },
      cache: { command: ["sleep", "500"] },
      api: {
        command: ["sleep", "500"],
        dependsOn: {
          db: { when: "ready", restart: "always" },
          cache: { when: "started", restart: "explicit" },
          absent: { when: "started", required: false },
        },
      },
    }),
    { names: ["cache"] },
  );
  await using at = await stage(app);
  const awaitedBy = async (name: string) => {
    const { state, dependencies } = await at.client.process(name);
    const names = dependencies.filter(({ awaited }) => awaited)
      .map(({ name }) => name);
    return [state, ...names];
  };
  assertEquals((await at.client.process("api")).dependencies, [
    {
      name: "db",
      when: "ready",
      restart: "always",
      required: true,
      awaited: false,
    },
    {
      name: "cache",
      when: "started",
      restart: "explicit",
      required: true,
      awaited: false,
    },
  ]);
  assertEquals((await at.client.process("db.1")).dependencies, []);
  assertEquals(await awaitedBy("api"), ["idle"]);
  const events = pm.events();
  const starting = app.start("api", { dependencies: "start" });
  await eventOf(events, "waiting");
  assertEquals(await awaitedBy("api"), ["waiting", "db"]);
  ready = true;
  await starting;
  assertEquals(await awaitedBy("api"), ["running"]);
  await app.stop();
  await assertRejects(() => app.start("api"), PlanError);
  assertEquals(await awaitedBy("api"), ["waiting", "db", "cache"]);
});

/** Returns the place of the process that a text begins with. */
function names(views: readonly { name: string }[], text: string): number {
  return views.findIndex(({ name }) => text.startsWith(`${name} `));
}

test("The last lines and events arrive before the socket closes", async () => {
  await using _folder = new RuntimeFolder();
  const pm = quiet();
  await using at = await stage(pm);
  const job = pm.command(
    "sh",
    [
      "-c",
      "trap 'echo bye; exit' TERM; echo hello; while :; do sleep 0.05; done",
    ],
    { name: "job" },
  );
  const logs = at.client.logs({ follow: true, source: "stdout" });
  const events = Array.fromAsync(at.client.events({ follow: true }));
  const first = (await logs.next()).value;
  assertEquals(first?.kind === "line" && first.text, "hello");
  await pm.shutdown();
  assertEquals(
    (await Array.fromAsync(logs)).map((item) =>
      item.kind === "line" ? item.text : item
    ),
    ["bye"],
  );
  assertEquals((await events).map(({ kind }) => kind), [
    "start",
    "exit",
    "stop",
  ]);
  assertEquals(job.state.kind, "exited");
});

test("A client that shuts the manager down gets its answer", async () => {
  await using _folder = new RuntimeFolder();
  const pm = quiet();
  const exposed = await expose(pm, { name: "shop" });
  pm.command("sleep", ["500"]);
  const answer = await request(exposed.socket, "POST", "/v1/shutdown");
  assertEquals([answer.status, answer.body], [200, "{}\n"]);
  assert(pm.closing.aborted);
  await exposed[Symbol.asyncDispose]();
});

test("A client that waits for a start is told when the manager is shut down", async () => {
  const pm = quiet();
  await using at = await stage(pm);
  const job = pm.command("sleep", ["500"], { name: "job", ready: () => false });
  await job.stop();
  const started = eventOf(job.events(), "start");
  const waiting = refusal(at.client.start({ names: ["job"] }));
  await started;
  await pm.shutdown();
  assertEquals(await waiting, {
    status: 503,
    code: "closing",
    message: "Cannot start job: the supervisor is ending",
  });
});

/** A program that exposes a manager, and then does something. */
function program(
  then: string,
  { flags = ["-A"] }: { flags?: readonly string[] } = {},
) {
  const module = (path: string) =>
    JSON.stringify(new URL(path, import.meta.url));
  return runScript(
    `
    import { Processman } from ${module("../mod.ts")};
    import { expose } from ${module("./mod.ts")};
    const pm = new Processman({ logger: null });
    const exposed = await expose(pm, { name: "script" });
    console.log("at", exposed.socket);
    ${then}
  `,
    { permission: "--quiet", flags },
  );
}

/** Returns the path of the socket that a program has printed. */
async function socketOf(script: ReturnType<typeof program>): Promise<string> {
  for await (const { text } of script.lines()) {
    const [, path] = text.match(/^at (.*)$/) ?? [];
    if (path !== undefined) return path;
    throw new Error(text);
  }
  throw new Error("it ended");
}

test("expose() keeps no program alive, not even with a client that follows", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(`
    pm.command("head", ["-n", "1"], { name: "job", stdin: "inherit" });
    await pm.finished;
  `);
  const socket = await socketOf(script);
  using connection = await Deno.connect({ transport: "unix", path: socket });
  await write(connection, "GET /v1/events?follow=true HTTP/1.1\r\n\r\n");
  const all = readAll(connection);
  await script.stdin.getWriter().write(new TextEncoder().encode("go\n"))
    .catch(() => {});
  assertEquals((await script.finished).code, 0);
  await all;
  // It has ended properly, although it has not closed anything.
  assertEquals(await Array.fromAsync(listPlaces()), []);
});

test("A signal that ends the program lets clients have their answers", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(
    `pm.command("sh", ["-c", "trap 'sleep 0.2; echo bye; exit' TERM; echo up; " +
      "while :; do sleep 0.02; done"], { name: "job" });
    await pm.finished;`,
  );
  const socket = await socketOf(script);
  const client = new ControlClient(socket);
  const logs = client.logs({ follow: true, source: "stdout" });
  assertEquals(textOf((await logs.next()).value), "up");
  const stopping = request(
    socket,
    "POST",
    "/v1/stop",
    JSON.stringify({ names: ["job"] }),
  );
  script.signal("SIGTERM");
  const rest = await Array.fromAsync(logs);
  assertEquals(rest.map(textOf), ["bye"]);
  assertEquals((await stopping).status, 200);
  assertEquals((await script.finished).signal, "SIGTERM");
  assertEquals(await Array.fromAsync(listPlaces()), []);
});

test("A supervisor that is killed is known to have died", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(
    "await new Promise(() => setInterval(() => {}, 1e9));",
  );
  await socketOf(script);
  script.signal("SIGKILL");
  await script.finished;
  const [place] = await Array.fromAsync(listPlaces());
  assertEquals(place && (await inspect(place)).kind, "died");
  // The next one takes the place and the socket.
  await using pm = quiet();
  await using exposed = await expose(pm, { name: "script" });
  assertEquals(exposed.socket, place?.socket);
  assertEquals((await request(exposed.socket, "GET", "/metrics")).status, 200);
});

/** The permissions that the documentation of `expose()` names, one by one. */
async function leastPermissions(runtime: Folder): Promise<string[]> {
  const { socket } = await placeOfName("script");
  return [
    "--allow-run",
    "--allow-env=XDG_RUNTIME_DIR",
    "--allow-sys=uid",
    `--allow-read=${runtime.path}/processman`,
    `--allow-write=${runtime.path}/processman`,
    `--allow-net=unix:${socket}`,
  ];
}

test("expose() works with the permissions that it names, and asks for none", async () => {
  await using runtime = new RuntimeFolder();
  await using script = program(
    `pm.command("sleep", ["500"], { name: "job" });
    await pm.finished;`,
    { flags: await leastPermissions(runtime) },
  );
  const client = new ControlClient(await socketOf(script));
  const [view] = await client.processes({ usage: true });
  assertEquals([view?.name, view?.usage?.processes], ["job", 1]);
  await client.shutdown();
  assertEquals((await script.finished).code, 0);
});

test("expose() names each permission that is missing, and does nothing", async () => {
  await using runtime = new RuntimeFolder();
  const least = await leastPermissions(runtime);
  for (const flag of least.slice(1)) {
    const [name = ""] = flag.split("=");
    await using script = program("await pm.shutdown();", {
      flags: least.filter((each) => each !== flag),
    });
    const { code } = await script.finished;
    const text = script.tail(Infinity).map(({ text }) => text).join("\n");
    assertEquals(code, 1);
    assertStringIncludes(text, "NotCapable: Requires");
    assertStringIncludes(text, name);
    assertEquals([...Deno.readDirSync(runtime.path)].map(({ name }) => name), [
      "tmp",
    ]);
  }
});

/** Where the system counts the processor time of threads exactly. */
const counted = Deno.build.os === "linux" ? test : () => {};

counted(
  "An exposed manager with 20 processes costs nothing while it is idle",
  async () => {
    await using _folder = new RuntimeFolder();
    await using script = program(
      `for (let i = 0; i < 20; i++) pm.command("sleep", ["500"]);
    await pm.finished;`,
    );
    const client = new ControlClient(await socketOf(script));
    assertEquals((await client.processes()).length, 20);
    const { pid } = await client.supervisor();
    await assertIdle(pid, full ? 60 : 2);
    await client.shutdown();
  },
);

function textOf(item: LogItem | void): string {
  return item?.kind === "line" ? item.text : JSON.stringify(item);
}
