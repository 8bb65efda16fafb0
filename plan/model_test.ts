/**
 * Random requests in random order for random plans, and what must hold whatever
 * they are.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import {
  constant,
  type ProcessEvent,
  Processman,
  type SpawnRequest,
} from "../mod.ts";
import { FakeChild, FakeKernel } from "../testing/mod.ts";
import { App } from "./app.ts";
import { Board } from "./board.ts";
import { decide, type Obstacle } from "./decide.ts";
import type { Dependency, PlanEntry } from "./entry.ts";
import type { LiveUnit } from "./live_unit.ts";
import { plan } from "./plan.ts";
import type { Edge, Plan } from "./planned.ts";
import { startUnits } from "./start.ts";

/** Printed, so that a failure can be had again. */
const SEED = 20_261_127;

const SEQUENCES = Deno.args.includes("--full") ? 2_000 : 300;

/** What an entry is like; `needs` are about the entries before it. */
interface Shape {
  task: boolean;
  /** Whether it is not started at the beginning, unless another requires it. */
  idle: boolean;
  probe: boolean;
  replicas: number | undefined;
  /** How long it takes to end after a signal, in milliseconds. */
  slowMs: number;
  /** How long its preparation takes, in milliseconds, if it has one. */
  prepareMs: number | undefined;
  needs: {
    on: number;
    strong: boolean;
    restart: "explicit" | "always" | undefined;
    required: boolean;
  }[];
}

const shape: fc.Arbitrary<Shape> = fc.record({
  task: fc.boolean(),
  idle: fc.constantFrom(false, false, false, true),
  probe: fc.boolean(),
  replicas: fc.constantFrom(undefined, undefined, 1, 2),
  slowMs: fc.constantFrom(0, 0, 30),
  prepareMs: fc.constantFrom(undefined, undefined, 0, 20),
  needs: fc.array(
    fc.record({
      on: fc.nat(5),
      strong: fc.boolean(),
      restart: fc.constantFrom(undefined, "explicit", "always"),
      required: fc.constantFrom(true, true, false),
    }),
    { maxLength: 3 },
  ),
});

const world = fc.record({
  shapes: fc.array(shape, { minLength: 1, maxLength: 6 }),
  startLimit: fc.constantFrom(undefined, 1, 2),
  restartBudget: fc.constantFrom(undefined, { restarts: 1, withinMs: 1_000 }),
});

/** What may be done; `which` picks an entry or a process. */
type Step =
  | {
    do:
      | "start"
      | "start all it needs"
      | "start alone"
      | "stop"
      | "restart"
      | "stop directly"
      | "start directly";
    which: number;
  }
  | { do: "crash" | "end" | "ready" | "unready"; which: number }
  | { do: "scale"; which: number; to: number }
  | { do: "restart, aborted"; which: number; ms: number }
  | { do: "roll"; which: number }
  | {
    do: "apply";
    which: number;
    /**
     * What is different: one or all other programs, the last entry, a live
     * option.
     */
    change: "version" | "others" | "last" | "grace period";
    /** When it is aborted, in milliseconds; never by default. */
    ms: number | undefined;
  }
  | { do: "stop all" }
  | { do: "wait"; ms: number };

const which = fc.nat(7);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "start",
        "start all it needs",
        "start alone",
        "stop",
        "restart",
        "stop directly",
        "start directly",
      ),
      which,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("crash", "end", "ready", "ready", "unready"),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("scale" as const),
      which,
      to: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("restart, aborted" as const),
      which,
      ms: fc.constantFrom(0, 10, 50),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("roll" as const), which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("apply" as const),
      which,
      change: fc.constantFrom("version", "others", "last", "grace period"),
      ms: fc.constantFrom(undefined, undefined, 0, 10, 50),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "stop all" }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 10, 100, 3_000),
    }),
  },
);

/** A shape, and what `apply` changes. */
type Changed = Shape & { version: number; graceMs: number };

const each = () => ({});

/** Returns the entries of a plan with some shapes. */
function entriesOf(
  shapes: Changed[],
  ready: (name: string) => boolean,
  pause: (ms: number) => Promise<void>,
): Record<string, PlanEntry> {
  const entries: Record<string, PlanEntry> = {};
  for (const [index, shape] of shapes.entries()) {
    const { task, probe, replicas, slowMs, prepareMs } = shape;
    const { version, graceMs } = shape;
    const dependsOn: Record<string, Dependency> = {};
    for (const { on, strong, ...rest } of index === 0 ? [] : shape.needs) {
      const other = shapes[on % index];
      if (other === undefined) continue;
      const when = !strong
        ? "started"
        : other.task
        ? "completed"
        : other.probe
        ? "ready"
        : "started";
      dependsOn[`e${on % index}`] = { when, ...rest };
    }
    const restart = { backoff: constant(500) };
    const base = {
      dependsOn,
      restart,
      stop: { gracePeriodMs: graceMs },
      ...prepareMs !== undefined && { prepare: () => pause(prepareMs) },
    };
    entries[`e${index}`] = task
      ? { type: "task", command: ["task", `${version}`], ...base }
      : {
        command: ["server", `${slowMs}`, `${version}`],
        ...base,
        ...replicas !== undefined && { replicas, each },
        ...probe && {
          ready: {
            probe: ({ process }) => ready(process.name),
            intervalMs: 20,
            recheckMs: 20,
            withinMs: Infinity,
          },
        },
      };
  }
  return entries;
}

/** Runs steps on a plan, and checks what can be seen from outside. */
class Story {
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  readonly board: Board;
  readonly app: App;
  readonly events: ProcessEvent[] = [];
  readonly told: Promise<void>;
  /** The names of the processes whose probe says no. */
  readonly unready = new Set<string>();
  /** The last child of each process, by the name of the process. */
  readonly children = new Map<string, FakeChild>();
  /** The names of the tasks whose last run ended with success. */
  readonly completed = new Set<string>();
  /** The names of the processes that started without what they require. */
  readonly #alone = new Set<string>();
  readonly faults: string[] = [];
  /** The process IDs of the children that have been ready. */
  readonly #wasReady = new Set<number>();
  /** Whether all is being stopped, and nothing else is asked for. */
  ending = false;
  readonly #shapes: Changed[];
  readonly #options: Parameters<typeof plan>[1];
  /** Whether the plan is to have its last entry. */
  #whole = true;
  crashes = 0;
  asked = 0;
  settled = 0;

  constructor(shapes: Shape[], options: Parameters<typeof plan>[1]) {
    this.kernel = new FakeKernel({
      programs: {
        server: (child, clock) => {
          child.on("SIGTERM", async () => {
            this.#checkStop(child);
            await clock.delay(Number(child.args[0]));
            child.exit(0);
          });
        },
        task: async (child, clock) => {
          await clock.delay(50);
          if (!child.alive) return;
          this.completed.add(this.#nameOf(child));
          return 0;
        },
      },
    });
    const spawn = this.kernel.spawn.bind(this.kernel);
    this.kernel.spawn = (request) => this.#spawn(request, spawn);
    this.pm = new Processman({ kernel: this.kernel, logger: null });
    this.told = this.#listen();
    this.#shapes = shapes.map((each) => ({
      ...each,
      version: 1,
      graceMs: 10_000,
    }));
    this.#options = options;
    this.board = new Board(this.pm, this.#next());
    this.app = new App(this.board);
    for (const { units } of this.plan.entries.values()) {
      for (const unit of units) this.board.add(unit);
    }
    const wanted = this.board.units.filter(({ unit: { entry } }) =>
      !shapes[Number(entry.slice(1))]?.idle
    );
    startUnits(this.board, wanted, "start");
  }

  get plan(): Plan {
    return this.board.plan;
  }

  /** Returns a plan as it is to be. */
  #next(): Plan {
    const entries = entriesOf(
      this.#whole ? this.#shapes : this.#shapes.slice(0, -1),
      (name) => !this.unready.has(name),
      (ms) => this.kernel.clock.delay(ms),
    );
    return plan(entries, this.#options);
  }

  #apply({ which, change, ms }: Extract<Step, { do: "apply" }>): void {
    const shape = this.#shapes[which % this.#shapes.length];
    if (shape && change === "version") shape.version++;
    if (change === "others") {
      for (const each of this.#shapes) if (each !== shape) each.version++;
    }
    if (shape && change === "grace period") shape.graceMs++;
    if (change === "last" && this.#shapes.length > 1) {
      this.#whole = !this.#whole;
    }
    const abort = new AbortController();
    if (ms !== undefined) {
      this.kernel.clock.delay(ms).then(() => abort.abort());
    }
    const next = this.#next();
    const names = [...next.entries.keys()].filter((name) =>
      !this.#shapes[Number(name.slice(1))]?.idle
    );
    this.ask(this.app.apply(next, { signal: abort.signal, names }));
  }

  do(step: Step): void {
    if (step.do === "wait") return;
    if (step.do === "stop all") return this.ask(this.app.stop());
    const names = [...this.plan.entries.keys()];
    const name = names[step.which % names.length] ?? "";
    const { units } = this.board;
    const unit = units[step.which % units.length];
    const process = unit?.process;
    const child = this.children.get(unit?.name ?? "");
    switch (step.do) {
      case "start":
      case "restart":
        return this.ask(this.app[step.do](name));
      case "start all it needs":
        return this.ask(this.app.start(name, { dependencies: "start" }));
      case "start alone":
        return this.ask(this.app.start(name, { dependencies: "ignore" }));
      case "stop":
        return this.ask(this.app.stop(name));
      case "start directly":
        return this.ask(process?.start());
      case "stop directly":
        return this.ask(process?.stop());
      case "scale":
        return this.ask(this.app.scale(name, step.to));
      case "restart, aborted": {
        const abort = new AbortController();
        this.kernel.clock.delay(step.ms).then(() => abort.abort());
        return this.ask(this.app.restart(name, { signal: abort.signal }));
      }
      case "roll":
        return this.ask(this.app.restart(name, { roll: true }));
      case "apply":
        return this.#apply(step);
      case "crash":
        if (!child?.alive) return;
        if (process?.state.kind === "running") this.crashes++;
        return child.exit(1);
      case "end":
        if (!child?.alive) return;
        if (unit?.task) this.completed.add(unit.name);
        return child.exit(0);
      case "ready":
        return void this.unready.delete(unit?.name ?? "");
      case "unready":
        return void this.unready.add(unit?.name ?? "");
      default:
        step satisfies never;
    }
  }

  ask(promise: Promise<unknown> | undefined): void {
    if (promise === undefined) return;
    this.asked++;
    const note = () => void this.settled++;
    promise.then(note, note);
  }

  /** What must hold at any time. */
  look(): void {
    assertEquals(this.faults, []);
    for (const { name, process } of this.board.units) {
      const { sentence, state, held } = this.app.why(name);
      if (held?.kind === "blocked") this.#checkBlocked(name, held.by);
      assert(sentence.startsWith(`${name} `), sentence);
      assert(!/undefined|NaN|\[object|nothing/.test(sentence), sentence);
      const child = this.children.get(name);
      assertEquals(process?.pid, child?.alive ? child.pid : undefined);
      if (state.kind === "running") assertEquals(child?.alive, true);
    }
    for (const unit of this.board.units) this.#checkBonds(unit);
  }

  /** Checks that each process runs what the plan says. */
  checkPrograms(): void {
    for (const { units } of this.plan.entries.values()) {
      for (const { name, args } of units) {
        const child = this.children.get(name);
        if (child?.alive) assertEquals(child.args, args, name);
      }
    }
  }

  /** Checks that a process is only blocked by what it requires. */
  #checkBlocked(name: string, by: readonly Obstacle[]): void {
    const [entry = ""] = name.split(".");
    const edges = this.board.graph.entries.get(entry)?.dependencies ?? [];
    for (const { unit } of by) {
      const required = edges.some((edge) =>
        edge.required && edge.on === unit.split(".")[0]
      );
      if (!required) this.faults.push(`${name} is blocked by ${unit}`);
    }
  }

  /** Checks that a process does not outlive what it relies on. */
  #checkBonds(unit: LiveUnit): void {
    const { started } = this.kernel;
    const child = this.children.get(unit.name);
    const falling = unit.heldFor !== undefined ||
      this.board.dependents([unit]).some(({ alive }) => alive);
    if (unit.state.kind !== "running" || child === undefined || falling) return;
    if (this.#alone.has(unit.name)) return;
    const edges = this.plan.entries.get(unit.unit.entry)?.dependencies ?? [];
    for (const { on, restart, required } of edges) {
      const other = this.children.get(on);
      if (restart !== "always" || !required || other === undefined) continue;
      const older = started.indexOf(other) < started.indexOf(child);
      const done = this.completed.has(on) ||
        this.board.get(on)?.state.kind === "done";
      if (older && (other.alive || done)) continue;
      this.faults.push(`${unit.name} outlives ${on}`);
    }
  }

  /** Checks the conditions of a start right before it. */
  #spawn(
    request: SpawnRequest,
    spawn: FakeKernel["spawn"],
  ): ReturnType<FakeKernel["spawn"]> {
    const { name } = request;
    if (this.children.get(name)?.alive) this.faults.push(`${name} runs twice`);
    const [entry = ""] = name.split(".");
    const { entries } = this.board.graph;
    const edges = entries.get(entry)?.dependencies ?? [];
    for (const edge of edges) this.#checkEdge(name, edge);
    if (edges.some(({ required }) => required)) this.#alone.delete(name);
    else this.#alone.add(name);
    const starting = this.board.units.filter(({ process }) =>
      process?.state.kind === "running" && !process.state.ready &&
      !this.#wasReady.has(process.state.pid)
    );
    if (starting.length >= this.plan.options.startLimit) {
      this.faults.push(`${name} starts beside too many`);
    }
    this.completed.delete(name);
    const spawned = spawn(request);
    const child = this.kernel.started.at(-1);
    if (child instanceof FakeChild) this.children.set(name, child);
    return spawned;
  }

  #checkEdge(name: string, { on, when, required }: Edge): void {
    // A replica that is being replaced does not count.
    const units = (this.plan.entries.get(on)?.units ?? []).flatMap((unit) =>
      this.board.get(unit.name) ?? []
    );
    const wanted = units.filter((unit) => !this.#rests(unit.name));
    for (const unit of wanted.length > 0 ? wanted : units) {
      const state = unit.process?.state;
      // What has been put back need not be completed again.
      const completed = this.completed.has(unit.name) && unit.over ||
        unit.state.kind === "done" && unit.process === undefined;
      const fine = when === "completed"
        ? completed
        : when === "ready"
        ? state?.kind === "running" && state.ready
        : state?.kind === "running" || unit.task && completed;
      if (fine || !required && this.#cannotCome(unit.name)) continue;
      this.faults.push(
        `${name} starts while ${unit.name} is ${state?.kind}, not ${when}`,
      );
    }
  }

  #rests(name: string): boolean {
    const { kind } = this.app.why(name as never).state;
    return kind === "stopped" || kind === "idle";
  }

  /** Whether a process cannot run unless somebody intervenes. */
  #cannotCome(name: string): boolean {
    const { held, state: { kind } } = this.app.why(name as never);
    // An operation that holds it back hides that it is blocked.
    const [entry = ""] = name.split(".");
    const { verdicts } = decide(this.board.graph, this.board.snapshot());
    const blocked = held?.kind === "operation" &&
      verdicts.get(entry)?.kind === "blocked";
    return blocked || held?.kind === "blocked" ||
      ["idle", "stopped", "failed", "ended"].includes(kind);
  }

  /** Checks that nothing runs that depends on a process when it is stopped. */
  #checkStop(child: FakeChild): void {
    if (!this.ending) return;
    const name = this.#nameOf(child);
    const unit = this.board.get(name);
    for (const dependent of unit ? this.board.dependents([unit]) : []) {
      if (!this.children.get(dependent.name)?.alive) continue;
      this.faults.push(`${name} is stopped before ${dependent.name}`);
    }
  }

  #nameOf(child: FakeChild): string {
    for (const [name, each] of this.children) if (each === child) return name;
    return "?";
  }

  async #listen(): Promise<void> {
    for await (const event of this.pm.events()) {
      this.events.push(event);
      if (event.kind === "ready") this.#wasReady.add(event.pid);
    }
  }
}

Deno.test("A plan keeps its promises in any order of requests", async () => {
  // deno-lint-ignore no-console
  console.log(`${SEQUENCES} sequences, seed ${SEED}`);
  const property = fc.asyncProperty(
    world,
    fc.array(step, { maxLength: 25 }),
    fc.boolean(),
    async ({ shapes, ...options }, steps, shutdown) => {
      const story = new Story(shapes, options);
      const { kernel: { clock }, app, board, pm } = story;
      for (const each of steps) {
        story.do(each);
        await clock.advance(each.do === "wait" ? each.ms : 0);
        story.look();
      }
      // Whatever has happened, the plan comes up when nothing stands in its way.
      story.unready.clear();
      await clock.advance(10_000);
      const all = [...story.plan.entries.keys()];
      await clock.until(app.start(all));
      story.look();
      story.checkPrograms();
      await clock.advance(1_000);
      assertEquals(story.settled, story.asked, "every promise settles");

      story.ending = true;
      const ended = shutdown ? pm.shutdown() : app.stop();
      await clock.advance(10);
      // An incident during a shutdown has its own order of stops.
      const crashes = shutdown
        ? []
        : steps.filter((each) => each.do === "crash");
      for (const each of crashes) story.do(each);
      await clock.until(ended);
      story.look();
      const { length } = story.kernel.started;
      await clock.advance(100_000);
      assertEquals(story.kernel.started.length, length, "nothing starts again");
      story.kernel.assertNothingLeft();
      assertEquals(story.settled, story.asked, "every promise settles");
      await app[Symbol.asyncDispose]();
      await clock.advance(0);
      assertEquals(clock.pending, 0, "no timer is left");
      assertEquals(board.units.filter(({ over }) => !over), []);
      await pm.shutdown();
      await story.told;
      const crashed = story.events.filter((event) =>
        event.kind === "exit" && event.crashed
      );
      assertEquals(crashed.length, story.crashes, "one incident, one crash");
    },
  );
  await fc.assert(property, { numRuns: SEQUENCES, seed: SEED });
});
