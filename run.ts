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
  /**
   * Whether it has been seen that the program can be started. Its group can
   * then be had at a price that does not grow with the memory of this program.
   */
  readonly proven: boolean;
}

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
  #ended = false;
  #gone = false;

  /**
   * Starts the child.
   *
   * @throws {SpawnError} If it can not be started; nothing runs then.
   */
  constructor(spec: RunSpec) {
    this.group = spec.group;
    this.child = throughSetsid(spec) ?? spawn(spec);
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

  #end(status: Deno.CommandStatus): Deno.CommandStatus {
    this.#ended = true;
    return status;
  }
}

/**
 * Starts a child through `setsid`, which gives it a session and a group without
 * another process. For `detached` Deno forks, which takes longer the more memory
 * this program has, and lets it do nothing else meanwhile. But `setsid` cannot
 * say why a program does not start, so it is for those that did.
 *
 * @returns The child; `undefined` if it cannot be started in this way.
 */
function throughSetsid(spec: RunSpec): Deno.ChildProcess | undefined {
  const { program, command, group, proven } = spec;
  if (!group || !proven || Deno.build.os !== "linux") return undefined;
  // Only Deno knows what a relative path is relative to.
  if (program.includes("/") && !program.startsWith("/")) return undefined;
  const args = ["--", program, ...command.args ?? []];
  try {
    return new Deno.Command("setsid", { ...command, args }).spawn();
  } catch {
    return undefined;
  }
}

/** Starts a child, without ever asking anybody for a permission. */
function spawn(
  { name, program, command, group }: RunSpec,
): Deno.ChildProcess {
  try {
    if (Deno.permissions.querySync({ name: "run" }).state !== "granted") {
      const query = { name: "run", command: program } as const;
      if (
        foundElsewhere(program, command) ||
        Deno.permissions.querySync(query).state !== "granted"
      ) {
        throw new Deno.errors.NotCapable(
          `Requires run access to "${program}", run again with --allow-run=${program}`,
        );
      }
    }
    const options = { ...command, detached: group };
    return new Deno.Command(program, options).spawn();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpawnError(`Cannot start process "${name}": ${why}`, {
      process: name,
      program,
      cause,
    });
  }
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
