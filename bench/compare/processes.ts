/**
 * The processes of a trial, which are told by a variable in their environment:
 * it stays with all that a program starts, whatever its parent or session is.
 * Linux only.
 *
 * @module
 */

/** The variable that all processes of a trial have. */
export const TRIAL = "COMPARE_TRIAL";

/** The variable that only the programs and what they started have. */
export const PROGRAM = "COMPARE_PROGRAM";

/** Returns the living processes that have a variable. */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  return [...Deno.readDirSync("/proc")]
    .map((entry) => Number(entry.name))
    .filter((pid) =>
      pid > 0 && read(pid, "environ").split("\0").includes(wanted) && alive(pid)
    );
}

/** Whether a process is there and is no zombie. */
export function alive(pid: number): boolean {
  const stat = read(pid, "stat");
  return stat !== "" && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** Kills a process that may have ended. */
export function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It ended at this moment.
  }
}

/** Returns the resident memory of a process, in MiB. */
export function memoryOf(pid: number): number {
  const [, kib] = read(pid, "status").match(/^VmRSS:\s+(\d+)/m) ?? [];
  return Number(kib ?? 0) / 1_024;
}

/** Returns the processor time of a process since its start, in milliseconds. */
export function cpuOf(pid: number): number {
  let sum = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    sum += Number(read(pid, `task/${name}/schedstat`).split(" ")[0]) / 1e6;
  }
  return sum;
}

/** Waits until something holds, and returns whether it did within a time. */
export async function until(
  holds: () => boolean | undefined,
  limitMs: number,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (true) {
    const start = performance.now();
    if (holds()) return true;
    if (start > end) return false;
    // A look at the whole of /proc must not be what keeps the machine busy.
    await pause(Math.max(20, 9 * (performance.now() - start)));
  }
}

/** Waits for something, but not for longer than a time. */
export async function atMost<T>(
  promise: Promise<T> | undefined,
  limitMs: number,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads a file of a process; it is empty if the process has ended. */
function read(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}
