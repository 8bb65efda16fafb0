/**
 * The start of a child. Each run of a process is started in the same way, so
 * that no run differs from the one before it.
 *
 * - A child with a session of its own, on Linux, is started by
 *   `setsid -- /path/of/program`. Deno starts that without a fork, and the
 *   program sees nothing that it would not see if Deno had started it. A shell
 *   finds the path, once for each program.
 * - A child that runs as another `user` is started by
 *   `setpriv … -- /path/of/program`, which follows `setsid --`.
 * - Deno itself starts all other children: those without a session of their own,
 *   those with a `uid` or `gid`, for which Deno forks in any case, those whose
 *   program is not found by its name and `PATH` alone, and those on a system
 *   without `setsid`. To give such a child a session, Deno forks, which takes
 *   longer the more memory this program uses.
 *
 * @module
 */

import type { Search } from "./find_program.ts";
import type { SpawnedChild, SpawnRequest } from "./kernel.ts";
import { KnownPrograms } from "./known_programs.ts";
import { spawnError } from "./not_started.ts";
import { mayRun, mayRunAll } from "./permissions.ts";
import { spawnAsUser } from "./spawn_as_user.ts";
import { LOADER_VARIABLE, spawnThrough } from "./spawn_through.ts";
import { loginEnv, type User, Users } from "./user.ts";
import { wrong } from "./validate.ts";

/** Options for {@linkcode Spawner}. */
export interface SpawnerOptions {
  /**
   * Whether Deno makes the sessions of children, by a fork, rather than
   * `setsid`.
   *
   * @default {false}
   */
  readonly fork?: boolean | undefined;
}

/** Starts children, and remembers where their programs are. */
export class Spawner {
  readonly #programs = new KnownPrograms();
  readonly #users = new Users();
  readonly #fork: boolean;

  /** Creates a spawner that knows no program yet. */
  constructor({ fork = false }: SpawnerOptions = {}) {
    this.#fork = fork;
  }

  /**
   * Starts a child.
   *
   * @throws {SpawnError} If it cannot be started; nothing runs then.
   * @throws {TypeError} If there is no such user.
   */
  spawn(request: SpawnRequest): SpawnedChild {
    const { user } = request.command;
    if (user !== undefined) return this.#spawnAs(user, request);
    if (!mayRunAll()) return { child: spawnAllowed(request) };
    return this.#spawnBySetsid(request) ?? this.#spawnByDeno(request);
  }

  /**
   * Checks that there is the user of a command, if that can be told.
   *
   * @throws {TypeError} If there is no such user.
   */
  checkUser(user: string | number): void {
    if (Deno.build.os !== "linux" || !mayRunAll()) return;
    try {
      this.#find(user);
    } catch (error) {
      // The start reports all other errors.
      if (error instanceof TypeError) throw error;
    }
  }

  /** Starts a child through `setsid`; `undefined` if that is not possible. */
  #spawnBySetsid(request: SpawnRequest): SpawnedChild | undefined {
    const { command, group } = request;
    const { uid, gid, env } = command;
    if (
      this.#fork || !group || Deno.build.os !== "linux" ||
      uid !== undefined || gid !== undefined ||
      // These are meant for the program, and `setsid` would be loaded by them.
      Object.keys(env ?? {}).some((name) => LOADER_VARIABLE.test(name))
    ) return undefined;
    const search = searchLikeDeno(request);
    if (search === undefined) return undefined;
    const known = this.#programs.get(search);
    try {
      if (known.stillBroken()) return undefined;
      const { path, setsid, errno } = known.find();
      // The error of Deno's own start says best what is wrong.
      if (path === "" || setsid === "" || errno !== 0) return undefined;
      return spawnThrough(request, {
        command: [setsid, "--", path],
        options: { ...command, detached: false },
        search: { ...search, program: path },
        known,
      });
    } catch {
      // The working directory is missing, for example.
      known.forget();
      return undefined;
    }
  }

  /** Starts a child as a user. */
  #spawnAs(wanted: string | number, request: SpawnRequest): SpawnedChild {
    const user = this.#findAllowed(wanted, request);
    const { user: _, ...command } = request.command;
    const env = { ...loginEnv(user), ...command.env };
    const login = { ...request, command: { ...command, env } };
    return user.uid === user.own && user.uid !== 0
      ? this.spawn(login)
      : spawnAsUser(login, user, this.#programs, this.#fork);
  }

  /** Returns the user that a child is to run as, or throws. */
  #findAllowed(wanted: string | number, request: SpawnRequest): User {
    if (Deno.build.os !== "linux") {
      const why = `the option "user" is for Linux`;
      throw spawnError(request, new Deno.errors.NotSupported(why));
    }
    if (!mayRunAll()) {
      const why =
        `Requires run access to all programs for the option "user", ` +
        `run again with the --allow-run flag`;
      throw spawnError(request, new Deno.errors.NotCapable(why));
    }
    try {
      return this.#find(wanted);
    } catch (cause) {
      throw cause instanceof TypeError ? cause : spawnError(request, cause);
    }
  }

  #find(wanted: string | number): User {
    return this.#users.find(wanted) ??
      wrong("user", "a user of this system", wanted);
  }

  /** Starts a child in Deno's own way. */
  #spawnByDeno(request: SpawnRequest): SpawnedChild {
    const child = spawnByDeno(request);
    const { uid, gid } = request.command;
    if (!uid || gid !== undefined || this.#users.own() !== 0) return { child };
    const warning = `Process "${request.name}" runs as user ${uid} with the ` +
      `group and HOME of root: the option "user" gives it those of the user`;
    return { child, warning };
  }
}

/** A path that Deno changes into a tidier one, which the program would see. */
const UNTIDY = /\/(\.{0,2})(\/|$)/;

/** Returns where Deno looks for a program; `undefined` if only Deno can tell. */
function searchLikeDeno(
  { program, command: { clearEnv, env } }: SpawnRequest,
): Search | undefined {
  if (program.startsWith("/")) {
    return UNTIDY.test(program) ? undefined : { program, as: [] };
  }
  const path = env?.PATH;
  if (program.includes("/") || (clearEnv && path === undefined)) {
    return undefined;
  }
  return { program, path, as: [] };
}

/** Starts a child where only some programs may be run, without a prompt. */
function spawnAllowed(request: SpawnRequest): Deno.ChildProcess {
  const { program, command } = request;
  const query = { name: "run", command: program } as const;
  if (
    !mayRun() && foundElsewhere(program, command) ||
    Deno.permissions.querySync(query).state !== "granted"
  ) {
    const message =
      `Requires run access to "${program}", run again with --allow-run=${program}`;
    throw spawnError(request, new Deno.errors.NotCapable(message));
  }
  return spawnByDeno(request);
}

/** Starts a child in Deno's own way. */
function spawnByDeno(request: SpawnRequest): Deno.ChildProcess {
  const { program, command, group } = request;
  try {
    return new Deno.Command(program, { ...command, detached: group }).spawn();
  } catch (cause) {
    throw spawnError(request, cause);
  }
}

/**
 * Whether Deno looks for a program in another place than the query of its
 * permission does: Deno would then prompt for the program that it finds.
 */
function foundElsewhere(
  program: string,
  { cwd, env }: Deno.CommandOptions,
): boolean {
  if (program.startsWith("/")) return false;
  return program.includes("/") ? cwd !== undefined : env?.PATH !== undefined;
}
