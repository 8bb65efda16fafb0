// deno-lint-ignore-file no-console
/**
 * Runs programs that end without having stopped what they started, and prints how
 * much of it is left: `deno run -A tools/attack_guard.ts [TRIES [ROOT [FILTER]]]`.
 * To compare another version of the project, pass its folder as the root.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** Runs a command, and is idle after that. */
const IDLE = `
    await pm.command("true").finished;
    await new Promise((resolve) => setTimeout(resolve, 50));`;

/** Runs a command, and then finds the guard. */
export const FIND_GUARD = `${IDLE}
    const { stdout } = new Deno.Command("ps", {
      args: ["-A", "-o", "pid=,ppid=,args="],
    }).outputSync();
    const guard = new TextDecoder().decode(stdout).split("\\n")
      .filter((row) => row.includes("while read"))
      .map((row) => row.trim().split(/\\s+/).map(Number))
      .find(([, ppid]) => ppid === Deno.pid)[0];`;

/** What a program does before it starts the commands. */
export const MOMENTS = {
  "first": "",
  "after an idle time": IDLE,
  "after the guard died": `${FIND_GUARD}
    Deno.kill(guard, "SIGKILL");`,
} as const;

/** How a program ends, while JavaScript still runs. */
export const ENDS = {
  "throw": `throw new Error("oh");`,
  "rejected await": `await Promise.reject(new Error("oh"));`,
  "unhandled rejection": `Promise.reject(new Error("oh")); await pm.finished;`,
  "microtask":
    `queueMicrotask(() => { throw new Error("oh"); }); await pm.finished;`,
  "timer": `setTimeout(() => { throw new Error("oh"); }); await pm.finished;`,
  "Deno.exit": `Deno.exit(3);`,
} as const;

/** Kills the program, which does nothing else until it is dead. */
const KILL = `Deno.kill(Deno.pid, "SIGKILL"); while (true);`;

/** How a program ends when JavaScript does not run any more. */
export const KILLS = {
  "SIGKILL at once": KILL,
  "SIGKILL after a microtask": `await undefined; ${KILL}`,
  "SIGKILL after a timer turn":
    `setTimeout(() => { ${KILL} }); await pm.finished;`,
  "SIGKILL after 20 ms":
    `setTimeout(() => { ${KILL} }, 20); await pm.finished;`,
} as const;

/** How a Worker ends: what it does itself, and what its program then does. */
export const WORKER_ENDS = {
  "terminate": ["self.postMessage(0);", "worker.terminate();"],
  "self.close": ["self.postMessage(0); self.close();", ""],
  "exit of the program": ["self.postMessage(0);", "Deno.exit(3);"],
} as const;

/** A program that ends without having stopped its commands. */
export interface Attack {
  /** What it does before it starts the commands. */
  moment: keyof typeof MOMENTS;
  /** How many commands it starts at once. */
  commands: number;
  /** How long it blocks after that, in milliseconds. */
  workMs: number;
  /** How it ends; or, if it is a Worker, how the Worker ends. */
  end: keyof typeof ENDS | keyof typeof KILLS | keyof typeof WORKER_ENDS;
}

/** Makes one attack, and returns the process IDs of the commands that are left. */
export async function attack(attack: Attack, root: string): Promise<number[]> {
  const { commands, end } = attack;
  const worker = end in WORKER_ENDS;
  const child = start(sourceOf(attack, root), root, "null");
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("over\n")) break;
  }
  if (!worker) await child.status;
  const pids = (/^pids (.*)$/m.exec(text)?.[1] ?? "").split(" ").map(Number);
  if (pids.length !== commands || pids.includes(0)) {
    throw new Error(`it did not start: ${text}`);
  }
  const left = await ended(pids, end in KILLS ? KILL_LIMIT_MS : LIMIT_MS);
  for (const pid of left) Deno.kill(pid, "SIGKILL");
  if (worker) {
    try {
      child.kill("SIGKILL");
    } catch {
      // The end of a Worker can end all of Deno.
    }
    await child.status;
  }
  return left;
}

/** Writes the program of an attack. */
function sourceOf(
  { moment, commands, workMs, end }: Attack,
  root: string,
): string {
  const [own, others] = end in WORKER_ENDS
    ? WORKER_ENDS[end as keyof typeof WORKER_ENDS]
    : [{ ...ENDS, ...KILLS }[end as keyof typeof ENDS]];
  const program = `
    import { Processman } from "file://${root}/mod.ts";
    const pm = new Processman({ logger: null });
    ${MOMENTS[moment]}
    const pids = [];
    for (let i = 0; i < ${commands}; i++) {
      pids.push(pm.command("sleep", ["500"]).pid);
    }
    // Blocks the program as work does, but leaves the processor to other attacks.
    const cell = new Int32Array(new SharedArrayBuffer(4));
    if (${workMs} > 0) Atomics.wait(cell, 0, 0, ${workMs});
    console.log("pids " + pids.join(" "));
    ${own}`;
  if (others === undefined) return program;
  return `const url = URL.createObjectURL(
      new Blob([${JSON.stringify(program)}], { type: "text/typescript" }));
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = () => {
      ${others}
      console.log("over");
      setInterval(() => {}, 1_000_000);
    };`;
}

/** Starts a program that imports the project. */
function start(
  source: string,
  root: string,
  stderr: "inherit" | "null" = "inherit",
): Deno.ChildProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--ext=ts"]
      .concat("--allow-all", `--config=${root}/deno.json`, "-"),
    stdin: "piped",
    stdout: "piped",
    stderr,
  }).spawn();
  new Response(source).body?.pipeTo(child.stdin).catch(() => {});
  return child;
}

/** How long the commands may take to end, in milliseconds. */
const LIMIT_MS = 5_000;

/** The same after SIGKILL, when commands can be left behind. */
const KILL_LIMIT_MS = 2_000;

/** The pause between two looks at the commands, in milliseconds. */
const POLL_MS = 20;

/** How many programs run at the same time. */
const AT_ONCE = 4;

/** How many programs run at the same time if they are mostly blocked. */
const BLOCKED_AT_ONCE = 12;

/** Waits until some processes have ended; returns those that have not in time. */
export async function ended(
  pids: readonly number[],
  limitMs: number = LIMIT_MS,
): Promise<number[]> {
  const until = Date.now() + limitMs;
  while (true) {
    const left = await living(pids);
    if (left.length === 0 || Date.now() > until) return left;
    // No event tells that a child of process 1 has ended.
    await delay(POLL_MS);
  }
}

/** Returns those of some processes that live; zombies do not. */
export async function living(pids: readonly number[]): Promise<number[]> {
  if (pids.length === 0) return [];
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "pid=,stat=", "-p", pids.join(",")],
  }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter(([pid, state]) => pid && !state?.startsWith("Z"))
    .map(([pid]) => Number(pid));
}

/** A shell that repeats some work until it is asked to end. */
function shell(work: string): readonly string[] {
  const script =
    `trap 'echo bye; echo done >>$1; exit' TERM; echo ready; while :; do ${work}; done`;
  return ["sh", "-c", script, "sh"];
}

/** Programs that write to stdout and then to a file when they are asked to end. */
const CLEANERS = {
  sh: shell("sleep 0.05"),
  "sh that writes every 100 ms": shell("sleep 0.1; echo at work"),
  "sh that writes every 10 ms": shell("sleep 0.01; echo at work"),
  python3: [
    "python3",
    "-uc",
    `import signal, sys, time
def end(*_):
  print("bye")
  open(sys.argv[1], "a").write("done\\n")
  sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready")
while True: time.sleep(1)`,
  ],
} as const;

/** Returns how many programs finish their clean-up after this one is killed. */
async function cleanups(
  kind: keyof typeof CLEANERS,
  count: number,
  root: string,
): Promise<number> {
  const file = await Deno.makeTempFile();
  const [program, ...args]: readonly string[] = CLEANERS[kind];
  const source = `
    import { Processman } from "file://${root}/mod.ts";
    const pm = new Processman({ logger: null });
    const children = Array.from({ length: ${count} }, () =>
      pm.command("${program}", ${JSON.stringify([...args, file])}));
    await Promise.all(children.map(async (child) => {
      for await (const { text } of child.lines()) if (text === "ready") break;
    }));
    console.log(children.map(({ pid }) => pid).join(" "));
    await new Promise((resolve) => setTimeout(resolve, 50));
    Deno.kill(Deno.pid, "SIGKILL");
    while (true);`;
  const child = start(source, root);
  const stdout = await new Response(child.stdout).text();
  await child.status;
  const pids = stdout.trim().split(" ").map(Number);
  const left = await ended(pids, 20_000);
  if (left.length > 0) throw new Error(`${left} are left`);
  const done = (await Deno.readTextFile(file)).split("\n").length - 1;
  await Deno.remove(file);
  return done;
}

/** Yields all attacks in which JavaScript still runs at the end. */
export function* attacks(): Generator<Attack> {
  for (const moment of Object.keys(MOMENTS) as (keyof typeof MOMENTS)[]) {
    for (const commands of [1, 100]) {
      for (const workMs of [0, 1_500]) {
        for (const end of Object.keys(ENDS) as (keyof typeof ENDS)[]) {
          yield { moment, commands, workMs, end };
        }
        for (const end of Object.keys(WORKER_ENDS)) {
          yield { moment, commands, workMs, end: end as Attack["end"] };
        }
      }
    }
  }
}

/** Yields the attacks by SIGKILL. */
export function* kills(): Generator<Attack> {
  for (const moment of ["first", "after an idle time"] as const) {
    for (const commands of [1, 61]) {
      for (const end of Object.keys(KILLS) as (keyof typeof KILLS)[]) {
        yield { moment, commands, workMs: 0, end };
      }
    }
  }
}

async function main([tries = "100", root, filter = ""]: string[]) {
  root ??= new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await printCleanups(2 * +tries, root, filter);
  await printAttacks(attacks(), +tries, root, filter);
  await printAttacks(kills(), 10 * +tries, root, filter);
}

async function printAttacks(
  all: Iterable<Attack>,
  tries: number,
  root: string,
  filter: string,
) {
  for (const each of all) {
    const { moment, commands, workMs, end } = each;
    const title = `${end}, ${moment}, ${commands} commands, ${workMs} ms`;
    if (!title.includes(filter)) continue;
    let behind = 0;
    let processes = 0;
    let next = 0;
    const length = workMs > 0 ? BLOCKED_AT_ONCE : AT_ONCE;
    await Promise.all(Array.from({ length }, async () => {
      while (next++ < tries) {
        const { length } = await attack(each, root);
        if (length > 0) behind++;
        processes += length;
      }
    }));
    console.log(`${title}: ${behind} of ${tries} tries, ${processes} left`);
  }
}

async function printCleanups(tries: number, root: string, filter: string) {
  for (const kind of Object.keys(CLEANERS) as (keyof typeof CLEANERS)[]) {
    for (const count of [1, 50]) {
      const title = `clean-ups of ${kind}, ${count} at once`;
      if (!title.includes(filter)) continue;
      let done = 0;
      let all = 0;
      for (; all < tries; all += count) {
        done += await cleanups(kind, count, root);
      }
      console.log(`${title}: ${done} of ${all} finished`);
    }
  }
}

if (import.meta.main) await main(Deno.args);
