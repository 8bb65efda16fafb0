// deno-lint-ignore-file no-console
/**
 * Runs all that a Procfile names, each line of output with the name of who
 * wrote it, and restarts what crashes. Ctrl-C ends all of it.
 *
 * Run it with
 * `deno run --allow-run --allow-read examples/procfile.ts examples/Procfile`.
 *
 * @module
 */

import { exponential, type Process, Processman } from "@isbm/processman";

const COLORS = ["cyan", "yellow", "green", "magenta", "blue", "red"];

const procfile = await Deno.readTextFile(Deno.args[0] ?? "Procfile");
const entries = [...procfile.matchAll(/^([\w-]+):\s*(.+)$/gm)]
  .map(([, name = "", command = ""]) => ({ name, command }));
const width = Math.max(...entries.map(({ name }) => name.length));

await using pm = new Processman({
  logger: null,
  defaults: { restart: { backoff: exponential({ initialMs: 200 }) } },
});
const events = pm.events();
const processes = entries.map(({ name, command }) =>
  pm.command("sh", ["-c", command], { name })
);
tellEvents();
await Promise.all(processes.map(tellLines));

async function tellLines(process: Process): Promise<void> {
  for await (const { text } of process.lines()) print(process.name, text);
}

async function tellEvents(): Promise<void> {
  for await (const event of events) {
    if (event.kind === "start") print(event.name, `started, pid ${event.pid}`);
    if (event.kind === "restart") {
      const { delayMs } = event.decision;
      print(event.name, `crashed, restarting in ${delayMs.toFixed()} ms`);
    }
    if (event.kind === "stop") print(event.name, "stopped");
  }
}

function print(name: string, text: string): void {
  const color = COLORS[entries.findIndex((entry) => entry.name === name) % 6];
  const time = new Date().toTimeString().slice(0, 8);
  console.log(
    `%c${time} ${name.padEnd(width)} |%c ${text}`,
    `color: ${color}`,
    "",
  );
}
