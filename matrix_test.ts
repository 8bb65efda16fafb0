/**
 * How this program may end, beside what its children may be like: nothing is
 * ever left behind.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Processman } from "./mod.ts";
import type { Line } from "./lines.ts";
import type { Process } from "./process.ts";
import { tableOf } from "./tools/pages.ts";
import { outputOf, permitted, runScript, scriptDeno } from "./tools/testing.ts";

/** How long a child may take to end, in milliseconds. */
const GRACE_MS = 1_200;

/** How long may pass, after the program's end, until nothing is left of it. */
const LIMIT_MS = 10_000;

/** How long to wait between two looks at what is left, in milliseconds. */
const LOOK_MS = 100;

/** A child of the program. */
interface Child {
  /** What a shell does, which says when it is as it is meant to be. */
  readonly script: string;
  /** The shell, where it must be another one than `sh`. */
  readonly shell?: string;
  /** More options. */
  readonly options?: string;
  /** Whether it notes in `$NOTES` when it is asked, and when it is done. */
  readonly answers?: true;
}

/** Answers SIGTERM in its own time, and waits until then. */
const answer = (done: string) =>
  `trap 'echo asked >> $NOTES; sleep 0.2; ${done}echo done >> $NOTES; exit' TERM
   echo ready; while :; do sleep 1 & wait $!; done`;

const CHILDREN = {
  "plain": { script: "echo ready; exec sleep 500" },
  "ignores SIGTERM": {
    script: "trap '' TERM; echo ready; while :; do sleep 1; done",
  },
  "two grandchildren": {
    script: "sleep 500 & sleep 500 & echo ready; wait",
  },
  "leader leaves first": {
    script:
      `sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' & wait`,
  },
  "in backoff": {
    script: "sleep 500 & echo ready; exit 1",
    options: "restart: { backoff: () => 3_600_000 },",
  },
  "being stopped": {
    script:
      "trap 'echo stopping' TERM; echo ready; while :; do sleep 1 & wait; done",
  },
  "writes at full speed": { script: "echo ready; exec cat /dev/zero" },
  "answers SIGTERM": { script: answer(""), answers: true },
  "answers, and writes to its pipe": {
    script: answer("echo bye; "),
    answers: true,
  },
  "answers, as a group of its own": {
    script: `set -m; sh -c "$ANSWER" & wait`,
    shell: "bash",
    answers: true,
  },
  "answers, when it is continued": { script: answer(""), answers: true },
  "pipe held by another session": {
    script: "setsid sleep 500 & echo escaped $!; echo ready; wait",
  },
} as const satisfies Record<string, Child>;

type Kind = keyof typeof CHILDREN;

const KINDS = Object.keys(CHILDREN) as Kind[];

/** The only kind of which a part is out of reach, as the docs say. */
const OUT_OF_REACH: Kind = "pipe held by another session";

/** The kinds that can be told to have been asked. */
const ANSWERING = KINDS.filter((kind) => "answers" in CHILDREN[kind]);

/** The expression that starts a child. */
function command(kind: Kind, folder: string): string {
  const child: Child = CHILDREN[kind];
  const notes = `${folder}/${KINDS.indexOf(kind)}`;
  const env = { NOTES: notes, ANSWER: answer("") };
  return `pm.command(${JSON.stringify(child.shell ?? "sh")},
    ["-c", ${JSON.stringify(child.script)}],
    { ${child.options ?? ""} env: ${JSON.stringify(env)} })`;
}

/** Starts the children. */
function startAll(folder: string, kinds: Kind[], options: string): string {
  return `
    import { Processman } from "@isbm/processman";
    const warn = (message) => console.error(message);
    const pm = new Processman({
      logger: { debug() {}, info() {}, warn, error: warn },
      ${options}
      defaults: { stop: { gracePeriodMs: ${GRACE_MS} } },
    });
    const events = pm.events();
    const children = [${
    kinds.map((kind) => command(kind, folder)).join(",\n")
  }];
    const pids = children.map(({ pid }) => pid);
  `;
}

/** Waits until all children are as they are meant to be. */
const READY = `
  async function said(child, wanted) {
    for await (const { text } of child.lines()) {
      if (text.startsWith(wanted)) return text;
    }
  }
  const named = (kind) => children[${JSON.stringify(KINDS)}.indexOf(kind)];
  const loud = named("writes at full speed");
  await Promise.all(
    children.map((child) => child === loud || said(child, "ready")),
  );
  for await (const { kind } of events) if (kind === "restart") break;
  named("answers, when it is continued").signal("SIGSTOP");
  const stopping = named("being stopped");
  stopping.stop().catch(() => {});
  await said(stopping, "stopping");
  const [, escaped] =
    (await said(named(${JSON.stringify(OUT_OF_REACH)}), "escaped")).split(" ");
  console.log("pids " + pids.join(" ") + " " + escaped);
`;

/** A program with one child of each kind, all of them ready. */
function programOf(folder: string, options = ""): string {
  return startAll(folder, KINDS, options) + READY;
}

/** A program that has only just started some children of each kind. */
function newborn(folder: string, copies: number): string {
  const kinds = KINDS.filter((kind) => kind !== OUT_OF_REACH);
  const all = Array<Kind[]>(copies).fill(kinds).flat();
  return `${startAll(folder, all, "")}
    console.log("pids " + pids.join(" ") + " 0");`;
}

/** The same program in a worker, which is ended when it says so. */
function inWorker(program: string): string {
  const url = JSON.stringify(import.meta.resolve("./mod.ts"));
  const source = program.replace(
    'import { Processman } from "@isbm/processman";',
    `const { Processman } = await import(${url});`,
  ) + "postMessage(0);";
  return `
    const url = "data:text/javascript," +
      encodeURIComponent(${JSON.stringify(source)});
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = () => worker.terminate();
  `;
}

/** A way for the program to end. */
interface Ending {
  /** The last lines of the program. */
  does?: string;
  /** The signal that it is sent. */
  gets?: Deno.Signal;
  /** More options of its manager. */
  options?: string;
  /** Makes the program, where it is not that with all children ready. */
  program?: (folder: string) => string;
  /** More of what the program is allowed. */
  flags?: readonly string[];
  /** What happens to the processes, in the words of the docs. */
  happens: string;
  /** Its exit code and signal. */
  ends: [number, Deno.Signal | null];
}

const stopped = "stopped";
const killed = "killed at once";
const guarded = "stopped by the guard";

const ENDINGS: Record<string, Ending> = {
  "the end of its code, after `stopAll()`": {
    does: "pm.stopAll();",
    happens: stopped,
    ends: [0, null],
  },
  "the end of its code, after `shutdown()`": {
    does: "await pm.shutdown();",
    happens: stopped,
    ends: [0, null],
  },
  "an error thrown below `await using`": {
    does: "{ await using scope = pm; throw new Error('half-way'); }",
    happens: stopped,
    ends: [1, null],
  },
  "`Deno.exit(3)`": {
    does: "Deno.exit(3);",
    happens: guarded,
    ends: [3, null],
  },
  '`Deno.exit(3)` with `orphans: "kill"`': {
    does: "Deno.exit(3);",
    options: 'orphans: "kill",',
    happens: killed,
    ends: [3, null],
  },
  "an uncaught error": {
    does: "setTimeout(() => { throw new Error('oh'); });",
    happens: guarded,
    ends: [1, null],
  },
  "an unhandled rejection": {
    does: "Promise.reject(new Error('oh'));",
    happens: guarded,
    ends: [1, null],
  },
  "an error in its first turn of the event loop": {
    program: (folder) => newborn(folder, 1),
    does: "throw new Error('oh');",
    happens: guarded,
    ends: [1, null],
  },
  "SIGTERM": { gets: "SIGTERM", happens: stopped, ends: [143, "SIGTERM"] },
  "SIGINT": { gets: "SIGINT", happens: stopped, ends: [130, "SIGINT"] },
  "SIGHUP": { gets: "SIGHUP", happens: stopped, ends: [129, "SIGHUP"] },
  "SIGTERM with a function as `onSignal`": {
    gets: "SIGTERM",
    options: "onSignal: async () => { await Promise.resolve(); },",
    happens: stopped,
    ends: [143, "SIGTERM"],
  },
  'SIGTERM with `onSignal: "stop"`': {
    gets: "SIGTERM",
    options: 'onSignal: "stop",',
    happens: stopped,
    ends: [0, null],
  },
  "a `critical` process that exits with code 3": {
    does:
      `pm.command("sh", ["-c", "exit 3"], { critical: true, restart: { policy: "never" } });`,
    happens: stopped,
    ends: [3, null],
  },
  "a `critical` process that is killed": {
    does:
      `pm.command("sh", ["-c", "kill -9 $$"], { critical: true, restart: { policy: "never" } });`,
    happens: stopped,
    ends: [137, null],
  },
  "SIGKILL": { gets: "SIGKILL", happens: guarded, ends: [137, "SIGKILL"] },
  "SIGKILL after five commands in one turn": {
    // By then the guard has been told.
    program: (folder) =>
      `${newborn(folder, 5)}
      for await (const _ of children.at(-1).lines()) break;`,
    does: "Deno.kill(Deno.pid, 'SIGKILL');",
    happens: guarded,
    ends: [137, "SIGKILL"],
  },
  "`Worker.terminate()`, if it is a Worker": {
    program: (folder) => inWorker(programOf(folder)),
    flags: ["--allow-read"],
    happens: guarded,
    ends: [0, null],
  },
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

/** What a program has said that it started. */
interface Started {
  /** The pids of the children, one of each kind or some of each kind. */
  readonly pids: number[];
  /** The pid of what is out of reach; 0 if there is none. */
  readonly escaped: number;
}

function startedBy({ text }: Line): Started {
  const pids = text.split(" ").slice(1).map(Number);
  return { escaped: pids.pop() ?? 0, pids };
}

/** The living processes of each session, by the pid of its leader. */
async function sessions(): Promise<Map<number, string[]>> {
  const table = await outputOf("ps", "-A", "-o", "stat=,sess=,pid=");
  const sessions = new Map<number, string[]>();
  // Those that have ended and wait for init to reap them (Z) do not count.
  for (const [, session, pid] of table.matchAll(/^[^ZX]\S* +(\d+) +(\d+)$/gm)) {
    const members = sessions.get(Number(session)) ?? [];
    sessions.set(Number(session), [...members, pid ?? ""]);
  }
  assert(sessions.size > 0, "the process table can be read");
  return sessions;
}

/**
 * Waits until nothing is alive of the sessions of some children; counts what is
 * left even so, and kills it, so that it is in nobody's way.
 */
async function survivors({ pids }: Started): Promise<number[]> {
  const until = performance.now() + LIMIT_MS;
  while (true) {
    const alive = await sessions();
    const left = pids.map((pid) => alive.get(pid) ?? []);
    if (left.flat().length === 0) return pids.map(() => 0);
    if (performance.now() < until) {
      await delay(LOOK_MS);
      continue;
    }
    await outputOf("kill", "-KILL", ...left.flat());
    return left.map((members) => members.length);
  }
}

/** Calls a function with the path of a folder for the notes of children. */
async function withNotes<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await outputOf("mktemp", "-d");
  try {
    return await use(folder);
  } finally {
    await outputOf("rm", "-r", folder);
  }
}

/** What the children of each kind have noted. */
async function notesOf(folder: string): Promise<string[]> {
  return await Promise.all(
    KINDS.map((_, i) => outputOf("cat", `${folder}/${i}`)),
  );
}

/** A way in which the children were treated, as a row of a table. */
function row(ending: string, cells: readonly string[]): string {
  return ending.padEnd(39) + cells.map((cell) => cell.padStart(4)).join("");
}

/** What happened to a child, or to several copies, by what they have noted. */
function how(notes: string): string {
  const asked = notes.match(/asked/g)?.length ?? 0;
  const done = notes.match(/done/g)?.length ?? 0;
  if (asked === 0) return "k";
  return asked === done ? "a" : "c";
}

/** Says of each kind what is left of it, and whether it was asked to end. */
function cells(
  left: number[],
  notes: string[],
  { escaped, reported }: { escaped: number; reported: boolean },
): string[] {
  // There may be copies of each kind; what is out of reach is the last one.
  const kinds = escaped === 0 ? KINDS.length - 1 : KINDS.length;
  return KINDS.map((kind, i) => {
    const count = left.reduce((sum, n, at) => at % kinds === i ? sum + n : sum);
    if (kind === OUT_OF_REACH && escaped === 0) return "  ";
    if (kind === OUT_OF_REACH) return `${count}${reported ? "r" : "-"}`;
    if (!ANSWERING.includes(kind)) return `${count} `;
    // What has only just started does not know yet how to answer.
    if (escaped === 0 && notes[i] === "") return `${count} `;
    return `${count}${how(notes[i] ?? "")}`;
  });
}

/** Prints a table whose columns are the kinds of children. */
function printTable(rows: string[]): void {
  const legend = [
    ...KINDS.map((kind, i) => `${i + 1} = ${kind}`),
    "a = asked to end, and left to finish; c = asked, and cut off;",
    "k = killed without being asked",
    "r = what is out of reach was reported; - = nobody was left to report it",
  ];
  const head = row("left", KINDS.map((_, i) => `${i + 1} `));
  // deno-lint-ignore no-console
  console.log([...legend, head, ...rows].join("\n"));
}

/** Ends what is out of reach, and returns whether the program told of it. */
async function reported(parent: Process, escaped: number): Promise<boolean> {
  if (escaped === 0) return false;
  await outputOf("kill", "-KILL", String(escaped));
  return parent.tail(1_000).some(({ source, text }) =>
    source === "stderr" && text.includes(String(escaped)) &&
    text.includes("sleep")
  );
}

/** Ends a program in one way; returns the row of the table. */
async function end(ending: string, how: Ending): Promise<string> {
  const { does = "", gets, options, happens, ends, flags = [] } = how;
  const program = how.program ??
    ((folder: string) => programOf(folder, options));
  return await withNotes(async (folder) => {
    await using parent = runScript(`${program(folder)}\n${does}`, { flags });
    const started = startedBy(await said(parent, "pids "));
    if (gets) parent.signal(gets);
    const { code, signal } = await parent.finished;
    const left = await survivors(started);
    const notes = await notesOf(folder);
    const { escaped } = started;
    const told = await reported(parent, escaped);
    assertEquals(left, started.pids.map(() => 0), ending);
    assertEquals([code, signal], ends, ending);
    // Those that have only just started may not know yet how to answer.
    if (escaped !== 0) {
      const answer = happens === killed ? "" : "asked\ndone";
      for (const kind of ANSWERING) {
        assertEquals(notes[KINDS.indexOf(kind)], answer, `${ending}: ${kind}`);
      }
      if (happens === stopped) assert(told, `${ending}: what escaped is told`);
    }
    return row(ending, cells(left, notes, { escaped, reported: told }));
  });
}

/** How many programs are ended side by side: most of the time they wait. */
const AT_ONCE = 6;

Deno.test("nothing is left behind, whatever the end of this program", async () => {
  const rows: string[] = [];
  const endings = Object.entries(ENDINGS);
  for (let i = 0; i < endings.length; i += AT_ONCE) {
    const some = endings.slice(i, i + AT_ONCE);
    rows.push(...await Promise.all(some.map((each) => end(...each))));
  }
  printTable(rows);
});

Deno.test("The docs tell how this program ends and what happens then", async () => {
  const actual = Object.entries(ENDINGS)
    .map(([ending, { happens, ends: [code] }]) =>
      `| ${ending} | ${happens} | ${code} |`
    );
  const rows = async (path: string) => {
    const { pathname } = new URL(path, import.meta.url);
    const text = await outputOf("cat", pathname);
    const [, ...rows] = tableOf({ path, text }, "Your program ends by");
    return rows.map((cells) => `| ${cells.join(" | ")} |`);
  };
  assertEquals((await rows("docs/exit.md")).sort(), actual.sort());
  // The README has the main ones.
  const main = await rows("README.md");
  assertEquals(main.length, 7);
  assertEquals(main.filter((row) => !actual.includes(row)), []);
});

Deno.test({
  name: "nothing is left behind by reloads and the end of deno run --watch",
  ignore: !permitted("read", "write"),
  async fn() {
    await withNotes(async (folder) => {
      const file = `${folder}/main.ts`;
      const program = programOf(folder).replace(
        "@isbm/processman",
        import.meta.resolve("./mod.ts"),
      );
      await Deno.writeTextFile(file, program);
      await using pm = new Processman({ logger: null });
      const config = new URL("deno.json", import.meta.url).pathname;
      const parent = pm.command(scriptDeno, [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--allow-run",
        `--config=${config}`,
        "--watch",
        file,
      ], { restart: { policy: "never" } });
      const rows: string[] = [];
      const lines = parent.lines()[Symbol.asyncIterator]();
      for (let run = 1; run <= 3; run++) {
        let line = await lines.next();
        while (!line.done && !line.value.text.startsWith("pids ")) {
          line = await lines.next();
        }
        assert(!line.done);
        const started = startedBy(line.value);
        if (run === 3) await parent.kill();
        else await Deno.writeTextFile(file, `${program}\n// ${run}`);
        const left = await survivors(started);
        const notes = await notesOf(folder);
        const { escaped } = started;
        const told = await reported(parent, escaped);
        const end = run === 3 ? "SIGKILL" : `reload ${run}`;
        rows.push(
          row(
            `--watch, ${end}`,
            cells(left, notes, { escaped, reported: told }),
          ),
        );
        assertEquals(left, KINDS.map(() => 0));
        await outputOf("sh", "-c", `rm -f "$0"/[0-9]*`, folder);
      }
      printTable(rows);
    });
  },
});
