import { assert, assertEquals, assertLess } from "@std/assert";
import { mock } from "node:test";
import type { Table } from "./process_table.ts";
import { readOrigins, readPipes, readTable } from "./read_table.ts";
import { systemClock } from "./system.ts";
import { alive, outputOf, systemTable } from "./tools/testing.ts";

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
  const table = await systemTable().look();
  assert(table !== undefined);
  return table;
}

Deno.test("readTable() reads what is alive in a session, in any of its groups", async () => {
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

Deno.test("readTable() shows what has left a session while its parent is in it", async () => {
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

Deno.test("readTable() reads names of any bytes", async (t) => {
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

Deno.test("readTable() reads once more what is without this program", async () => {
  const { output } = Deno.ChildProcess.prototype;
  let count = 0;
  const cut = mock.method(
    Deno.ChildProcess.prototype,
    "output",
    async function (this: Deno.ChildProcess) {
      const first = count++ === 0;
      const read = await output.call(this);
      return first ? { stdout: new Uint8Array() } : read;
    },
  );
  try {
    const reading = await readTable(systemClock);
    assertEquals(count, 2);
    assert(reading?.processes.some(({ pid }) => pid === Deno.pid));
  } finally {
    cut.mock.restore();
  }
});

Deno.test("readTable() is undefined where the table cannot be read", async () => {
  const spawn = mock.method(Deno.Command.prototype, "spawn", () => {
    throw new Deno.errors.NotFound("no sh");
  });
  try {
    assertEquals(await readTable(systemClock), undefined);
    assertEquals(await readPipes(), new Map());
    assertEquals(await readOrigins([1]), { reaper: 0, groups: new Map() });
  } finally {
    spawn.mock.restore();
  }
});

Deno.test("readPipes() reads what connects a process with this one", async () => {
  const child = await shell("sh", "echo ready; exec sleep 500");
  const pipes = await readPipes();
  const read = pipes.get(Deno.pid)?.read ?? new Set();
  assert(!pipes.get(child.pid)?.written.isDisjointFrom(read));
  Deno.kill(child.pid, "SIGKILL");
  await child.status;
  await child.stdout.cancel();
});

Deno.test("readOrigins() reads what takes in an orphan, and control groups", async () => {
  const parent = (pid: number) => outputOf("ps", "-o", "ppid=", "-p", `${pid}`);
  const orphan = Number(
    await outputOf("sh", "-c", "sleep 500 >/dev/null 2>&1 & echo $!"),
  );
  const { reaper, groups } = await readOrigins([Deno.pid, orphan]);
  assertEquals(Number(await parent(orphan)), reaper);
  assertEquals(groups.get(orphan), groups.get(Deno.pid));
  const own = await outputOf("cat", `/proc/${Deno.pid}/cgroup`);
  assertEquals(groups.get(Deno.pid)?.trim(), own);
  Deno.kill(orphan, "SIGKILL");
  while (await alive(orphan));
});
