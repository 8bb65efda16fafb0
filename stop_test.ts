import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import { ProcessTable } from "./process_table.ts";
import { Run } from "./run.ts";
import { Spawner } from "./spawn.ts";
import { Ending } from "./stop.ts";
import { alive } from "./tools/testing.ts";

const RULES = { signal: "SIGTERM", gracePeriodMs: 10_000 } as const;

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

Deno.test("ProcessTable.members() lists who is alive in a group", async () => {
  const run = start("sleep 500 & sleep 500 & wait");
  const table = new ProcessTable();
  let members: readonly number[] | undefined;
  do members = await table.members(run.pid); while (members?.length !== 3);
  assert(members.includes(run.pid));
  await new Ending(run, RULES, table).done;
  assertEquals(await table.members(run.pid), []);
});

Deno.test("ProcessTable.members() is undefined where it cannot be read", async () => {
  const output = mock.method(Deno.Command.prototype, "output", () => {
    throw new Deno.errors.NotFound("no sh");
  });
  try {
    assertEquals(await new ProcessTable().members(1), undefined);
  } finally {
    output.mock.restore();
  }
});

Deno.test("Ending is over at once when nobody is left", async () => {
  const run = start("exit 3");
  await run.status;
  const { steps, forced, survivors } = await new Ending(
    run,
    RULES,
    new ProcessTable(),
  ).done;
  assertEquals(steps.length, 1);
  assertEquals([forced, survivors], [false, []]);
});

Deno.test("Ending without a readable table waits for the kernel to forget", async () => {
  const table = new ProcessTable();
  const members = mock.method(
    table,
    "members",
    () => Promise.resolve(undefined),
  );
  const run = start("sleep 500 & wait");
  const { forced, survivors } = await new Ending(run, RULES, table).done;
  assertEquals([forced, survivors], [false, []]);
  assert(!run.groupLeft());
  members.mock.restore();
});

Deno.test("Ending of a child without a group ends the child alone", async () => {
  const run = start("exec sleep 500", false);
  assert(run.alive);
  const { forced, survivors } = await new Ending(
    run,
    { signal: "SIGTERM", gracePeriodMs: 0 },
    new ProcessTable(),
  ).done;
  assertEquals([forced, survivors], [true, []]);
  assert(!await alive(run.pid));
});

Deno.test("Ending.hasten() brings the end forward, never back", async () => {
  const run = start("trap '' TERM; echo ready; while :; do sleep 1; done");
  const reader = run.child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const ending = new Ending(run, RULES, new ProcessTable());
  const { killAt } = ending;
  ending.hasten({ ...RULES, gracePeriodMs: 60_000 });
  assertEquals(ending.killAt, killAt);
  ending.hasten({ ...RULES, gracePeriodMs: 20 });
  assert(ending.killAt < killAt);
  assert((await ending.done).forced);
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
