// deno-lint-ignore-file no-console
/**
 * Supervises real programs for some seconds: a web server, a worker that
 * crashes, a loader that never succeeds, and a clock. The demo kills the web
 * server from outside, stops everything, and prints a summary. Ctrl-C ends it
 * early.
 *
 * Run it with `deno task demo`, or `deno run --allow-run examples/demo.ts`.
 *
 * @module
 */

import {
  constant,
  type Process,
  type ProcessEvent,
  Processman,
  RestartLimitError,
  type StopReport,
  uniform,
} from "@isbm/processman";
import { setTimeout } from "node:timers/promises";

/** What the summary says about a process. */
interface Tally {
  runs: number;
  restarts: number;
  /** How many runs crashed, by the way in which they ended. */
  crashes: Map<string, number>;
  /** The last line that a crashed run wrote to stderr. */
  lastLine: string;
  /** How the last run ended. */
  end: string;
}

/** Codes of colors that are readable on a dark and on a light background. */
const COLORS: Record<string, string> = { web: "36", worker: "35", clock: "32" };
const BOLD = "1";
const DIM = "2";
const RED = "31";

const tallies = new Map<string, Tally>();

/** The process ID of each child that was started. */
const started = new Set<number>();

async function main(): Promise<void> {
  say(
    "Four programs run for 7 seconds; those that crash restart. Ctrl-C ends the demo.",
    BOLD,
  );
  await using pm = new Processman({
    logger: null,
    // After Ctrl-C, this program goes on and prints the summary.
    onSignal: "stop",
    defaults: {
      restart: { backoff: uniform(1_000) },
      stop: { gracePeriodMs: 3_000 },
    },
  });
  const printed = [printEvents(pm.events())];
  const show = (process: Process, onLine?: (line: string) => void) => {
    printed.push(printLines(process, onLine));
  };

  const web = pm.command(...deno("server.ts", "--allow-net=127.0.0.1"), {
    name: "web",
  });
  show(web, (line) => {
    const address = line.match(/^listening on (\S+)/)?.[1];
    const stopping = web.state.kind === "stopping";
    if (address && !stopping) show(visit(pm, address));
  });
  show(pm.command(...deno("worker.ts"), { name: "worker" }));
  show(pm.command("sh", ["-c", "echo no database >&2; exit 2"], {
    name: "loader",
    restart: {
      backoff: constant(500),
      limit: { restarts: 2, withinMs: 60_000 },
    },
  }));
  show(pm.command("sh", ["-c", "while sleep 1; do date +%T; done"], {
    name: "clock",
  }));

  // Ctrl-C stops all processes. Then there is nothing more to wait for.
  const over = new AbortController();
  pm.finished.then(() => over.abort());
  await pause(3_000, over.signal);
  if (web.pid !== undefined) await killFromOutside(web);
  await pause(3_500, over.signal);

  if (!over.signal.aborted) {
    const count = await living();
    print("demo", `stops everything: ${count} processes are alive`, BOLD);
  }
  await pm.shutdown();
  await Promise.all(printed);
  summarize(await living());
}

/** Returns program and arguments for a program in the folder `programs`. */
function deno(file: string, ...args: string[]): [string, string[]] {
  const { href } = new URL(`programs/${file}`, import.meta.url);
  return [Deno.execPath(), ["run", "--quiet", ...args, href]];
}

/** Starts a program that visits the web server once. */
function visit(pm: Processman, address: string): Process {
  const { host } = new URL(address);
  const [program, args] = deno("visit.ts", `--allow-net=${host}`);
  return pm.command(program, [...args, address], {
    name: "visit",
    restart: { policy: "never" },
  });
}

/** Kills a process without the help of processman. */
async function killFromOutside({ name, pid }: Process): Promise<void> {
  print("demo", `runs "kill -9 ${pid}" to crash ${name} from outside`, BOLD);
  await shell(`kill -9 ${pid}`);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}

/** Prints the output of a process. */
async function printLines(
  process: Process,
  onLine = (_line: string): void => {},
): Promise<void> {
  for await (const { text } of process.lines()) {
    print(process.name, `| ${text}`);
    onLine(text);
  }
}

/** Prints the events of all processes, and counts them for the summary. */
async function printEvents(events: AsyncIterable<ProcessEvent>): Promise<void> {
  for await (const event of events) {
    count(event);
    const text = describe(event);
    if (text === "") continue;
    const bad = event.kind === "failed" ||
      event.kind === "exit" && event.crashed;
    print("name" in event ? event.name : "demo", text, bad ? RED : "");
  }
}

/** Describes an event; `""` if another event says more about the same thing. */
function describe(event: ProcessEvent): string {
  switch (event.kind) {
    case "start":
      return `${event.run === 1 ? "started" : "restarted"}, pid ${event.pid}`;
    case "exit": {
      if (event.requested) return "";
      if (!event.crashed) return "finished";
      const last = event.stderr.at(-1);
      return `crashed (${reason(event.status)})` + (last ? `: "${last}"` : "");
    }
    case "restart":
      return `restarts in ${event.decision.delayMs.toFixed()} ms`;
    case "failed":
      return `given up: ${limit(event.error)}`;
    case "stop":
      return stopped(event.report);
    case "signal":
      return `got ${event.signal} and stops everything`;
    default:
      return event.kind;
  }
}

function reason({ code, signal }: Deno.CommandStatus): string {
  return signal ?? `code ${code}`;
}

function limit(error: Error): string {
  if (!(error instanceof RestartLimitError)) return error.message;
  const { restarts, withinMs = Infinity } = error.decision.limit;
  return `its limit is ${restarts} restarts in ${withinMs / 1_000} s`;
}

function stopped({ steps }: StopReport): string {
  const signals = steps.map(({ signal }) => signal).join(", ");
  return signals ? `stopped by ${signals}` : "stopped in backoff";
}

/** Adds an event to the summary. */
function count(event: ProcessEvent): void {
  if (!("name" in event)) return;
  const tally = tallies.get(event.name) ??
    { runs: 0, restarts: 0, crashes: new Map(), lastLine: "", end: "" };
  tallies.set(event.name, tally);
  switch (event.kind) {
    case "start":
      started.add(event.pid);
      tally.runs++;
      if (event.run > 1) tally.restarts++;
      break;
    case "exit": {
      const why = reason(event.status);
      tally.end = `exited, ${why}`;
      if (!event.crashed) break;
      tally.crashes.set(why, (tally.crashes.get(why) ?? 0) + 1);
      tally.lastLine = event.stderr.at(-1) ?? tally.lastLine;
      break;
    }
    case "failed":
      tally.end = "given up";
      break;
    case "stop":
      tally.end = stopped(event.report);
      break;
  }
}

/** Prints a table of all processes, the totals, and where to read on. */
function summarize(left: number): void {
  const table = [["process", "runs", "restarts", "crashes", "how it ended"]];
  let restarted = 0;
  for (const [name, { runs, restarts, crashes, lastLine, end }] of tallies) {
    const why = [...crashes].map(([how, times]) => `${times} × ${how}`);
    if (lastLine) why.push(`"${lastLine}"`);
    const crashed = why.join(", ") || "none";
    restarted += restarts;
    table.push([name, `${runs}`, `${restarts}`, crashed, end]);
  }
  const width = (column: number) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0));
  say("");
  for (const [i, row] of table.entries()) {
    const cells = row.map((cell, column) => cell.padEnd(width(column)));
    say(cells.join("  ").trimEnd(), i === 0 ? BOLD : "");
  }
  say("");
  const total = `${started.size} children started (${restarted} by restarts)`;
  say(`${total}, ${left || "none"} left.`, left > 0 ? RED : BOLD);
  if (left > 0) Deno.exitCode = 1;
  say(
    "This demo shows restarts with backoff, a restart limit, output by line,",
  );
  say("and a stop that ends every process. Read on in README.md.");
}

/** Prints the group and state of each process, with or without `ps`. */
const TABLE = "ps -A -o pgid=,stat= || " +
  String.raw`sed 's/.*) \(.\) [0-9]* \([0-9]*\) .*/\2 \1/' /proc/[0-9]*/stat`;

/** Counts the living processes in the process groups of all children. */
async function living(): Promise<number> {
  const rows = [...(await shell(TABLE)).matchAll(/^\s*(\d+)\s+[^Z\s]/gm)];
  if (rows.length === 0) throw new Error("The process table cannot be read");
  return rows.filter(([, group]) => started.has(Number(group))).length;
}

/** Runs a shell command that Ctrl-C does not reach, and returns its output. */
async function shell(command: string): Promise<string> {
  const args = ["-c", command];
  const { stdout } = await new Deno.Command("sh", { args, detached: true })
    .output();
  return new TextDecoder().decode(stdout);
}

/** Prints the time, the name of a process, and a text. */
function print(name: string, text: string, color = ""): void {
  const time = (performance.now() / 1_000).toFixed(2).padStart(5);
  const nameColor = name === "demo" ? BOLD : COLORS[name] ?? "";
  const room = columns() - `${time} ${padded(name)} `.length;
  console.log(
    paint(time, DIM),
    paint(padded(name), nameColor),
    paint(cut(text, room), color),
  );
}

/** Prints a text that is no event and no output. */
function say(text: string, color = ""): void {
  console.log(paint(cut(text, columns()), color));
}

function padded(name: string): string {
  return name.padEnd("worker".length);
}

/** Returns the width of the terminal. */
function columns(): number {
  return Deno.stdout.isTerminal() && Deno.consoleSize().columns || 80;
}

function cut(text: string, room: number): string {
  const characters = [...text];
  if (characters.length <= room) return text;
  return `${characters.slice(0, Math.max(room - 1, 0)).join("")}…`;
}

function paint(text: string, color: string): string {
  const plain = color === "" || Deno.noColor || !Deno.stdout.isTerminal();
  return plain ? text : `\x1b[${color}m${text}\x1b[0m`;
}

await main();
