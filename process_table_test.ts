import { assert, assertEquals, assertLess } from "@std/assert";
import { mock } from "node:test";
import { ProcessTable, Table, type TableEntry } from "./process_table.ts";
import { alive, outputOf } from "./tools/testing.ts";

/** Starts a shell that leads a session, and waits for the line "ready". */
async function shell(
  program: string,
  script: string,
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(program, {
    args: ["-c", script],
    stdin: "null",
    stdout: "piped",
    detached: true,
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  return child;
}

async function end(child: Deno.ChildProcess, table: Table): Promise<void> {
  const members = table.session(child.pid).map(({ pid }) => pid);
  for (const pid of members) Deno.kill(pid, "SIGKILL");
  await child.status;
  for (const pid of members) while (await alive(pid));
  await child.stdout.cancel();
}

async function look(): Promise<Table> {
  const table = await new ProcessTable().look();
  assert(table !== undefined);
  return table;
}

Deno.test("Table.doubtful() tells that a session may have a child too young to be seen", () => {
  const entry = (pid: number, session: number): TableEntry => {
    return { pid, session, name: "sh", parent: 1, group: pid, startedAt: 0 };
  };
  const at = { earliest: 0, latest: 0 };
  const table = (
    entries: TableEntry[],
    unread: number[],
    dead: [number, number][] = [],
  ) =>
    new Table(entries, 0, at, { unread: new Set(unread), dead: new Map(dead) });
  const cases: [string, boolean, Table, Table?][] = [
    ["all was read", false, table([entry(5, 5)], [])],
    ["something has ended", true, table([], [7])],
    ["it was of the session", true, table([], [7]), table([entry(7, 5)], [])],
    ["it was of another", false, table([], [7]), table([entry(7, 6)], [])],
    ["it can never be read", false, table([], [7]), table([], [7])],
    ["one of the session is dead", true, table([], [], [[7, 5]])],
    ["one of another is dead", false, table([], [], [[7, 6]])],
    [
      "it has been dead before",
      false,
      table([], [], [[7, 5]]),
      table([], [], [[7, 5]]),
    ],
  ];
  for (const [name, expected, now, before] of cases) {
    assertEquals(now.doubtful(5, before), expected, name);
  }
});

Deno.test("Table.session() lists what is alive in a session, in any of its groups", async () => {
  const begun = performance.now();
  const child = await shell(
    "bash",
    "set -m; sleep 500 & sleep 500 & true & wait $!; echo ready; wait",
  );
  const names = (table: Table) =>
    table.session(child.pid).map(({ name }) => name).sort();
  let table = await look();
  // The shells that have been forked are yet to become the other programs.
  while (
    names(table).join() === "bash,bash,bash" ||
    names(table).join() === "bash,bash,sleep"
  ) table = await look();
  assertEquals(names(table), ["bash", "sleep", "sleep"]);
  const members = table.session(child.pid);
  assertEquals(new Set(members.map(({ group }) => group)).size, 3);
  for (const member of members) {
    const { earliest, latest } = table.startOf(member);
    assertLess(earliest, performance.now());
    assertLess(begun, latest);
  }
  await end(child, table);
  assertEquals((await look()).session(child.pid), []);
});

Deno.test("Table.departed() lists what has left a session while its parent is in it", async () => {
  const child = await shell("sh", "setsid sleep 500 & echo ready; wait");
  let table = await look();
  while (table.departed(child.pid)[0]?.name !== "sleep") table = await look();
  const [departed, ...more] = table.departed(child.pid);
  assert(departed !== undefined && more.length === 0);
  assertEquals(departed.session, departed.pid);
  await end(child, table);
  Deno.kill(departed.pid, "SIGKILL");
  while (await alive(departed.pid));
});

Deno.test("ProcessTable.look() reads names of any bytes", async (t) => {
  const names = [
    "a\\nb",
    "\\n1 (x) S 1 1 1",
    ") S 1 1 1 1 1 1",
    "(((",
    ") Z 1 1 ",
    "\\377\\376) R",
    "   ",
    "\\n\\n\\n",
  ];
  for (const name of names) {
    await t.step(JSON.stringify(name), async () => {
      const child = await shell(
        "sh",
        `printf '${name}' > /proc/$$/comm; sleep 500 & echo ready; wait`,
      );
      const table = await look();
      const own = table.processes.get(Deno.pid);
      assertEquals(own?.pid, Deno.pid);
      const members = table.session(child.pid);
      assertEquals(members.length, 2);
      const named = members.find(({ pid }) => pid === child.pid);
      assert(named !== undefined);
      assert(named.name !== "sh", "the name has changed");
      await end(child, table);
      assert(!(await look()).processes.has(child.pid));
    });
  }
});

Deno.test("ProcessTable.look() is shared by all that ask in one turn", async () => {
  const spawn = mock.method(Deno.Command.prototype, "spawn");
  try {
    const table = new ProcessTable();
    const first = Array.from({ length: 20 }, () => table.look());
    assertEquals(new Set(await Promise.all(first)).size, 1);
    assertEquals(spawn.mock.callCount(), 1);
    const later = table.look();
    await Promise.all([later, table.idle()]);
    assertEquals(spawn.mock.callCount(), 2);
  } finally {
    spawn.mock.restore();
  }
});

Deno.test("ProcessTable.look() starts anew for what asks while it reads", async () => {
  const table = new ProcessTable();
  const spawn = mock.method(Deno.Command.prototype, "spawn");
  try {
    const first = table.look();
    while (spawn.mock.callCount() === 0) await Promise.resolve();
    const second = table.look();
    assert(await first !== await second);
    assertEquals(spawn.mock.callCount(), 2);
  } finally {
    spawn.mock.restore();
  }
});

Deno.test("ProcessTable.look() is undefined where the table cannot be read", async () => {
  const spawn = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Deno.errors.NotFound("no sh");
  });
  try {
    assertEquals(await new ProcessTable().look(), undefined);
  } finally {
    spawn.mock.restore();
  }
});

Deno.test("ProcessTable.pipeHolders() finds what holds an output open", async () => {
  const startedAt = performance.now();
  const child = await shell(
    "sh",
    "setsid sleep 500 & echo ready; exec sleep 500",
  );
  const table = new ProcessTable();
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
  const entry = (await look()).processes.get(holder.pid);
  assertEquals(entry?.name, "sleep");
  assertEquals(found, [entry]);
  assertEquals(await table.pipeHolders(performance.now() + 100, new Set()), []);
  Deno.kill(holder.pid, "SIGKILL");
  await child.stdout.cancel();
  await outputOf("true");
});
