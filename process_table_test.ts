import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import type { ProcessEntry, ProcessOrigins, TableReading } from "./kernel.ts";
import { type ProcessFacts, ProcessTable, Table } from "./process_table.ts";
import { outputOf, ready, systemTable } from "./tools/testing.ts";

/** Makes an entry of a process that leads its session unless that is given. */
function entry(
  pid: number,
  parent: number,
  { session = pid, startedAt = 0 } = {},
): ProcessEntry {
  return { pid, name: "sh", parent, group: pid, session, startedAt };
}

/** Facts of a system with some processes, this program among them. */
function facts(
  processes: readonly ProcessEntry[] = [],
  more: Partial<ProcessFacts> = {},
): ProcessFacts {
  const reading = { processes: [entry(Deno.pid, 1), ...processes] };
  const readTable = () => Promise.resolve(reading);
  return { sessions: true, readTable, ...more };
}

Deno.test("Table.doubtful() tells that a session may have a child too young to be seen", () => {
  const table = (
    sessions: Record<number, number>,
    unread: number[],
    dead: [number, number][] = [],
  ) =>
    new Table({
      processes: Object.entries(sessions).map(([pid, session]) =>
        entry(Number(pid), 1, { session })
      ),
      unread: new Set(unread),
      dead: new Map(dead),
    });
  const cases: [string, boolean, Table, Table?][] = [
    ["all was read", false, table({ 5: 5 }, [])],
    ["something has ended", true, table({}, [7])],
    ["it was of the session", true, table({}, [7]), table({ 7: 5 }, [])],
    ["it was of another", false, table({}, [7]), table({ 7: 6 }, [])],
    ["it can never be read", false, table({}, [7]), table({}, [7])],
    ["one of the session is dead", true, table({}, [], [[7, 5]])],
    ["one of another is dead", false, table({}, [], [[7, 6]])],
    [
      "it has been dead before",
      false,
      table({}, [], [[7, 5]]),
      table({}, [], [[7, 5]]),
    ],
    ["nothing is known", false, new Table({ processes: [] })],
  ];
  for (const [name, expected, now, before] of cases) {
    assertEquals(now.doubtful(5, before), expected, name);
  }
});

Deno.test("Table.session() lists what is in a session", () => {
  const member = entry(6, 5, { session: 5 });
  const table = new Table({ processes: [entry(5, 1), member, entry(7, 5)] });
  assertEquals(table.session(5), [entry(5, 1), member]);
  assertEquals(table.session(6), []);
});

Deno.test("Table.departed() lists what has left a session while an ancestor is in it", () => {
  const processes = [entry(5, 1), entry(6, 5), entry(7, 6), entry(8, 1)];
  const table = new Table({ processes });
  assertEquals(table.departed(5), [entry(6, 5), entry(7, 6)]);
  assertEquals(table.departed(6), [entry(7, 6)]);
  assertEquals(table.departed(8), []);
});

Deno.test("Table.startOf() tells the start by the age of the reader", () => {
  const startedAt = { earliest: 1_000, latest: 1_005 };
  const early = entry(5, 1, { startedAt: 100 });
  const processes = [early, entry(9, 1, { startedAt: 120 })];
  const known = new Table({ processes, reader: { pid: 9, startedAt } });
  assertEquals(known.startOf(early), { earliest: 790, latest: 815 });
  const unknown = { earliest: -Infinity, latest: Infinity };
  assertEquals(new Table({ processes }).startOf(early), unknown);
});

Deno.test("ProcessTable.look() is shared by all that ask in one turn", async () => {
  const system = facts();
  const read = mock.method(system, "readTable");
  const table = new ProcessTable(system);
  const first = Array.from({ length: 20 }, () => table.look());
  assertEquals(new Set(await Promise.all(first)).size, 1);
  assertEquals(read.mock.callCount(), 1);
  const later = table.look();
  await Promise.all([later, table.idle()]);
  assertEquals(read.mock.callCount(), 2);
});

Deno.test("ProcessTable.look() starts anew for what asks while it reads", async () => {
  const readings: PromiseWithResolvers<TableReading>[] = [];
  const table = new ProcessTable(facts([], {
    readTable() {
      readings.push(Promise.withResolvers());
      return readings[readings.length - 1]?.promise ?? Promise.reject();
    },
  }));
  const first = table.look();
  while (readings.length === 0) await Promise.resolve();
  const second = table.look();
  readings[0]?.resolve({ processes: [] });
  const seen = await first;
  while (readings.length === 1) await Promise.resolve();
  readings[1]?.resolve({ processes: [] });
  assert(seen !== await second);
});

Deno.test("ProcessTable.look() tells why the table is not read", async () => {
  const cases: [Partial<ProcessFacts>, string[]][] = [
    [{}, []],
    [{ sessions: false }, ["forbidden"]],
    [{ readTable: () => Promise.resolve(undefined) }, ["unreadable"]],
    [
      { sessions: false, readTable: () => Promise.resolve(undefined) },
      ["forbidden"],
    ],
  ];
  for (const [more, expected] of cases) {
    const told: string[] = [];
    const table = new ProcessTable(facts([], more), {
      forbidden: () => told.push("forbidden"),
      unreadable: () => told.push("unreadable"),
    });
    assertEquals(await table.look() === undefined, "readTable" in more);
    assertEquals(told, expected);
  }
});

Deno.test("ProcessTable.daemons() lists orphans in the control group of this program", async () => {
  const orphan = entry(90_001, 1);
  const processes = [
    orphan,
    entry(90_002, 1), // in another control group
    entry(90_003, 90_001), // has a parent
    entry(90_004, 1, { session: Deno.pid }), // has not left
    entry(90_005, 1), // a run
  ];
  const origins: ProcessOrigins = {
    reaper: 1,
    groups: new Map([[Deno.pid, "own"], [90_001, "own"], [90_002, "other"]]),
  };
  const system = facts(processes, {
    readOrigins: () => Promise.resolve(origins),
  });
  const daemons = async (system: ProcessFacts) => {
    const table = new ProcessTable(system);
    const read = await table.look();
    assert(read !== undefined);
    return table.daemons(read, 0, 1, new Set([90_005]));
  };
  assertEquals(await daemons(system), [orphan]);
  assertEquals(await daemons(facts(processes)), []);
});

Deno.test("ProcessTable.pipeHolders() finds nothing where nothing tells of pipes", async () => {
  const table = new ProcessTable(facts([entry(90_001, 1)]));
  assertEquals(await table.pipeHolders(0, new Set()), []);
});

Deno.test("ProcessTable.pipeHolders() finds what holds an output open", async () => {
  const startedAt = performance.now();
  const { child, reader } = await ready(
    "setsid sleep 500 & echo ready; exec sleep 500",
    { piped: true },
  );
  const table = systemTable();
  const none = await table.pipeHolders(startedAt, new Set([child.pid]));
  assertEquals(none, []);
  Deno.kill(child.pid, "SIGKILL");
  await child.status;
  const holders = await table.pipeHolders(startedAt, new Set());
  const [holder = { pid: 0 }, ...more] = holders;
  assertEquals(more, []);
  const args = ["-o", "comm=", "-p", String(holder.pid)];
  while (["sh", "setsid"].includes(await outputOf("ps", ...args)));
  // On a busy machine, it takes its time to start what reads the table.
  const { spawn } = Deno.Command.prototype;
  const slow = mock.method(
    Deno.Command.prototype,
    "spawn",
    function (this: Deno.Command) {
      const cell = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(cell, 0, 0, 100);
      return spawn.call(this);
    },
  );
  const found = await table.pipeHolders(startedAt, new Set());
  slow.mock.restore();
  const entry = (await table.look())?.processes.get(holder.pid);
  assertEquals(entry?.name, "sleep");
  assertEquals(found, [entry]);
  assertEquals(await table.pipeHolders(performance.now() + 100, new Set()), []);
  Deno.kill(holder.pid, "SIGKILL");
  await reader.cancel();
  await outputOf("true");
});
