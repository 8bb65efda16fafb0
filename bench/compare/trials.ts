/**
 * The trials: each does one thing to a contender and returns numbers.
 *
 * @module
 */

import { type Contender, type Request, Trial } from "./contender.ts";
import {
  alive,
  atMost,
  cpuOf,
  kill,
  memoryOf,
  pause,
  until,
} from "./processes.ts";

/** Tries a contender. In a quick trial, what takes seconds is left out. */
export type Try = (contender: Contender, quick: boolean) => Promise<number[]>;

/** How long something may last before it counts as never, in milliseconds. */
const LIMIT_MS = 15_000;

/** How long processes may take to end after a stop or a signal. */
const SETTLE_MS = 3_000;

/** A program with nothing to do. */
const IDLE = "exec sleep 500";

/** Programs that start others, and how many processes they are together. */
const TREES: readonly (readonly [script: string, processes: number])[] = [
  ["sleep 500 & wait", 2],
  // `timeout` makes a process group, as shells with job control do.
  ["timeout 500 sleep 500 & wait", 3],
  [`(trap "" TERM INT; exec sleep 500) & wait`, 2],
];

/**
 * How many of the trees are not wholly gone after a stop, and how many with the
 * options that a contender has for that.
 */
export const leftByStop: Try = async (contender, quick) => {
  // A contender that kills in time takes its grace period for the last one.
  const trees = quick ? TREES.slice(0, 2) : TREES;
  return await Promise.all(
    [false, true].slice(0, contender.wholeTree ? 2 : 1).map(
      async (wholeTree) => {
        const left = await Promise.all(
          trees.map(([script, processes]) =>
            survives(contender, { scripts: [script], wholeTree }, processes)
          ),
        );
        return left.filter((some) => some).length;
      },
    ),
  );
};

async function survives(
  contender: Contender,
  request: Request,
  processes: number,
): Promise<boolean> {
  await using trial = new Trial(contender);
  const running = await trial.start(request);
  await trial.running(processes);
  await atMost(running.stop("app0"), LIMIT_MS);
  return await stillThere(trial) > 0;
}

/** How many seconds a program lives on that ignores the signal of a stop. */
export const ignoredStop: Try = async (contender) => {
  await using trial = new Trial(contender);
  const script = "trap ': >> $DIR/asked' TERM INT; " +
    "while :; do sleep 1 & wait $!; done";
  const running = await trial.start({ scripts: [script] });
  await trial.running(2);
  const [leader = 0] = trial.programs();
  const stopped = running.stop("app0");
  const asked = () => mtimeOf(`${trial.folder}/asked`);
  if (!await until(() => asked() !== undefined, LIMIT_MS)) return [Infinity];
  const ended = await until(() => !alive(leader), LIMIT_MS);
  const seconds = (Date.now() - (asked() ?? 0)) / 1_000;
  await atMost(stopped, SETTLE_MS);
  return [ended ? seconds : Infinity];
};

/** How many of five programs are left by the end of the contender. */
export const leftBySignal: Try = async (contender) =>
  await Promise.all((["SIGTERM", "SIGKILL"] as const).map(async (signal) => {
    await using trial = new Trial(contender);
    const scripts = Array<string>(5).fill(IDLE);
    const running = await trial.start({ scripts, foreground: true });
    await trial.running(scripts.length);
    // Right after a start, the guard of processman may not know of it yet.
    await pause(1_000);
    kill(running.pid, signal);
    await until(() => !alive(running.pid), LIMIT_MS);
    return await stillThere(trial);
  }));

/** The exit codes after SIGTERM, and after the program exits with 3. */
export const exitCodes: Try = async (contender) =>
  await Promise.all([
    exitCode(contender, { scripts: [IDLE] }, "SIGTERM"),
    exitCode(contender, { scripts: ["exit 3"], once: true }),
  ]);

async function exitCode(
  contender: Contender,
  request: Request,
  signal?: Deno.Signal,
): Promise<number> {
  await using trial = new Trial(contender);
  const { pid, status } = await trial.start({ ...request, foreground: true });
  if (signal) {
    await trial.running(1);
    kill(pid, signal);
  }
  // pm2 takes about 15 seconds to notice that nothing runs.
  const end = await atMost(status, 2 * LIMIT_MS);
  return end?.code ?? Infinity;
}

/** How often a program that crashes at once is restarted before it is given up. */
export const restarts: Try = async (contender) => {
  await using trial = new Trial(contender);
  // If it exits sooner, supervisord takes most crashes for a run of a second.
  await trial.start({ scripts: ["echo >> $DIR/starts; sleep 0.2; exit 1"] });
  const starts = `${trial.folder}/starts`;
  await until(() => mtimeOf(starts) !== undefined, LIMIT_MS);
  await pause(20_000);
  const count = Deno.readTextFileSync(starts).length - 1;
  // The longest wait before a restart, of all contenders, is shorter.
  const over = Date.now() - (mtimeOf(starts) ?? 0) > 6_500;
  return [over ? count : Infinity];
};

/** Over how many seconds the restarts of ten programs that crash are spread. */
export const spread: Try = async (contender) => {
  await using trial = new Trial(contender);
  const scripts = Array<string>(10).fill(
    "date +%s%N >> $DIR/starts; exec sleep 500",
  );
  await trial.start({ scripts });
  const starts = () =>
    mtimeOf(`${trial.folder}/starts`) === undefined
      ? []
      : Deno.readTextFileSync(`${trial.folder}/starts`).trim().split("\n");
  await until(() => starts().length === 10, LIMIT_MS);
  // supervisord takes what ends within a second for something else.
  await pause(2_000);
  for (const pid of trial.programs()) kill(pid, "SIGKILL");
  await until(() => starts().length === 20, 10_000);
  const again = starts().slice(10).map((time) => Number(time) / 1e9);
  return [again.length < 10 ? 0 : Math.max(...again) - Math.min(...again)];
};

/** Whether (1) a program gets rid of 1 MiB of output that nothing reads. */
export const unread: Try = async (contender) => {
  await using trial = new Trial(contender);
  const script = "head -c 1048576 /dev/zero; : > $DIR/done; exec sleep 500";
  await trial.start({ scripts: [script], piped: true });
  await trial.running(1);
  const done = () => mtimeOf(`${trial.folder}/done`) !== undefined;
  return [await until(done, 5_000) ? 1 : 0];
};

/** In how many files 60 MB of output are; 0 if they are in none. */
export const logFiles: Try = async (contender, quick) => {
  if (contender.logs === false) return [0];
  await using trial = new Trial(contender);
  const bytes = quick ? 12_000_000 : 60_000_000;
  const script = `yes $(printf %099d 0) | head -c ${bytes}; ` +
    ": > $DIR/done; exec sleep 500";
  await trial.start({ scripts: [script], logFile: `${trial.folder}/log` });
  const written = () => {
    const files = [...Deno.readDirSync(trial.folder)]
      .filter(({ name }) => name.startsWith("log"));
    const sizes = files.map(({ name }) =>
      Deno.statSync(`${trial.folder}/${name}`).size
    );
    return { count: files.length, size: sizes.reduce((a, b) => a + b, 0) };
  };
  const done = () => mtimeOf(`${trial.folder}/done`) !== undefined;
  if (!await until(done, 30_000)) return [0];
  await until(() => written().size >= bytes, 2_000);
  return [written().count];
};

/** The resident memory with ten idle programs, in MiB. */
export const memory: Try = async (contender) => {
  await using trial = new Trial(contender);
  await trial.start({ scripts: Array<string>(10).fill(IDLE) });
  await trial.running(10);
  await pause(5_000);
  return [trial.own().map(memoryOf).reduce((a, b) => a + b, 0)];
};

/** The processor time that 20 idle programs take in a minute, in milliseconds. */
export const idle: Try = async (contender) => {
  await using trial = new Trial(contender);
  await trial.start({ scripts: Array<string>(20).fill(IDLE) });
  await trial.running(20);
  await pause(10_000);
  const before = new Map(trial.own().map((pid) => [pid, cpuOf(pid)]));
  await pause(60_000);
  const used = trial.own().map((pid) => cpuOf(pid) - (before.get(pid) ?? 0));
  return [used.reduce((a, b) => a + b, 0)];
};

/** Waits for the processes of the programs to end; returns how many do not. */
async function stillThere(trial: Trial): Promise<number> {
  await until(() => trial.programs().length === 0, SETTLE_MS);
  return trial.programs().length;
}

/** When a file was changed; `undefined` if there is none. */
function mtimeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined;
  }
}
