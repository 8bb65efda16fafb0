import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { constant } from "../mod.ts";
import { FakeChild } from "../testing/mod.ts";
import { Fleet } from "../tools/fleet.ts";
import type { App } from "./app.ts";
import { describe } from "./describe.ts";
import { PlanError } from "./errors.ts";
import type { PlanEntry } from "./entry.ts";
import { plan } from "./plan.ts";
import type { Plan } from "./planned.ts";
import { up } from "./up.ts";

/** A database, a task, three replicas in front of it, and what uses them. */
function shop(
  fleet: Fleet,
  version = "v1",
  more: Record<string, Partial<PlanEntry>> = {},
): Record<string, PlanEntry> {
  return {
    db: { ...fleet.server("v1"), ...more.db } as PlanEntry,
    migrate: {
      type: "task",
      command: ["task", version],
      dependsOn: { db: "ready" },
    },
    api: {
      ...fleet.server(version),
      replicas: 3,
      each: ({ replica }) => ({ env: { PORT: String(8000 + replica) } }),
      dependsOn: { migrate: "completed", db: "ready" },
      ...more.api,
    } as PlanEntry,
    web: {
      ...fleet.server("v1"),
      dependsOn: { api: { when: "ready", restart: "always" } },
      ...more.web,
    } as PlanEntry,
  };
}

const V1 = ["api.1 v1", "api.2 v1", "api.3 v1", "db v1", "web v1"];

function pids(app: App): Record<string, number | undefined> {
  const alive = [...app].filter(({ pid }) => pid !== undefined);
  return Object.fromEntries(alive.map(({ name, pid }) => [name, pid]));
}

/** Watches that there are always enough replicas. */
function watch(fleet: Fleet): () => number {
  let least = Infinity;
  fleet.look = () => least = Math.min(least, fleet.capacity("api"));
  return () => least;
}

async function start(fleet: Fleet, old: Plan): Promise<App> {
  const app = await fleet.clock.until(up(fleet.pm, old));
  fleet.log.length = 0;
  return app;
}

Deno.test("up() waits until tasks are completed", async () => {
  const fleet = new Fleet();
  const { clock } = fleet;
  fleet.kernel.program("slow", async () => {
    await clock.delay(5_000);
    return 0;
  });
  const slow = plan({ slow: { type: "task", command: ["slow"] } });
  const app = await clock.until(up(fleet.pm, slow));
  assertEquals([clock.now(), app.why("slow").state.kind], [5_000, "done"]);
  await fleet.end();
});

Deno.test("App.apply() touches only what differs", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const app = await start(fleet, plan(shop(fleet)));
  const before = pids(app);
  const least = watch(fleet);

  const same = plan(shop(fleet));
  assertEquals(describe(await clock.until(app.apply(same))), "");
  assertEquals([log, app.plan], [[], same]);

  const { web, ...rest } = shop(fleet, "v2");
  assert(web);
  const next = plan({ ...rest, web, cron: fleet.server("v1") });
  const difference = await clock.until(app.apply(next));
  assertEquals(
    describe(difference),
    [
      "+ cron",
      '~ migrate.command: ["task","v1"] → ["task","v2"] (restart)',
      '~ api.command: ["server","v1"] → ["server","v2"] (restart)',
    ].join("\n"),
  );
  assertEquals(log, [
    "+cron v1",
    "+migrate v2",
    "+api.4 v2",
    "-api.1 v1",
    "+api.1 v2",
    "-api.2 v1",
    "+api.2 v2",
    "-api.3 v1",
    "+api.3 v2",
    "-api.4 v2",
  ]);
  assertEquals(least(), 3);
  assertEquals(app.plan, next);
  const { db, web: same2 } = pids(app);
  assertEquals([db, same2], [before.db, before.web]);
  await clock.advance(5_000);
  assertEquals(pids(app).web, before.web, "web goes on");
  await fleet.end();
});

Deno.test("App.apply() changes options that are live while the processes run", async (t) => {
  const table: [string, Partial<PlanEntry>][] = [
    ["restart", { restart: { backoff: constant(7_000) } }],
    ["stop", { stop: { signal: "SIGINT" } }],
    ["ready", { ready: () => true }],
    ["live", { live: () => true }],
    ["critical", { critical: true }],
    ["prepare", { prepare: () => {} }],
    ["dependsOn", { dependsOn: { db: "ready" } }],
    ["roll", { roll: { minReadyMs: 1 } }],
  ];
  for (const [name, more] of table) {
    await t.step(name, async () => {
      const fleet = new Fleet();
      const { clock, log } = fleet;
      const app = await start(fleet, plan(shop(fleet)));
      const before = pids(app);
      const next = plan(shop(fleet, "v1", { api: more }));
      const { changed } = await clock.until(app.apply(next));
      const outermost = changed.map(({ path }) =>
        path.split(".").slice(0, 2).join(".")
      );
      assertEquals([...new Set(outermost)], [`api.${name}`]);
      assertEquals(changed.every(({ live }) => live), true);
      assertEquals([pids(app), log], [before, []]);
      assertEquals(app.plan, next);
      if (name === "restart") {
        fleet.crash(app, "api.1");
        await clock.advance(1);
        assertStringIncludes(app.why("api.1").sentence, "next try in 7 s");
        await clock.advance(8_000);
      }
      if (name === "stop") {
        const child = fleet.kernel.started.find(({ pid }) =>
          pid === before["api.1"]
        );
        await clock.until(app.stop("api.1"));
        assertEquals(child?.received.includes("SIGINT"), true);
      }
      await fleet.end();
    });
  }
});

Deno.test("App.apply() starts what is new and stops what is gone, in order", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const after = (name: string): PlanEntry => ({
    ...fleet.server("v1"),
    dependsOn: { [name]: "ready" },
  });
  const old = plan({
    db: fleet.server("v1"),
    a: after("db"),
    b: after("a"),
    c: after("b"),
  });
  const app = await start(fleet, old);
  const next = plan({
    db: fleet.server("v1"),
    y: after("x"),
    x: after("db"),
  });
  await clock.until(app.apply(next));
  assertEquals(log, ["+x v1", "+y v1", "-c v1", "-b v1", "-a v1"]);
  assertEquals(Array.from(app, ({ name }) => name), ["db", "x", "y"]);
  await clock.until(app.apply(old));
  assertEquals(fleet.alive, ["a v1", "b v1", "c v1", "db v1"]);
  await fleet.end();
});

Deno.test("App.apply() stops first what has the port of something new", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const on = (PORT: string) => ({ ...fleet.server("v1"), env: { PORT } });
  const old = plan({
    web: on("8080"),
    proxy: { ...on("1"), dependsOn: { web: "ready" } },
    other: on("2"),
  });
  const app = await start(fleet, old);
  await clock.until(app.apply(plan({ frontend: on("8080") })));
  assertEquals(log, ["-proxy v1", "-web v1", "+frontend v1", "-other v1"]);
  await fleet.end();
});

Deno.test("App.apply() replaces replicas so that each finds its new port free", async (t) => {
  for (const shift of [-1, 1]) {
    await t.step(`${shift}`, async () => {
      const fleet = new Fleet();
      const { clock, kernel } = fleet;
      const shifted = (version: string, by: number) =>
        plan(shop(fleet, version, {
          api: {
            each: ({ replica }) => ({
              env: { PORT: String(8_000 + by + replica) },
            }),
          },
        }));
      const app = await start(fleet, shifted("v1", 0));
      const used = new Set<string>();
      fleet.look = () => {
        const ports = kernel.alive.flatMap((each) =>
          each instanceof FakeChild ? each.env.PORT ?? [] : []
        );
        if (new Set(ports).size < ports.length) used.add(ports.join());
      };
      await clock.until(app.apply(shifted("v2", shift)));
      assertEquals([...used], [], "no port is used twice");
      assertEquals(fleet.alive.slice(0, 3), [
        "api.1 v2",
        "api.2 v2",
        "api.3 v2",
      ]);
      await fleet.end();
    });
  }
});

Deno.test("App.apply() changes the number of replicas", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const app = await start(fleet, plan(shop(fleet)));
  const before = pids(app);
  const times = (replicas: number, version = "v1") =>
    plan(shop(fleet, version, { api: { replicas } }));
  await clock.until(app.apply(times(4)));
  assertEquals(log, ["+api.4 v1"]);
  await clock.until(app.apply(times(2)));
  assertEquals(log.slice(1).sort(), ["-api.3 v1", "-api.4 v1"]);
  assertEquals(pids(app)["api.1"], before["api.1"]);
  assertEquals(pids(app).web, before.web, "web goes on");
  // Both at once: the spare has the name of one that has to go.
  await clock.until(app.apply(times(3)));
  const least = watch(fleet);
  await clock.until(app.apply(times(2, "v2")));
  assertEquals(least(), 2);
  assertEquals(fleet.alive, ["api.1 v2", "api.2 v2", "db v1", "web v1"]);
  assertEquals(pids(app).web, before.web, "web goes on");
  await fleet.end();
});

Deno.test("App.apply() puts everything back if it fails", async (t) => {
  const table: Record<string, {
    fails: string;
    how: Parameters<Fleet["behavior"]["set"]>[1];
    more?: Record<string, Partial<PlanEntry>>;
    withinMs?: number;
    message: RegExp;
    /** Whether nothing that ran has been touched. */
    untouched?: boolean;
  }> = {
    "the spare crashes": {
      fails: "api.4 v2",
      how: "crashes",
      message:
        /^Cannot apply the plan:\n {2}api\.4 is in backoff after it crashed with code 1, attempt 1/,
      untouched: true,
    },
    "the spare is not ready in time": {
      fails: "api.4 v2",
      how: "never ready",
      withinMs: 3_000,
      message:
        /^Cannot apply the plan within 3000 ms:\n {2}api\.4 .* not ready/,
      untouched: true,
    },
    "the first crashes": {
      fails: "api.1 v2",
      how: "crashes",
      message: /^Cannot apply the plan:\n {2}api\.1 is in backoff/,
    },
    "the second is not ready in time": {
      fails: "api.2 v2",
      how: "never ready",
      withinMs: 5_000,
      message:
        /^Cannot apply the plan within 5000 ms:\n {2}api\.2 .* not ready/,
    },
    "the last loses its readiness": {
      fails: "api.3 v2",
      how: "ready for 500 ms",
      more: { api: { roll: { minReadyMs: 1_000 } } },
      message: /^Cannot apply the plan:\n {2}api\.3 .* not ready/,
    },
    "a task fails": {
      fails: "migrate v2",
      how: "crashes",
      withinMs: 60_000,
      message: /^Cannot apply the plan within 60000 ms:\n {2}migrate is in/,
      untouched: true,
    },
    "a new entry is given up": {
      fails: "cron v2",
      how: "crashes",
      message: /^Cannot apply the plan:\n {2}cron failed: .*limit|restarts/,
    },
    "the last step fails": {
      fails: "web v2",
      how: "crashes",
      more: { web: { command: ["server", "v2"] } },
      message: /^Cannot apply the plan:\n {2}web is in backoff/,
    },
  };
  for (const [name, row] of Object.entries(table)) {
    await t.step(name, async () => {
      const fleet = new Fleet();
      const { clock, behavior } = fleet;
      const { fails, how, more, message, ...options } = row;
      const old = plan({ ...shop(fleet), gone: fleet.server("v1") });
      const app = await start(fleet, old);
      const before = pids(app);
      const least = watch(fleet);
      behavior.set(fails, how);
      const limit = { restarts: 2, withinMs: 60_000 };
      const restart = { backoff: constant(1_000), limit };
      const cron = { ...fleet.server("v2"), restart };
      const next = plan({ ...shop(fleet, "v2", more), cron });
      const { withinMs } = options;
      const applied = app.apply(next, { withinMs });
      const error = await clock.until(assertRejects(() => applied, PlanError));
      assertEquals(message.test(error.message), true, error.message);
      assertEquals(app.plan, old);
      assertEquals(fleet.alive, [...V1.slice(0, 4), "gone v1", "web v1"]);
      assertEquals(least(), 3);
      assertEquals(fleet.capacity("api"), 3);
      assertEquals(app.why("migrate").state.kind, "done");
      assertEquals(pids(app).db, before.db);
      if (name !== "the last step fails") {
        assertEquals(pids(app).web, before.web, "web goes on");
      }
      if (row.untouched) assertEquals(pids(app), before);
      await clock.advance(5_000);
      assertEquals(fleet.alive, [...V1.slice(0, 4), "gone v1", "web v1"]);
      await fleet.end();
    });
  }
});

Deno.test("App.apply() gives up when its time is over, whatever it waits for", async () => {
  const fleet = new Fleet();
  const { clock } = fleet;
  const on = (PORT: string) => ({ ...fleet.server("v1"), env: { PORT } });
  const old = plan({ web: on("8080") });
  const app = await start(fleet, old);
  fleet.latencyMs = 1_000;
  const next = plan({ frontend: on("8080") });
  for (const withinMs of [500, 1_500]) {
    const applied = app.apply(next, { withinMs });
    const error = await clock.until(assertRejects(() => applied, PlanError));
    assertStringIncludes(
      error.message,
      `Cannot apply the plan within ${withinMs} ms`,
    );
    assertEquals(error.message.includes("\n"), withinMs === 1_500);
    assertEquals([app.plan, fleet.alive], [old, ["web v1"]]);
    await clock.advance(5_000);
  }
  await fleet.end();
});

Deno.test("App.apply() leaves nothing half-way when it is aborted at any time", async () => {
  const results = new Set<string>();
  for (let ms = 0; ms <= 1_200; ms += 50) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const old = plan({ ...shop(fleet), gone: fleet.server("v1") });
    const app = await start(fleet, old);
    const least = watch(fleet);
    const next = plan({ ...shop(fleet, "v2"), cron: fleet.server("v2") });
    const abort = new AbortController();
    const { signal } = abort;
    const outcome = app.apply(next, { signal }).then(() => "done", String);
    await clock.advance(ms);
    abort.abort("no more");
    const result = await clock.until(outcome);
    results.add(result);
    const done = result === "done";
    assertEquals(app.plan, done ? next : old);
    await clock.advance(5_000);
    assertEquals(
      fleet.alive,
      done
        ? ["api.1 v2", "api.2 v2", "api.3 v2", "cron v2", "db v1", "web v1"]
        : [...V1.slice(0, 4), "gone v1", "web v1"],
      `after ${ms} ms`,
    );
    assertEquals(least(), 3);
    await fleet.end();
  }
  assertEquals([...results], ["no more", "done"]);
});

Deno.test("App.stop() ends apply() at any time, and the plan is the old one", async () => {
  const results = new Set<string>();
  for (let ms = 0; ms <= 1_200; ms += 50) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const old = plan({ ...shop(fleet), gone: fleet.server("v1") });
    const app = await start(fleet, old);
    const next = plan({ ...shop(fleet, "v2"), cron: fleet.server("v2") });
    const outcome = app.apply(next).then(() => "done", String);
    await clock.advance(ms);
    const { length } = fleet.kernel.started;
    await clock.until(app.stop());
    assertEquals(fleet.alive, [], `after ${ms} ms`);
    const result = await clock.until(outcome);
    results.add(result);
    await clock.advance(5_000);
    assertEquals(fleet.kernel.started.length, length);
    const done = result === "done";
    assertEquals(app.plan, done ? next : old);
    await clock.until(app.start([...app.plan.entries.keys()]));
    assertEquals(
      fleet.alive,
      done
        ? ["api.1 v2", "api.2 v2", "api.3 v2", "cron v2", "db v1", "web v1"]
        : [...V1.slice(0, 4), "gone v1", "web v1"],
      `after ${ms} ms`,
    );
    await fleet.end();
  }
  assertEquals([...results], [
    "TypeError: Cannot change the plan: it is being stopped",
    "done",
  ]);
});

Deno.test("App.apply() puts back even what is started again while it ends", async () => {
  for (let ms = 0; ms <= 1_200; ms += 50) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const old = plan({ ...shop(fleet), gone: fleet.server("v1") });
    const app = await start(fleet, old);
    const next = plan({ ...shop(fleet, "v2"), cron: fleet.server("v2") });
    const outcome = app.apply(next).then(() => "done", () => "failed");
    await clock.advance(ms);
    const stopped = app.stop();
    await clock.advance(50);
    const names = [...app].map(({ name }) => name);
    const started = app.start(names).then(() => "done", () => "failed");
    await clock.until(stopped);
    const result = await clock.until(outcome, 60_000);
    await clock.until(started, 60_000);
    assertEquals(app.plan, result === "done" ? next : old);
    await clock.until(app.start([...app.plan.entries.keys()]));
    assertEquals(
      fleet.alive,
      result === "done"
        ? ["api.1 v2", "api.2 v2", "api.3 v2", "cron v2", "db v1", "web v1"]
        : [...V1.slice(0, 4), "gone v1", "web v1"],
      `after ${ms} ms`,
    );
    await fleet.end();
  }
});

Deno.test("App.apply() ends and starts nothing when the manager shuts down at any time", async () => {
  for (let ms = 0; ms <= 1_000; ms += 50) {
    const fleet = new Fleet();
    const { clock, pm } = fleet;
    const app = await start(fleet, plan(shop(fleet)));
    const next = plan({ ...shop(fleet, "v2"), cron: fleet.server("v2") });
    const outcome = app.apply(next).then(() => "done", () => "failed");
    await clock.advance(ms);
    const { length } = fleet.kernel.started;
    await clock.until(pm.shutdown());
    await clock.until(outcome);
    assertEquals(fleet.alive, [], `after ${ms} ms`);
    assertEquals(fleet.kernel.started.length, length);
    await fleet.end();
  }
});

Deno.test("App.apply() leaves stopped what you have stopped", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const app = await start(fleet, plan(shop(fleet)));
  await clock.until(app.stop(["api.2", "web"]));
  log.length = 0;
  const web = { command: ["server", "v2"] } as const;
  await clock.until(app.apply(plan(shop(fleet, "v2", { web }))));
  assertEquals(log.filter((line) => /api\.2|web/.test(line)), []);
  assertEquals(fleet.alive, ["api.1 v2", "api.3 v2", "db v1"]);
  assertEquals(app.why("web").sentence, "web was stopped");
  await clock.until(app.start(["api", "web"]));
  assertEquals(fleet.alive, [
    "api.1 v2",
    "api.2 v2",
    "api.3 v2",
    "db v1",
    "web v2",
  ]);
  await fleet.end();
});

Deno.test("App.apply() restarts those that depend on a process that was away", async () => {
  for (const restart of ["explicit", "always"] as const) {
    const fleet = new Fleet();
    const { clock, log } = fleet;
    const web = (version: string) => ({
      ...fleet.server(version),
      dependsOn: { api: { when: "ready", restart } },
    } as const);
    const old = plan({ api: fleet.server("v1"), web: web("v1") });
    const app = await start(fleet, old);
    await clock.until(
      app.apply(plan({ api: fleet.server("v2"), web: web("v1") })),
    );
    assertEquals(log, ["-web v1", "-api v1", "+api v2", "+web v1"]);
    log.length = 0;
    // If both change, neither runs more often than necessary.
    await clock.until(
      app.apply(plan({ api: fleet.server("v3"), web: web("v3") })),
    );
    assertEquals(log, ["-web v1", "-api v2", "+api v3", "+web v3"]);
    log.length = 0;
    fleet.behavior.set("web v4", "crashes");
    const failed = app.apply(
      plan({ api: fleet.server("v4"), web: web("v4") }),
    );
    await clock.until(assertRejects(() => failed, PlanError));
    assertEquals(fleet.alive, ["api v3", "web v3"]);
    await clock.advance(5_000);
    assertEquals(fleet.alive, ["api v3", "web v3"]);
    await fleet.end();
  }
});

Deno.test("App.apply() waits for changes that began earlier", async () => {
  const fleet = new Fleet();
  const { clock } = fleet;
  const app = await start(fleet, plan(shop(fleet)));
  const second = plan(shop(fleet, "v2"));
  const both = Promise.all([
    app.apply(second),
    app.apply(plan(shop(fleet, "v3"))),
    app.apply(plan(shop(fleet, "v4")), { dryRun: true }),
  ]);
  const texts = (await clock.until(both)).map(describe);
  assertEquals(texts.map((text) => text.split("\n").at(-1)), [
    '~ api.command: ["server","v1"] → ["server","v2"] (restart)',
    '~ api.command: ["server","v2"] → ["server","v3"] (restart)',
    '~ api.command: ["server","v3"] → ["server","v4"] (restart)',
  ]);
  assertEquals(fleet.alive.slice(0, 3), ["api.1 v3", "api.2 v3", "api.3 v3"]);
  await fleet.end();
});

Deno.test("App.apply() replaces processes that crash, in backoff or given up", async (t) => {
  for (const limit of [undefined, { restarts: 1, withinMs: 60_000 }]) {
    await t.step(limit ? "given up" : "in backoff", async () => {
      const fleet = new Fleet();
      const { clock, behavior } = fleet;
      const restart = { backoff: constant(30_000), limit };
      const old = plan(shop(fleet, "v1", { api: { restart } }));
      const app = await start(fleet, old);
      behavior.set("v1", "crashes");
      for (const name of ["api.1", "api.2"]) fleet.crash(app, name);
      await clock.advance(limit ? 40_000 : 100);
      const kind = limit ? "failed" : "backoff";
      assertEquals(app.why("api").state.kind, kind);
      await clock.until(
        app.apply(plan(shop(fleet, "v2", { api: { restart } }))),
        10_000,
      );
      assertEquals(fleet.alive.slice(0, 3), [
        "api.1 v2",
        "api.2 v2",
        "api.3 v2",
      ]);
      await fleet.end();
    });
  }
});

Deno.test("App.apply() checks everything before it touches anything", async () => {
  const fleet = new Fleet();
  const { clock, log, pm } = fleet;
  const old = plan(shop(fleet));
  const app = await start(fleet, old);
  pm.command("server", ["v1"], { name: "cron" });
  await clock.advance(100);
  log.length = 0;
  const next = plan({ ...shop(fleet, "v2"), cron: fleet.server("v1") });
  for (const dryRun of [true, false]) {
    await clock.until(
      assertRejects(
        () => app.apply(next, { dryRun }),
        TypeError,
        'Cannot apply the plan: the name "cron" is already taken by another process',
      ),
    );
  }
  await assertRejects(
    () => app.apply(next, { dryRun: "yes" as never }),
    TypeError,
    'Option "dryRun" must be a boolean: current value is "yes"',
  );
  assertEquals([log, app.plan], [[], old]);
  await clock.until(app[Symbol.asyncDispose]());
  await assertRejects(
    () => app.apply(old),
    TypeError,
    "Cannot apply the plan: the plan has been disposed of",
  );
  await fleet.end();
});
