import { assert, assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import { decide, type Obstacle, progress, type Verdict } from "./decide.ts";
import type { Dependency, PlanEntry } from "./entry.ts";
import { plan } from "./plan.ts";
import type { Plan } from "./planned.ts";
import type { Snapshot, UnitFacts, UnitState } from "./unit_state.ts";

const READY: UnitState = { kind: "running", ready: true, since: 0 };
const UNREADY: UnitState = { kind: "running", ready: false, since: 0 };
const BACKOFF: UnitState = {
  kind: "backoff",
  attempt: 3,
  until: 8_000,
  restartsLeft: undefined,
  cause: "crashed with code 1",
};
const FAILED: UnitState = { kind: "failed", message: "no disk" };
const WAITING: UnitState = { kind: "waiting" };
const STOPPED: UnitState = { kind: "stopped" };
const IDLE: UnitState = { kind: "idle" };
const STARTING: UnitState = { kind: "starting" };
const STOPPING: UnitState = { kind: "stopping" };
const ENDED: UnitState = { kind: "ended" };
const DONE: UnitState = { kind: "done" };

/** Returns a snapshot in which nothing relies on anything. */
function states(all: Record<string, UnitState>): Map<string, UnitFacts> {
  return new Map(
    Object.entries(all).map(([name, state]) => [
      name,
      { state, serial: 1, bound: new Map() },
    ]),
  );
}

/** Returns the verdicts as short texts. */
function verdicts(graph: Plan, all: Record<string, UnitState>) {
  const decided = decide(graph, states(all));
  return Object.fromEntries(
    [...decided.verdicts].map(([name, verdict]) => [name, show(verdict)]),
  );
}

function show(verdict: Verdict): string {
  switch (verdict.kind) {
    case "open":
      return "open";
    case "waits":
      return `waits for ${verdict.for.map(chain).join(", ")}`;
    case "blocked":
      return `blocked by ${verdict.by.map(chain).join(", ")}`;
  }
}

function chain({ unit, when, state, behind }: Obstacle): string {
  const rest = behind.length > 0 ? ` < ${behind.map(chain).join(", ")}` : "";
  return `${unit} ${when} ${state.kind}${rest}`;
}

const probe = () => true;
const shop = plan({
  db: { command: ["db"], ready: probe },
  migrate: {
    type: "task",
    command: ["migrate"],
    dependsOn: { db: "ready" },
  },
  cache: { command: ["cache"] },
  api: {
    command: ["api"],
    replicas: 2,
    ready: probe,
    dependsOn: {
      migrate: "completed",
      cache: { when: "started", required: false },
      gone: { when: "ready", required: false },
    },
  },
  web: { command: ["web"], dependsOn: { api: "ready", db: "started" } },
});

Deno.test("decide() says what each entry waits for, or is blocked by", () => {
  const up = {
    db: READY,
    migrate: DONE,
    cache: READY,
    "api.1": READY,
    "api.2": READY,
    web: READY,
  };
  const open = {
    db: "open",
    migrate: "open",
    cache: "open",
    api: "open",
    web: "open",
  };
  const cases: [Record<string, UnitState>, Record<string, string>][] = [
    [{}, {}],
    [{ db: UNREADY }, { migrate: "waits for db ready running" }],
    [{ db: BACKOFF }, {
      migrate: "waits for db ready backoff",
      web: "waits for db started backoff",
    }],
    [{ db: STOPPING, migrate: WAITING }, {
      migrate: "waits for db ready stopping",
      api: "waits for migrate completed waiting < db ready stopping",
      web: "waits for db started stopping",
    }],
    [{ db: FAILED, migrate: WAITING, "api.1": WAITING, "api.2": WAITING }, {
      migrate: "blocked by db ready failed",
      api: "blocked by migrate completed waiting < db ready failed",
      web: "blocked by api.1 ready waiting < migrate completed waiting < " +
        "db ready failed, api.2 ready waiting < migrate completed waiting < " +
        "db ready failed, db started failed",
    }],
    [{ migrate: READY }, { api: "waits for migrate completed running" }],
    [{ migrate: STOPPED }, { api: "blocked by migrate completed stopped" }],
    [{ migrate: FAILED }, { api: "blocked by migrate completed failed" }],
    // An optional dependency is awaited while it can come.
    [{ cache: STARTING }, { api: "waits for cache started starting" }],
    [{ cache: FAILED }, {}],
    [{ cache: ENDED }, {}],
    [{ cache: IDLE }, {}],
    // All replicas count that have not been stopped.
    [{ "api.2": UNREADY }, { web: "waits for api.2 ready running" }],
    [{ "api.2": STOPPED }, {}],
    [{ "api.2": IDLE }, {}],
    [{ "api.1": IDLE, "api.2": STOPPED }, {
      web: "blocked by api.1 ready idle, api.2 ready stopped",
    }],
    [{ migrate: IDLE }, { api: "blocked by migrate completed idle" }],
    [{ "api.1": STOPPED, "api.2": STOPPED }, {
      web: "blocked by api.1 ready stopped, api.2 ready stopped",
    }],
    // What blocks counts, not what can still come.
    [{ "api.1": UNREADY, db: ENDED }, {
      migrate: "blocked by db ready ended",
      web: "blocked by db started ended",
    }],
  ];
  for (const [changed, expected] of cases) {
    assertEquals(verdicts(shop, { ...up, ...changed }), {
      ...open,
      ...expected,
    });
  }
});

Deno.test("progress() tells what is there from what can come and what cannot", () => {
  const open: Verdict = { kind: "open" };
  const blocked: Verdict = { kind: "blocked", by: [] };
  assertEquals(
    [
      READY,
      DONE,
      UNREADY,
      BACKOFF,
      STARTING,
      STOPPING,
      WAITING,
      FAILED,
      ENDED,
      STOPPED,
      IDLE,
    ]
      .map((state) => [progress(state, open), progress(state, blocked)].join()),
    [
      "there,there",
      "there,there",
      "coming,coming",
      "coming,coming",
      "coming,coming",
      "coming,coming",
      "coming,stuck",
      "stuck,stuck",
      "stuck,stuck",
      "stuck,stuck",
      "stuck,stuck",
    ],
  );
});

/** Returns the facts of a process that relies on some runs. */
function relying(state: UnitState, bound: Record<string, number>): UnitFacts {
  return { state, serial: 1, bound: new Map(Object.entries(bound)) };
}

Deno.test("decide() stops what relies on a run that is over, those that rely on it first", () => {
  const always = { when: "started", restart: "always" } as const;
  const chained = plan({
    job: { type: "task", command: ["job"] },
    db: { command: ["db"] },
    api: { command: ["api"], dependsOn: { db: always, job: always } },
    web: { command: ["web"], dependsOn: { api: always } },
  });
  const stop = (all: Record<string, UnitFacts>) =>
    decide(chained, new Map(Object.entries(all))).stop;
  const run = (state: UnitState, serial = 1) => ({
    ...relying(state, {}),
    serial,
  });
  const job = run(DONE);
  const db = run(READY);
  const api = relying(READY, { db: 1, job: 1 });
  const web = relying(READY, { api: 1 });
  assertEquals(stop({ job, db, api, web }), []);
  for (const state of [STOPPING, BACKOFF, WAITING, FAILED, STOPPED, ENDED]) {
    assertEquals(stop({ job, db: run(state), api, web }), ["web"]);
  }
  // It has been restarted before anybody looked.
  assertEquals(stop({ job, db: run(READY, 2), api, web }), ["web"]);
  const gone = { job, db: run(BACKOFF) };
  assertEquals(stop({ ...gone, api, web: relying(STOPPING, { api: 1 }) }), []);
  assertEquals(stop({ ...gone, api, web: relying(WAITING, { api: 1 }) }), [
    "api",
  ]);
  assertEquals(stop({ ...gone, api: relying(STOPPING, { db: 1 }) }), []);
  // The end of a task is no incident, but another run of it is.
  for (const state of [READY, STOPPING]) {
    assertEquals(stop({ job: run(state), db, api, web }), []);
  }
  assertEquals(stop({ job: run(READY, 2), db, api, web }), ["web"]);
  assertEquals(stop({ job: run(BACKOFF), db, api, web }), ["web"]);
  // What is not in the plan any more is not missed.
  assertEquals(stop({ db, api, web }), []);
  // Nothing starts beside what must be stopped.
  const all = { job, db: run(BACKOFF), api, web };
  const { verdicts } = decide(chained, new Map(Object.entries(all)));
  const web2 = verdicts.get("web");
  assert(web2);
  assertEquals(show(web2), "waits for api started stopping");
});

const KINDS = [
  READY,
  READY,
  READY,
  UNREADY,
  BACKOFF,
  STARTING,
  STOPPING,
  WAITING,
  WAITING,
  FAILED,
  STOPPED,
  ENDED,
  IDLE,
];
const TASK_KINDS = [DONE, DONE, BACKOFF, WAITING, READY, FAILED, STOPPED, IDLE];

interface Node {
  task: boolean;
  replicas: number;
  needs: { on: number; required: boolean; strong: boolean }[];
  states: number[];
}

const node: fc.Arbitrary<Node> = fc.record({
  task: fc.boolean(),
  replicas: fc.integer({ min: 1, max: 3 }),
  needs: fc.array(
    fc.record({
      on: fc.nat(6),
      required: fc.boolean(),
      strong: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  states: fc.array(fc.nat(50), { minLength: 3, maxLength: 3 }),
});

/** Returns a plan and the states of its processes. */
function build(
  nodes: Node[],
): { graph: Plan; snapshot: Map<string, UnitFacts> } {
  const entries: Record<string, PlanEntry> = {};
  for (const [index, { task, replicas, needs }] of nodes.entries()) {
    const dependsOn: Record<string, Dependency> = {};
    for (const { on, required, strong } of index > 0 ? needs : []) {
      const other = nodes[on % index];
      const when = strong ? other?.task ? "completed" : "ready" : "started";
      dependsOn[`n${on % index}`] = { when, required };
    }
    entries[`n${index}`] = task
      ? { type: "task", command: ["x"], dependsOn }
      : { command: ["x"], replicas, ready: probe, dependsOn };
  }
  const graph = plan(entries);
  const snapshot = new Map<string, UnitFacts>();
  for (const [index, { task, states }] of nodes.entries()) {
    const kinds = task ? TASK_KINDS : KINDS;
    for (
      const { name, replica } of graph.entries.get(`n${index}`)?.units ?? []
    ) {
      const state = kinds[(states[replica - 1] ?? 0) % kinds.length];
      if (state) snapshot.set(name, relying(state, {}));
    }
  }
  return { graph, snapshot };
}

/** Returns what processes do that can change their state by themselves. */
function develop(graph: Plan, snapshot: Snapshot): Map<string, UnitFacts> {
  const { verdicts } = decide(graph, snapshot);
  const next = new Map(snapshot);
  for (const entry of graph.entries.values()) {
    for (const { name } of entry.units) {
      const facts = snapshot.get(name);
      if (facts === undefined) continue;
      const { kind } = facts.state;
      const goes =
        ["starting", "stopping", "backoff", "running"].includes(kind) ||
        kind === "waiting" && verdicts.get(entry.name)?.kind === "open";
      if (goes) {
        next.set(name, {
          ...facts,
          state: entry.type === "task" ? DONE : READY,
        });
      }
    }
  }
  return next;
}

Deno.test("decide() leaves nothing waiting for what cannot come", () => {
  const property = fc.property(
    fc.array(node, { minLength: 1, maxLength: 7 }),
    (nodes) => {
      const { graph, snapshot } = build(nodes);
      let now: Map<string, UnitFacts> = snapshot;
      for (let i = 0; i <= nodes.length; i++) now = develop(graph, now);
      const first = decide(graph, snapshot).verdicts;
      const last = decide(graph, now).verdicts;
      for (const { name: entry, units } of graph.entries.values()) {
        const before = first.get(entry);
        const after = last.get(entry);
        assert(before && after && after.kind !== "waits");
        for (const { name } of units) {
          const was = snapshot.get(name)?.state;
          const is = now.get(name)?.state;
          assert(was && is);
          // What was said to be on its way has arrived, and nothing else has.
          assertEquals(
            progress(is, after),
            progress(was, before) === "stuck" ? "stuck" : "there",
          );
        }
      }
    },
  );
  fc.assert(property, { seed: 5, numRuns: 2_000 });
});

Deno.test("decide() gives chains that end where something can change, or nothing can", () => {
  const ends = (obstacles: readonly Obstacle[]): Obstacle[] =>
    obstacles.flatMap((each) =>
      each.behind.length > 0 ? ends(each.behind) : [each]
    );
  const property = fc.property(
    fc.array(node, { minLength: 1, maxLength: 7 }),
    (nodes) => {
      const { graph, snapshot } = build(nodes);
      for (const verdict of decide(graph, snapshot).verdicts.values()) {
        if (verdict.kind === "blocked") {
          assert(verdict.by.length > 0);
          for (const { state: { kind } } of ends(verdict.by)) {
            assert(["failed", "stopped", "ended", "idle"].includes(kind), kind);
          }
        } else if (verdict.kind === "waits") {
          assert(verdict.for.length > 0);
          for (const { state: { kind } } of ends(verdict.for)) {
            assert(
              !["failed", "stopped", "ended", "idle"].includes(kind),
              kind,
            );
          }
        }
      }
    },
  );
  fc.assert(property, { seed: 5, numRuns: 2_000 });
});
