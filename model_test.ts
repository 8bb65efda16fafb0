/**
 * Random requests in random order, and what must hold whatever they are.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import { mock } from "node:test";
import {
  constant,
  type Process,
  type ProcessEvent,
  Processman,
  ProcessmanClosedError,
  type RestartPolicy,
} from "./mod.ts";
import { ProcessTable } from "./process_table.ts";
import { outputOf } from "./tools/testing.ts";

/** Printed, so that a failure can be had again. */
const SEED = 20_261_123;

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
  }
  | { do: "crash" | "end" | "kill from outside"; which: number }
  | { do: "stop"; which: number; gracePeriodMs: number }
  | { do: "kill" | "restart" | "start" | "signal" | "abort"; which: number }
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
  readonly pm = new Processman({
    logger: null,
    signals: [],
    orphans: "leave",
  });
  readonly all: { process: Process; abort: AbortController }[] = [];
  readonly events: ProcessEvent[] = [];
  /** Those that were told to end, and to nothing else since. */
  readonly stopped = new Set<string>();
  readonly told: Promise<void>;
  asked = 0;
  settled = 0;
  #seen = 0;

  constructor(
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
        return this.#ask(process.restart());
      case "start":
        this.stopped.delete(name);
        return this.#ask(process.start());
      case "signal":
        process.signal("SIGCONT");
        return;
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
    assertEquals([...this.pm], []);
    for (const { process } of this.all) {
      assert(["exited", "failed"].includes(process.state.kind));
      assertEquals(process.pid, undefined);
      checkStory(process.name, this.events);
    }
  }

  /** What must hold at any time: no run of what was told to end. */
  look(): void {
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

  #ask(promise: Promise<unknown>): void {
    this.asked++;
    promise.then(() => this.settled++, (error) => {
      this.settled++;
      assert(
        error instanceof TypeError || error instanceof ProcessmanClosedError ||
          error instanceof DOMException,
        String(error),
      );
    });
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
  for (const event of events) {
    if (!("name" in event) || event.name !== name) continue;
    assert(NEXT[last]?.includes(event.kind), `${event.kind} after ${last}`);
    last = event.kind;
    if (event.kind === "start") {
      assert(event.run === run + 1 || event.run === 1);
      run = event.run;
    } else if (event.kind === "exit") {
      assertEquals(event.run, run);
      last = `exit, ${event.decision?.kind ?? "asked"}`;
    }
  }
  assert(last === "" || NEXT[last]?.includes(""), `the end after ${last}`);
}

/** A kernel in which nothing takes time. */
class Kernel {
  readonly children = new Map<
    number,
    {
      alive: boolean;
      end(code: number, signal: Deno.Signal | null): void;
      stubborn: boolean;
    }
  >();
  #pid = 1_000_000;

  /** Starts a child, which ignores SIGTERM if its program says so. */
  spawn(program: string): Deno.ChildProcess {
    const pid = ++this.#pid;
    const { promise, resolve } = Promise.withResolvers<Deno.CommandStatus>();
    const child = {
      alive: true,
      stubborn: program === "stubborn",
      end(code: number, signal: Deno.Signal | null) {
        child.alive = false;
        resolve({ success: code === 0, code, signal });
      },
    };
    this.children.set(pid, child);
    const kill = (signal: Deno.Signal) => this.kill(-pid, signal);
    return { pid, status: promise, kill } as unknown as Deno.ChildProcess;
  }

  kill(target: number, signal: Deno.Signal | 0 = "SIGTERM"): void {
    const child = this.children.get(-target);
    if (!child?.alive) throw new Deno.errors.NotFound("ESRCH");
    if (signal === "SIGKILL") child.end(137, signal);
    if (signal === "SIGTERM" && !child.stubborn) child.end(143, signal);
  }
}

Deno.test("Processman keeps its promises in any order of requests", async () => {
  // deno-lint-ignore no-console
  console.log(`2,000 sequences, seed ${SEED}`);
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const clock = mock.method(performance, "now", () => Date.now());
  let kernel = new Kernel();
  class FakeCommand {
    constructor(readonly program: string) {}
    spawn() {
      // There are no shells: neither the process table can be read.
      if (this.program === "/bin/sh") throw new Deno.errors.NotFound();
      return kernel.spawn(this.program);
    }
  }
  const command = mock.getter(Deno, "Command", () => FakeCommand);
  const kill = mock.getter(Deno, "kill", () => kernel.kill.bind(kernel));
  const flush = async () => {
    for (let i = 0; i < 60; i++) await Promise.resolve();
  };
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    async (steps) => {
      kernel = new Kernel();
      let names = 0;
      const story = new Story(
        (pm, { policy, stubborn, delayMs, limited }, signal) =>
          pm.command(stubborn ? "stubborn" : "program", [], {
            name: `p${++names}`,
            signal,
            stdout: "null",
            stderr: "null",
            restart: {
              policy,
              backoff: constant(delayMs),
              ...limited && { limit: { restarts: 2, withinMs: 60_000 } },
            },
          }),
        ({ pid }, how) => {
          const child = kernel.children.get(pid ?? 0);
          if (!child?.alive) return;
          if (how === "kill") child.end(137, "SIGKILL");
          else child.end(how === "crash" ? 1 : 0, null);
        },
      );
      const look = () => {
        const alive = [...kernel.children].filter(([, { alive }]) => alive)
          .map(([pid]) => pid).sort();
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
        assertEquals(managed.sort(), alive, "what the kernel says");
        story.look();
      };
      for (const each of steps) {
        story.do(each);
        await flush();
        if (each.do === "wait" && each.ms > 0) {
          mock.timers.tick(each.ms);
          await flush();
        }
        look();
      }
      story.shutdown(true);
      await flush();
      mock.timers.tick(10_000);
      await flush();
      mock.timers.tick(5_000);
      await flush();
      const spawned = kernel.children.size;
      mock.timers.tick(100_000);
      await flush();
      look();
      assertEquals(kernel.children.size, spawned, "no timer is left");
      await story.check();
    },
  );
  try {
    await fc.assert(property, { numRuns: 2_000, seed: SEED });
  } finally {
    for (const each of [clock, command, kill]) each.mock.restore();
    mock.timers.reset();
  }
});

Deno.test("Processman keeps its promises to real processes too", async () => {
  // deno-lint-ignore no-console
  console.log(`${SEQUENCES} sequences, seed ${SEED}`);
  const open = async () =>
    (await outputOf("sh", "-c", `ls /proc/${Deno.pid}/fd 2>/dev/null`))
      .split("\n").length;
  const table = new ProcessTable();
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 12 }),
    async (steps) => {
      let names = 0;
      const story = new Story(
        (pm, { policy, stubborn, delayMs, limited }, signal) =>
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
