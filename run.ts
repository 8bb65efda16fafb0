/**
 * One run of a program: a child process, the session and the process group that
 * it leads, and signals that reach nothing else.
 *
 * @module
 */

import { mayRun } from "./permissions.ts";
import type { NotStarted, RunSpec, Started, Traces } from "./spawn.ts";

/**
 * The status of a child that was ended by a signal that Deno has no name for,
 * such as a real-time signal: Deno then reports no status at all.
 */
const UNKNOWN: Deno.CommandStatus = { success: false, code: 128, signal: null };

/** A signal that was sent. */
export interface Sent {
  /** The signal. */
  readonly signal: Deno.Signal;
  /** When, in milliseconds of the monotonic clock. */
  readonly at: number;
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
  readonly #started: Started;
  #asked: Sent | undefined;
  #ended = false;
  #gone = false;

  /**
   * Starts the child.
   *
   * @throws {SpawnError} If it can not be started; nothing runs then.
   */
  constructor(spec: RunSpec) {
    this.group = spec.group;
    this.#started = spec.spawner.start(spec);
    this.child = this.#started.child;
    this.pid = this.child.pid;
    this.status = this.child.status.then(
      (status) => this.#end(status),
      () => this.#end(UNKNOWN),
    );
  }

  /** What the user may not have meant by the way it was started. */
  get warning(): string | undefined {
    return this.#started.warning;
  }

  /**
   * Tells, of a child that ended, whether its program could not be started at
   * all. Never rejects.
   */
  explain(traces: Traces): Promise<NotStarted | undefined> {
    return this.#started.explain(traces);
  }

  /** Whether the child itself has not ended yet, as far as the kernel told. */
  get alive(): boolean {
    return !this.#ended;
  }

  /**
   * Sends a signal to the child alone.
   *
   * @returns Whether there still was a child.
   * @throws {Deno.errors.PermissionDenied} If the child runs as another user.
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
   * Sends a signal to all of a group, or to the child if it leads none.
   *
   * @param signal The signal.
   * @param group The group: that of the child, or another one in its session.
   * @returns Whether there still was anything.
   * @throws {Deno.errors.PermissionDenied} If all of it runs as another user.
   */
  signalGroup(signal: Deno.Signal, group: number = this.pid): boolean {
    // Without the permission, which can be revoked, there is the child alone.
    const own = group === this.pid;
    if (!this.group || !mayRun()) return own && this.signal(signal);
    return own ? this.#tryGroup(signal) : kill(-group, signal);
  }

  /**
   * Asks the child alone to end, before all that a stop takes.
   *
   * @returns Whether there still was a child.
   */
  ask(signal: Deno.Signal): boolean {
    const reached = this.trySignal(signal);
    if (reached) this.#asked = { signal, at: performance.now() };
    return reached;
  }

  /** By what `ask()` asked the child to end, and when. */
  get asked(): Sent | undefined {
    return this.#asked;
  }

  /**
   * Sends the child a signal that is to end it, and lets it continue if it is
   * suspended, since it cannot act on the signal before.
   *
   * @returns Whether it could be sent.
   */
  trySignal(signal: Deno.Signal): boolean {
    return tryToEnd(signal, (each) => this.signal(each));
  }

  /** Does the same with another process that was just seen in its group. */
  trySignalMember(signal: Deno.Signal, pid: number): boolean {
    return this.group && mayRun() &&
      tryToEnd(signal, (each) => kill(pid, each));
  }

  /** Does the same with a group. */
  trySignalGroup(signal: Deno.Signal, group: number): boolean {
    return tryToEnd(signal, (each) => this.signalGroup(each, group));
  }

  /**
   * Whether anything of the group is still there: the child, what it started,
   * or what of it is dead and waits to be reaped.
   */
  groupLeft(): boolean {
    if (!this.#ended) return true;
    if (!this.group || !mayRun()) return false;
    try {
      return this.#tryGroup(0);
    } catch {
      return true;
    }
  }

  /** Notes that nothing is left, so that no signal is sent any more. */
  groupEnded(): void {
    this.#gone = true;
  }

  #tryGroup(signal: Deno.Signal | 0): boolean {
    // The number of a group that is gone may belong to another one next.
    if (this.#gone) return false;
    if (kill(-this.pid, signal)) return true;
    // Until `setsid` has made the group, there is the child alone.
    if (!this.#ended) return signal === 0 || this.signal(signal);
    this.#gone = true;
    return false;
  }

  #end(status: Deno.CommandStatus): Deno.CommandStatus {
    this.#ended = true;
    this.#started.ended(status);
    return status;
  }
}

/** Sends a signal to a target of `kill(2)`; `false` if there is no such one. */
function kill(target: number, signal: Deno.Signal | 0): boolean {
  try {
    Deno.kill(target, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Sends a signal that is to end its target, as far as that is possible. */
function tryToEnd(
  signal: Deno.Signal,
  send: (signal: Deno.Signal) => boolean,
): boolean {
  try {
    const reached = send(signal);
    if (reached && signal !== "SIGKILL") send("SIGCONT");
    return reached;
  } catch {
    // It ends by itself, or is reported as a survivor.
    return false;
  }
}
