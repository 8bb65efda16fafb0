import { assert, assertEquals } from "@std/assert";
import { plan, type PlanEntry, up } from "../plan/mod.ts";
import { quiet, request, stage } from "../tools/control_testing.ts";
import { permitted } from "../tools/testing.ts";

const full = Deno.args.includes("--full");

/** How many processes there are, and how long a scrape may take with them. */
const [PROCESSES, LIMIT_MS] = full ? [100, 20] : [10, 200];

/** How often it is measured. */
const SCRAPES = full ? 41 : 3;

/** After this time, the processor time and the memory are read again. */
const FRESH_MS = 260;

/** Each needs the one before it, so that there is something to explain. */
function chain(): Record<string, PlanEntry> {
  const entries: Record<string, PlanEntry> = {};
  for (let i = 0; i < PROCESSES; i++) {
    const dependsOn = i > 0 ? { [`job${i - 1}`]: "started" as const } : {};
    entries[`job${i}`] = { command: ["sleep", "500"], dependsOn };
  }
  return entries;
}

Deno.test({
  name: `A scrape with ${PROCESSES} processes takes under ${LIMIT_MS} ms`,
  ignore: !permitted("run", "read", "write", "net", "env", "sys"),
  async fn() {
    await using pm = quiet();
    const app = await up(pm, plan(chain()));
    await using at = await stage(app);
    const taken: number[] = [];
    for (let i = 0; i < SCRAPES; i++) {
      await new Promise((resolve) => setTimeout(resolve, FRESH_MS));
      const start = performance.now();
      const { body } = await request(at.socket, "GET", "/metrics");
      taken.push(performance.now() - start);
      const read = body.match(/^processman_process_pids\{.*\} 1$/gm) ?? [];
      assertEquals(read.length, PROCESSES);
    }
    const sorted = taken.toSorted((a, b) => a - b);
    const median = sorted[SCRAPES >> 1] ?? NaN;
    assert(median < LIMIT_MS, taken.map((ms) => ms.toFixed(1)).join(", "));
  },
});
