/**
 * This project with probes, which no other question loads.
 *
 * @module
 */

import { Processman } from "../mod.ts";
import { tcp } from "../probe/mod.ts";
import type { Contender } from "./contender.ts";

/** A TCP probe for each process, as often as it is called by default. */
export const probed: Contender = {
  // deno-lint-ignore require-await
  async supervise(ports) {
    const pm = new Processman();
    for (const port of ports) {
      pm.command("sleep", ["500"], { live: tcp({ port }) });
    }
    return { pid: Deno.pid, stop: () => pm.stopAll() };
  },
};
