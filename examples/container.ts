// deno-lint-ignore-file no-console
/**
 * The entry point of a container: runs one program, restarts it when it
 * crashes, passes on the request to end, and reports how it ended.
 *
 * `docker stop` sends SIGTERM and gives ten seconds, of which the program gets
 * eight. A program that crashes for the fourth time in a minute ends the
 * container with its own exit code, for the platform to decide what is next.
 *
 * Run it with `deno run --allow-run examples/container.ts PROGRAM ARGS…`, in a
 * container below an init: `docker run --init …`. As process 1 it would have to
 * reap the processes that others leave to it, which it does not do: they would
 * stay in the process table as zombies until the container ends.
 *
 * @module
 */

import { exponential, Processman } from "@isbm/processman";

const [program, ...args] = Deno.args;
if (program === undefined) {
  console.error("Usage: container.ts PROGRAM ARGS…");
  Deno.exit(2);
}

await using pm = new Processman();
pm.command(program, args, {
  name: "main",
  stdout: "inherit",
  stderr: "inherit",
  // Its exit code becomes that of the container.
  critical: true,
  restart: {
    backoff: exponential({ initialMs: 200, jitter: "equal" }),
    limit: { restarts: 3, withinMs: 60_000 },
  },
  stop: { gracePeriodMs: 8_000 },
});
await pm.finished;
