// deno-lint-ignore-file no-console
/**
 * The entry point of a container: runs one program, restarts it after a crash,
 * passes on SIGTERM, and ends with the exit code of the program.
 *
 * `docker stop` sends SIGTERM and SIGKILL ten seconds later. The program gets
 * eight of these seconds. If it crashes for the fourth time in a minute, the
 * container ends with its exit code, and the platform decides what follows.
 *
 * Run it with `deno run --allow-run examples/container.ts PROGRAM ARGS…`, in a
 * container with an init process: `docker run --init …`. Without an init
 * process it would be process 1 itself. It does not reap orphans, so they would
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
  // Its exit code becomes the exit code of the container.
  critical: true,
  restart: {
    backoff: exponential({ initialMs: 200, jitter: "equal" }),
    limit: { restarts: 3, withinMs: 60_000 },
  },
  stop: { gracePeriodMs: 8_000 },
});
await pm.finished;
