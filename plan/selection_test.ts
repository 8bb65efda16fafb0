import { assertEquals, assertRejects } from "@std/assert";
import { Fleet } from "../tools/fleet.ts";
import type { App } from "./app.ts";
import { describe } from "./describe.ts";
import type { PlanEntry } from "./entry.ts";
import { PlanError } from "./errors.ts";
import { plan } from "./plan.ts";
import { up } from "./up.ts";

/** A web server that requires the API, which requires the database. */
function shop(
  fleet: Fleet,
  version = "v1",
  more: Record<string, PlanEntry> = {},
): Record<string, PlanEntry> {
  return {
    db: fleet.server(version),
    cache: fleet.server("v1"),
    migrate: {
      type: "task",
      command: ["task", "v1"],
      dependsOn: { db: "ready" },
    },
    api: {
      ...fleet.server("v1"),
      replicas: 2,
      dependsOn: {
        migrate: "completed",
        db: "ready",
        cache: { when: "ready", required: false },
      },
    },
    web: { ...fleet.server("v1"), dependsOn: { api: "ready" } },
    ...more,
  };
}

/** Returns the state of each process of a plan. */
function states(app: App): Record<string, string> {
  const units = [...app.plan.entries.values()].flatMap(({ units }) => units);
  return Object.fromEntries(
    units.map(({ name }) => [name, app.why(name).state.kind]),
  );
}

const IDLE = {
  db: "idle",
  cache: "idle",
  migrate: "idle",
  "api.1": "idle",
  "api.2": "idle",
  web: "idle",
};

const API = {
  ...IDLE,
  db: "running",
  migrate: "done",
  "api.1": "running",
  "api.2": "running",
};

Deno.test("up({ names }) starts some entries with what they require, and waits for nothing else", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app = await clock.until(up(pm, plan(shop(fleet)), { names: ["api"] }));
  assertEquals(log, ["+db v1", "+migrate v1", "+api.1 v1", "+api.2 v1"]);
  assertEquals(states(app), API);
  assertEquals(app.why("web").sentence, "web has not been started");
  assertEquals(app.why("web").held, undefined);
  assertEquals(app.get("web"), undefined);
  assertEquals([...app].length, 4);
  await clock.until(app.start("web"));
  await clock.until(app.start("cache"));
  assertEquals(log.slice(4), ["+web v1", "+cache v1"]);
  await clock.until(app.stop("web"));
  await clock.until(app.stop());
  assertEquals(app.why("web").sentence, "web was stopped");
  await fleet.end();
});

Deno.test("up({ names: [] }) starts nothing", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app = await clock.until(up(pm, plan(shop(fleet)), { names: [] }));
  assertEquals(states(app), IDLE);
  await clock.until(app.stop());
  await clock.until(app.stop("db"));
  assertEquals(states(app), IDLE);
  assertEquals(log, []);
  await clock.until(app.restart("db"));
  assertEquals(states(app), { ...IDLE, db: "running" });
  await fleet.end();
});

Deno.test("up() rejects names and options that are wrong before anything starts", async () => {
  const fleet = new Fleet();
  const { log, pm } = fleet;
  const whole = plan(shop(fleet));
  const cases: [options: object, message: string][] = [
    [
      { names: ["db", "ap"] },
      'Option "names[1]" does not name an entry, and the nearest one is "api": the entries are db, cache, migrate, api, web',
    ],
    [{ names: ["api.1"] }, 'Option "names[0]" does not name an entry'],
    [
      { names: "api" },
      'Option "names" must be an array: current value is "api"',
    ],
    [{ names: [1] }, 'Option "names[0]" must be a string: current value is 1'],
    [
      { dependencies: true },
      'Option "dependencies" must be one of "require", "start", "ignore": current value is true',
    ],
    [{ name: ["api"] }, 'Option "options.name" does not exist'],
  ];
  for (const [options, message] of cases) {
    await assertRejects(() => up(pm, whole, options), TypeError, message);
  }
  assertEquals([[...pm], log], [[], []]);
  await fleet.end();
});

Deno.test("What has not been started blocks what requires it", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app = await clock.until(up(pm, plan(shop(fleet)), { names: [] }));
  await assertRejects(
    () => clock.until(app.start("api")),
    PlanError,
    "Cannot start api:\n  api.1 is blocked: migrate has not been started (and 1 other)",
  );
  assertEquals(log, []);
  await clock.until(app.start(["migrate", "db"]));
  await clock.advance(1_000);
  assertEquals(states(app), API);
  await fleet.end();
});

Deno.test('App.start({ dependencies: "start" }) starts what is required and does not run', async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app = await clock.until(up(pm, plan(shop(fleet)), { names: ["db"] }));
  const db = app.get("db")?.pid;
  await clock.until(app.start("api.2", { dependencies: "start" }));
  assertEquals(states(app), { ...API, "api.1": "idle" });
  assertEquals(app.get("db")?.pid, db);
  assertEquals(log, ["+db v1", "+migrate v1", "+api.2 v1"]);
  await clock.until(app.stop(["db", "api"]));
  log.length = 0;
  await clock.until(app.start("web", { dependencies: "start" }));
  // A completed task stays so.
  assertEquals(log, ["+db v1", "+api.1 v1", "+api.2 v1", "+web v1"]);
  await fleet.end();
});

Deno.test('dependencies: "ignore" starts a process without what it requires', async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app = await clock.until(
    up(pm, plan(shop(fleet)), { names: ["api"], dependencies: "ignore" }),
  );
  assertEquals(log, ["+api.1 v1", "+api.2 v1"]);
  // A restart does not wait either, except for what can come.
  await clock.until(app.restart("api"));
  await clock.until(app.start("db"));
  fleet.crash(app, "db");
  fleet.crash(app, "api.1");
  await clock.advance(1_050);
  assertEquals(
    app.why("api.1").sentence,
    "api.1 waits for db to be ready: db is running and not ready",
  );
  await clock.advance(1_000);
  assertEquals(app.why("api.1").state.kind, "running");
  // Another start takes it back.
  await clock.until(app.stop(["api", "db"]));
  await assertRejects(() => clock.until(app.start("api")), PlanError);
  await clock.until(app.start("api", { dependencies: "ignore" }));
  assertEquals(states(app)["api.1"], "running");
  await fleet.end();
});

Deno.test("App.scale() also starts the replicas that have not been started", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const workers = plan({ worker: { ...fleet.server("v1"), replicas: 2 } });
  const app = await clock.until(up(pm, workers, { names: [] }));
  const other = pm.command("server", ["v0"], { name: "worker.2" });
  await assertRejects(
    () => app.scale("worker", 3),
    TypeError,
    'Cannot scale worker: the name "worker.2" is already taken by another process',
  );
  assertEquals(states(app), { "worker.1": "idle", "worker.2": "idle" });
  await clock.until(other.stop());
  log.length = 0;
  await clock.until(app.scale("worker", 3));
  assertEquals(log, ["+worker.1 v1", "+worker.2 v1", "+worker.3 v1"]);
  await fleet.end();
});

Deno.test("App.apply() starts nothing that has not been started", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app: App = await clock.until(
    up(pm, plan(shop(fleet)), { names: ["db"] }),
  );
  log.length = 0;
  const extra = { ...shop(fleet).api, replicas: 3 } as PlanEntry;
  const { web: _, ...rest } = shop(fleet, "v1", { api: extra });
  const cache = fleet.server("v2");
  const next = plan({ ...rest, cache });
  const difference = await clock.until(app.apply(next));
  assertEquals(
    describe(difference),
    [
      "- web",
      '~ cache.command: ["server","v1"] → ["server","v2"] (restart)',
      "~ api.replicas: 2 → 3",
    ].join("\n"),
  );
  assertEquals(log, []);
  const { web: __, ...some } = IDLE;
  assertEquals(states(app), { ...some, db: "running", "api.3": "idle" });
  await clock.until(app.start("cache"));
  assertEquals(log, ["+cache v2"]);
  await fleet.end();
});

Deno.test("App.apply() starts new entries, all or some, and what they require", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const app: App = await clock.until(
    up(pm, plan(shop(fleet)), { names: ["cache"] }),
  );
  log.length = 0;
  const cron = { ...fleet.server("v1"), dependsOn: { job: "ready" } } as const;
  const job = {
    ...fleet.server("v1"),
    dependsOn: { migrate: "completed" },
  } as const;
  const other = fleet.server("v1");
  const next = plan(shop(fleet, "v2", { cron, job, other }));
  await assertRejects(
    () => app.apply(next, { names: ["crom"] }),
    TypeError,
    'Option "names[0]" does not name an entry, and the nearest one is "cron"',
  );
  await clock.until(app.apply(next, { names: ["cron", "api"] }));
  assertEquals(log, ["+db v2", "+migrate v1", "+job v1", "+cron v1"]);
  assertEquals(states(app), {
    ...IDLE,
    cache: "running",
    db: "running",
    migrate: "done",
    job: "running",
    cron: "running",
    other: "idle",
  });
  // What has been stopped is not started by that.
  await clock.until(app.stop("job"));
  const late = { ...fleet.server("v1"), dependsOn: { job: "ready" } } as const;
  await assertRejects(
    () =>
      clock.until(app.apply(plan(
        shop(fleet, "v2", { cron, job, other, late }),
      ))),
    PlanError,
    "Cannot apply the plan:\n  late is blocked: job was stopped",
  );
  await fleet.end();
});

Deno.test("App.apply() puts back to idle what it has started if it fails", async () => {
  const fleet = new Fleet();
  const { clock, behavior, pm } = fleet;
  const app: App = await clock.until(
    up(pm, plan(shop(fleet)), { names: ["cache"] }),
  );
  const before = states(app);
  behavior.set("cron v1", "crashes");
  const cron = { ...fleet.server("v1"), dependsOn: { api: "ready" } } as const;
  for (const version of ["v1", "v2"]) {
    const next = plan(shop(fleet, version, {
      cron: { ...cron, restart: { policy: "never" } },
    }));
    await assertRejects(
      () => clock.until(app.apply(next)),
      PlanError,
      "Cannot apply the plan:\n  cron failed: it crashed with code 1",
    );
    assertEquals(states(app), before);
    assertEquals(fleet.alive, ["cache v1"]);
    await clock.advance(10_000);
    assertEquals(fleet.alive, ["cache v1"]);
  }
  await clock.until(app.start("db"));
  assertEquals(fleet.alive, ["cache v1", "db v1"]);
  await fleet.end();
});

Deno.test("App.apply() leaves alone what runs without a process that is not to run", async () => {
  for (const stop of [false, true]) {
    const fleet = new Fleet();
    const { clock, log, pm } = fleet;
    const api = {
      ...fleet.server("v1"),
      dependsOn: {
        db: { when: "ready", restart: "always", required: false },
      },
    } as const;
    const names = stop ? undefined : ["api"] as const;
    const app: App = await clock.until(
      up(pm, plan({ db: fleet.server("v1"), api }), { names }),
    );
    if (stop) {
      await clock.until(app.stop("db"));
      await clock.advance(1_000);
    }
    const { pid } = app.get("api") ?? {};
    log.length = 0;
    await clock.until(app.apply(plan({ db: fleet.server("v2"), api })));
    assertEquals(log, []);
    assertEquals(app.get("api")?.pid, pid);
    await clock.until(app.start("db"));
    assertEquals(log, ["+db v2"]);
    await fleet.end();
  }
});

Deno.test("A rolling restart starts what is idle, and puts it back if it fails", async () => {
  const fleet = new Fleet();
  const { clock, behavior, pm } = fleet;
  const app = await clock.until(
    up(pm, plan({ api: { ...fleet.server("v1"), replicas: 2 } }), {
      names: [],
    }),
  );
  behavior.set("api.2 v1", "crashes");
  await assertRejects(
    () => clock.until(app.restart("api", { roll: true })),
    PlanError,
  );
  assertEquals(states(app), { "api.1": "idle", "api.2": "idle" });
  behavior.clear();
  await clock.until(app.restart("api", { roll: true }));
  assertEquals(fleet.alive, ["api.1 v1", "api.2 v1"]);
  await fleet.end();
});
