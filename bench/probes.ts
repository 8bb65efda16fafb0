import type { Contender } from "./contender.ts";
import type { Question, Values } from "./measure.ts";

/** How long a supervisor runs before it is measured, in milliseconds. */
const SETTLE_MS = 15_000;

/** How long it is measured, in milliseconds: six rounds of checks. */
const WINDOW_MS = 60_000;

/** The length of a tick in `/proc/PID/stat`, in milliseconds. */
const TICK_MS = 10;

/** What it takes to ask programs again and again whether they still work. */
const question: Question = {
  title: "100 idle programs, a TCP connection to each every 10 s",
  columns: { "% of a core": 2, "MiB": 0 },
  unit: { "% of a core": 1, "MiB": 1 },
  rows: [
    "oursProbed",
    { name: "ours", label: "processman, no checks" },
    { name: "plain", label: "Deno.connect() by hand" },
    "monit",
    "supervisord",
  ],
  targets: [
    { row: "oursProbed", floor: [], columns: ["% of a core"], atMost: 1 },
  ],
  scale: [100, 100],
  rounds: 3,
  measure: probes,
};

export default question;

/** Measures a supervisor of idle programs, each with a port to connect to. */
async function probes(
  { supervise }: Contender,
  count: number,
): Promise<Values> {
  if (supervise === undefined) throw new TypeError("It checks no ports");
  const listeners = await listen(count);
  const { pid, stop } = await supervise(listeners.ports);
  const used = () => usageOf(pid, listeners.pid);
  try {
    await pause(SETTLE_MS);
    const [from, before] = [performance.now(), used()];
    await pause(WINDOW_MS);
    const [until, after] = [performance.now(), used()];
    return {
      "% of a core": 100 * (after.cpuMs - before.cpuMs) / (until - from),
      "MiB": after.mib,
    };
  } finally {
    await stop();
    listeners.stop();
  }
}

/** Starts a program that accepts connections, and returns its ports. */
async function listen(count: number) {
  const script = new URL("listeners.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", script, `${count}`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.endsWith("\n")) text += (await reader.read()).value ?? "\n";
  const ports: number[] = JSON.parse(text);
  return { pid: child.pid, ports, stop: () => child.kill() };
}

/**
 * Returns the processor time of a supervisor since its start, and its resident
 * memory, with those of its helpers. Programs and listeners do not count.
 */
function usageOf(
  supervisor: number,
  listeners: number,
): { cpuMs: number; mib: number } {
  const total = { cpuMs: 0, mib: 0 };
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    const stat = pid > 0 ? read(pid, "stat") : "";
    const [, program, rest = ""] = stat.match(/\((.*)\) (.*)/) ?? [];
    const fields = rest.split(" ");
    const ours = pid === supervisor || Number(fields[1]) === supervisor;
    if (!ours || program === "sleep" || pid === listeners) continue;
    // Its own time and that of its children that have ended.
    const ticks = fields.slice(11, 15).map(Number).reduce((a, b) => a + b);
    const [, kib] = read(pid, "status").match(/^VmRSS:\s+(\d+)/m) ?? [];
    total.cpuMs += ticks * TICK_MS;
    total.mib += Number(kib) / 1_024;
  }
  return total;
}

/** Reads a file of a process; it is empty if the process has ended. */
function read(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
