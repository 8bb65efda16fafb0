import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import { ProcessTable } from "./process_table.ts";
import { Run } from "./run.ts";
import { Spawner } from "./spawn.ts";
import { Ending } from "./ending.ts";
import { alive } from "./tools/testing.ts";

const RULES = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
  final: false,
} as const;

function start(script: string, group: boolean = true): Run {
  return new Run({
    name: "test",
    program: "sh",
    command: {
      args: ["-c", script],
      stdin: "null",
      stdout: script.includes("echo") ? "piped" : "null",
    },
    group,
    spawner: new Spawner(),
  });
}

Deno.test("Ending is over at once when nobody is left", async () => {
  const run = start("exit 3");
  await run.status;
  const { steps, forced, survivors } = await new Ending(
    run,
    RULES,
    new ProcessTable(),
  ).done;
  assertEquals([steps, forced, survivors], [[], false, []]);
});

Deno.test("Ending without a readable table waits for the kernel to forget", async () => {
  const table = new ProcessTable();
  const look = mock.method(table, "look", () => Promise.resolve(undefined));
  const run = start("sleep 500 & wait");
  const { forced, survivors } = await new Ending(run, RULES, table).done;
  assertEquals([forced, survivors], [false, []]);
  assert(!run.groupLeft());
  look.mock.restore();
});

Deno.test("Ending of a child without a group ends the child alone", async () => {
  const run = start("exec sleep 500", false);
  assert(run.alive);
  const { forced, survivors } = await new Ending(
    run,
    { ...RULES, gracePeriodMs: 0 },
    new ProcessTable(),
  ).done;
  assertEquals([forced, survivors], [true, []]);
  assert(!await alive(run.pid));
});

/** Starts a child that ignores SIGTERM, and waits until it does. */
async function stubborn(): Promise<Run> {
  const run = start(
    "trap '' TERM; trap 'exit 7' INT; echo ready; while :; do sleep 0.01; done",
  );
  const reader = run.child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return run;
}

Deno.test("Ending.ask() kills at the earliest deadline of requests that say theirs", async (t) => {
  /** The grace periods of requests; those that are said are final. */
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
  const clocks = [performance, Date].map((clock) =>
    mock.method(clock, "now", () => 1_000)
  );
  try {
    for (const [name, requests, expected] of cases) {
      await t.step(name, async () => {
        const run = start("trap '' TERM; while :; do sleep 0.01; done");
        const [first, ...more] = requests.map(([gracePeriodMs, final]) => ({
          ...RULES,
          gracePeriodMs,
          final,
        }));
        assert(first !== undefined);
        const ending = new Ending(run, first, new ProcessTable());
        for (const request of more) ending.ask(request);
        assertEquals(ending.killAt, 1_000 + expected);
        ending.ask({ ...RULES, signal: "SIGKILL" });
        assertEquals(ending.killAt, 1_000);
        await ending.done;
      });
    }
  } finally {
    clocks.forEach((clock) => clock.mock.restore());
  }
});

Deno.test("Ending.ask() sends another signal at once, and the same one not again", async () => {
  const run = await stubborn();
  const ending = new Ending(run, RULES, new ProcessTable());
  const sent: string[] = [];
  const kill = Deno.kill;
  const spy = mock.getter(
    Deno,
    "kill",
    () => (pid: number, signal: Deno.Signal) => {
      if (pid === -run.pid) sent.push(String(signal));
      return kill(pid, signal);
    },
  );
  try {
    ending.ask(RULES);
    ending.ask({ ...RULES, signal: "SIGINT" });
    ending.ask({ ...RULES, signal: "SIGINT" });
    const { steps, forced } = await ending.done;
    assertEquals(steps.map(({ signal }) => signal), ["SIGTERM", "SIGINT"]);
    assertEquals(forced, false);
    assertEquals((await run.status).code, 7);
    assertEquals(
      sent.filter((signal) => signal !== "0" && signal !== "SIGCONT"),
      ["SIGINT"],
    );
  } finally {
    spy.mock.restore();
  }
});

Deno.test("Run sends no signal to a group that is gone", async () => {
  const run = start("exit 0");
  await run.status;
  assert(!run.groupLeft());
  const kill = mock.getter(Deno, "kill", () => () => {
    throw new Error("must not be called");
  });
  try {
    assert(!run.groupLeft());
    assert(!run.signalGroup("SIGKILL"));
    assert(!run.signal("SIGKILL"));
  } finally {
    kill.mock.restore();
  }
});
