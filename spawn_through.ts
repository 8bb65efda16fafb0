/**
 * The start of a program through others, such as `setsid`, each of which
 * executes the next one in its place.
 *
 * @module
 */

import type { Search } from "./find_program.ts";
import type { SpawnedChild, SpawnRequest } from "./kernel.ts";
import type { KnownProgram } from "./known_programs.ts";
import { perhapsNotStarted, whyNotStarted } from "./not_started.ts";

/**
 * The names of variables that change how the system loads any program, also
 * those that another program is started through.
 */
export const LOADER_VARIABLE = /^(?:LD_|GLIBC_)/;

/** A program to be started through others. */
export interface Chain {
  /** The programs before it with their arguments, and its own path at the end. */
  readonly command: readonly string[];
  /** How the first program is started, apart from its arguments. */
  readonly options: Deno.CommandOptions;
  /** How the program is looked for again; `program` is its path. */
  readonly search: Search;
  /** What is remembered of it. */
  readonly known: KnownProgram;
}

/**
 * Starts a program through others.
 *
 * @throws What Deno throws if the first program of the chain cannot be started.
 */
export function spawnThrough(
  request: SpawnRequest,
  { command: [first = "", ...rest], options, search, known }: Chain,
): SpawnedChild {
  const args = [...rest, ...request.command.args ?? []];
  return {
    child: new Deno.Command(first, { ...options, args }).spawn(),
    ended: (status) => {
      if (perhapsNotStarted(status)) known.forget();
    },
    explain: async (traces) => {
      const why = await whyNotStarted(request, search, traces);
      if (why) known.markBroken();
      return why;
    },
  };
}
