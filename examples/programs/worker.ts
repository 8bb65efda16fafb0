// deno-lint-ignore-file no-console
/**
 * A worker that does one job after another, until a job fails.
 *
 * Run it with `deno run examples/programs/worker.ts`.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";

const good = 1 + Math.floor(Math.random() * 4);
for (let job = 1; job <= good; job++) {
  console.log(`job ${job} done`);
  await setTimeout(500);
}
console.error(`job ${good + 1} went wrong`);
Deno.exit(1);
