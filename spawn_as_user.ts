/**
 * The start of a program as another user, through `setpriv`.
 *
 * @module
 */

import { failure, type Found, type Search } from "./find_program.ts";
import type { SpawnedChild, SpawnRequest } from "./kernel.ts";
import type { KnownProgram, KnownPrograms } from "./known_programs.ts";
import { spawnError } from "./not_started.ts";
import { LOADER_VARIABLE, spawnThrough } from "./spawn_through.ts";
import { become, type User } from "./user.ts";

/**
 * Starts a program as another user.
 *
 * @param request What to start, with the environment of the user's login.
 * @param user The user.
 * @param programs Where programs are.
 * @param fork Whether Deno makes the session of the child, by a fork, rather
 * than `setsid`.
 * @throws {SpawnError} If the program cannot be started.
 */
export function spawnAsUser(
  request: SpawnRequest,
  user: User,
  programs: KnownPrograms,
  fork: boolean,
): SpawnedChild {
  if (user.setpriv === "") {
    const why = `the option "user" needs "setpriv" of util-linux`;
    throw spawnError(request, new Deno.errors.NotFound(why));
  }
  const as = become(user);
  const search = { ...searchLikeSetpriv(request), as };
  const known = programs.get(search);
  const found = find(known, request, user);
  const path = found.path || request.program;
  const setsid = request.group && !fork && found.setsid !== ""
    ? [found.setsid, "--"]
    : [];
  const detached = request.group && setsid.length === 0;
  const { env = {}, ...command } = request.command;
  const { own, loader } = withoutLoader(env);
  const chain = [...setsid, ...as, ...loader, path];
  try {
    return spawnThrough(request, {
      command: chain,
      options: { ...command, env: own, detached },
      search: { ...search, program: path },
      known,
    });
  } catch (cause) {
    known.forget();
    if (cause instanceof Error) {
      // Deno names the program that it starts, which is the first of the chain.
      cause.message = cause.message.replace(`'${chain[0]}'`, `'${path}'`);
    }
    throw spawnError(request, cause);
  }
}

/** Returns where a program is that a user can execute, or throws. */
function find(known: KnownProgram, request: SpawnRequest, user: User): Found {
  let found: Found;
  try {
    found = known.find();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot become user "${user.name}": ${why}`;
    throw spawnError(request, new Deno.errors.PermissionDenied(message));
  }
  if (found.errno === 0) return found;
  throw spawnError(request, failure(request.program, found));
}

/** Returns where `setpriv` looks for a program. */
function searchLikeSetpriv(
  { program, command }: SpawnRequest,
): Omit<Search, "as"> {
  const { clearEnv, env, cwd = "." } = command;
  if (program.startsWith("/")) return { program };
  if (program.includes("/")) return { program, cwd };
  return {
    program,
    path: env?.PATH ?? (clearEnv ? "/bin:/usr/bin" : undefined),
  };
}

/**
 * Takes the variables of the loader out of an environment, and returns the
 * command that sets them for the program alone.
 */
function withoutLoader(env: Record<string, string>) {
  const [loads = [], others = []] = [true, false].map((wanted) =>
    Object.entries(env).filter(([name]) =>
      LOADER_VARIABLE.test(name) === wanted
    )
  );
  const loader = loads.length > 0
    ? ["/usr/bin/env", ...loads.map(([name, value]) => `${name}=${value}`)]
    : [];
  return { own: Object.fromEntries(others), loader };
}
