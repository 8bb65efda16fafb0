import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { Contender } from "./contender.ts";
import type { Question, Values } from "./measure.ts";

const PROGRAM = ["/bin/sleep", ["60"]] as const;

/** Many children that do nothing, watched, and then stopped all at once. */
const question: Question = {
  title:
    "Idle children, 500 or in full 2,000: ms and KiB for each, CPU ms per s",
  columns: { "start": 2, "KiB": 1, "fds": 2, "cpu": 1, "stop": 3, "left": 0 },
  rows: [
    "plain",
    "setsid",
    "ours",
    "node",
    "execa",
    "nodeInNode",
  ],
  targets: [
    {
      row: "ours",
      floor: ["setsid"],
      columns: ["KiB"],
      atMost: 1.25,
    },
    { row: "ours", floor: ["setsid"], columns: ["fds"], atMost: 1 },
    {
      row: "ours",
      floor: ["setsid"],
      columns: ["stop"],
      atMost: 1.3,
    },
  ],
  scale: [500, 2_000],
  measure: idle,
};

export default question;

/** Measures a number of idle children. */
export async function idle(
  contender: Contender,
  count: number,
): Promise<Values> {
  await stop(contender, await start(contender, 20));
  await settle();
  const [kib, fds] = [residentKib(), descriptors()];

  let at = performance.now();
  const children = await start(contender, count);
  const started = performance.now() - at;
  await settle();
  const [kibUsed, fdsUsed] = [residentKib() - kib, descriptors() - fds];

  const seconds = count > 1_000 ? 10 : 1;
  const before = process.cpuUsage();
  await pause(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);

  at = performance.now();
  await stop(contender, children);
  const stopped = performance.now() - at;
  await settle();
  return {
    start: started / count,
    KiB: kibUsed / count,
    fds: fdsUsed / count,
    cpu: (user + system) / 1_000 / seconds,
    stop: stopped / count,
    left: descriptors() - fds,
  };
}

async function start({ start }: Contender, count: number) {
  if (start === undefined) throw new TypeError("It does not keep a child");
  const [program, args] = PROGRAM;
  const children = [];
  for (let i = 0; i < count; i++) {
    children.push(start(program, [...args]));
    // One at a time would be another question, and all at once is no idea.
    if (i % 16 === 15) await pause(0);
  }
  return children;
}

async function stop(
  { stopAll }: Contender,
  children: { stop(): Promise<unknown> }[],
): Promise<void> {
  if (stopAll) await stopAll();
  else await Promise.all(children.map((child) => child.stop()));
}

/** Waits until what has to happen has happened, and collects garbage. */
async function settle(): Promise<void> {
  await pause(400);
  (globalThis as { gc?: () => void }).gc?.();
  await pause(100);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function residentKib(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
