/**
 * One run of a program: a child process, the group that it leads, and signals
 * that never reach anybody else.
 *
 * @module
 */

import { SpawnError } from "./errors.ts";

/**
 * The status of a child that was ended by a signal that Deno has no name for,
 * such as a real-time signal: Deno then reports no status at all.
 */
const UNKNOWN: Deno.CommandStatus = { success: false, code: 128, signal: null };

/** What a run is made from. */
export interface RunSpec {
  /** The name of the process, for messages. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** Everything else that Deno takes. */
  readonly command: Deno.CommandOptions;
  /** Whether the child leads a process group of its own. */
  readonly group: boolean;
  /** The programs that have started; `undefined` if each start is to fork. */
  readonly programs: Set<string> | undefined;
}

/** How many programs are remembered. */
const PROGRAMS = 1_000;

/** A child process from its start to the end of its group. */
export class Run {
  /** Deno's view of the child. */
  readonly child: Deno.ChildProcess;
  /** The process ID of the child, and of its group if it leads one. */
  readonly pid: number;
  /** Whether the child leads a process group of its own. */
  readonly group: boolean;
  /** When the child started, in milliseconds of the monotonic clock. */
  readonly startedAt: number = performance.now();
  /** How the child ended. Never rejects. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #programs: Set<string> | undefined;
  readonly #program: string;
  #ended = false;
  #gone = false;

  /**
   * Starts the child.
   *
   * @throws {SpawnError} If it can not be started; nothing runs then.
   */
  constructor(spec: RunSpec) {
    const { group, programs } = spec;
    this.group = group;
    this.#programs = programs;
    this.#program = identity(spec);
    const { state } = Deno.permissions.querySync({ name: "run" });
    this.child = state === "granted"
      ? this.#again(spec) ?? spawn(spec)
      : spawnAllowed(spec);
    if (programs && programs.size < PROGRAMS) programs.add(this.#program);
    this.pid = this.child.pid;
    this.status = this.child.status.then(
      (status) => this.#end(status),
      () => this.#end(UNKNOWN),
    );
  }

  /** Whether the child itself has not ended yet, as far as the kernel told. */
  get alive(): boolean {
    return !this.#ended;
  }

  /**
   * Sends a signal to the child alone.
   *
   * @returns Whether there still was a child.
   * @throws {Deno.errors.PermissionDenied} If the child runs as somebody else.
   */
  signal(signal: Deno.Signal): boolean {
    if (this.#ended) return false;
    try {
      this.child.kill(signal);
      return true;
    } catch (error) {
      // Deno reports a child whose end it has seen by a TypeError.
      const gone = error instanceof TypeError ||
        error instanceof Deno.errors.NotFound;
      if (gone) return false;
      throw error;
    }
  }

  /**
   * Sends a signal to all of the group, or to the child if it leads none.
   *
   * @returns Whether there still was anybody.
   * @throws {Deno.errors.PermissionDenied} If all of them run as somebody else.
   */
  signalGroup(signal: Deno.Signal): boolean {
    if (!this.group) return this.signal(signal);
    return this.#tryGroup(signal);
  }

  /**
   * Whether anything of the group is still there: the child, what it started,
   * or what of it is dead and waits to be reaped.
   */
  groupLeft(): boolean {
    if (!this.#ended) return true;
    if (!this.group) return false;
    try {
      return this.#tryGroup(0);
    } catch {
      return true;
    }
  }

  /** Notes that nobody is left, so that no signal is sent any more. */
  groupEnded(): void {
    this.#gone = true;
  }

  #tryGroup(signal: Deno.Signal | 0): boolean {
    // The number of a group that is gone may belong to somebody else next.
    if (this.#gone) return false;
    try {
      Deno.kill(-this.pid, signal);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // Until `setsid` has made the group, there is the child alone.
      if (!this.#ended) return signal === 0 || this.signal(signal);
      this.#gone = true;
      return false;
    }
  }

  /** Starts a program that has started before, if that takes no fork. */
  #again(spec: RunSpec): Deno.ChildProcess | undefined {
    if (!this.#programs?.has(this.#program)) return undefined;
    return throughSetsid(spec);
  }

  #end(status: Deno.CommandStatus): Deno.CommandStatus {
    this.#ended = true;
    // A shell gives these to what it cannot start, and so does `setsid`.
    const { code } = status;
    if (code === 126 || code === 127) this.#programs?.delete(this.#program);
    return status;
  }
}

/** What tells one program from another of the same name. */
function identity({ program, command: { env, uid, gid } }: RunSpec): string {
  return [program, env?.PATH, uid, gid].join("\0");
}

/**
 * Starts a child through `setsid`, which gives it a session and a group without
 * forking. That is what Deno does for `detached`, which takes longer the more
 * memory this program has, and lets it do nothing else meanwhile. But `setsid`
 * cannot say why a program does not start, so it is for those that did.
 *
 * @returns The child; `undefined` if it cannot be started in this way.
 */
function throughSetsid(spec: RunSpec): Deno.ChildProcess | undefined {
  const { program, command, group } = spec;
  if (!group || !foundAlike(spec)) return undefined;
  const args = ["--", program, ...command.args ?? []];
  try {
    return new Deno.Command("setsid", { ...command, args }).spawn();
  } catch {
    return undefined;
  }
}

/** Whether `setsid` finds the same program as Deno. */
function foundAlike({ program, command: { clearEnv, env } }: RunSpec): boolean {
  if (Deno.build.os !== "linux") return false;
  // What a path is relative to, and a `PATH` that is cleared, Deno alone knows.
  return program.startsWith("/") ||
    (!program.includes("/") && (!clearEnv || env?.PATH !== undefined));
}

/** Starts a child where not all programs are allowed, without asking anybody. */
function spawnAllowed(spec: RunSpec): Deno.ChildProcess {
  const { program, command } = spec;
  const query = { name: "run", command: program } as const;
  if (
    foundElsewhere(program, command) ||
    Deno.permissions.querySync(query).state !== "granted"
  ) {
    const message =
      `Requires run access to "${program}", run again with --allow-run=${program}`;
    throw spawnError(spec, new Deno.errors.NotCapable(message));
  }
  return spawn(spec);
}

/** Starts a child in the way of Deno. */
function spawn(spec: RunSpec): Deno.ChildProcess {
  const { program, command, group } = spec;
  try {
    const options = { ...command, detached: group };
    return new Deno.Command(program, options).spawn();
  } catch (cause) {
    throw spawnError(spec, cause);
  }
}

function spawnError({ name, program }: RunSpec, cause: unknown): SpawnError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpawnError(`Cannot start process "${name}": ${why}`, {
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
