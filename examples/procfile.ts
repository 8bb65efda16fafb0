/**
 * Runs all processes of a Procfile, prints their output with the name of the
 * process before each line, and restarts them after a crash. Ctrl-C ends all.
 *
 * Run it with
 * `deno run --allow-run --allow-read examples/procfile.ts examples/Procfile`.
 *
 * @module
 */

import { exponential, printOutput, Processman } from "@isbm/processman";

const procfile = await Deno.readTextFile(Deno.args[0] ?? "Procfile");

await using pm = new Processman({
  defaults: { restart: { backoff: exponential({ initialMs: 200 }) } },
});
printOutput(pm, { time: true });
const lines = procfile.matchAll(/^([\w-]+):\s*(.+)$/gm);
for (const [, name = "", command = ""] of lines) {
  pm.command("sh", ["-c", command], { name });
}
await pm.finished;
