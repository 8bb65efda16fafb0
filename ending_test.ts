import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import type { ProcessTable } from "./process_table.ts";
import { Run } from "./run.ts";
import type { Child, Kernel } from "./kernel.ts";
import { Ending } from "./ending.ts";
import type { StopRequest } from "./stop.ts";
import { alive, KERNEL, STOP, systemTable } from "./tools/testing.ts";

function start(
  script: string,
  { group = true, kernel = KERNEL }: { group?: boolean; kernel?: Kernel } = {},
): Run {
  return new Run({
    name: "test",
    program: "sh",
    command: {
      args: ["-c", script],
      stdin: "null",
      stdout: script.includes("echo") ? "piped" : "null",
    },
    group,
  }, kernel);
}

function end(
  run: Run,
  request: StopRequest = STOP,
  { table = systemTable(), kernel = KERNEL } = {},
): Ending {
  return new Ending(run, request, table, kernel);
}

Deno.test("Ending is over at once when nothing is left", async () => {
  const run = start("exit 3");
  await run.status;
  const { steps, forced, survivors } = await end(run).done;
  assertEquals([steps, forced, survivors], [[], false, []]);
});

Deno.test("Ending without a readable table waits for the kernel to forget", async () => {
  const table = systemTable();
  const look = mock.method(table, "look", () => Promise.resolve(undefined));
  const run = start("sleep 500 & wait");
  const { forced, survivors } = await end(run, STOP, { table }).done;
  assertEquals([forced, survivors], [false, []]);
  assert(!run.groupLeft());
  look.mock.restore();
});

Deno.test("Ending of a child without a group ends the child alone", async () => {
  const run = start("exec sleep 500", { group: false });
  assert(run.alive);
  const { forced, survivors } = await end(run, { ...STOP, gracePeriodMs: 0 })
    .done;
  assertEquals([forced, survivors], [true, []]);
  assert(!await alive(run.pid));
});

/** Starts a child that ignores SIGTERM, and waits until it does. */
async function stubborn(kernel: Kernel): Promise<Run> {
  const run = start(
    "trap '' TERM; trap 'exit 7' INT; echo ready; while :; do sleep 0.01; done",
    { kernel },
  );
  const reader = run.child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return run;
}

Deno.test("Ending.ask() kills at the earliest deadline of requests that state theirs", async (t) => {
  /** The grace periods of requests, and whether each states its own. */
  const cases: [string, [number, boolean][], number][] = [
    ["default", [[5_000, false]], 5_000],
    ["two defaults", [[5_000, false], [9_000, false]], 5_000],
    ["said", [[200, true]], 200],
    ["said, said longer", [[5_000, true], [9_000, true]], 5_000],
    ["said, said shorter", [[9_000, true], [5_000, true]], 5_000],
    ["default, said longer", [[200, false], [5_000, true]], 5_000],
    ["said, default shorter", [[5_000, true], [200, false]], 5_000],
    ["default, said shorter", [[5_000, false], [300, true]], 300],
    ["never", [[Number.MAX_VALUE, true]], Number.MAX_VALUE],
  ];
  const kernel = { ...KERNEL, now: () => 1_000, time: () => 1_000 };
  for (const [name, requests, expected] of cases) {
    await t.step(name, async () => {
      const run = start("trap '' TERM; while :; do sleep 0.01; done");
      const [first, ...more] = requests.map(([gracePeriodMs, explicit]) => ({
        ...STOP,
        gracePeriodMs,
        explicit,
      }));
      assert(first !== undefined);
      const ending = end(run, first, { kernel });
      for (const request of more) ending.ask(request);
      assertEquals(ending.killAt, 1_000 + expected);
      ending.ask({ ...STOP, signal: "SIGKILL" });
      assertEquals(ending.killAt, 1_000);
      await ending.done;
    });
  }
});

Deno.test("Ending.ask() sends another signal at once, and the same one not again", async () => {
  const sent: [number, Deno.Signal | 0][] = [];
  const run = await stubborn({
    ...KERNEL,
    kill: (target, signal) => {
      sent.push([target, signal]);
      return KERNEL.kill(target, signal);
    },
  });
  const ending = end(run);
  ending.ask(STOP);
  ending.ask({ ...STOP, signal: "SIGINT" });
  ending.ask({ ...STOP, signal: "SIGINT" });
  const { steps, forced } = await ending.done;
  assertEquals(steps.map(({ signal }) => signal), ["SIGTERM", "SIGINT"]);
  assertEquals(forced, false);
  assertEquals((await run.status).code, 7);
  assertEquals(
    sent.filter(([target, signal]) =>
      target === -run.pid && signal !== 0 && signal !== "SIGCONT"
    ),
    [[-run.pid, "SIGTERM"], [-run.pid, "SIGINT"]],
  );
});

Deno.test("Ending sends its signal before it sets a timer, and kills at the deadline", async () => {
  const did: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Deno.CommandStatus>();
  const status = { success: false, code: 137, signal: "SIGKILL" } as const;
  const kernel: Kernel = {
    ...KERNEL,
    sessions: true,
    spawn: () => ({
      child: { pid: 100, status: promise } as Partial<Child> as Child,
    }),
    kill: (target, signal) => {
      did.push(`${target} ${signal}`);
      if (signal === "SIGKILL") resolve(status);
      return signal !== 0;
    },
    // Only the grace period passes.
    delay: (ms, { signal } = {}) => {
      did.push(`${ms} ms`);
      return ms === STOP.gracePeriodMs
        ? Promise.resolve()
        : new Promise((resolve) =>
          signal?.addEventListener("abort", () => resolve())
        );
    },
    now: () => 0,
  };
  const unreadable = { look: () => Promise.resolve(undefined) };
  const table = unreadable as Partial<ProcessTable> as ProcessTable;
  const { forced, survivors } = await end(
    start("", { kernel }),
    STOP,
    { kernel, table },
  ).done;
  assertEquals([forced, survivors], [true, []]);
  assertEquals(did, [
    "-100 SIGTERM",
    "-100 SIGCONT",
    "10000 ms",
    "-100 SIGKILL",
    "5000 ms",
    "-100 0",
  ]);
});
