import { assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import { constant, exponential, type Probe, uniform } from "../mod.ts";
import {
  difference,
  type FieldChange,
  plan,
  type PlanEntry,
  type PlanOptions,
  type ServiceEntry,
} from "./mod.ts";
import { scaled } from "./plan.ts";

type Entries = Record<string, PlanEntry>;

const SEED = 20_261_127;
const NONE = { started: [], stopped: [], replaced: [], updated: [] };

/** A probe with the form of those of the ring `probe/`. */
function tcp(port: number): Probe {
  return Object.assign(() => true, { toJSON: () => ({ tcp: { port } }) });
}

/** Compares two plans of the same entries, of which one has other options. */
function changes(
  from: Partial<ServiceEntry>,
  to: Partial<ServiceEntry>,
): { changed: readonly FieldChange[]; units: Record<string, unknown> } {
  const entries = (own: Partial<ServiceEntry>): Entries => ({
    db: { command: ["db"], ready: tcp(1) },
    web: { command: ["web"], ...own },
  });
  const found = difference(plan(entries(from)), plan(entries(to)));
  assertEquals([found.added, found.removed], [[], []]);
  return { changed: found.changed, units: { ...found.units } };
}

const live = (path: string, from: unknown, to: unknown) => ({
  path,
  from,
  to,
  live: true,
});

const dead = (path: string, from: unknown, to: unknown) => ({
  path,
  from,
  to,
  live: false,
});

Deno.test("difference() finds nothing between two plans of equal entries", () => {
  const entries = (): Entries => ({
    db: {
      command: ["db"],
      ready: { probe: tcp(1), recheckMs: 5 },
      restart: { backoff: exponential({ maxMs: 500 }), successCodes: [3] },
    },
    api: {
      command: ["api"],
      cwd: new URL("file:///srv"),
      restart: { backoff: uniform(5), limit: { restarts: 3 } },
      replicas: 2,
      each: ({ replica }) => ({
        env: { N: `${replica}` },
        live: tcp(80 + replica),
      }),
      dependsOn: { db: "ready" },
    },
  });
  const options = { restartBudget: { restarts: 1, withinMs: 5 } };
  const found = difference(
    plan(entries(), options),
    plan(entries(), structuredClone(options)),
  );
  assertEquals(found, { added: [], removed: [], changed: [], units: NONE });
});

Deno.test("difference() names entries that only one plan has", () => {
  const old = plan<Entries>({
    web: { command: ["web"], dependsOn: { db: "started" } },
    db: { command: ["db"], replicas: 2 },
    api: { command: ["api"] },
  });
  const next = plan<Entries>({
    api: { command: ["api"], dependsOn: { log: "started" } },
    log: { command: ["log"] },
  });
  assertEquals(difference(old, next), {
    added: ["log"],
    removed: ["db", "web"],
    changed: [
      live("api.dependsOn.log", undefined, {
        when: "started",
        restart: "never",
        required: true,
      }),
    ],
    units: { ...NONE, started: ["log"], stopped: ["db.1", "db.2", "web"] },
  });
});

Deno.test("difference() tells what is live from what needs a new run", () => {
  const prepare = () => {};
  const probe = () => true;
  const table: [
    from: Partial<ServiceEntry>,
    to: Partial<ServiceEntry>,
    change: FieldChange,
  ][] = [
    [
      { command: ["web"] },
      { command: ["web", "-v"] },
      dead("web.command", ["web"], ["web", "-v"]),
    ],
    [
      { env: { A: "1", B: "2" } },
      { env: { B: "3", A: "1" } },
      dead("web.env.B", "2", "3"),
    ],
    [{}, { env: { A: "1" } }, dead("web.env", undefined, { A: "1" })],
    [
      { env: {} },
      { env: { constructor: "1" } },
      dead("web.env.constructor", undefined, "1"),
    ],
    [
      { cwd: new URL("file:///a") },
      { cwd: new URL("file:///b") },
      dead("web.cwd", "file:///a", "file:///b"),
    ],
    [{ stdin: "piped" }, {}, dead("web.stdin", "piped", undefined)],
    [
      { output: { file: { path: "a" } } },
      { output: { file: { path: "b" } } },
      dead("web.output.file.path", "a", "b"),
    ],
    [
      { stop: { gracePeriodMs: 1 } },
      { stop: { gracePeriodMs: 2 } },
      live("web.stop.gracePeriodMs", 1, 2),
    ],
    [
      { restart: { backoff: uniform(1) } },
      { restart: { backoff: constant(1) } },
      live("web.restart.backoff", { uniform: 1 }, { constant: 1 }),
    ],
    [
      { restart: { stopCodes: [1, 2] } },
      { restart: { stopCodes: [2, 1] } },
      live("web.restart.stopCodes", [1, 2], [2, 1]),
    ],
    [
      { ready: tcp(5) },
      { ready: { probe: tcp(6) } },
      live("web.ready.probe", { tcp: { port: 5 } }, { tcp: { port: 6 } }),
    ],
    [{ live: probe }, {}, live("web.live", { probe }, undefined)],
    [{}, { critical: true }, live("web.critical", undefined, true)],
    [{}, { prepare }, live("web.prepare", undefined, prepare)],
  ];
  for (const [from, to, change] of table) {
    const kind = change.live ? "updated" : "replaced";
    assertEquals(changes(from, to), {
      changed: [change],
      units: { ...NONE, [kind]: ["web"] },
    });
  }
});

Deno.test("difference() finds what belongs to no process", () => {
  assertEquals(
    changes(
      { dependsOn: { db: "ready" }, roll: { minReadyMs: 5 } },
      { dependsOn: { db: { when: "started", restart: "always" } } },
    ),
    {
      changed: [
        live("web.roll.minReadyMs", 5, 0),
        live("web.dependsOn.db.when", "ready", "started"),
        live("web.dependsOn.db.restart", "never", "always"),
      ],
      units: NONE,
    },
  );
  const old: PlanOptions = { startLimit: 3, sharedPorts: [1] };
  const next: PlanOptions = { restartBudget: { restarts: 1, withinMs: 5 } };
  assertEquals(difference(plan({}, old), plan({}, next)).changed, [
    live("startLimit", 3, Infinity),
    live("restartBudget", undefined, { restarts: 1, withinMs: 5 }),
    live("sharedPorts", [1], []),
  ]);
});

Deno.test("difference() replaces a process that becomes a task", () => {
  const old = plan({ job: { command: ["job"] } });
  const next = plan({ job: { type: "task", command: ["job"] } });
  const { changed, units } = difference(old, next);
  assertEquals(changed, [dead("job.type", "service", "task")]);
  assertEquals(units.replaced, ["job"]);
});

Deno.test("difference() names the replicas that change alone", () => {
  const each = (level: string, odd: string): ServiceEntry => ({
    command: ["api"],
    replicas: 3,
    each: ({ replica }) => ({
      env: { LEVEL: level, ODD: replica === 2 ? odd : "no" },
      stop: { gracePeriodMs: replica },
    }),
  });
  const old = plan({ api: each("info", "no") });
  const next = plan({ api: each("debug", "yes") });
  const { changed, units } = difference(old, next);
  assertEquals(changed, [
    dead("api.env.LEVEL", "info", "debug"),
    dead("api.2.env.ODD", "no", "yes"),
  ]);
  assertEquals(units, { ...NONE, replaced: ["api.1", "api.2", "api.3"] });
  const other = plan({ api: each("info", "yes") });
  assertEquals(difference(old, other).units, { ...NONE, replaced: ["api.2"] });
});

Deno.test("difference() starts and stops the replicas of another number", () => {
  let calls = 0;
  const old = plan<Entries>({
    api: {
      command: ["api"],
      replicas: 2,
      each: () => ({ env: { CALL: `${calls++}` } }),
    },
  });
  const more = scaled(old, "api", 4);
  assertEquals(difference(old, more), {
    added: [],
    removed: [],
    changed: [live("api.replicas", 2, 4)],
    units: { ...NONE, started: ["api.3", "api.4"] },
  });
  assertEquals(difference(more, old).units, {
    ...NONE,
    stopped: ["api.3", "api.4"],
  });
  const single = changes({}, { replicas: 1 });
  assertEquals(single.changed, [live("web.replicas", undefined, 1)]);
  assertEquals(single.units, { ...NONE, started: ["web.1"], stopped: ["web"] });
});

const service: fc.Arbitrary<ServiceEntry> = fc.record({
  command: fc.constantFrom<[string, ...string[]]>(["a"], ["b", "c"]),
  replicas: fc.constantFrom(undefined, 1, 2, 3),
  env: fc.constantFrom(undefined, {}, { A: "1" }, { A: "2", B: "1" }),
  stop: fc.constantFrom(undefined, { gracePeriodMs: 1 }),
  ready: fc.constantFrom(undefined, tcp(1), { probe: tcp(1) }),
});

const entries: fc.Arbitrary<Entries> = fc.dictionary(
  fc.constantFrom("db", "api", "web"),
  service,
);

Deno.test("difference() accounts for each process once", () => {
  const options = { sharedPorts: [1] };
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const old = plan(before, options);
      const next = plan(after, options);
      const names = ({ entries }: typeof old) =>
        [...entries.values()].flatMap(({ units }) =>
          units.map(({ name }) => name)
        );
      const { units } = difference(old, next);
      const kept = names(old).filter((name) => !units.stopped.includes(name));
      assertEquals(
        [...kept, ...units.started].toSorted(),
        names(next).toSorted(),
      );
      const touched = [...units.replaced, ...units.updated];
      assertEquals(new Set(touched).size, touched.length);
      assertEquals(touched.every((name) => kept.includes(name)), true);
      const back = difference(next, old);
      assertEquals(back.units.started, units.stopped);
      assertEquals(back.units.replaced.toSorted(), units.replaced.toSorted());
      assertEquals(
        back.changed.map(({ path }) => path).toSorted(),
        difference(old, next).changed.map(({ path }) => path).toSorted(),
      );
      assertEquals(difference(next, plan(after, options)).changed, []);
    }),
    { seed: SEED },
  );
});
