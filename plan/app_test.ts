import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  constant,
  type Process,
  Processman,
  ProcessmanClosedError,
  StopError,
} from "../mod.ts";
import { type ChildScript, FakeChild, FakeKernel } from "../testing/mod.ts";
import { deny } from "../tools/testing.ts";
import { App } from "./app.ts";
import { PlanError } from "./errors.ts";
import { plan } from "./plan.ts";
import { up } from "./up.ts";

/** The processes that are ready, as the probes below see them. */
class World {
  readonly ready = new Set<string>();
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  /** The names of the programs in the order in which they started and ended. */
  readonly log: string[] = [];

  constructor(programs: Record<string, ChildScript> = {}) {
    const server: ChildScript = (child) => {
      const [name = "?"] = child.args;
      this.log.push(`+${name}`);
      child.on("SIGTERM", () => {
        this.log.push(`-${name}`);
        child.exit(0);
      });
    };
    const task: ChildScript = ({ args: [name] }) => {
      this.log.push(`+${name}`);
      return 0;
    };
    this.kernel = new FakeKernel({ programs: { server, task, ...programs } });
    this.pm = new Processman({ kernel: this.kernel, logger: null });
  }

  get clock() {
    return this.kernel.clock;
  }

  /** Ends the child of a process. */
  exit(process: Process | undefined, code: number): void {
    const child = this.kernel.started.find(({ pid }) => pid === process?.pid);
    assert(child, "the process has a child");
    this.log.push(`!${process?.name}`);
    child.exit(code);
  }

  async end(): Promise<void> {
    await this.clock.until(this.pm.shutdown());
    this.kernel.assertNothingLeft();
    assertEquals(this.clock.pending, 0);
  }
}

const restart = { backoff: constant(1_000) };

function server(name: string) {
  return { command: ["server", name], restart } as const;
}

Deno.test("up() starts each process when what it depends on is there", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({
    web: { ...server("web"), dependsOn: { api: "ready" } },
    api: {
      ...server("api"),
      replicas: 2,
      ready: ({ process: { name } }) => world.ready.has(name),
      dependsOn: { migrate: "completed" },
    },
    migrate: {
      type: "task",
      command: ["task", "migrate"],
      dependsOn: { db: "ready" },
    },
    db: { ...server("db"), ready: () => world.ready.has("db") },
  });
  const brought = up(pm, shop);
  await clock.advance(1_000);
  assertEquals(log, ["+db"]);
  assertEquals(
    [...pm].map(({ name, state }) =>
      `${name} ${state.kind}` +
      (state.kind === "waiting" ? `: ${state.reason}` : "")
    ),
    [
      "db running",
      "migrate waiting: db to be ready: db is running and not ready",
      "api.1 waiting: migrate to complete: migrate waits for db to be ready: db is running and not ready",
      "api.2 waiting: migrate to complete: migrate waits for db to be ready: db is running and not ready",
      "web waiting: api.1 to be ready and for 1 other: api.1 waits for migrate to complete: migrate waits for db to be ready: db is running and not ready",
    ],
  );
  world.ready.add("db");
  await clock.advance(1_000);
  assertEquals(log, ["+db", "+migrate", "+api", "+api"]);
  world.ready.add("api.1").add("api.2");
  const app = await clock.until(brought);
  assertEquals(log.slice(4), ["+web"]);
  await clock.until(app.stop());
  assertEquals(log.slice(5), ["-web", "-api", "-api", "-db"]);
  await world.end();
});

Deno.test("A process that crashes waits for what it depends on", async () => {
  const world = new World();
  const { pm, clock, log, ready } = world;
  const shop = plan({
    db: {
      ...server("db"),
      ready: { probe: () => ready.has("db"), recheckMs: 100 },
    },
    api: { ...server("api"), dependsOn: { db: "ready" } },
  });
  ready.add("db");
  const app = await clock.until(up(pm, shop));
  world.exit(app.get("db"), 1);
  await clock.settle();
  world.exit(app.get("api"), 1);
  await clock.advance(500);
  assertEquals(
    app.why("db").sentence,
    "db is in backoff after it crashed with code 1, attempt 1, next try in 500 ms",
  );
  await clock.advance(499);
  ready.delete("db");
  await clock.advance(101);
  assertEquals(
    app.why("api").sentence,
    "api waits for db to be ready: db is running and not ready",
  );
  assertEquals(app.whys(), [app.why("db"), app.why("api")]);
  ready.add("db");
  await clock.advance(200);
  assertEquals(log, ["+db", "+api", "!db", "!api", "+db", "+api"]);
  // What was ready at the start can lose that without an effect.
  ready.delete("db");
  await clock.advance(100);
  assertEquals(app.get("db")?.state.kind === "running", true);
  assertEquals(app.get("api")?.state.kind, "running");
  await world.end();
});

Deno.test("App.why() says how the last run of a process in backoff ended", async () => {
  const world = new World();
  const { pm, clock, kernel, ready } = world;
  ready.add("late").add("hung");
  const again = { ...restart, policy: "always" } as const;
  const service = { command: ["server"], restart: again } as const;
  const shop = plan({
    code: service,
    signal: service,
    success: service,
    late: {
      ...service,
      ready: { probe: () => ready.has("late"), withinMs: 500 },
    },
    hung: {
      ...service,
      live: { probe: () => ready.has("hung"), intervalMs: 900, failures: 1 },
    },
  });
  const app = await clock.until(up(pm, shop));
  world.exit(app.get("late"), 1);
  ready.clear();
  await clock.advance(1_490);
  world.exit(app.get("code"), 3);
  app.get("signal")?.signal("SIGSEGV");
  world.exit(app.get("success"), 0);
  await clock.advance(50);
  const why = (name: "code" | "signal" | "success" | "late" | "hung") =>
    app.why(name).sentence.replace(/next try in .*/, "…");
  assertEquals(
    (["code", "signal", "success", "late", "hung"] as const).map(why),
    [
      "code is in backoff after it crashed with code 3, attempt 1, …",
      "signal is in backoff after it crashed by SIGSEGV, attempt 1, …",
      "success is in backoff after it ended with code 0, …",
      "late is in backoff after it was not ready in time (the probe returned false), attempt 2, …",
      "hung is in backoff after it was unhealthy (the probe returned false), attempt 1, …",
    ],
  );
  kernel.spawn = () => {
    throw new Deno.errors.NotFound("no such file");
  };
  await clock.advance(1_000);
  assertEquals(
    why("code"),
    "code is in backoff after it could not be started (no such file), attempt 2, …",
  );
  await world.end();
});

Deno.test("A process waits for a dependency in backoff, and is blocked by one that failed until it is back", async () => {
  const world = new World({ broken: () => 1 });
  const { pm, clock, log } = world;
  const shop = plan({
    db: {
      command: ["broken"],
      restart: {
        backoff: constant(8_000),
        limit: { restarts: 1, withinMs: 60_000 },
      },
    },
    setup: {
      type: "task",
      command: ["task", "setup"],
      dependsOn: { db: "started" },
    },
    api: { ...server("api"), dependsOn: { setup: "completed" } },
  });
  const brought = up(pm, shop);
  brought.catch(() => {});
  await clock.advance(0);
  const [, setup] = pm;
  assertEquals(
    setup?.state.kind === "waiting" && setup.state.reason,
    "db to start: db is in backoff after it crashed with code 1, attempt 1, next try in 8 s, 0 more restarts allowed",
  );
  const error = await clock.until(assertRejects(() => brought, PlanError));
  assertEquals(error.whys.map(({ sentence }) => sentence), [
    'db failed: Cannot restart process "db": 1 restart within 60000 ms',
    'setup is blocked: db failed: Cannot restart process "db": 1 restart within 60000 ms',
    'api is blocked: setup is blocked: db failed: Cannot restart process "db": 1 restart within 60000 ms',
  ]);
  assertEquals(log, []);
  assertEquals([...pm], []);
  await world.end();
});

Deno.test("up() says that the manager is being shut down", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), ready: () => false, dependsOn: { db: "started" } },
  });
  const coming = up(pm, shop);
  await clock.settle();
  const over = pm.shutdown();
  await clock.until(assertRejects(
    () => coming,
    ProcessmanClosedError,
    "Cannot bring up the plan: the manager is being shut down",
  ));
  await over;
  assertEquals(log, ["+db", "+api", "-api", "-db"]);
  await world.end();
});

Deno.test("up() stops what it has started when its signal is aborted or its time is over", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), ready: () => false, dependsOn: { db: "started" } },
  });
  const abort = new AbortController();
  const aborted = up(pm, shop, { signal: abort.signal });
  await clock.settle();
  abort.abort(new Error("enough"));
  await clock.until(assertRejects(() => aborted, Error, "enough"));
  assertEquals(log, ["+db", "+api", "-api", "-db"]);

  const late = up(pm, shop, { withinMs: 3_000 });
  const error = await clock.until(assertRejects(() => late, PlanError));
  assertEquals(
    error.message,
    "Cannot bring up the plan within 3000 ms:\n  api has been running for 3 s and is not ready: the probe returned false",
  );
  assertEquals(log.slice(4), ["+db", "+api", "-api", "-db"]);
  await assertRejects(
    () => up(pm, shop, { signal: abort.signal }),
    Error,
    "enough",
  );
  assertEquals(log.length, 8);
  await world.end();
});

Deno.test("A crash takes down those that depend on the process with restart: always, and costs them nothing", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const always = { when: "started", restart: "always" } as const;
  const explicit = { when: "started", restart: "explicit" } as const;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), dependsOn: { db: always } },
    web: { ...server("web"), dependsOn: { api: always } },
    job: { ...server("job"), dependsOn: { db: explicit } },
    log: { ...server("log"), dependsOn: { db: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  log.length = 0;
  world.exit(app.get("db"), 1);
  await clock.settle();
  assertEquals(log, ["!db", "-web", "-api"]);
  assertEquals(
    app.why("web").sentence,
    "web waits for api to start: api waits for db to start: db is in backoff after it crashed with code 1, attempt 1, next try in 1 s",
  );
  await clock.advance(1_000);
  assertEquals(log, ["!db", "-web", "-api", "+db", "+api", "+web"]);
  await world.end();
});

Deno.test("App.restart() restarts those that depend on the process with an option restart, in order", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const explicit = { when: "started", restart: "explicit" } as const;
  const shop = plan({
    db: server("db"),
    migrate: {
      type: "task",
      command: ["task", "migrate"],
      dependsOn: { db: "started" },
    },
    api: {
      ...server("api"),
      dependsOn: {
        db: explicit,
        migrate: { when: "completed", restart: "explicit" },
      },
    },
    web: { ...server("web"), dependsOn: { api: explicit } },
    log: { ...server("log"), dependsOn: { db: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  log.length = 0;
  await clock.until(app.restart("db"));
  assertEquals(log, ["-web", "-api", "-db", "+db", "+api", "+web"]);
  log.length = 0;
  await clock.until(app.restart("migrate"));
  assertEquals(log, ["-web", "-api", "+migrate", "+api", "+web"]);
  log.length = 0;
  await clock.until(app.restart("log"));
  assertEquals(log, ["-log", "+log"]);
  await world.end();
});

Deno.test("A process that was stopped stays stopped until it is started", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const explicit = { when: "started", restart: "explicit" } as const;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), dependsOn: { db: explicit } },
    web: { ...server("web"), dependsOn: { api: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  log.length = 0;
  await clock.until(app.stop("db"));
  assertEquals(log, ["-api", "-db"]);
  assertEquals(app.why("db").sentence, "db was stopped");
  assertEquals(app.why("api").sentence, "api is blocked: db was stopped");
  assertEquals(app.why("web").state.kind, "running");
  const error = await assertRejects(() => app.restart("api"), PlanError);
  assertEquals(
    error.message,
    "Cannot restart api:\n  api is blocked: db was stopped",
  );
  await clock.until(app.start("db"));
  await clock.settle();
  assertEquals(log, ["-api", "-db", "+db", "+api"]);
  await clock.until(app.stop());
  assertEquals(log.slice(4), ["-web", "-api", "-db"]);
  await clock.until(app.start(["web", "api", "db"]));
  assertEquals(log.slice(7), ["+db", "+api", "+web"]);
  await world.end();
});

Deno.test("App.scale() starts new replicas, and stops those with the highest numbers", async () => {
  const world = new World();
  const { pm, clock } = world;
  const shop = plan({
    api: {
      ...server("api"),
      replicas: 1,
      each: ({ replica }) => ({ args: [`api.${replica}`] }),
    },
    web: { ...server("web"), dependsOn: { api: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  const first = app.get("api.1")?.pid;
  await clock.until(app.scale("api", 3));
  assertEquals([...app].map(({ name }) => name), [
    "api.1",
    "api.2",
    "api.3",
    "web",
  ]);
  await clock.until(app.scale("api", 2));
  assertEquals(world.log, ["+api.1", "+web", "+api.2", "+api.3", "-api.3"]);
  assertEquals(app.get("api.3"), undefined);
  assertEquals(app.get("api.1")?.pid, first);
  await assertRejects(() => app.scale("api", 0), RangeError, "api.replicas");
  await assertRejects(
    () => app.scale("web", 2),
    TypeError,
    'no option "replicas", such as "replicas: 1"',
  );
  assertThrows(() => app.why("x" as "web"), TypeError, "Cannot explain x");
  await world.end();
});

Deno.test("startLimit bounds how many processes start at the same time", async () => {
  const world = new World();
  const { pm, clock, log, ready } = world;
  const shop = plan({
    noise: server("noise"),
    api: {
      ...server("api"),
      replicas: 3,
      ready: ({ process: { name } }) => ready.has(name),
      // It is between its gate and its start for a while.
      prepare: () => clock.delay(100),
    },
  }, { startLimit: 1 });
  const brought = up(pm, shop);
  await clock.advance(50);
  // Whatever happens meanwhile, the second one waits.
  world.exit(pm.get("noise"), 1);
  await clock.advance(950);
  assertEquals(log, ["+noise", "!noise", "+api"]);
  const second = pm.get("api.2");
  assertEquals(
    second?.state.kind === "waiting" && second.state.reason,
    "its turn: 1 process starts, and the plan allows no more at once",
  );
  ready.add("api.1");
  await clock.advance(1_000);
  assertEquals(log.slice(3), ["+api"]);
  ready.add("api.2").add("api.3");
  await clock.until(brought);
  assertEquals(log.slice(4), ["+api", "+noise"]);
  await world.end();
});

Deno.test("A required: false dependency is awaited while it can come", async () => {
  const world = new World({ broken: () => 1 });
  const { pm, clock, log, ready } = world;
  const optional = { when: "ready", required: false } as const;
  const shop = plan({
    cache: { ...server("cache"), ready: () => ready.has("cache") },
    gone: {
      command: ["broken"],
      restart: { policy: "never" },
      ready: () => true,
    },
    api: { ...server("api"), dependsOn: { cache: optional, gone: optional } },
  });
  const brought = up(pm, shop);
  await clock.advance(1_000);
  assertEquals(log, ["+cache"]);
  ready.add("cache");
  const error = await clock.until(assertRejects(() => brought, PlanError));
  assertEquals(log.slice(0, 2), ["+cache", "+api"]);
  assertEquals(error.whys.map(({ sentence }) => sentence), [
    "gone failed: it crashed with code 1",
  ]);
  await world.end();
});

Deno.test("A process that was stopped with what it relies on waits until all of that is over", async () => {
  const world = new World({
    slow: (child, clock) => {
      child.on("SIGTERM", async () => {
        await clock.delay(5_000);
        child.exit(0);
      });
    },
  });
  const { pm, clock, log } = world;
  const always = { when: "started", restart: "always" } as const;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), dependsOn: { db: always } },
    slow: { command: ["slow"], dependsOn: { api: always } },
    web: { ...server("web"), dependsOn: { api: always } },
    cron: { ...server("cron"), dependsOn: { api: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  log.length = 0;
  world.exit(app.get("db"), 1);
  await clock.settle();
  world.exit(app.get("cron"), 1);
  await clock.advance(4_000);
  // The API is stopped when `slow` has ended.
  assertEquals(log, ["!db", "-web", "!cron", "+db"]);
  const sentence = "waits for api to start: api is stopping";
  assertEquals(app.why("web").sentence, `web ${sentence}`);
  assertEquals(app.why("cron").sentence, `cron ${sentence}`);
  await clock.advance(2_000);
  assertEquals(log.slice(4), ["-api", "+api", "+web", "+cron"]);
  await world.end();
});

Deno.test("Processman.shutdown() stops the processes of a plan in reverse order", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: { ...server("api"), dependsOn: { db: "started" } },
    web: { ...server("web"), dependsOn: { api: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  assert(app instanceof App);
  assertEquals(app.manager, pm);
  await clock.until(pm.shutdown());
  assertEquals(log.slice(3), ["-web", "-api", "-db"]);
  assertEquals(app.why("db").sentence, "db was stopped");
  await world.end();
});

Deno.test("App.stop() lets nothing start again that crashes meanwhile", async () => {
  const world = new World({
    slow: (child, clock) => {
      child.on("SIGTERM", async () => {
        await clock.delay(5_000);
        child.exit(0);
      });
    },
  });
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: { command: ["slow"], dependsOn: { db: "started" } },
  });
  const app = await clock.until(up(pm, shop));
  const stopped = app.stop();
  await clock.advance(1_000);
  world.exit(app.get("db"), 1);
  await clock.advance(2_000);
  assertEquals(app.why("db").sentence, "db waits for the stop of the plan");
  await clock.until(stopped);
  await clock.advance(10_000);
  assertEquals(log, ["+db", "!db"]);
  await world.end();
});

Deno.test("App.stop() kills what is left after withinMs", async () => {
  const world = new World({ deaf: (child) => child.on("SIGTERM") });
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: {
      command: ["deaf"],
      dependsOn: { db: "started" },
      stop: { gracePeriodMs: 60_000 },
    },
  });
  const app = await clock.until(up(pm, shop));
  const before = clock.now();
  await clock.until(app.stop({ withinMs: 3_000 }));
  assertEquals(clock.now() - before, 3_000);
  assertEquals(log, ["+db"]);
  await world.end();
});

Deno.test("App.stop() of some processes kills those that restart with them after withinMs", async () => {
  const world = new World({ deaf: (child) => child.on("SIGTERM") });
  const { pm, clock, kernel } = world;
  const shop = plan({
    db: server("db"),
    api: {
      command: ["deaf"],
      dependsOn: { db: { when: "started", restart: "explicit" } },
      stop: { gracePeriodMs: 60_000 },
    },
  });
  const app = await clock.until(up(pm, shop));
  const before = clock.now();
  await clock.until(app.stop("db", { withinMs: 3_000 }));
  assertEquals(clock.now() - before, 3_000);
  kernel.assertNothingLeft();
  assertEquals(app.why("api").sentence, "api is blocked: db was stopped");
  await world.end();
});

Deno.test("A task is completed when what it left behind has ended", async () => {
  const world = new World({
    messy: (child, clock) => {
      const helper = child.fork("helper");
      helper.on("SIGTERM", async () => {
        await clock.delay(500);
        helper.exit(0);
      });
      return 0;
    },
  });
  const { pm, clock } = world;
  const shop = plan({
    setup: { type: "task", command: ["messy"] },
    api: { ...server("api"), dependsOn: { setup: "completed" } },
  });
  await clock.until(up(pm, shop));
  assertEquals(world.log, ["+api"]);
  await world.end();
});

Deno.test("Restarts wait for each other, and a stop of the plan ends them", async () => {
  const world = new World();
  const { pm, clock, log, ready } = world;
  const shop = plan({
    db: { ...server("db"), ready: () => ready.has("db") },
    api: {
      ...server("api"),
      dependsOn: { db: { when: "ready", restart: "explicit" } },
    },
  });
  ready.add("db");
  const app = await clock.until(up(pm, shop));
  log.length = 0;
  await clock.until(Promise.all([app.restart("db"), app.restart("api")]));
  assertEquals(log, ["-api", "-db", "+db", "+api"]);

  ready.delete("db");
  const first = app.restart("db", { withinMs: 1_000 });
  const error = await clock.until(assertRejects(() => first, PlanError));
  assertEquals(error.whys.map(({ name }) => name), ["db", "api"]);
  assertEquals(error.message.split(":")[0], "Cannot restart db within 1000 ms");
  // What has been restarted is left as it is.
  ready.add("db");
  await clock.until(app.start("api"));

  const abort = new AbortController();
  const aborted = app.restart("api", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  const cut = app.restart("db");
  const stopped = app.stop();
  // A restart does not undo a stop that is in progress.
  const late = assertRejects(
    () => app.restart("api"),
    PlanError,
    "was stopped",
  );
  await clock.until(
    assertRejects(() => cut, TypeError, "Cannot change the plan: it is being"),
  );
  await clock.until(stopped);
  await clock.until(late);
  await app[Symbol.asyncDispose]();
  await assertRejects(
    () => app.restart("api"),
    TypeError,
    "Cannot restart api: the plan has been disposed of",
  );
  assertEquals(app.why("api").sentence, "api was stopped");
  await app.stop();
  await world.end();
});

Deno.test("App.why() takes a name or a process", async () => {
  const world = new World();
  const { pm, clock } = world;
  const shop = plan({ db: server("db") });
  const app = await clock.until(up(pm, shop));
  for (const process of app) {
    assertEquals(app.why(process), app.why("db"));
  }
  // @ts-expect-error: there is no such process.
  assertThrows(() => app.why("dp"), TypeError, "Cannot explain dp");
  await world.end();
});

Deno.test("App.why() answers about the replica that is not ready", async () => {
  const world = new World();
  const { pm, clock, ready } = world;
  ready.add("api.1").add("api.2");
  const shop = plan({
    api: {
      ...server("api"),
      replicas: 2,
      ready: {
        probe: ({ process: { name } }) => ready.has(name),
        recheckMs: 100,
      },
    },
  });
  const app = await clock.until(up(pm, shop));
  assertEquals(app.why("api").name, "api.1");
  ready.delete("api.2");
  await clock.advance(200);
  assertEquals(
    app.why("api").sentence,
    "api.2 has been running for 200 ms and is not ready: the probe returned false",
  );
  assertEquals(app.why("api.1").state.kind, "running");
  await world.end();
});

Deno.test("A plan that runs checks names and options before it does anything", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({ db: server("db") });
  const wrong = [
    [{ withinMs: -1 }, RangeError, 'Option "withinMs" must be a number >= 0'],
    [{ withinMs: "1" }, TypeError, 'Option "withinMs" must be a number'],
    [{ signal: 1 }, TypeError, 'Option "signal" must be an AbortSignal'],
    [{ within: 1 }, TypeError, 'Option "options.within" does not exist'],
  ] as const;
  for (const [options, kind, message] of wrong) {
    await assertRejects(() => up(pm, shop, options as never), kind, message);
  }
  const app = await clock.until(up(pm, shop));
  for (const [options, kind, message] of wrong) {
    const given = options as never;
    await assertRejects(() => app.start("db", given), kind, message);
    await assertRejects(() => app.restart("db", given), kind, message);
  }
  await assertRejects(
    () => app.stop("db", { gracePeriodMs: -1 }),
    RangeError,
    'Option "stop.gracePeriodMs" must be',
  );
  await assertRejects(() => app.stop({ withinMs: -1 }), RangeError);
  for (const verb of ["start", "stop", "restart"] as const) {
    await assertRejects(
      () => app[verb]("bd" as "db"),
      TypeError,
      `Cannot ${verb} bd: the plan has no entry or process with this name, the entries are db`,
    );
  }
  assertEquals(log, ["+db"]);
  // Another plan cannot have the same processes.
  await assertRejects(
    () => up(pm, shop),
    TypeError,
    "the name is already taken",
  );
  assertEquals(app.why("db").state.kind, "running");
  await world.end();
});

Deno.test("startLimit does not count a process that has lost its readiness", async () => {
  const world = new World();
  const { pm, clock, log, ready } = world;
  const shop = plan({
    db: {
      ...server("db"),
      ready: { probe: () => ready.has("db"), recheckMs: 100 },
    },
    api: server("api"),
  }, { startLimit: 1 });
  ready.add("db");
  const app = await clock.until(up(pm, shop));
  ready.delete("db");
  await clock.advance(200);
  await clock.until(app.restart("api"));
  assertEquals(log.slice(2), ["-api", "+api"]);
  await world.end();
});

Deno.test("App.restart() and App.stop() reject if a run cannot be ended", async () => {
  const world = new World();
  const { pm, clock, log, kernel } = world;
  const shop = plan({
    db: server("db"),
    api: {
      ...server("api"),
      dependsOn: { db: { when: "started", restart: "explicit" } },
    },
  });
  const app = await clock.until(up(pm, shop));
  const allow = deny(kernel);
  await clock.until(assertRejects(() => app.restart("db"), StopError, "api"));
  assertEquals(app.why("db").state.kind, "running");
  assertEquals(app.why("api").state.kind, "stopping");
  await clock.until(
    assertRejects(() => app.stop("db"), AggregateError, "2 processes"),
  );
  allow();
  await clock.until(app.stop());
  assertEquals(log.slice(2, 4), ["-api", "-db"]);
  await world.end();
});

Deno.test("App.restart() does not start what is stopped meanwhile", async () => {
  const world = new World({
    slow: (child, clock) => {
      child.on("SIGTERM", async () => {
        await clock.delay(5_000);
        child.exit(0);
      });
    },
  });
  const { pm, clock, log } = world;
  const shop = plan({
    db: server("db"),
    api: {
      command: ["slow"],
      dependsOn: { db: { when: "started", restart: "explicit" } },
    },
  });
  const app = await clock.until(up(pm, shop));
  const restarted = assertRejects(
    () => app.restart("db"),
    PlanError,
    "db was stopped",
  );
  await clock.advance(1_000);
  assertEquals(app.why("db").state.kind, "running");
  await clock.until(Promise.all([app.get("db")?.stop(), restarted]));
  assertEquals(log, ["+db", "-db"]);
  assertEquals(app.why("api").sentence, "api is blocked: db was stopped");
  await world.end();
});

/** A program that takes five seconds to end. */
const slow: ChildScript = (child, clock) => {
  child.on("SIGTERM", async () => {
    await clock.delay(5_000);
    child.exit(0);
  });
};

Deno.test("A plan that is disposed of starts nothing, whatever is asked meanwhile", async () => {
  const world = new World({ slow });
  const { pm, clock, kernel } = world;
  const shop = plan({
    db: { command: ["slow"] },
    api: { command: ["slow"], replicas: 1, each: () => ({}) },
  });
  const app = await clock.until(up(pm, shop));
  const disposed = app[Symbol.asyncDispose]();
  await clock.advance(1_000);
  for (
    const ask of [
      () => app.start("db"),
      () => app.restart("db"),
      () => app.scale("api", 2),
      () => app.apply(plan({ web: server("web") })),
    ]
  ) await assertRejects(ask, TypeError, "the plan has been disposed of");
  const started = assertRejects(
    async () => await app.get("db")?.start(),
    TypeError,
    "a stop came first",
  );
  await clock.until(disposed);
  await started;
  await clock.advance(60_000);
  assertEquals(kernel.started.length, 2);
  assertEquals(app.why("db").sentence, "db was stopped");
  await world.end();
});

Deno.test("App.restart() starts what ends by itself before it is stopped", async () => {
  const world = new World({ slow });
  const { pm, clock, log } = world;
  const dependsOn = {
    db: { when: "started", restart: "explicit" },
    job: { when: "started", restart: "explicit" },
  } as const;
  const app = await clock.until(up(
    pm,
    plan({
      db: { ...server("db"), restart: { policy: "never" } },
      job: { ...server("job"), restart: { policy: "never" } },
      api: { command: ["slow"], dependsOn },
    }),
  ));
  const restarted = app.restart(["db", "job"]);
  await clock.advance(1_000);
  world.exit(app.get("db"), 1);
  world.exit(app.get("job"), 0);
  await clock.until(restarted);
  assertEquals(log, ["+db", "+job", "!db", "!job", "+db", "+job"]);
  await world.end();
});

Deno.test("App.scale() changes nothing if a name is taken", async () => {
  const world = new World();
  const { pm, clock } = world;
  const api = { ...server("api"), replicas: 1, each: () => ({}) };
  const app = await clock.until(up(
    pm,
    plan({ api, web: { ...server("web"), dependsOn: { api: "started" } } }),
  ));
  const { plan: before } = app;
  pm.command("server", ["other"], { name: "api.3" });
  await assertRejects(
    () => app.scale("api", 3),
    TypeError,
    'Cannot scale api: the name "api.3" is already taken by another process',
  );
  assertEquals([...app].map(({ name }) => name), ["api.1", "web"]);
  assertEquals(app.plan, before);
  await world.end();
});

Deno.test("A stop that comes before a start is no failure of the start", async () => {
  const world = new World({ slow });
  const { pm, clock } = world;
  const app = await clock.until(up(pm, plan({ db: { command: ["slow"] } })));
  const db = app.get("db");
  const first = db?.stop();
  await clock.advance(100);
  const started = assertRejects(() => app.start("db"), PlanError);
  await clock.advance(100);
  await clock.until(Promise.all([first, db?.stop(), started]));
  assertEquals(app.why("db").sentence, "db was stopped");
  await world.end();
});

Deno.test("App.start() says why a process could not be started", async () => {
  const world = new World();
  const { pm, clock } = world;
  const app = await clock.until(up(pm, plan({ db: server("db") })));
  await app.stop("db");
  const other = pm.command("server", ["other"], { name: "db" });
  await assertRejects(
    () => app.start("db"),
    PlanError,
    'db failed: Cannot start process "db": the name is already taken',
  );
  await other.stop();
  await app.start("db");
  await world.end();
});

Deno.test("App.stop() of a process that failed lets it stay stopped", async () => {
  const world = new World();
  const { pm, clock, kernel } = world;
  const shop = (version: string) =>
    plan({
      db: { ...server(version), restart: { limit: { restarts: 0 } } },
      web: server("web"),
    });
  const app = await clock.until(up(pm, shop("1")));
  world.exit(app.get("db"), 1);
  await clock.advance(0);
  assertEquals(app.why("db").state.kind, "failed");
  await app.stop("db");
  assertEquals(app.why("db").sentence, "db was stopped");
  await clock.until(app.apply(shop("2")));
  assertEquals(app.why("db").sentence, "db was stopped");
  assertEquals(kernel.started.length, 2);

  kernel.program("server", undefined);
  await assertRejects(() => app.start("db"), PlanError, "db failed: ");
  assertEquals(app.why("db").state.kind, "failed");
  await world.end();
});

Deno.test("startLimit gives each process a turn while others fail to get ready", async () => {
  const world = new World();
  const { pm, clock, kernel } = world;
  const ready = { probe: () => false, withinMs: 2_000 };
  const broken = { command: ["server", "broken"], restart, ready } as const;
  const shop = plan({ a: broken, b: broken, c: server("c") }, {
    startLimit: 1,
  });
  const failed = assertRejects(() => up(pm, shop, { withinMs: 5_000 }));
  await clock.advance(4_500);
  assertEquals(pm.get("c")?.state.kind, "running");
  await clock.until(failed);
  kernel.assertNothingLeft();
  await world.end();
});

Deno.test("withinMs counts from the call, whatever the restart waits for", async (t) => {
  const asks:
    ((app: App<"db" | "api">, withinMs: number) => Promise<unknown>)[] = [
      (app, withinMs) => app.restart("db", { withinMs }),
      (app, withinMs) => app.restart("db", { withinMs, roll: true }),
      (app, withinMs) =>
        app.apply(plan({ db: server("db"), api: server("api") }), { withinMs }),
    ];
  for (const ask of asks) {
    for (const busy of [true, false]) {
      await t.step(`${ask}, ${busy ? "in its turn" : "at once"}`, async () => {
        const world = new World({ slow });
        const { pm, clock, kernel } = world;
        const shop = plan({ db: { command: ["slow"] }, api: server("api") });
        const app = await clock.until(up(pm, shop));
        const first = busy ? app.restart("db") : undefined;
        const late = assertRejects(
          () => ask(app, 1_000),
          PlanError,
          " within 1000 ms",
        );
        await clock.until(late);
        if (first) await clock.until(first);
        await clock.advance(60_000);
        assertEquals(app.plan, shop);
        assertEquals(kernel.alive.length, 2);
        assertEquals([...app].map(({ state: { kind } }) => kind), [
          "running",
          "running",
        ]);
        await world.end();
      });
    }
  }
});

Deno.test("App.restart() lets nothing start between its stops", async () => {
  const world = new World({ slow });
  const { pm, clock, log } = world;
  const dependsOn = { db: { when: "started", restart: "explicit" } } as const;
  const shop = plan({
    db: server("db"),
    cache: { command: ["slow"], dependsOn },
    api: { ...server("api"), prepare: () => clock.delay(1_000), dependsOn },
  });
  const app = await clock.until(up(pm, shop));
  app.get("api")?.restart();
  await clock.advance(500);
  log.length = 0;
  await clock.until(app.restart("db"));
  assertEquals(log, ["-db", "+db", "+api"]);
  await world.end();
});

Deno.test("App.restart() waits for nothing that was stopped", async () => {
  const world = new World();
  const { pm, clock } = world;
  const shop = plan({
    db: server("db"),
    api: {
      ...server("api"),
      dependsOn: { db: { when: "started", restart: "explicit" } },
    },
  });
  const app = await clock.until(up(pm, shop));
  await app.stop("api");
  await clock.until(app.restart("db"));
  assertEquals(app.why("api").sentence, "api was stopped");
  await world.end();
});

Deno.test("A task that runs again restarts those that depend on it with restart: always", async () => {
  const world = new World();
  const { pm, clock, log } = world;
  const shop = plan({
    setup: { type: "task", command: ["task", "setup"] },
    api: {
      ...server("api"),
      dependsOn: { setup: { when: "completed", restart: "always" } },
    },
  });
  const app = await clock.until(up(pm, shop));
  await app.get("setup")?.start();
  await clock.advance(1_000);
  assertEquals(log, ["+setup", "+api", "-api", "+setup", "+api"]);
  await world.end();
});

Deno.test("App.scale() removes a replica that is started meanwhile", async () => {
  const world = new World({ slow });
  const { pm, clock, kernel } = world;
  const shop = plan({
    api: { command: ["slow"], replicas: 2, each: () => ({}) },
  });
  const app = await clock.until(up(pm, shop));
  const second = app.get("api.2");
  const scaled = app.scale("api", 1);
  await clock.advance(1_000);
  second?.start().catch(() => {});
  await clock.until(scaled);
  await clock.advance(60_000);
  assertEquals([kernel.alive.length, second?.state.kind], [1, "exited"]);
  await world.end();
});

Deno.test("App.apply() replaces a chain with a process behind it that restarts with it", async (t) => {
  const on = { when: "started", restart: "explicit" } as const;
  const api = (version: string) => ({
    ...server(version),
    dependsOn: { db: { ...on, restart: "always" } },
  } as const);
  const web = server("web");
  const plans = {
    "a process in between is replaced": [
      {
        db: server("db1"),
        api: api("1"),
        web: { ...web, dependsOn: { api: on } },
      },
      {
        db: server("db2"),
        api: api("2"),
        web: { ...web, dependsOn: { api: on } },
      },
    ],
    "a process in between is new": [
      { db: server("db1"), web: { ...web, dependsOn: { db: on } } },
      {
        db: server("db2"),
        api: api("2"),
        web: { ...web, dependsOn: { db: on, api: on } },
      },
    ],
  } as const;
  for (const [name, [old, next]] of Object.entries(plans)) {
    await t.step(name, async () => {
      const world = new World();
      const { pm, clock, kernel } = world;
      const app: App = await clock.until(up(pm, plan({ ...old })));
      await clock.until(app.apply(plan({ ...next })));
      await clock.advance(1_000);
      assertEquals(
        kernel.alive.map((child) =>
          child instanceof FakeChild && child.args[0]
        ),
        ["db2", "2", "web"],
      );
      await world.end();
    });
  }
});
