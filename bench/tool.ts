import { alive, cpuOf, pause, until } from "./compare/processes.ts";
import type { CommandLine, Contender, Program } from "./contender.ts";
import { median, type Question, type Values } from "./measure.ts";

/** How often a command is repeated in a sample. */
const ASKED = 15;

/** What is written in a sample, at which rate. */
const [LINES, PER_SECOND] = [300_000, 100_000];

/** How long it may take to come to the disk, in milliseconds. */
const LIMIT_MS = 30_000;

/** How long to wait between two looks, in milliseconds. */
const LOOK_MS = 2;

/** What people wait for at the command line, and what the lines of output cost. */
const question: Question = {
  title: "Commands with 20 programs: ms; CPU ms of 300,000 lines to disk",
  columns: { status: 1, up: 0, lines: 0 },
  rows: ["supervisordTool", "pm2Tool", "oursTool", "eval"],
  targets: [
    { row: "oursTool", floor: ["eval"], columns: ["status"], atMost: 1.5 },
    {
      row: "oursTool",
      floor: ["supervisordTool"],
      columns: ["up"],
      atMost: 0.5,
    },
  ],
  scale: [20, 20],
  rounds: 7,
  measure: tool,
};

export default question;

/** Measures what a supervisor with a command line takes. */
async function tool(
  { commandLine, idle }: Contender,
  count: number,
): Promise<Values> {
  if (idle) return { status: await timeOf(idle), up: NaN, lines: NaN };
  if (commandLine === undefined) throw new TypeError("It has no command line");
  const lines = await costOfLines(commandLine);
  const programs = sleepers(count);
  const its = await commandLine(programs);
  const up = await timeOfUp(its, programs);
  // This is the last, so that the machine is the same for the next contender.
  const status = await timeOf(() => its.status());
  await its.down();
  return { status, up, lines };
}

/** Returns programs that sleep, each with an argument of its own. */
export function sleepers(count: number): Program[] {
  const base = 100_000 + Math.floor(Math.random() * 800_000) * 100;
  return Array.from({ length: count }, (_, index) => ({
    name: `sleeper${index}`,
    command: ["sleep", `${base + index}`],
  }));
}

/** Returns how long a command takes, in milliseconds. */
async function timeOf(command: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < ASKED; i++) {
    const start = performance.now();
    await command();
    taken.push(performance.now() - start);
  }
  return median(taken);
}

/** Returns the time from the command until all programs run, in milliseconds. */
async function timeOfUp(
  its: CommandLine,
  programs: readonly Program[],
): Promise<number> {
  const wanted = new Set(programs.map(({ command }) => command.join("\0")));
  const before = new Set(pids());
  const start = performance.now();
  const called = its.up();
  let failed = false;
  called.catch(() => failed = true);
  while (running(wanted, before) < programs.length && !failed) {
    await pause(LOOK_MS);
  }
  const taken = performance.now() - start;
  await called;
  return taken;
}

/** Returns how many of some programs run; `others` are looked at no more. */
function running(
  wanted: ReadonlySet<string>,
  others: ReadonlySet<string>,
): number {
  return pids().filter((pid) => {
    if (others.has(pid)) return false;
    try {
      const text = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      return wanted.has(text.slice(0, -1).replace(/^\/.*\//, ""));
    } catch {
      return false;
    }
  }).length;
}

function pids(): string[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^\d+$/.test(name));
}

/** Returns the processor time that lines of output take, in milliseconds. */
async function costOfLines(
  commandLine: NonNullable<Contender["commandLine"]>,
): Promise<number> {
  const script = new URL("emit.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", script, `${LINES}`, `${PER_SECOND}`];
  const its = await commandLine([{ name: "emitter", command }]);
  await its.up();
  const pid = await its.pid();
  try {
    const before = cpuOf(pid);
    await emitted(pid);
    const taken = cpuOf(pid) - before;
    const found = await its.lines("emitter");
    if (found === LINES) return taken;
    throw new Error(`error: ${found} of ${LINES} lines are on disk`);
  } finally {
    await its.down();
  }
}

/** Waits until the program of a supervisor has ended, and a moment more. */
async function emitted(supervisor: number): Promise<void> {
  const runs = () => childrenOf(supervisor).some(isEmitter);
  await until(runs, LIMIT_MS);
  await until(() => !runs(), LIMIT_MS);
  await pause(1_000);
}

function isEmitter(pid: number): boolean {
  return alive(pid) &&
    Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("emit.ts");
}

/** Returns the process IDs of the children of a process. */
export function childrenOf(parent: number): number[] {
  return Array.from(Deno.readDirSync(`/proc/${parent}/task`)).flatMap(
    ({ name }) =>
      Deno.readTextFileSync(`/proc/${parent}/task/${name}/children`)
        .trim().split(" ").filter((pid) => pid !== "").map(Number),
  );
}
