/**
 * What the compiler must accept, and what it must refuse: `deno check` fails if
 * a line below `@ts-expect-error` has no error.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Probe, Processman } from "../mod.ts";
import { FakeKernel } from "../testing/mod.ts";
import { type Plan, plan, type PlanEntry, type Replica, up } from "./mod.ts";

const answers: Probe = () => true;
const command = ["true"] as const;

Deno.test("plan() knows the names of its entries", () => {
  const shop = plan({
    db: { command: ["db"], ready: answers },
    api: { command: ["api"], dependsOn: { db: "ready" } },
  });
  const names: ("db" | "api")[] = [...shop.entries.keys()];
  assertEquals(names, ["db", "api"]);
  // @ts-expect-error: "web" is not in the plan.
  assertEquals(shop.entries.get("web"), undefined);
  const anyPlan: Plan = shop;
  assertEquals(anyPlan.entries.size, 2);
});

Deno.test("plan() accepts entries whose names the compiler does not know", () => {
  const entries: Record<string, PlanEntry> = {
    db: { command },
    api: { command: ["api"], dependsOn: { db: "started" } },
  };
  const shop = plan(entries);
  assertEquals(shop.entries.get("db")?.type, "service");
  const entry: PlanEntry = { command, ready: answers };
  plan({ entry, api: { command, dependsOn: { entry: "ready" } } });
  const each = ({ replica }: Replica) =>
    replica === 1 ? { ready: answers } : { ready: answers, args: ["a"] };
  plan({ db: { command, each }, api: { command, dependsOn: { db: "ready" } } });
});

Deno.test("plan() accepts dependencies whose names the compiler does not know", () => {
  const names: string[] = ["db", "cache"];
  const dependsOn = Object.fromEntries(
    names.map((name) => [name, "started" as const]),
  );
  const db = { command };
  const shop = plan({ db, cache: db, api: { command, dependsOn } });
  const edges = shop.entries.get("api")?.dependencies.map(({ on }) => on);
  assertEquals(edges, names);
  assertThrows(
    () => plan({ db, api: { command, dependsOn } }),
    TypeError,
    'Option "api.dependsOn.cache"',
  );
});

Deno.test("plan() gives types to the arguments of callbacks", () => {
  const shop = plan({
    api: {
      command,
      replicas: 2,
      each: ({ name, replica }) => ({
        env: { NAME: name.toUpperCase(), PORT: (8_000 + replica).toFixed() },
        ready: ({ process, run }) => process.name !== "" && run.toFixed() > "0",
      }),
      prepare: ({ attempt }) => ({ env: { ATTEMPT: attempt.toFixed() } }),
      live: ({ signal }) => !signal.aborted,
    },
    web: { command, dependsOn: { api: { when: "ready", restart: "always" } } },
  });
  const env = shop.entries.get("api")?.units[1]?.options.env;
  assertEquals(env, { NAME: "API.2", PORT: "8002" });
});

Deno.test("plan() accepts options that are not in every entry", () => {
  const shop = plan({
    api: {
      command,
      cwd: new URL("file:///srv"),
      restart: { limit: { restarts: 3 }, successCodes: [3] },
      output: { file: { path: "api.log" } },
      ready: { probe: answers, recheckMs: 1_000 },
      roll: { order: "stop-first" },
      dependsOn: { cache: { when: "ready", required: false } },
    },
  }, { startLimit: 4, restartBudget: { restarts: 5, withinMs: 1_000 } });
  assertEquals(shop.entries.get("api")?.dependencies, []);
});

Deno.test("A dependency that is not in the plan is a type error", () => {
  assertThrows(() =>
    plan({
      db: { command },
      // @ts-expect-error: there is no entry "dv".
      api: { command, dependsOn: { dv: "started" } },
    }), TypeError);
});

Deno.test("A condition that can never hold is a type error", () => {
  assertThrows(() =>
    plan({
      db: { command },
      // @ts-expect-error: "db" has no probe.
      api: { command, dependsOn: { db: "ready" } },
    }), TypeError);
  assertThrows(() =>
    plan({
      db: { command },
      // @ts-expect-error: "db" has no probe.
      api: { command, dependsOn: { db: { when: "ready" } } },
    }), TypeError);
  assertThrows(() =>
    plan({
      db: { command, each: ({ replica }) => ({ args: [`${replica}`] }) },
      // @ts-expect-error: what `each` returns has no probe.
      api: { command, dependsOn: { db: "ready" } },
    }), TypeError);
  assertThrows(() =>
    plan({
      db: { command, ready: answers },
      // @ts-expect-error: "db" is not a task.
      api: { command, dependsOn: { db: "completed" } },
    }), TypeError);
  assertThrows(() =>
    plan({
      migrate: { type: "task", command },
      // @ts-expect-error: a task is never ready.
      api: { command, dependsOn: { migrate: "ready" } },
    }), TypeError);
  assertThrows(() =>
    plan({
      db: { command },
      // @ts-expect-error: there is no such condition.
      api: { command, dependsOn: { db: "healthy" } },
    }), TypeError);
});

Deno.test("An option that does not exist is a type error", () => {
  // @ts-expect-error: it is called `replicas`.
  assertThrows(() => plan({ api: { command, replica: 3 } }), TypeError);
  // @ts-expect-error: the plan owns the gates.
  assertThrows(() => plan({ api: { command, gate: () => {} } }), TypeError);
  // @ts-expect-error: it is called `gracePeriodMs`.
  assertThrows(() => plan({ api: { command, stop: { graceMs: 3 } } }));
  assertThrows(() =>
    // @ts-expect-error: it is called `intervalMs`.
    plan({ api: { command, ready: { probe: answers, interval: 5 } } })
  );
  assertThrows(() =>
    plan({
      db: { command },
      // @ts-expect-error: it is called `restart`.
      api: { command, dependsOn: { db: { when: "started", restarts: 5 } } },
    })
  );
  assertThrows(() =>
    plan({
      // @ts-expect-error: it is called `ready`.
      api: { command, each: () => ({ env: {}, redy: answers }) },
    })
  );
  // @ts-expect-error: there is no such option.
  assertThrows(() => plan({}, { startlimit: 3 }), TypeError);
});

Deno.test("A name that up() is to start is one of the plan", async () => {
  const shop = plan({ db: { command }, api: { command } });
  await using pm = new Processman({ kernel: new FakeKernel(), logger: null });
  await assertRejects(
    // @ts-expect-error: there is no entry "dv".
    () => up(pm, shop, { names: ["dv"] }),
    TypeError,
  );
  const names: string[] = [];
  const any: Plan = shop;
  await up(pm, any, { names });
});

Deno.test("An option of a wrong type is a type error", () => {
  // @ts-expect-error: a command has a program.
  assertThrows(() => plan({ api: { command: [] } }), TypeError);
  // @ts-expect-error: an entry has a command.
  assertThrows(() => plan({ api: {} }), TypeError);
  // @ts-expect-error: it is a number.
  assertThrows(() => plan({ api: { command, replicas: "3" } }), TypeError);
  assertThrows(() =>
    // @ts-expect-error: environment variables are strings.
    plan({ a: { command, each: ({ replica }) => ({ env: { N: replica } }) } })
  );
});

Deno.test("What a task cannot have is a type error", () => {
  const type = "task";
  // @ts-expect-error: a task has no probe.
  assertThrows(() => plan({ a: { type, command, ready: answers } }), TypeError);
  // @ts-expect-error: a task has no probe.
  assertThrows(() => plan({ a: { type, command, live: answers } }), TypeError);
  // @ts-expect-error: a task has no replicas.
  assertThrows(() => plan({ a: { type, command, replicas: 2 } }), TypeError);
  // @ts-expect-error: a task has no replicas.
  assertThrows(() => plan({ a: { type, command, each: () => ({}) } }));
  assertThrows(() =>
    // @ts-expect-error: a task ends with its success.
    plan({ a: { type, command, restart: { policy: "always" } } })
  );
});
