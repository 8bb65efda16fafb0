import { cpuOf, memoryOf, pause } from "./compare/processes.ts";
import type { Contender } from "./contender.ts";
import type { Question, Values } from "./measure.ts";
import { childrenOf, sleepers } from "./tool.ts";

/** How long a supervisor runs before it is measured, in milliseconds. */
const SETTLE_MS = 10_000;

/** How long it is measured, in milliseconds. */
const WINDOW_MS = 60_000;

/** What it costs to have programs supervised that need nothing. */
const question: Question = {
  title: "A supervisor in the background with 20 idle programs",
  columns: { "% of a core": 3, "MiB": 0 },
  unit: { "% of a core": 1, "MiB": 1 },
  rows: ["oursTool", "supervisordTool", "pm2Tool"],
  targets: [
    { row: "oursTool", floor: [], columns: ["% of a core"], atMost: 0.1 },
  ],
  scale: [20, 20],
  rounds: 1,
  measure: idle,
};

export default question;

/** Measures a supervisor with its helpers; the programs do not count. */
async function idle(
  { commandLine }: Contender,
  count: number,
): Promise<Values> {
  if (commandLine === undefined) throw new TypeError("It has no command line");
  const its = await commandLine(sleepers(count));
  await its.up();
  try {
    await pause(SETTLE_MS);
    const supervisor = await its.pid();
    const all = [supervisor, ...childrenOf(supervisor).filter(isHelper)];
    const used = () => all.reduce((sum, pid) => sum + cpuOf(pid), 0);
    const [from, before] = [performance.now(), used()];
    await pause(WINDOW_MS);
    return {
      "% of a core": 100 * (used() - before) / (performance.now() - from),
      "MiB": all.reduce((sum, pid) => sum + memoryOf(pid), 0),
    };
  } finally {
    await its.down();
  }
}

function isHelper(pid: number): boolean {
  return Deno.readTextFileSync(`/proc/${pid}/comm`).trim() !== "sleep";
}
