/**
 * One run of a program: a child process, the session and the process group that
 * it leads, and signals to these alone.
 *
 * @module
 */

import type {
  Child,
  Kernel,
  NotStarted,
  SpawnedChild,
  SpawnRequest,
  Traces,
} from "./kernel.ts";

/**
 * The status of a child that was ended by a signal that Deno has no name for,
 * such as a real-time signal. Deno reports no status of such a child.
 */
const UNKNOWN: Deno.CommandStatus = { success: false, code: 128, signal: null };

/** A signal that was sent. */
export interface Sent {
  /** The signal. */
  readonly signal: Deno.Signal;
  /** When it was sent, in milliseconds of the kernel's `now()`. */
  readonly at: number;
}

/** A child process from its start to the end of its group. */
export class Run {
  /** The child. */
  readonly child: Child;
  /** The process ID of the child, and of its group if it leads one. */
  readonly pid: number;
  /** Whether the child leads a session and a process group. */
  readonly group: boolean;
  /** When the child started, in milliseconds of the kernel's `now()`. */
  readonly startedAt: number;
  /** How the child ended. Never rejects. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #kernel: Kernel;
  readonly #spawned: SpawnedChild;
  #asked: Sent | undefined;
  /** What can be left: the child and its group, only its group, or nothing. */
  #left: "child" | "group" | "nothing" = "child";

  /**
   * Starts the child.
   *
   * @throws {SpawnError} If it cannot be started; nothing runs then.
   */
  constructor(request: SpawnRequest, kernel: Kernel) {
    this.#kernel = kernel;
    this.group = request.group;
    this.startedAt = kernel.now();
    this.#spawned = kernel.spawn(request);
    this.child = this.#spawned.child;
    this.pid = this.child.pid;
    this.status = this.child.status.then(
      (status) => this.#end(status),
      () => this.#end(UNKNOWN),
    );
  }

  /** A warning about how the child was started; `undefined` for none. */
  get warning(): string | undefined {
    return this.#spawned.warning;
  }

  /**
   * Returns why the program of a child that has ended was not started;
   * `undefined` if it was started. Never rejects.
   */
  explain(traces: Traces): Promise<NotStarted | undefined> {
    return this.#spawned.explain?.(traces) ?? Promise.resolve(undefined);
  }

  /** Whether the end of the child has not been reported yet. */
  get alive(): boolean {
    return this.#left === "child";
  }

  /**
   * Sends a signal to the child alone.
   *
   * @returns Whether the child was still there.
   * @throws {Deno.errors.PermissionDenied} If the child runs as another user.
   */
  signal(signal: Deno.Signal): boolean {
    if (!this.alive) return false;
    try {
      this.child.kill(signal);
      return true;
    } catch (error) {
      // Deno throws `TypeError` once it has seen the end of the child, and
      // `NotFound` before that.
      const gone = error instanceof TypeError ||
        error instanceof Deno.errors.NotFound;
      if (gone) return false;
      throw error;
    }
  }

  /**
   * Sends a signal to a whole group, or to the child if it leads none.
   *
   * @param signal The signal.
   * @param group The group of the child, or another one in its session.
   * @returns Whether there was still a process to receive the signal.
   * @throws {Deno.errors.PermissionDenied} If the whole group runs as another
   * user.
   */
  signalGroup(signal: Deno.Signal, group: number = this.pid): boolean {
    const own = group === this.pid;
    if (!this.#reachesGroups) return own && this.signal(signal);
    return own
      ? this.#signalOwnGroup(signal)
      : this.#kernel.kill(-group, signal);
  }

  /**
   * Asks the child alone to end, before the rest of a stop begins.
   *
   * @returns Whether the child was still there.
   */
  ask(signal: Deno.Signal): boolean {
    const reached = this.trySignal(signal);
    if (reached) this.#asked = { signal, at: this.#kernel.now() };
    return reached;
  }

  /** The signal that `ask()` has sent; `undefined` if it has sent none. */
  get asked(): Sent | undefined {
    return this.#asked;
  }

  /**
   * Sends the child a signal that should end it, and continues it, because a
   * suspended child cannot act on the signal.
   *
   * @returns Whether the signal was sent.
   */
  trySignal(signal: Deno.Signal): boolean {
    return tryToEnd(signal, (each) => this.signal(each));
  }

  /** Like `trySignal()`, for another process just seen in the child's group. */
  trySignalMember(signal: Deno.Signal, pid: number): boolean {
    return this.#reachesGroups &&
      tryToEnd(signal, (each) => this.#kernel.kill(pid, each));
  }

  /** Like `trySignal()`, for a group. */
  trySignalGroup(signal: Deno.Signal, group: number): boolean {
    return tryToEnd(signal, (each) => this.signalGroup(each, group));
  }

  /**
   * Returns whether anything of the group is left: the child, a process that it
   * started, or a process that has ended but has not been reaped.
   */
  groupLeft(): boolean {
    if (this.alive) return true;
    if (!this.#reachesGroups) return false;
    try {
      return this.#signalOwnGroup(0);
    } catch {
      return true;
    }
  }

  /** Records that nothing is left, so that no more signals are sent. */
  groupEnded(): void {
    this.#left = "nothing";
  }

  /**
   * Whether signals can be sent to groups. That needs a permission that can be
   * revoked; without it, signals reach only the child.
   */
  get #reachesGroups(): boolean {
    return this.group && this.#kernel.sessions;
  }

  #signalOwnGroup(signal: Deno.Signal | 0): boolean {
    // Once a group is gone, the system can give its number to another group.
    if (this.#left === "nothing") return false;
    if (this.#kernel.kill(-this.pid, signal)) return true;
    // There is no group until `setsid` has made one.
    if (this.alive) return signal === 0 || this.signal(signal);
    this.#left = "nothing";
    return false;
  }

  #end(status: Deno.CommandStatus): Deno.CommandStatus {
    if (this.#left === "child") this.#left = "group";
    this.#spawned.ended?.(status);
    return status;
  }
}

/** Sends a signal that should end its target, and then continues the target. */
function tryToEnd(
  signal: Deno.Signal,
  send: (signal: Deno.Signal) => boolean,
): boolean {
  try {
    const reached = send(signal);
    if (reached && signal !== "SIGKILL") send("SIGCONT");
    return reached;
  } catch {
    // The target ends by itself, or is reported as a survivor.
    return false;
  }
}
