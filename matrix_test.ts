/**
 * How this program may end, beside what its children may be like: nothing is
 * ever left behind.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Processman } from "./mod.ts";
import type { Line } from "./lines.ts";
import type { Process } from "./process.ts";
import { ProcessTable } from "./process_table.ts";
import { outputOf, permitted, runScript } from "./tools/testing.ts";

/** How long a child may take to end, in milliseconds. */
const GRACE_MS = 1_000;

/** How long may pass, after the program's end, until nothing is left of it. */
const LIMIT_MS = 10_000;

/** The children, each saying when it is as it is meant to be. */
const CHILDREN = {
  "plain": `pm.command("sh", ["-c", "echo ready; exec sleep 500"])`,
  "ignores SIGTERM":
    `pm.command("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])`,
  "two grandchildren":
    `pm.command("sh", ["-c", "sleep 500 & sleep 500 & echo ready; wait"])`,
  "leader leaves first":
    `pm.command("sh", ["-c", "sh -c 'trap \\"\\" TERM; echo ready; while :; do sleep 1; done' & wait"])`,
  "in backoff":
    `pm.command("sh", ["-c", "sleep 500 & echo ready; exit 1"], { restart: { backoff: () => 3_600_000 } })`,
  "being stopped":
    `pm.command("sh", ["-c", "trap 'echo stopping' TERM; echo ready; while :; do sleep 1 & wait; done"])`,
  "writes at full speed":
    `pm.command("sh", ["-c", "echo ready; exec cat /dev/zero"])`,
} as const;

const KINDS = Object.keys(CHILDREN) as (keyof typeof CHILDREN)[];

/** Starts the children, and prints their groups when they are ready. */
const PROGRAM = `
import { Processman } from "@isbm/processman";
const pm = new Processman({
  logger: null,
  OPTIONS
  defaults: { stop: { gracePeriodMs: ${GRACE_MS} } },
});
const events = pm.events();
const children = [${KINDS.map((kind) => CHILDREN[kind]).join(",\n")}];
const groups = children.map(({ pid }) => pid);
async function said(child, wanted) {
  for await (const { text } of child.lines()) if (text === wanted) return;
}
await Promise.all(children.slice(0, -1).map((child) => said(child, "ready")));
for await (const { kind } of events) if (kind === "restart") break;
const stopping = children[${KINDS.indexOf("being stopped")}];
stopping.stop().catch(() => {});
await said(stopping, "stopping");
console.log("groups " + groups.join(" "));
`;

/** A way for the program to end. */
interface Ending {
  /** The last lines of the program. */
  does?: string;
  /** The signal that it is sent. */
  gets?: Deno.Signal;
  /** More options of its manager. */
  options?: string;
  /** What happens to the processes, in the words of the README. */
  happens: string;
  /** Its exit code and signal. */
  ends: [number, Deno.Signal | null];
}

const stopped = "stopped";
const killed = "killed at once";
const guarded = "stopped by the guard";

const ENDINGS: Record<string, Ending> = {
  "`stopAll()`, end of main": {
    does: "pm.stopAll();",
    happens: stopped,
    ends: [0, null],
  },
  "`shutdown()`": {
    does: "await pm.shutdown();",
    happens: stopped,
    ends: [0, null],
  },
  "`await using`, left by a throw": {
    does: "{ await using scope = pm; throw new Error('half-way'); }",
    happens: stopped,
    ends: [1, null],
  },
  "`Deno.exit(3)`": {
    does: "Deno.exit(3);",
    happens: killed,
    ends: [3, null],
  },
  "uncaught error": {
    does: "setTimeout(() => { throw new Error('oh'); });",
    happens: guarded,
    ends: [1, null],
  },
  "unhandled rejection": {
    does: "Promise.reject(new Error('oh'));",
    happens: guarded,
    ends: [1, null],
  },
  "SIGTERM": { gets: "SIGTERM", happens: stopped, ends: [0, null] },
  "SIGINT": { gets: "SIGINT", happens: stopped, ends: [0, null] },
  "SIGHUP": { gets: "SIGHUP", happens: stopped, ends: [0, null] },
  "SIGTERM with `exitOnSignal`": {
    gets: "SIGTERM",
    options: "exitOnSignal: true,",
    happens: stopped,
    ends: [143, "SIGTERM"],
  },
  "SIGINT with `exitOnSignal`": {
    gets: "SIGINT",
    options: "exitOnSignal: true,",
    happens: stopped,
    ends: [130, "SIGINT"],
  },
  "SIGKILL": { gets: "SIGKILL", happens: guarded, ends: [137, "SIGKILL"] },
};

/** Reads what a program says until a line that begins with a word. */
async function said(process: Process, word: string): Promise<Line> {
  for await (const line of process.lines()) {
    if (line.text.startsWith(word)) return line;
  }
  throw new Error(
    `the program ended: ${process.tail(20).map(({ text }) => text).join("\n")}`,
  );
}

/**
 * Waits until nothing is alive of some groups. Processes that have ended and
 * wait for init to reap them (state Z) do not count: they are no survivors.
 */
async function survivors(groups: number[]): Promise<number[]> {
  const table = new ProcessTable();
  const until = performance.now() + LIMIT_MS;
  while (true) {
    const alive: number[] = [];
    for (const group of groups) {
      const members = (await table.look())?.session(group);
      assert(members !== undefined, "the process table can be read");
      alive.push(members.length);
    }
    if (alive.every((count) => count === 0)) return alive;
    if (performance.now() > until) return alive;
  }
}

/** The survivors of an end, as a row of a table. */
function row(ending: string, cells: readonly (string | number)[]): string {
  return ending.padEnd(32) +
    cells.map((cell) => String(cell).padStart(4)).join("");
}

/** Prints a table whose columns are the kinds of children. */
function printTable(rows: string[]): void {
  const legend = KINDS.map((kind, i) => `${i + 1} = ${kind}`).join(", ");
  const head = row("survivors", KINDS.map((_, i) => i + 1));
  // deno-lint-ignore no-console
  console.log([legend, head, ...rows].join("\n"));
}

Deno.test("nothing is left behind, whatever the end of this program", async (t) => {
  const rows: string[] = [];
  for (
    const [ending, { does = "", gets, options = "", ends }] of Object.entries(
      ENDINGS,
    )
  ) {
    await t.step(ending, async () => {
      await using parent = runScript(
        `${PROGRAM.replace("OPTIONS", options)}\n${does}`,
      );
      const groups = (await said(parent, "groups ")).text.split(" ").slice(1)
        .map(Number);
      assertEquals(groups.length, KINDS.length);
      if (gets) parent.signal(gets);
      const { code, signal } = await parent.finished;
      const left = await survivors(groups);
      rows.push(row(ending, left));
      assertEquals(left, groups.map(() => 0));
      assertEquals([code, signal], ends);
    });
  }
  printTable(rows);
});

Deno.test("README.md tells how this program ends and what happens then", async () => {
  const { pathname } = new URL("README.md", import.meta.url);
  const readme = (await outputOf("cat", pathname)).replaceAll(/ +/g, " ");
  for (const [ending, { happens, ends: [code] }] of Object.entries(ENDINGS)) {
    assertStringIncludes(readme, `| ${ending} | ${happens} | ${code} |`);
  }
});

Deno.test({
  name: "nothing is left behind by reloads and the end of deno run --watch",
  ignore: !permitted("read", "write"),
  async fn() {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/main.ts`;
    const program = PROGRAM.replace(
      "@isbm/processman",
      import.meta.resolve("./mod.ts"),
    ).replace("OPTIONS", "");
    await Deno.writeTextFile(file, program);
    await using pm = new Processman({ logger: null });
    const config = new URL("deno.json", import.meta.url).pathname;
    const parent = pm.command(Deno.execPath(), [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "--allow-run",
      `--config=${config}`,
      "--watch",
      file,
    ], { restart: { policy: "never" } });
    const all: number[][] = [];
    const rows: string[] = [];
    const lines = parent.lines()[Symbol.asyncIterator]();
    try {
      for (let reload = 0; reload < 3; reload++) {
        let line = await lines.next();
        while (!line.done && !line.value.text.startsWith("groups ")) {
          line = await lines.next();
        }
        assert(!line.done);
        all.push(line.value.text.split(" ").slice(1).map(Number));
        if (reload === 2) break;
        await Deno.writeTextFile(file, `${program}\n// ${reload}`);
        const left = await survivors(all[reload] ?? []);
        rows.push(row(`--watch, reload ${reload + 1}`, left));
        assertEquals(left, KINDS.map(() => 0));
      }
      await parent.kill();
      const left = await survivors(all[2] ?? []);
      printTable([...rows, row("--watch, SIGKILL", left)]);
      assertEquals(left, KINDS.map(() => 0));
      assertEquals(all.length, 3);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
