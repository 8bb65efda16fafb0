/**
 * The start of a child: in the same way in each run, so that no run differs
 * from the one before it.
 *
 * - With a session of its own, on Linux: `setsid -- /path/of/program`, which
 *   Deno starts without a fork, and whose traces are those of Deno's own start.
 *   The path is asked of a child, once for each program.
 * - As a `user`: `setpriv … -- /path/of/program`, after `setsid --`.
 * - All else in Deno's own way: without a session of its own, with `uid` or
 *   `gid` (which fork in any case), where the program is not told by `PATH`
 *   and its name alone, or where there is no `setsid`. With a session that is
 *   a fork, which takes longer the more memory this program has.
 *
 * @module
 */

import { wrong } from "./validate.ts";
import { SpawnError } from "./errors.ts";
import { mayRun, mayRunAll } from "./permissions.ts";
import {
  failure,
  failureBy,
  findAgain,
  findSync,
  type Found,
  type Search,
} from "./find_program.ts";
import { become, loginEnv, lookUpSync, type User } from "./user.ts";

/** What changes how the system loads any program. */
const LOADER = /^(?:LD_|GLIBC_)/;

/** What Deno takes to start a child, and a user. */
export interface ChildOptions extends Deno.CommandOptions {
  /** The user, by name or ID, with the groups and the home of a login. */
  user?: string | number;
}

/** What a run is made from. */
export interface RunSpec {
  /** The name of the process, for messages. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** Everything else that a child is started with. */
  readonly command: ChildOptions;
  /** Whether the child leads a session of its own. */
  readonly group: boolean;
  /** What starts it. */
  readonly spawner: Spawner;
}

/** A child that has been started. */
export interface Started {
  /** Deno's view of it. */
  readonly child: Deno.ChildProcess;
  /** What the user may not have meant. */
  readonly warning?: string;
  /** Notes how it ended. */
  ended(status: Deno.CommandStatus): void;
  /**
   * Tells, of a child that ended, whether it is the program that could not be
   * started. Only a child with the code 126 or 127 costs a look. Never rejects.
   */
  explain(traces: Traces): Promise<NotStarted | undefined>;
}

/** What a run has left to be judged by. */
export interface Traces {
  /** How it ended. */
  readonly status: Deno.CommandStatus;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Returns the last lines that it wrote; `undefined` if they are not kept. */
  readonly lines: () => readonly string[] | undefined;
}

/** Why a program was not started. */
export interface NotStarted {
  /** The error with which Deno would not have started it. */
  readonly error: SpawnError;
  /** Whether it is somewhere else by now, where the next start finds it. */
  readonly moved: boolean;
}

/**
 * How long it may take to find that a program cannot be started, in
 * milliseconds, where nothing else tells that it did not run.
 */
const SOON_MS = 100;

/** How many programs are remembered. */
const PROGRAMS = 1_000;

/** How many users are remembered. */
const USERS = 1_000;

/** Starts children, and remembers where their programs are. */
export class Spawner {
  readonly #programs = new Map<string, Found>();
  /** What did not start though it is where it was, such as a script. */
  readonly #broken = new Set<string>();
  readonly #users = new Map<string, User>();
  readonly #fork: boolean;
  /** Our own user ID, once it was asked for. */
  #own: number | undefined;

  /** Creates a spawner; `fork` tells whether each start is to fork. */
  constructor({ fork = false } = {}) {
    this.#fork = fork;
  }

  /**
   * Starts a child.
   *
   * @throws {SpawnError} If it can not be started; nothing runs then.
   * @throws {TypeError} If there is no such user.
   */
  start(spec: RunSpec): Started {
    if (spec.command.user !== undefined) return this.#startAsUser(spec);
    if (!mayRunAll()) return byDeno(spawnAllowed(spec));
    return this.#startThroughSetsid(spec) ?? this.#startByDeno(spec);
  }

  /**
   * Checks that there is the user of a command, as far as that can be told.
   *
   * @throws {TypeError} If there is no such user.
   */
  checkUser(user: string | number | undefined): void {
    if (user === undefined || Deno.build.os !== "linux" || !mayRunAll()) {
      return;
    }
    try {
      this.#user(user);
    } catch (error) {
      // All else is told by the start.
      if (error instanceof TypeError) throw error;
    }
  }

  /** Starts a child through `setsid`, if the path of its program is known. */
  #startThroughSetsid(spec: RunSpec): Started | undefined {
    const { uid, gid, env } = spec.command;
    if (
      this.#fork || !spec.group || Deno.build.os !== "linux" ||
      uid !== undefined || gid !== undefined ||
      // It is for the program, and not for what leads to it.
      Object.keys(env ?? {}).some((name) => LOADER.test(name))
    ) return undefined;
    const search = searchLikeDeno(spec);
    if (search === undefined) return undefined;
    const key = keyOf(search);
    try {
      if (this.#broken.delete(key) && findSync(search, "deep").errno !== 0) {
        return undefined;
      }
      const found = this.#find(key, search);
      const { path, setsid, errno } = found;
      // Deno itself says best what is wrong.
      if (path === "" || setsid === "" || errno !== 0) return undefined;
      const command = [setsid, "--", path];
      const child = spawn(command, spec.command, false);
      return this.#started(child, spec, key, {
        ...search,
        program: path,
      });
    } catch {
      // A missing directory, for example.
      this.#programs.delete(key);
      return undefined;
    }
  }

  /** Starts a child as another user, or says what is in the way. */
  #startAsUser(spec: RunSpec): Started {
    const { command: { user: wanted = "", ...command }, program, group } = spec;
    const user = this.#allowedUser(spec, wanted);
    const env = { ...loginEnv(user), ...command.env };
    if (user.uid === user.own && user.uid !== 0) {
      return this.start({ ...spec, command: { ...command, env } });
    }
    if (user.setpriv === "") {
      const why = `the option "user" needs "setpriv" of util-linux`;
      throw spawnError(spec, new Deno.errors.NotFound(why));
    }
    const as = become(user);
    const search = { ...searchLikeLogin(spec), as };
    const key = keyOf(search);
    let found: Found;
    try {
      found = this.#find(key, search);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot become user "${user.name}": ${why}`;
      throw spawnError(spec, new Deno.errors.PermissionDenied(message));
    }
    if (found.errno !== 0) throw spawnError(spec, failure(program, found));
    const path = found.path || program;
    const setsid = group && !this.#fork && found.setsid !== ""
      ? [found.setsid, "--"]
      : [];
    const { own, loader } = apart(env);
    const chain = [...setsid, ...as, ...loader, path];
    try {
      const detached = group && setsid.length === 0;
      const child = spawn(chain, { ...command, env: own }, detached);
      return this.#started(child, spec, key, { ...search, program: path });
    } catch (cause) {
      this.#programs.delete(key);
      if (cause instanceof Error) {
        // It is the program that does not start, not what leads to it.
        cause.message = cause.message.replace(`'${chain[0]}'`, `'${path}'`);
      }
      throw spawnError(spec, cause);
    }
  }

  #allowedUser(spec: RunSpec, user: string | number): User {
    if (Deno.build.os !== "linux") {
      const why = `the option "user" is for Linux`;
      throw spawnError(spec, new Deno.errors.NotSupported(why));
    }
    if (!mayRunAll()) {
      const why =
        `Requires run access to all programs for the option "user", ` +
        `run again with the --allow-run flag`;
      throw spawnError(spec, new Deno.errors.NotCapable(why));
    }
    try {
      return this.#user(user);
    } catch (cause) {
      throw cause instanceof TypeError ? cause : spawnError(spec, cause);
    }
  }

  #user(wanted: string | number): User {
    const key = String(wanted);
    const user = this.#users.get(key) ?? lookUpSync(wanted);
    if (user === undefined) wrong("user", "a user of this system", wanted);
    remember(this.#users, key, user, USERS);
    return user;
  }

  /** Starts a child in Deno's own way. */
  #startByDeno(spec: RunSpec): Started {
    const started = byDeno(spawnByDeno(spec));
    const { uid, gid } = spec.command;
    if (!uid || gid !== undefined || this.#ownUid() !== 0) return started;
    const warning = `Process "${spec.name}" runs as user ${uid} with the ` +
      `group and HOME of root: the option "user" gives it those of the user`;
    return { ...started, warning };
  }

  #ownUid(): number | undefined {
    const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
    if (state === "granted") return Deno.uid() ?? undefined;
    try {
      return this.#own ??= lookUpSync(0)?.own;
    } catch {
      return undefined;
    }
  }

  /** Returns where a program is; what cannot be executed is not remembered. */
  #find(key: string, search: Search): Found {
    const known = this.#programs.get(key);
    const found = known ?? findSync(search);
    if (found.errno === 0) remember(this.#programs, key, found, PROGRAMS);
    return found;
  }

  #started(
    child: Deno.ChildProcess,
    spec: RunSpec,
    key: string,
    search: Search,
  ): Started {
    return {
      child,
      ended: (status) => {
        if (perhapsNotStarted(status)) this.#programs.delete(key);
      },
      explain: async ({ status, durationMs, lines }) => {
        if (!perhapsNotStarted(status) || !mayRunAll()) return undefined;
        const text = lines()?.join("\n");
        const reason = text && reasonOf(text, search.program);
        // It ran, or else there would be a line that says why not.
        if (text === undefined ? durationMs > SOON_MS : !reason) {
          return undefined;
        }
        const { cause, moved = false } = await whyNot(spec, search, reason);
        if (cause === undefined) return undefined;
        if (this.#broken.size >= PROGRAMS) this.#broken.clear();
        this.#broken.add(key);
        return { error: spawnError(spec, cause), moved };
      },
    };
  }
}

/**
 * Takes the variables that change how programs are loaded out of an environment,
 * and returns a command that sets them for the program alone.
 */
function apart(env: Record<string, string>) {
  const [loads = [], others = []] = [true, false].map((wanted) =>
    Object.entries(env).filter(([name]) => LOADER.test(name) === wanted)
  );
  const loader = loads.length > 0
    ? ["/usr/bin/env", ...loads.map(([name, value]) => `${name}=${value}`)]
    : [];
  return { own: Object.fromEntries(others), loader };
}

/** Keeps something under a name, and lets go of the oldest if it is too much. */
function remember<T>(
  map: Map<string, T>,
  key: string,
  value: T,
  most: number,
): void {
  if (map.size >= most && !map.has(key)) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}

/** A shell gives these codes to what it cannot start; so does `setsid`. */
function perhapsNotStarted({ code }: Deno.CommandStatus): boolean {
  return code === 126 || code === 127;
}

/**
 * Reads why a program could not be executed, if `setsid` or `setpriv` says so
 * and nothing else was written.
 */
function reasonOf(text: string, path: string): string | undefined {
  if (!/^(?:setsid|setpriv): /.test(text)) return undefined;
  // The path may hold anything, and be the beginning of another one.
  const at = text.lastIndexOf(path);
  const [before, after] = [text.slice(0, at), text.slice(at + path.length)];
  if (at < 0 || !/[ '"]$/.test(before)) return undefined;
  return /^['"]?: ([^:\n]+)$/.exec(after)?.[1];
}

/** Returns with what Deno would have failed to start a program, if so. */
async function whyNot(
  { program, command: { cwd = "." } }: RunSpec,
  search: Search,
  reason: string | undefined,
): Promise<{ cause?: Error | undefined; moved?: boolean }> {
  const path = search.program;
  const said = reason === undefined ? undefined : failureBy(path, reason);
  try {
    // What interprets a script may be told from the working directory.
    const found = await findAgain({ ...search, cwd });
    if (found.errno === 0) return { cause: said };
    if (!program.includes("/") && found.path === "") {
      const again = await findAgain({ ...search, program });
      if (again.errno !== 0) return { cause: failure(program, again) };
      return { cause: failure(path, found), moved: true };
    }
    return { cause: failure(path, found) };
  } catch {
    // Nothing else can be told.
    return { cause: said };
  }
}

/** What tells one program from another, and one place from another. */
function keyOf({ program, path, cwd, as }: Search): string {
  if (program.startsWith("/")) return [program, ...as].join("\0");
  const where = program.includes("/") ? `${cwd}` : path ?? ownPath();
  return [program, where, ...as].join("\0");
}

/** The `PATH` of this program, as far as this program can change it. */
function ownPath(): string | undefined {
  const query = { name: "env", variable: "PATH" } as const;
  const { state } = Deno.permissions.querySync(query);
  return state === "granted" ? Deno.env.get("PATH") ?? "" : undefined;
}

/** A path that Deno would write otherwise, which a program can see. */
const UNTIDY = /\/(\.{0,2})(\/|$)/;

/** Where a program is looked for; `undefined` if Deno alone knows. */
function searchLikeDeno(
  { program, command: { clearEnv, env } }: RunSpec,
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

/** Where a program is looked for by `setpriv`. */
function searchLikeLogin({ program, command }: RunSpec): Omit<Search, "as"> {
  const { clearEnv, env, cwd = "." } = command;
  if (program.startsWith("/")) return { program };
  if (program.includes("/")) return { program, cwd };
  return {
    program,
    path: env?.PATH ?? (clearEnv ? "/bin:/usr/bin" : undefined),
  };
}

/** Starts a child where not all programs are allowed, without asking anybody. */
function spawnAllowed(spec: RunSpec): Deno.ChildProcess {
  const { program, command } = spec;
  const query = { name: "run", command: program } as const;
  if (
    !mayRun() && foundElsewhere(program, command) ||
    Deno.permissions.querySync(query).state !== "granted"
  ) {
    const message =
      `Requires run access to "${program}", run again with --allow-run=${program}`;
    throw spawnError(spec, new Deno.errors.NotCapable(message));
  }
  return spawnByDeno(spec);
}

/** Starts a child in the way of Deno, whose errors are exact. */
function spawnByDeno(spec: RunSpec): Deno.ChildProcess {
  const { program, command, group } = spec;
  try {
    return new Deno.Command(program, { ...command, detached: group }).spawn();
  } catch (cause) {
    throw spawnError(spec, cause);
  }
}

/** Starts a program that leads to another one. */
function spawn(
  [first = "", ...more]: readonly string[],
  command: Deno.CommandOptions,
  detached: boolean,
): Deno.ChildProcess {
  const args = [...more, ...command.args ?? []];
  return new Deno.Command(first, { ...command, args, detached }).spawn();
}

/** A child of Deno's own start, which has told all that can go wrong. */
function byDeno(child: Deno.ChildProcess): Started {
  return { child, ended() {}, explain: () => Promise.resolve(undefined) };
}

/** Makes the error of a process that cannot be started; `what` failed, if said. */
export function spawnError(
  { name, program }: Pick<RunSpec, "name" | "program">,
  cause: unknown,
  what: string = "",
): SpawnError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpawnError(`Cannot start process "${name}": ${what}${why}`, {
    process: name,
    program,
    cause,
  });
}

/**
 * Whether Deno looks for a program elsewhere than where this program would find
 * it: for another one it would ask somebody for permission.
 */
function foundElsewhere(
  program: string,
  { cwd, env }: Deno.CommandOptions,
): boolean {
  if (program.startsWith("/")) return false;
  return program.includes("/") ? cwd !== undefined : env?.PATH !== undefined;
}
