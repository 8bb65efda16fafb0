/**
 * Starts children. Each run of a process is started in the same way, so that no
 * run differs from the one before it.
 *
 * - On Linux, `setsid -- /path/of/program` starts a child with its own session.
 *   Deno starts `setsid` without a fork, and the program sees the same as if
 *   Deno had started it. A shell finds the path, once for each program.
 * - A shell that opens a terminal, which precedes the program of a process with
 *   a terminal, becomes the program.
 * - `setpriv … -- /path/of/program`, which follows `setsid --`, starts a child
 *   that runs as another `user`.
 * - Deno itself starts all other children: children without their own session,
 *   children with a `uid` or `gid` (for which Deno always forks), children
 *   whose program cannot be found by its name and `PATH` alone, children whose
 *   `env` contains a variable such as `LD_PRELOAD`, and all children on a
 *   system without `setsid`. To give such a child a session, Deno forks. The
 *   more memory this program uses, the longer a fork takes.
 *
 * @module
 */

import { SpawnError } from "./errors.ts";
import { workingDirectory } from "./file_path.ts";
import {
  failure,
  type Found,
  isAbsent,
  type KnownProgram,
  KnownPrograms,
  placesOf,
  type Search,
  searchLikeSetpriv,
} from "./find_program.ts";
import { messageOf } from "./foreign.ts";
import type { SpawnedChild, SpawnRequest } from "./kernel.ts";
import { perhapsNotStarted, spawnError, whyNotStarted } from "./not_started.ts";
import {
  mayNotRun,
  mayNotRunAll,
  mayRun,
  mayRunAll,
  mayRunProgram,
} from "./permissions.ts";
import { Poller } from "./poller.ts";
import { onTerminal, spawnOnTerminal } from "./terminal_child.ts";
import { become, loginEnv, type User, Users } from "./user.ts";
import { wrong } from "./validate.ts";

/**
 * Matches the names of variables that change how the system loads a program.
 * They would also affect `setsid` and `setpriv`, which start the program.
 */
const LOADER_VARIABLE = /^(?:LD_|GLIBC_)/;

/** Options for {@linkcode Spawner}. */
export interface SpawnerOptions {
  /**
   * Whether Deno makes the sessions of children by a fork, instead of `setsid`.
   *
   * @default {false}
   */
  readonly fork?: boolean | undefined;
}

/** A request, and the command that the program is appended to. */
interface Start extends SpawnRequest {
  /** The command; empty or left out if the program is started directly. */
  readonly through?: readonly string[];
}

/** Starts children, and caches where their programs are. */
export class Spawner {
  readonly #programs = new KnownPrograms();
  readonly #poller = new Poller();
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
    return request.command.tty
      ? this.#spawnOnTerminal(request)
      : this.#spawn(request);
  }

  #spawn(request: Start): SpawnedChild {
    const { user } = request.command;
    if (user !== undefined) return this.#spawnAs(user, request);
    if (!mayRunAll()) return { child: spawnAllowed(request) };
    return this.#spawnBySetsid(request) ?? this.#spawnByDeno(request);
  }

  #spawnOnTerminal(request: SpawnRequest): SpawnedChild {
    const { user, uid } = request.command;
    if (!mayRunAll()) throw spawnError(request, mayNotRunAll("tty"));
    const owner = user === undefined
      ? uid
      : this.#findAllowed(user, request).uid;
    return spawnOnTerminal(
      request,
      this.#poller,
      owner,
      (own, path) => this.#spawn({ ...own, through: onTerminal(path) }),
    );
  }

  /**
   * Checks that the user of a command exists, where that can be checked.
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

  /**
   * Starts a child through `setsid`; returns `undefined` if that is not
   * possible.
   */
  #spawnBySetsid(request: Start): SpawnedChild | undefined {
    const { command, group } = request;
    const { uid, gid, env } = command;
    if (
      this.#fork || !group || Deno.build.os !== "linux" ||
      uid !== undefined || gid !== undefined ||
      // These variables are for the program, but would also affect `setsid`.
      Object.keys(env ?? {}).some((name) => LOADER_VARIABLE.test(name))
    ) return undefined;
    const search = searchLikeDeno(request);
    if (search === undefined) return undefined;
    const known = this.#programs.get(search);
    try {
      if (known.stillBroken()) return undefined;
      const { path, setsid, errno } = known.find();
      // Deno's own start fails with the error that best explains the failure.
      if (path === "" || setsid === "" || errno !== 0) return undefined;
      return spawnThrough(request, {
        command: [setsid, "--", ...request.through ?? [], path],
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

  /** Starts a child that runs as a user. */
  #spawnAs(wanted: string | number, request: Start): SpawnedChild {
    const user = this.#findAllowed(wanted, request);
    const { user: _, ...command } = request.command;
    const env = { ...loginEnv(user), ...command.env };
    const login = { ...request, command: { ...command, env } };
    return user.uid === user.own && user.uid !== 0
      ? this.#spawn(login)
      : spawnAsUser(login, user, this.#programs, this.#fork);
  }

  /** Returns the user that a child runs as, or throws. */
  #findAllowed(wanted: string | number, request: SpawnRequest): User {
    if (Deno.build.os !== "linux") {
      const why = `the option "user" works only on Linux`;
      throw spawnError(request, new Deno.errors.NotSupported(why));
    }
    if (!mayRunAll()) {
      throw spawnError(request, mayNotRunAll("user"));
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

  /** Starts a child with Deno alone. */
  #spawnByDeno(request: Start): SpawnedChild {
    const child = spawnByDeno(request);
    const { uid, gid } = request.command;
    if (!uid || gid !== undefined || this.#users.own() !== 0) return { child };
    const warning = `Process "${request.name}" runs as user ${uid} with the ` +
      `group and HOME of root: use the option "user" to set both`;
    return { child, warning };
  }
}

/** Matches a path that Deno normalizes before the program sees it. */
const UNTIDY = /\/(\.{0,2})(\/|$)/;

/** Returns where Deno looks for a program; `undefined` if only Deno knows. */
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

/**
 * Starts a child if this program can run only some programs. Throws where Deno
 * would prompt for the permission.
 */
function spawnAllowed(request: SpawnRequest): Deno.ChildProcess {
  const places = mayRun() ? [] : placesOf(request, workingDirectory());
  if (places.length === 0) {
    const { program } = request;
    if (mayRunProgram(program)) return spawnByDeno(request);
    throw spawnError(request, mayNotRun([program]));
  }
  let missing: unknown;
  for (const [i, { file, program }] of places.entries()) {
    if (!mayRunProgram(file)) {
      const others = places.slice(i).map(({ file }) => file);
      const end = others.findIndex(mayRunProgram);
      const refused = end < 0 ? others : others.slice(0, end);
      throw spawnError(request, mayNotRun(refused, request.program));
    }
    try {
      return spawnByDeno(request, program);
    } catch (error) {
      if (!(error instanceof SpawnError && isAbsent(error.cause))) throw error;
      missing = error;
    }
  }
  throw missing;
}

/** Starts a child with Deno alone. */
function spawnByDeno(
  request: Start,
  program: string = request.program,
): Deno.ChildProcess {
  const { command, group, through = [] } = request;
  const [first = "", ...before] = [...through, program];
  const args = [...before, ...command.args ?? []];
  try {
    return new Deno.Command(first, { ...command, args, detached: group })
      .spawn();
  } catch (cause) {
    throw spawnError(request, cause);
  }
}

/** A program to be started through other programs. */
interface Chain {
  /**
   * The other programs with their arguments, and then the path of the program.
   */
  readonly command: readonly string[];
  /** How to start the first program, apart from its arguments. */
  readonly options: Deno.CommandOptions;
  /** The search that finds the program again; `program` is its path. */
  readonly search: Search;
  /** The entry of the program in the cache. */
  readonly known: KnownProgram;
}

/**
 * Starts a program through other programs.
 *
 * @throws What Deno throws if the first program of the chain cannot be started.
 */
function spawnThrough(
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

/**
 * Starts a program as another user.
 *
 * @param request What to start, with the environment of the user's login.
 * @param user The user.
 * @param programs The cache of where programs are.
 * @param fork Whether Deno makes the session of the child by a fork, instead of
 * `setsid`.
 * @throws {SpawnError} If the program cannot be started.
 */
function spawnAsUser(
  request: Start,
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
  const found = findAsUser(known, request, user);
  const path = found.path || request.program;
  const setsid = request.group && !fork && found.setsid !== ""
    ? [found.setsid, "--"]
    : [];
  const detached = request.group && setsid.length === 0;
  const { env = {}, ...command } = request.command;
  const { own, loader } = withoutLoader(env);
  const { through = [] } = request;
  const chain = [...setsid, ...as, ...through, ...loader, path];
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

/** Returns where a program is; throws if the user cannot execute it. */
function findAsUser(
  known: KnownProgram,
  request: SpawnRequest,
  user: User,
): Found {
  let found: Found;
  try {
    found = known.find();
  } catch (cause) {
    const why = messageOf(cause);
    const message = `Cannot become user "${user.name}": ${why}`;
    throw spawnError(request, new Deno.errors.PermissionDenied(message));
  }
  if (found.errno === 0) return found;
  throw spawnError(request, failure(request.program, found));
}

/**
 * Removes the variables of the loader from an environment, and returns the
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
