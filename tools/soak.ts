// deno-lint-ignore-file no-console
/**
 * Minutes of chaos with 50 children, and what is left of it: the memory and the
 * descriptors of the first and of the last third, survivors, and lost events.
 *
 * Run it with `deno task soak`, or `deno task soak 1` for one minute.
 *
 * @module
 */

import { exponential, type Process, Processman } from "@isbm/processman";
import { seededRandom } from "../testing/mod.ts";
import { systemTable } from "./testing.ts";

const MINUTES = Number(Deno.args[0] ?? 15);
const CHILDREN = 50;
const SAMPLE_MS = 2_000;
const SEED = 20_261_123;

/** What the children are like. */
const KINDS = [
  "sleep 0.$(($$ % 10)); echo crashed >&2; exit 1",
  "head -c 300000 /dev/zero; sleep 0.2; exit 1",
  "sleep 500 & sleep 500 & wait",
  "trap '' TERM; sleep 500 & while :; do sleep 0.1; done",
  "while echo line; do sleep 0.01; done",
];

const random = seededRandom(SEED);
const pick = (most: number) => Math.floor(random() * most);

const pm = new Processman({
  logger: null,
  defaults: {
    stop: { gracePeriodMs: 200 },
    restart: { backoff: exponential({ initialMs: 10, maxMs: 500 }) },
  },
});
const counts: Record<string, number> = {};
/** The last run of each process that has one, by the name of the process. */
const present = new Map<string, number>();
const table = systemTable();
let survivors = 0;

async function count(): Promise<void> {
  for await (const event of pm.events()) {
    counts[event.kind] = (counts[event.kind] ?? 0) +
      (event.kind === "lost" ? event.count : 1);
    if (event.kind === "start") {
      // What the run before had left behind has been ended by now.
      const before = present.get(event.name);
      present.set(event.name, event.pid);
      if (before !== undefined && pick(50) === 0) await look(before);
    }
  }
}

/** Counts what there is in the session of a run that is over. */
async function look(pid: number): Promise<void> {
  const left = (await table.look())?.session(pid) ?? [];
  const reused = [...present.values()].includes(pid);
  if (!reused) survivors += left.length;
}

/** Does something to a process, and waits a little or not at all. */
async function disturb(processes: Process[]): Promise<void> {
  const process = processes[pick(processes.length)];
  if (process === undefined) return;
  if (process.state.kind === "exited") return process.start();
  switch (pick(8)) {
    case 0:
      process.signal("SIGKILL");
      break;
    case 1:
      process.signal("SIGKILL", { to: "group" });
      break;
    case 2:
      process.restart().catch(() => {});
      break;
    case 3:
      process.kill().then(() => process.start()).catch(() => {});
      break;
    case 4:
      process.stop().catch(() => {});
      process.start().catch(() => {});
      break;
    case 5:
      await pm.command("echo", ["short"]).finished;
      break;
    case 6:
      for await (const _ of process.lines()) break;
      break;
    case 7: {
      const reader = process.stdout.getReader();
      await Promise.race([reader.read(), process.finished, pause(20)]);
      await reader.cancel();
      break;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Collects what is garbage, if Deno was started so that it can be asked to. */
function gc(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

interface Sample {
  rss: number;
  heap: number;
  fds: number;
}

/** Samples are taken with nothing but the children at rest, as far as they are. */
const samples: Sample[] = [];
const counting = count();
const processes = Array.from({ length: CHILDREN }, (_, i) => {
  const script = KINDS[i % KINDS.length] ?? "";
  return pm.command("sh", ["-c", script], { name: `p${i}` });
});

console.log(`${MINUTES} minutes with ${CHILDREN} children, seed ${SEED}`);
const until = performance.now() + MINUTES * 60_000;
let sampleAt = performance.now() + SAMPLE_MS;
while (performance.now() < until) {
  await Promise.race([disturb(processes).catch(() => {}), pause(1_000)]);
  await pause(pick(10));
  if (performance.now() < sampleAt) continue;
  sampleAt += SAMPLE_MS;
  gc();
  const { rss, heapUsed: heap } = Deno.memoryUsage();
  samples.push({ rss, heap, fds: descriptors() });
}
await pm.shutdown();
await counting;
const pids = [...present.values()];
present.clear();
for (const pid of pids) await look(pid);

const third = Math.floor(samples.length / 3);
const median = (values: number[]) =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const first = samples.slice(third / 3, third);
const last = samples.slice(-third);
const mib = (all: Sample[], what: "rss" | "heap") =>
  (median(all.map((sample) => sample[what])) / 2 ** 20).toFixed(1);
const fds = (all: Sample[]) => median(all.map(({ fds }) => fds));
for (const what of ["rss", "heap"] as const) {
  const [before, after] = [mib(first, what), mib(last, what)];
  console.log(`${what.padEnd(12)} ${before} → ${after} MiB`);
}
console.log(
  `descriptors  ${fds(first)} → ${fds(last)}, ${descriptors()} after`,
);
console.log(`events       ${JSON.stringify(counts)}`);
console.log(`survivors    ${survivors}`);
const balanced = counts.start === counts.exit;
if (!balanced) console.log("lost: as many starts as exits were expected");
Deno.exitCode = survivors === 0 && balanced && !counts.lost ? 0 : 1;
