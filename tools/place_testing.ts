/**
 * What tests of places have in common.
 *
 * @module
 */

import { type Claim, claim, type ClaimOptions } from "../control/claim.ts";
import type { Place, SupervisorRecord } from "../control/place.ts";
import { Folder } from "./testing.ts";

/** A temporary folder that is where supervisors have their places meanwhile. */
export class RuntimeFolder extends Folder {
  readonly #before = VARIABLES.map((name) => [name, Deno.env.get(name)]);

  /** Sets the variables that choose the place. */
  constructor() {
    super();
    Deno.mkdirSync(`${this.path}/tmp`);
    Deno.env.set("XDG_RUNTIME_DIR", this.path);
    Deno.env.set("TMPDIR", `${this.path}/tmp`);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const [name = "", value] of this.#before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await super[Symbol.asyncDispose]();
  }
}

const VARIABLES = ["XDG_RUNTIME_DIR", "TMPDIR"];

/** Returns the record of a supervisor. */
export function recordOf(
  name: string,
  more: Partial<SupervisorRecord> = {},
): SupervisorRecord {
  return {
    name,
    pid: Deno.pid,
    version: "0.0.0",
    startedAt: Date.now(),
    config: null,
    logs: null,
    log: null,
    ...more,
  };
}

/** Returns how a script imports the module of places. */
export const PLACE_MODULE: string = JSON.stringify(
  new URL("../control/place.ts", import.meta.url),
);

/** The module with `claim()`, as a literal. */
export const CLAIM_MODULE: string = JSON.stringify(
  new URL("../control/claim.ts", import.meta.url).href,
);

/** Takes a place, which must be free. */
export async function takePlace(
  place: Place,
  options?: ClaimOptions,
): Promise<Claim> {
  const held = await claim(place, recordOf("mine"), options);
  if ("place" in held) return held;
  throw new Error(`the process ${held.holder.pid} has the place`);
}
