// deno-lint-ignore-file no-console
/**
 * Programs that end without having stopped what they started, and how much of
 * it is left: `deno run -A tools/attack_guard.ts [TRIES [ROOT [FILTER]]]`, with
 * the folder of another version of the project as the root to compare it.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** How a program has a command, and is idle after that. */
const IDLE = `
    await pm.command("true").finished;
    await new Promise((resolve) => setTimeout(resolve, 50));`;

/** How a program finds its guard, when it has had a command. */
export const FIND_GUARD = `${IDLE}
    const { stdout } = new Deno.Command("ps", {
      args: ["-A", "-o", "pid=,ppid=,args="],
    }).outputSync();
    const guard = new TextDecoder().decode(stdout).split("\\n")
      .filter((row) => row.includes("while read"))
      .map((row) => row.trim().split(/\\s+/).map(Number))
      .find(([, ppid]) => ppid === Deno.pid)[0];`;

/** How a program begins, before it starts the commands. */
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

/** How a program kills itself, and does nothing more. */
const KILL = `Deno.kill(Deno.pid, "SIGKILL"); while (true);`;

/** How a program ends while nothing runs any more. */
export const KILLS = {
  "SIGKILL at once": KILL,
  "SIGKILL after a microtask": `await undefined; ${KILL}`,
  "SIGKILL after a timer turn":
    `setTimeout(() => { ${KILL} }); await pm.finished;`,
  "SIGKILL after 20 ms":
    `setTimeout(() => { ${KILL} }, 20); await pm.finished;`,
} as const;

/** How a Worker ends: what it does, and what its program does about it. */
export const WORKER_ENDS = {
  "terminate": ["self.postMessage(0);", "worker.terminate();"],
  "self.close": ["self.postMessage(0); self.close();", ""],
  "exit of the program": ["self.postMessage(0);", "Deno.exit(3);"],
} as const;

/** A program to be tried. */
export interface Attack {
  /** What it does before. */
  moment: keyof typeof MOMENTS;
  /** How many commands it starts at once. */
  commands: number;
  /** How long it blocks after that, in milliseconds. */
  workMs: number;
  /** How it ends, or how the Worker does that it is. */
  end: keyof typeof ENDS | keyof typeof KILLS | keyof typeof WORKER_ENDS;
}

/** Tries once, and returns the process IDs of what is left. */
export async function attack(attack: Attack, root: string): Promise<number[]> {
  const { moment, commands, workMs, end } = attack;
  const worker = end in WORKER_ENDS;
  const [own, others] = end in WORKER_ENDS
    ? WORKER_ENDS[end as keyof typeof WORKER_ENDS]
    : [{ ...ENDS, ...KILLS }[end as keyof typeof ENDS], ""];
  const program = `
    import { Processman } from "file://${root}/mod.ts";
    const pm = new Processman({ logger: null });
    ${MOMENTS[moment]}
    const pids = [];
    for (let i = 0; i < ${commands}; i++) {
      pids.push(pm.command("sleep", ["500"]).pid);
    }
    // As blocked as by work, but other tries go on meanwhile.
    const cell = new Int32Array(new SharedArrayBuffer(4));
    if (${workMs} > 0) Atomics.wait(cell, 0, 0, ${workMs});
    console.log("pids " + pids.join(" "));
    ${own}`;
  const source = worker
    ? `const url = URL.createObjectURL(
        new Blob([${JSON.stringify(program)}], { type: "text/typescript" }));
      const worker = new Worker(url, { type: "module" });
      worker.onmessage = () => {
        ${others}
        console.log("over");
        setInterval(() => {}, 1_000_000);
      };`
    : program;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--ext=ts"]
      .concat("--allow-all", `--config=${root}/deno.json`, "-"),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  writer.write(new TextEncoder().encode(source)).catch(() => {});
  writer.close().catch(() => {});
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
      // A terminated Worker can end all of Deno.
    }
    await child.status;
  }
  return left;
}

/** How long what was started may take to end, in milliseconds. */
const LIMIT_MS = 5_000;

/** The same after a SIGKILL, where something can be left. */
const KILL_LIMIT_MS = 2_000;

/** The pause between two looks, in milliseconds. */
const POLL_MS = 20;

/** How many tries are under way at once. */
const AT_ONCE = 4;

/** How many of those that are blocked most of the time. */
const BLOCKED_AT_ONCE = 12;

/** Waits until some processes have ended, and returns those that do not. */
export async function ended(
  pids: readonly number[],
  limitMs: number = LIMIT_MS,
): Promise<number[]> {
  const until = Date.now() + limitMs;
  while (true) {
    const left = await living(pids);
    if (left.length === 0 || Date.now() > until) return left;
    // Nothing tells of the end of what is a child of process 1.
    await delay(POLL_MS);
  }
}

/** Which of some processes live, those that are dead and not reaped excepted. */
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

/** A shell that does some work again and again, until it is asked to end. */
function shell(work: string): readonly string[] {
  const script =
    `trap 'echo bye; echo done >>$1; exit' TERM; echo ready; while :; do ${work}; done`;
  return ["sh", "-c", script, "sh"];
}

/** Programs that write, and then to a file, when they are asked to end. */
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

/** How many of some programs finish what they do after a SIGKILL of ours. */
async function cleanups(
  kind: keyof typeof CLEANERS,
  count: number,
  root: string,
): Promise<number> {
  const file = await Deno.makeTempFile();
  const [program, ...args]: readonly string[] = CLEANERS[kind];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--ext=ts"]
      .concat("--allow-all", `--config=${root}/deno.json`, "-"),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  writer.write(new TextEncoder().encode(`
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
    while (true);`)).catch(() => {});
  writer.close().catch(() => {});
  const { stdout } = await child.output();
  const pids = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  const left = await ended(pids, 20_000);
  if (left.length > 0) throw new Error(`${left} are left`);
  const done = (await Deno.readTextFile(file)).split("\n").length - 1;
  await Deno.remove(file);
  return done;
}

/** Everything in which JavaScript still runs. */
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

/** What a SIGKILL can come between. */
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
  for (
    const [all, count] of [[attacks(), +tries], [kills(), 10 * +tries]] as const
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
        while (next++ < count) {
          const { length } = await attack(each, root);
          if (length > 0) behind++;
          processes += length;
        }
      }));
      console.log(`${title}: ${behind} of ${count} tries, ${processes} left`);
    }
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
