import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Fleet } from "../tools/fleet.ts";
import type { App } from "./app.ts";
import { PlanError } from "./errors.ts";
import { plan } from "./plan.ts";
import type { Plan } from "./planned.ts";
import { up } from "./up.ts";

/** Three replicas that are started before their predecessors are stopped. */
function startFirst(fleet: Fleet, minReadyMs = 0): Plan {
  return plan({
    api: {
      ...fleet.server("v1"),
      replicas: 3,
      each: ({ replica }) => ({ env: { PORT: String(8000 + replica) } }),
      roll: { minReadyMs },
    },
    web: {
      ...fleet.server("v1"),
      dependsOn: { api: { when: "ready", restart: "always" } },
    },
  });
}

function pids(app: App): (number | undefined)[] {
  return Array.from(app, ({ pid }) => pid);
}

Deno.test("App.restart({ roll }) keeps the number of replicas that are ready", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const app: App = await clock.until(up(fleet.pm, startFirst(fleet)));
  const web = app.get("web")?.pid;
  let least = Infinity;
  fleet.look = () => least = Math.min(least, fleet.capacity("api"));
  log.length = 0;
  await clock.until(app.restart("api", { roll: true }));
  assertEquals(least, 3);
  assertEquals(log, [
    "+api.4 v1",
    "-api.1 v1",
    "+api.1 v1",
    "-api.2 v1",
    "+api.2 v1",
    "-api.3 v1",
    "+api.3 v1",
    "-api.4 v1",
  ]);
  assertEquals(app.get("web")?.pid, web, "web goes on");
  assertEquals(app.get("api.4"), undefined);
  await clock.advance(10_000);
  assertEquals(fleet.alive, ["api.1 v1", "api.2 v1", "api.3 v1", "web v1"]);
  // What relies on the replicas relies on their new runs.
  fleet.crash(app, "api.2");
  await clock.advance(10_000);
  assertEquals(app.get("web")?.pid === web, false, "web is restarted");
  await fleet.end();
});

Deno.test("App.restart({ roll }) stops first where replicas cannot be side by side", async () => {
  for (const replicas of [1, 2]) {
    const fleet = new Fleet();
    const { clock, log } = fleet;
    const shop = plan({
      api: { ...fleet.server("v1"), replicas },
      web: {
        ...fleet.server("v1"),
        dependsOn: { api: { when: "ready", restart: "explicit" } },
      },
    });
    const app: App = await clock.until(up(fleet.pm, shop));
    log.length = 0;
    await clock.until(app.restart("api", { roll: true }));
    assertEquals(
      log,
      replicas === 1
        ? ["-web v1", "-api.1 v1", "+api.1 v1", "+web v1"]
        : ["-api.1 v1", "+api.1 v1", "-api.2 v1", "+api.2 v1"],
    );
    await fleet.end();
  }
});

Deno.test("App.restart({ roll }) waits until each replica has been ready for minReadyMs", async () => {
  const fleet = new Fleet();
  const { clock } = fleet;
  const app: App = await clock.until(up(fleet.pm, startFirst(fleet, 2_000)));
  const began = clock.now();
  const times: string[] = [];
  fleet.look = () => {
    const time = clock.now() - began;
    const last = fleet.log.at(-1);
    if (times.at(-1)?.endsWith(`${last}`) === false || times.length === 0) {
      times.push(`${time} ${last}`);
    }
  };
  fleet.log.length = 0;
  await clock.until(app.restart("api", { roll: true }));
  assertEquals(times, [
    "0 +api.4 v1",
    "2100 -api.1 v1",
    "2200 +api.1 v1",
    "4300 -api.2 v1",
    "4400 +api.2 v1",
    "6500 -api.3 v1",
    "6600 +api.3 v1",
    "8700 -api.4 v1",
  ]);
  await fleet.end();
});

Deno.test("A rolling restart ends with an error when a replica does not get ready, and the others go on", async (t) => {
  const table: Record<string, {
    fails: string;
    how: Parameters<Fleet["behavior"]["set"]>[1];
    withinMs?: number;
    message: RegExp;
  }> = {
    "the spare crashes": {
      fails: "api.4 v1",
      how: "crashes",
      message:
        /^Cannot restart api:\n {2}api\.4 is in backoff after it crashed with code 1, attempt 1/,
    },
    "the spare is late": {
      fails: "api.4 v1",
      how: "never ready",
      withinMs: 5_000,
      message:
        /^Cannot restart api within 5000 ms:\n {2}api\.4 has been running for 5 s and is not ready/,
    },
    "the spare is not ready any more": {
      fails: "api.4 v1",
      how: "ready for 500 ms",
      message: /^Cannot restart api:\n {2}api\.4 .* is not ready/,
    },
    "the first crashes": {
      fails: "api.1 v1",
      how: "crashes",
      message: /^Cannot restart api:\n {2}api\.1 is in backoff/,
    },
    "the last is late": {
      fails: "api.3 v1",
      how: "never ready",
      withinMs: 20_000,
      message: /^Cannot restart api within 20000 ms:\n {2}api\.3 .* not ready/,
    },
  };
  for (
    const [name, { fails, how, message, ...options }] of Object.entries(table)
  ) {
    await t.step(name, async () => {
      const fleet = new Fleet();
      const { clock, behavior } = fleet;
      const shop = startFirst(fleet, 1_000);
      const app: App = await clock.until(up(fleet.pm, shop));
      const before = pids(app);
      behavior.set(fails, how);
      const rolled = app.restart("api", { roll: true, ...options });
      const error = await clock.until(assertRejects(() => rolled, PlanError));
      assertEquals(message.test(error.message), true, error.message);
      assertEquals(app.get("api.4"), undefined);
      assertEquals(app.plan, shop);
      // A replica that was replaced and crashes takes down what relies on it.
      if (fails.startsWith("api.4")) assertEquals(pids(app), before);
      behavior.clear();
      await clock.advance(10_000);
      assertEquals(fleet.alive, ["api.1 v1", "api.2 v1", "api.3 v1", "web v1"]);
      assertEquals(fleet.capacity("api"), 3);
      await fleet.end();
    });
  }
});

Deno.test("A rolling restart leaves nothing half-way when it is aborted at any time", async () => {
  for (let ms = 0; ms <= 800; ms += 50) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const app: App = await clock.until(up(fleet.pm, startFirst(fleet)));
    const abort = new AbortController();
    const { signal } = abort;
    const rolled = app.restart("api", { roll: true, signal });
    const outcome = rolled.then(() => "done", (error) => error);
    await clock.advance(ms);
    abort.abort("no more");
    const result = await clock.until(outcome);
    assertEquals(result, ms < 700 ? "no more" : "done", `after ${ms} ms`);
    assertEquals(app.get("api.4"), undefined);
    await clock.advance(10_000);
    assertEquals(fleet.alive, ["api.1 v1", "api.2 v1", "api.3 v1", "web v1"]);
    await fleet.end();
  }
});

Deno.test("App.stop() ends a rolling restart at any time, and starts nothing", async () => {
  for (let ms = 0; ms <= 800; ms += 50) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const app: App = await clock.until(up(fleet.pm, startFirst(fleet)));
    const rolled = app.restart("api", { roll: true });
    const outcome = rolled.then(() => "done", (error) => error);
    await clock.advance(ms);
    const { length } = fleet.kernel.started;
    await clock.until(app.stop());
    assertEquals(fleet.alive, [], `after ${ms} ms`);
    const result = await clock.until(outcome);
    if (ms < 700) assertStringIncludes(`${result}`, "is being stopped");
    await clock.advance(10_000);
    assertEquals(fleet.kernel.started.length, length);
    assertEquals(app.get("api.4"), undefined);
    await clock.until(app.start(["api", "web"]));
    assertEquals(fleet.capacity("api"), 3);
    await fleet.end();
  }
});

Deno.test("A rolling restart stops nothing that could not start again", async () => {
  const fleet = new Fleet();
  const { clock, log } = fleet;
  const shop = plan({
    db: fleet.server("v1"),
    api: { ...fleet.server("v1"), replicas: 2, dependsOn: { db: "ready" } },
  });
  const app: App = await clock.until(up(fleet.pm, shop));
  await clock.until(app.stop("db"));
  log.length = 0;
  const error = await clock.until(
    assertRejects(() => app.restart("api", { roll: true }), PlanError),
  );
  assertEquals(
    error.message,
    "Cannot restart api:\n  api is blocked: db was stopped",
  );
  assertEquals(log, []);
  await fleet.end();
});

Deno.test("A replica that is stopped during a rolling restart stays stopped", async () => {
  const fleet = new Fleet();
  const { clock } = fleet;
  const app: App = await clock.until(up(fleet.pm, startFirst(fleet)));
  const rolled = app.restart("api", { roll: true });
  await clock.advance(150);
  await clock.until(app.stop("api.2"));
  await clock.until(rolled);
  await clock.advance(10_000);
  assertEquals(fleet.alive, ["api.1 v1", "api.3 v1", "web v1"]);
  await fleet.end();
});

Deno.test("App.restart({ roll }) takes along a replica that crashes before its turn", async () => {
  const crashes = [["api.1", 1_600], ["api.3", 500], ["api.3", 5_700]] as const;
  for (const [name, ms] of crashes) {
    const fleet = new Fleet();
    const { clock } = fleet;
    const app: App = await clock.until(up(fleet.pm, startFirst(fleet, 2_000)));
    const done = app.restart("api", { roll: true });
    await clock.advance(ms);
    fleet.crash(app, name);
    await clock.until(done);
    const all = ["api.1 v1", "api.2 v1", "api.3 v1", "web v1"];
    assertEquals(fleet.alive, all, `${name} after ${ms} ms`);
    await fleet.end();
  }
});
