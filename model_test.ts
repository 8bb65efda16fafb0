/**
 * Random requests in random order, and what must hold whatever they are.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import {
  constant,
  type Process,
  type ProcessEvent,
  Processman,
  ProcessmanClosedError,
  ReadinessError,
  type RestartPolicy,
} from "./mod.ts";
import { type ChildScript, FakeKernel } from "./testing/mod.ts";
import { outputOf, systemTable } from "./tools/testing.ts";

/** Printed, so that a failure can be had again. */
const SEED = 20_261_123;

/** How many sequences fake processes go through. */
const FAKE_SEQUENCES = 2_000;

/** How many sequences real processes go through. */
const SEQUENCES = Deno.args.includes("--full") ? 100 : 40;

/** What may be done; `which` picks one of the processes that there are. */
type Step =
  | {
    do: "command";
    policy: RestartPolicy;
    stubborn: boolean;
    delayMs: number;
    limited: boolean;
    gated: boolean;
    probed: boolean;
  }
  | { do: "crash" | "end" | "kill from outside"; which: number }
  | { do: "stop"; which: number; gracePeriodMs: number }
  | { do: "kill" | "restart" | "start" | "signal" | "abort"; which: number }
  | { do: "answer yes" | "answer no" | "await ready" | "retry"; which: number }
  | { do: "stopAll" | "killAll" | "shutdown" | "shutdown, aborted" }
  | { do: "wait"; ms: number };

const which = fc.nat(2);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("command" as const),
      policy: fc.constantFrom<RestartPolicy>("on-failure", "always", "never"),
      stubborn: fc.boolean(),
      delayMs: fc.constantFrom(0, 50, 5_000),
      limited: fc.boolean(),
      gated: fc.boolean(),
      probed: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("crash", "end", "kill from outside"),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("stop" as const),
      which,
      gracePeriodMs: fc.constantFrom(0, 20, 10_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("kill", "restart", "start", "signal", "abort"),
      which,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("answer yes", "answer no", "await ready", "retry"),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "stopAll",
        "killAll",
        "shutdown",
        "shutdown, aborted",
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 10, 100, 6_000, 20_000),
    }),
  },
);

/** Runs steps, and checks what can be seen from outside all the time. */
class Story {
  readonly all: { process: Process; abort: AbortController }[] = [];
  readonly events: ProcessEvent[] = [];
  /** Those whose probe says yes. */
  readonly fit = new Set<string>();
  /** Those that were told to end, and to nothing else since. */
  readonly stopped = new Set<string>();
  readonly told: Promise<void>;
  asked = 0;
  settled = 0;
  /** The errors with which no request may be rejected. */
  readonly #faults: unknown[] = [];
  #seen = 0;

  constructor(
    readonly pm: Processman,
    readonly command: (
      pm: Processman,
      step: Extract<Step, { do: "command" }>,
      signal: AbortSignal,
    ) => Process,
    readonly end: (process: Process, how: "crash" | "end" | "kill") => void,
  ) {
    this.told = this.#listen(this.pm.events());
  }

  do(step: Step): void {
    switch (step.do) {
      case "command":
        return this.#command(step);
      case "stopAll":
      case "killAll":
        this.#stopped(...[...this.pm].map(({ name }) => name));
        return this.#ask(this.pm[step.do]());
      case "shutdown":
      case "shutdown, aborted":
        return this.shutdown(step.do === "shutdown");
      case "wait":
        return;
    }
    const { process, abort } = this.all[step.which] ?? {};
    if (process === undefined || abort === undefined) return;
    const { name, state } = process;
    switch (step.do) {
      case "crash":
      case "end":
        return this.end(process, step.do);
      case "kill from outside":
        return this.end(process, "kill");
      case "stop":
        this.#stopped(name);
        return this.#ask(process.stop({ gracePeriodMs: step.gracePeriodMs }));
      case "kill":
        this.#stopped(name);
        return this.#ask(process.kill());
      case "restart":
        if (["exited", "failed"].includes(state.kind)) {
          this.stopped.delete(name);
        }
        return this.#ask(process.restart(), name);
      case "start":
        this.stopped.delete(name);
        return this.#ask(process.start(), name);
      case "signal":
        process.signal("SIGCONT");
        return;
      case "answer yes":
        return void this.fit.add(name);
      case "answer no":
        return void this.fit.delete(name);
      case "await ready":
        return this.#ask(process.ready);
      case "retry":
        return void process.retry();
      case "abort":
        if (!abort.signal.aborted) this.#stopped(name);
        return abort.abort();
      default:
        step satisfies never;
    }
  }

  shutdown(patient: boolean): void {
    const signal = patient ? undefined : AbortSignal.abort();
    this.#stopped(...[...this.pm].map(({ name }) => name));
    this.#ask(this.pm.shutdown(signal ? { signal } : {}));
  }

  /** What must hold in the end, after a shutdown. */
  async check(): Promise<void> {
    await this.told;
    // What a shutdown promises is settled right after its events have ended.
    for (let i = 0; i < 10; i++) await Promise.resolve();
    assertEquals(this.settled, this.asked, "every promise settles");
    assertEquals(this.#faults, []);
    assertEquals([...this.pm], []);
    for (const { process } of this.all) {
      assert(["exited", "failed"].includes(process.state.kind));
      assertEquals(process.pid, undefined);
      checkStory(process.name, this.events);
    }
  }

  /** What must hold at any time: no run of what was told to end. */
  look(): void {
    assertEquals(this.#faults, []);
    for (const event of this.events.slice(this.#seen)) {
      if (event.kind !== "start") continue;
      assert(!this.stopped.has(event.name), `${event.name} was stopped`);
    }
    this.#seen = this.events.length;
  }

  #command(step: Extract<Step, { do: "command" }>): void {
    const abort = new AbortController();
    try {
      const process = this.command(this.pm, step, abort.signal);
      this.all.unshift({ process, abort });
    } catch (error) {
      assert(error instanceof ProcessmanClosedError);
    }
  }

  /** Notes a request; `started` is the process, if it is to start. */
  #ask(promise: Promise<unknown>, started?: string): void {
    this.asked++;
    promise.then(() => this.settled++, (error) => {
      this.settled++;
      if (!this.#mayReject(error, started)) this.#faults.push(error);
    });
  }

  /** Whether a request may be rejected with an error. */
  #mayReject(error: unknown, started: string | undefined): boolean {
    if (error instanceof TypeError) {
      return started === undefined || this.stopped.has(started);
    }
    return error instanceof ProcessmanClosedError ||
      error instanceof ReadinessError ||
      error instanceof DOMException;
  }

  #stopped(...names: string[]): void {
    for (const name of names) this.stopped.add(name);
  }

  async #listen(events: AsyncIterable<ProcessEvent>): Promise<void> {
    for await (const event of events) this.events.push(event);
  }
}

/** What may come after what, for one process. */
const NEXT: Record<string, string[]> = {
  "": ["start", "stop"],
  waiting: ["start", "stop"],
  start: ["exit"],
  "exit, asked": ["start", "stop"],
  "exit, leave": ["leftovers", "start", "stop", ""],
  "exit, restart": ["leftovers", "restart", "stop", "start"],
  "exit, fail": ["leftovers", "failed", "start"],
  leftovers: ["restart", "failed", "stop", "start", ""],
  restart: ["start", "stop"],
  failed: ["start", ""],
  stop: ["start", ""],
};

function checkStory(name: string, events: ProcessEvent[]): void {
  let last = "";
  let run = 0;
  let ready = false;
  /** The runs that ended well, which the sweep looks at later. */
  const swept = new Set<number>();
  for (const event of events) {
    if (!("name" in event) || event.name !== name) continue;
    if (event.kind === "leftovers" && swept.delete(event.pid)) continue;
    if (event.kind === "start") ready = false;
    if (event.kind === "ready" || event.kind === "unready") {
      assertEquals([last, ready], ["start", event.kind === "unready"]);
      ready = event.kind === "ready";
      continue;
    }
    if (event.kind === "unhealthy") {
      assertEquals(last, "start");
      continue;
    }
    // A gate holds a run back wherever one can start.
    const kind = event.kind === "waiting" ? "start" : event.kind;
    assert(NEXT[last]?.includes(kind), `${event.kind} after ${last}`);
    last = event.kind;
    if (event.kind === "start") {
      assert(event.run === run + 1 || event.run === 1);
      run = event.run;
    } else if (event.kind === "exit") {
      assertEquals(event.run, run);
      if (event.status.success) swept.add(event.pid);
      last = `exit, ${event.decision?.kind ?? "asked"}`;
    }
  }
  assert(last === "" || NEXT[last]?.includes(""), `the end after ${last}`);
}

/** What the fake programs do, besides what a step tells them. */
const PROGRAMS: Record<string, ChildScript> = {
  program: (child) => {
    // In a group of its own, as shells with job control make them.
    child.fork("helper", { leads: "group" });
  },
  stubborn: (child) => {
    child.on("SIGTERM");
    child.fork("helper").on("SIGTERM");
  },
};

/** Checks what processes say against what the fake kernel knows. */
function compare(story: Story, kernel: FakeKernel): void {
  const alive = kernel.started.filter(({ alive }) => alive)
    .map(({ pid }) => pid);
  const managed: number[] = [];
  for (const { process: { state, pid, name } } of story.all) {
    if (state.kind === "running") assertEquals(state.pid, pid);
    if (state.kind === "running" || state.kind === "stopping") {
      if (pid !== undefined) managed.push(pid);
    } else assertEquals(pid, undefined);
    const count = [...story.pm.processes().values()]
      .filter((process) => process.name === name).length;
    assert(count <= 1, "at most one child each");
  }
  assertEquals(managed.sort(), alive.sort(), "what the kernel says");
  story.look();
}

Deno.test("Processman keeps its promises in any order of requests", async () => {
  // deno-lint-ignore no-console
  console.log(`${FAKE_SEQUENCES} sequences, seed ${SEED}`);
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    async (steps) => {
      const kernel = new FakeKernel({ programs: PROGRAMS });
      let names = 0;
      const story: Story = new Story(
        new Processman({ kernel, logger: null }),
        (pm, { policy, stubborn, delayMs, limited, gated, probed }, signal) =>
          pm.command(stubborn ? "stubborn" : "program", [], {
            name: `p${++names}`,
            signal,
            ...probed && {
              ready: {
                probe: ({ process: { name } }) => story.fit.has(name),
                withinMs: 5_000,
                recheckMs: 1_000,
              },
              live: {
                probe: ({ process: { name } }) => story.fit.has(name),
                intervalMs: 3_000,
              },
            },
            restart: {
              policy,
              backoff: constant(delayMs),
              ...limited && { limit: { restarts: 2, withinMs: 60_000 } },
            },
            ...gated && {
              gate: async ({ wait, signal }) => {
                wait("a moment");
                await kernel.delay(100, { signal });
              },
            },
          }),
        ({ pid }, how) => {
          const child = kernel.started.find((each) => each.pid === pid);
          if (how === "kill") child?.receive("SIGKILL");
          else child?.exit(how === "crash" ? 1 : 0);
        },
      );
      for (const each of steps) {
        story.do(each);
        await kernel.clock.advance(each.do === "wait" ? each.ms : 0);
        compare(story, kernel);
      }
      story.shutdown(true);
      await kernel.clock.advance(20_000);
      const { length } = kernel.started;
      await kernel.clock.advance(100_000);
      compare(story, kernel);
      assertEquals(
        kernel.started.length,
        length,
        "nothing is started any more",
      );
      assertEquals(kernel.clock.pending, 0, "no timer is left");
      kernel.assertNothingLeft();
      await story.check();
    },
  );
  const startedAt = performance.now();
  await fc.assert(property, { numRuns: FAKE_SEQUENCES, seed: SEED });
  assertLess(performance.now() - startedAt, 10_000);
});

Deno.test("Processman keeps its promises to real processes too", async () => {
  // deno-lint-ignore no-console
  console.log(`${SEQUENCES} sequences, seed ${SEED}`);
  const open = async () =>
    (await outputOf("sh", "-c", `ls /proc/${Deno.pid}/fd 2>/dev/null`))
      .split("\n").length;
  const table = systemTable();
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 12 }),
    async (steps) => {
      let names = 0;
      const story: Story = new Story(
        new Processman({ logger: null, signals: [], orphans: "leave" }),
        (pm, { policy, stubborn, delayMs, limited, gated, probed }, signal) =>
          pm.command("sh", [
            "-c",
            stubborn
              ? "trap '' TERM; sleep 500 & wait; sleep 500"
              : "sleep 500 & wait",
          ], {
            name: `p${++names}`,
            signal,
            stop: { gracePeriodMs: 50 },
            restart: {
              policy,
              backoff: constant(delayMs / 50),
              ...limited && { limit: { restarts: 2, withinMs: 60_000 } },
            },
            ...gated && { gate: ({ wait }) => wait("no time") },
            ...probed && {
              ready: {
                probe: ({ process: { name } }) => story.fit.has(name),
                intervalMs: 5,
                withinMs: 100,
                recheckMs: 5,
              },
              live: {
                probe: ({ process: { name } }) => story.fit.has(name),
                intervalMs: 20,
              },
            },
          }),
        (process, how) => {
          process.signal(how === "crash" ? "SIGUSR1" : "SIGKILL", {
            to: "group",
          });
        },
      );
      for (const each of steps) {
        story.do(each);
        // What another program does meanwhile is a wait of no fixed time.
        if (each.do === "wait") await outputOf("true");
      }
      story.shutdown(true);
      await story.check();
      for (const event of story.events) {
        if (event.kind !== "start") continue;
        assertEquals((await table.look())?.session(event.pid), []);
      }
    },
  );
  await fc.assert(property, { numRuns: 5, seed: SEED });
  const before = await open();
  await fc.assert(property, { numRuns: SEQUENCES, seed: SEED });
  // Deno closes what is to be closed a little later.
  let after = await open();
  for (let i = 0; i < 100 && after > before; i++) after = await open();
  assert(after <= before, `${after} descriptors are open, and were ${before}`);
});
