import { assert, assertEquals, assertRejects } from "@std/assert";
import { constant, Processman } from "../mod.ts";
import { eventOf, outputOf } from "../tools/testing.ts";
import { PlanError } from "./errors.ts";
import { plan } from "./plan.ts";
import { up } from "./up.ts";

const restart = { backoff: constant(10) };

Deno.test("up() brings up real programs, and a crash takes down what relies on it", async () => {
  await using pm = new Processman({ logger: null });
  const shop = plan({
    db: {
      command: ["sh", "-c", "echo ready; exec sleep 500"],
      restart,
      ready: ({ process }) => process.tail(1)[0]?.text === "ready",
    },
    setup: {
      type: "task",
      command: ["sh", "-c", "echo made"],
      dependsOn: { db: "ready" },
    },
    api: {
      command: ["sleep", "500"],
      replicas: 2,
      restart,
      dependsOn: {
        setup: "completed",
        db: { when: "ready", restart: "always" },
      },
    },
  });
  const app = await up(pm, shop);
  assertEquals(app.why("setup").sentence, "setup is completed");
  assertEquals(app.get("setup")?.tail(1)[0]?.text, "made");
  const pids = [...app].map(({ pid }) => pid);

  const events = app.get("api.2")?.events();
  assert(events);
  app.get("db")?.signal("SIGKILL");
  const { crashed, requested } = await eventOf(events, "exit");
  assertEquals([crashed, requested], [false, true]);
  await eventOf(events, "start");
  await events.return?.();
  assertEquals(app.get("db")?.state.kind, "running");
  assert(!pids.includes(app.get("db")?.pid));
  assert(!pids.includes(app.get("api.2")?.pid));

  const order: string[] = [];
  for (const process of app) {
    process.finished.then(() => order.push(process.name));
  }
  await app.stop();
  assertEquals(order.slice(0, 3).sort(), ["api.1", "api.2", "setup"]);
  assertEquals(order.at(-1), "db");
});

Deno.test("up() leaves nothing behind when a task fails", async () => {
  await using pm = new Processman({ logger: null });
  const shop = plan({
    db: { command: ["sleep", "500"] },
    migrate: {
      type: "task",
      command: ["sh", "-c", "echo no such table >&2; exit 3"],
      restart: { ...restart, limit: { restarts: 1 } },
      dependsOn: { db: "started" },
    },
    api: { command: ["sleep", "500"], dependsOn: { migrate: "completed" } },
  });
  const brought = up(pm, shop);
  const events = pm.events();
  const { pid } = await eventOf(events, "start");
  await events.return?.();
  const { whys } = await assertRejects(() => brought, PlanError);
  assertEquals(whys.map(({ name }) => name), ["migrate", "api"]);
  assert(whys[0]?.sentence.startsWith("migrate failed: "));
  assert(whys[0]?.sentence.includes("no such table"), whys[0]?.sentence);
  assert(
    whys[1]?.sentence.startsWith("api is blocked: migrate failed: "),
  );
  assertEquals([...pm], []);
  const table = await outputOf("ps", "-A", "-o", "pid=");
  assert(!table.split("\n").some((line) => Number(line) === pid));
});

Deno.test("up() rejects when the manager has been shut down", async () => {
  const pm = new Processman({ logger: null });
  await pm.shutdown();
  const shop = plan({ db: { command: ["sleep", "500"] } });
  await assertRejects(
    () => up(pm, shop),
    Error,
    "the manager has been shut down",
  );
});
