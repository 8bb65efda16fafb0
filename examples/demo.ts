// deno-lint-ignore-file no-console
/**
 * Supervises real programs for some seconds: a web server, a worker that
 * crashes at random, and a shell with programs of its own. Kills the server
 * from outside, and leaves nothing behind. Ctrl-C ends it earlier.
 *
 * Run it with `deno task demo`, or `deno run --allow-run examples/demo.ts`.
 *
 * @module
 */

import {
  type Process,
  type ProcessEvent,
  Processman,
  uniform,
} from "@isbm/processman";
import { delay } from "@std/async/delay";

const COLORS: Record<string, string> = {
  web: "cyan",
  worker: "yellow",
  clock: "green",
};

/** Everything that was started, by its process ID. */
const started = new Set<number>();

/** The process table, one process a line: its ID, that of its group, state. */
const TABLE = "ps -A -o pid=,pgid=,stat= 2>/dev/null || " +
  String.raw`sed 's/^\([0-9]*\) (.*) \(.\) [0-9]* \([0-9]*\) .*/\1 \3 \2/' ` +
  "/proc/[0-9]*/stat 2>/dev/null";

async function main(): Promise<number> {
  await using pm = new Processman({
    logger: null,
    // After Ctrl-C, this program still says what is left.
    onSignal: "stop",
    defaults: {
      restart: { backoff: uniform(1_000) },
      stop: { gracePeriodMs: 3_000 },
    },
  });
  const told = tellAll(pm.events());

  const web = pm.command(...deno("server.ts", "--allow-net=127.0.0.1"), {
    name: "web",
  });
  const worker = pm.command(...deno("worker.ts"), { name: "worker" });
  const clock = pm.command(
    "sh",
    ["-c", "while sleep 1; do date +%T; done"],
    { name: "clock" },
  );
  for (const process of [worker, clock]) tellLines(process);
  tellLines(web, (line) => {
    const address = line.match(/^listening on (\S+)/)?.[1];
    if (address) visit(pm, address);
  });

  // Ctrl-C stops all of them. Then there is nothing more to wait for.
  const over = new AbortController();
  pm.finished.then(() => over.abort());
  await pause(3_000, over.signal);
  if (web.pid !== undefined) await killFromOutside(web);
  await pause(3_500, over.signal);

  const { length } = await living();
  if (length > 0) {
    print("demo", `stopping all: ${length} are in the process table`);
  }
  await pm.shutdown();
  await told;
  return await report();
}

/** Returns program and arguments for a program of this folder. */
function deno(file: string, ...args: string[]): [string, string[]] {
  const { href } = new URL(`programs/${file}`, import.meta.url);
  return [Deno.execPath(), ["run", "--quiet", ...args, href]];
}

/** Lets another program visit the web server. */
function visit(pm: Processman, address: string): void {
  const { host } = new URL(address);
  const [program, args] = deno("visit.ts", `--allow-net=${host}`);
  tellLines(pm.command(program, [...args, address], {
    name: "visit",
    restart: { policy: "never" },
  }));
}

/** Kills a process as somebody would who knows nothing of its supervisor. */
async function killFromOutside({ name, pid }: Process): Promise<void> {
  print("demo", `kill -9 ${pid}: another program kills "${name}"`);
  await shell(`kill -9 ${pid}`);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, { signal }).catch(() => {});
}

/** Prints what a process writes. */
async function tellLines(
  process: Process,
  each = (_line: string): void => {},
): Promise<void> {
  for await (const { text } of process.lines()) {
    print(process.name, `| ${text}`);
    each(text);
  }
}

/** Prints what happens. */
async function tellAll(events: AsyncIterable<ProcessEvent>): Promise<void> {
  for await (const event of events) {
    if (event.kind === "start") started.add(event.pid);
    const text = told(event);
    if (text) print("name" in event ? event.name : "demo", text);
  }
}

function told(event: ProcessEvent): string {
  switch (event.kind) {
    case "start":
      return `${
        event.run === 1 ? "started" : "running again"
      }, pid ${event.pid}`;
    case "waiting":
      return `waiting: ${event.reason}`;
    case "exit": {
      const { requested, status: { code, signal, success }, stderr } = event;
      if (requested) return "";
      if (success) return "done";
      const last = stderr.at(-1);
      return `crashed ${signal ? `by ${signal}` : `with code ${code}`}` +
        (last ? `: "${last}"` : "");
    }
    case "restart":
      return `restarting in ${event.decision.delayMs.toFixed()} ms`;
    case "failed":
      return `given up: ${event.error.message}`;
    case "stop": {
      const { steps } = event.report;
      const how = steps.map(({ signal, durationMs }) =>
        `${signal}, ${durationMs.toFixed()} ms`
      );
      return `stopped (${how.join("; ") || "while it waited"})`;
    }
    case "leftovers":
      return `left processes behind, ended by ${
        event.steps.map(({ signal }) => signal).join(", ")
      }`;
    case "signal":
      return `got ${event.signal}: stopping all`;
    case "lost":
      return `${event.count} events were lost`;
    default:
      return event satisfies never;
  }
}

/** Tells whether anything of what was started is left. */
async function report(): Promise<number> {
  const left = await living();
  if (left.length > 0) {
    print("demo", `LEFT BEHIND: pid ${left.join(", ")}`);
    return 1;
  }
  print("demo", `${started.size} children were started, none of them is left`);
  return 0;
}

/** Lists what is alive of all that was started, and of what that started. */
async function living(): Promise<number[]> {
  const table = (await shell(TABLE)).matchAll(/^\s*(\d+)\s+(\d+)\s+([^Z\s])/gm);
  const rows = [...table].map(([, pid, group]) => [Number(pid), Number(group)]);
  if (rows.length === 0) throw new Error("The process table cannot be read");
  return rows.flatMap(([pid, group]) =>
    pid !== undefined && group !== undefined && started.has(group) ? [pid] : []
  );
}

/** Runs a shell, out of reach of Ctrl-C, and returns its output. */
async function shell(command: string): Promise<string> {
  const args = ["-c", command];
  const { stdout } = await new Deno.Command("sh", { args, detached: true })
    .output();
  return new TextDecoder().decode(stdout);
}

/** Prints a line: the time, who it is about, what there is to say. */
function print(name: string, text: string): void {
  const time = (performance.now() / 1_000).toFixed(2).padStart(5);
  console.log(
    `%c${time} ${name.padEnd(6)}%c ${text.slice(0, 66)}`,
    `color: ${COLORS[name] ?? "gray"}`,
    name === "demo" ? "font-weight: bold" : "",
  );
}

Deno.exitCode = await main();
