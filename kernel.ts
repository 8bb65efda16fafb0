/**
 * The system as a manager uses it: children, signals, the process table, time
 * and random numbers. `system.ts` implements it with Deno; a test can use
 * another implementation.
 *
 * @module
 */

/** A clock that tells the time and can wait. */
export interface Clock {
  /**
   * Returns the time of a monotonic clock in milliseconds, as
   * `performance.now()` does.
   */
  now(): number;
  /** Returns the time in milliseconds since the epoch, as `Date.now()` does. */
  time(): number;
  /**
   * Waits for a time. The promise resolves when the time is over or
   * `options.signal` is aborted, whichever comes first. Never rejects.
   *
   * @param ms The time in milliseconds. It can be longer than the longest timer
   * of `setTimeout()`.
   * @param options The signal that ends the wait early, and whether the wait
   * keeps the program alive.
   */
  delay(ms: number, options?: DelayOptions): Promise<void>;
}

/** Options for {@linkcode Clock.delay}. */
export interface DelayOptions {
  /** Ends the wait when the signal is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the wait keeps the program alive.
   *
   * @default {true}
   */
  readonly persistent?: boolean | undefined;
}

/**
 * The system on which a manager runs its processes. A kernel works without the
 * optional methods, with fewer checks and reports.
 */
export interface Kernel extends Clock {
  /**
   * Whether a child can lead its own session, and `kill()` can send a signal to
   * a process group. If not, a stop reaches each child, but not the processes
   * that the child started. The value can change at any time, because a
   * permission can be revoked.
   */
  readonly sessions: boolean;
  /**
   * Checks that the user of a command exists. The manager calls this before it
   * starts a process with the option `user`. A kernel without this method
   * leaves the check to `spawn()`.
   *
   * @param user The name or the ID of the user.
   * @throws {TypeError} If there is no such user.
   */
  checkUser?(user: string | number): void;
  /**
   * Starts a child.
   *
   * @param request What to start.
   * @returns The running child.
   * @throws {SpawnError} If the child cannot be started; nothing runs then.
   * @throws {TypeError} If the user of the command does not exist.
   */
  spawn(request: SpawnRequest): SpawnedChild;
  /**
   * Sends a signal to a process or to a process group.
   *
   * @param target The ID of the process, or the negative ID of the group.
   * @param signal The signal; `0` only checks whether the target exists.
   * @returns Whether the target exists.
   * @throws {Deno.errors.PermissionDenied} If all processes of the target run
   * as another user.
   */
  kill(target: number, signal: Deno.Signal | 0): boolean;
  /**
   * Reads the process table. Never rejects.
   *
   * @returns The table; `undefined` if it cannot be read.
   */
  readTable(): Promise<TableReading | undefined>;
  /**
   * Reads which pipes each process can read and write. Never rejects. Without
   * this method, the manager cannot find the processes that hold an output open
   * after the end of a run.
   *
   * @returns The pipes by process ID; empty if they cannot be read.
   */
  readPipes?(): Promise<ReadonlyMap<number, ProcessPipes>>;
  /**
   * Reads the control groups of processes, and which process adopts orphans.
   * Never rejects. Without this method, the manager does not warn about
   * programs that put themselves into the background.
   *
   * @param pids The process IDs, including the ID of this program.
   * @returns What is known.
   */
  readOrigins?(pids: readonly number[]): Promise<ProcessOrigins>;
  /** Returns a random number in `[0, 1)`, as `Math.random()` does. */
  random(): number;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  /** The length of a line. */
  readonly columns: number;
  /** The number of lines. */
  readonly rows: number;
}

/** The options of `Deno.Command`, a user, and whether there is a terminal. */
export interface ChildOptions extends Deno.CommandOptions {
  /**
   * Whether the child runs on a terminal of its own, which is its stdin, stdout
   * and stderr. {@linkcode Child.stdin} and {@linkcode Child.stdout} are then
   * the other end of the terminal.
   */
  tty?: boolean | undefined;
  /**
   * The user that the child runs as, by name or ID. The child also gets the
   * groups of the user, and `HOME`, `USER` and `LOGNAME` as after a login
   * unless `env` sets them.
   */
  user?: string | number | undefined;
}

/** A request to start a child. */
export interface SpawnRequest {
  /** The name of the process, for messages. */
  readonly name: string;
  /** The program: a path, or a name that is looked up in `PATH`. */
  readonly program: string;
  /** The arguments, the environment and the other options of the child. */
  readonly command: ChildOptions;
  /**
   * Whether the child leads its own session, and with it a process group. It is
   * `false` if {@linkcode Kernel.sessions} was `false` when the manager was
   * created.
   */
  readonly group: boolean;
}

/** A child process. `Deno.ChildProcess` is an implementation. */
export interface Child {
  /** The process ID. */
  readonly pid: number;
  /**
   * Resolves with the status of the child when the child has ended. If it
   * rejects, the manager assumes the exit code 128. The promise of a
   * `Deno.ChildProcess` rejects after a signal that Deno has no name for.
   */
  readonly status: Promise<Deno.CommandStatus>;
  /** The stdin of the child. The manager uses it only if it is piped. */
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  /**
   * The stdout of the child. The manager reads it only if it is piped. It must
   * be a stream of the type `"bytes"`, and close when the child has ended.
   */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The stderr of the child. The requirements are the same as for `stdout`. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Sends a signal to the child alone.
   *
   * @throws {TypeError} If the child has ended.
   * @throws {Deno.errors.NotFound} If the child has ended, but `status` has not
   * resolved yet.
   * @throws {Deno.errors.PermissionDenied} If the child runs as another user.
   */
  kill(signal: Deno.Signal): void;
  /** Changes the size of its terminal, if it runs on one. */
  resize?(size: TerminalSize): void;
  /** Makes the child keep this program alive. */
  ref(): void;
  /** Makes the child no longer keep this program alive. */
  unref(): void;
}

/** A child that has been started. */
export interface SpawnedChild {
  /** The child. */
  readonly child: Child;
  /**
   * A warning about how the child was started. The manager logs it at the first
   * run of a process.
   */
  readonly warning?: string | undefined;
  /** Called with the status of the child when the child has ended. */
  ended?(status: Deno.CommandStatus): void;
  /**
   * Finds out whether a child ended because its program could not be started.
   * The manager calls this method when a child has ended without having been
   * asked to. A kernel whose `spawn()` reports all such failures does not need
   * it. Never rejects.
   *
   * @param traces What is known about the child.
   * @returns The reason; `undefined` if the program was started.
   */
  explain?(traces: Traces): Promise<NotStarted | undefined>;
}

/** What is known about a child that has ended. */
export interface Traces {
  /** How the child ended. */
  readonly status: Deno.CommandStatus;
  /** How long the child lived, in milliseconds. */
  readonly durationMs: number;
  /**
   * Returns the last lines that the child wrote to either output; `undefined`
   * if stderr is not piped, or if the buffer can be too small to hold these
   * lines.
   */
  readonly lines: () => readonly string[] | undefined;
}

/** Why a program was not started. */
export interface NotStarted {
  /** The error that `spawn()` would have thrown for the same reason. */
  readonly error: Error;
  /**
   * Whether the program is now in another folder of `PATH`. If so, the manager
   * starts it again at once, whatever the restart policy.
   */
  readonly moved: boolean;
}

/** A living process in the process table. */
export interface ProcessEntry {
  /** The process ID. */
  readonly pid: number;
  /** The name, which Linux cuts to 15 bytes. It can contain any character. */
  readonly name: string;
  /** The process ID of the parent. */
  readonly parent: number;
  /** The ID of the process group. */
  readonly group: number;
  /** The ID of the session; the ID of the group if the session is unknown. */
  readonly session: number;
  /**
   * When the process started, in hundredths of a second since the system
   * started; 0 if that is unknown.
   */
  readonly startedAt: number;
}

/**
 * The earliest and the latest time at which something can have happened, in
 * milliseconds of {@linkcode Clock.now}.
 */
export interface Interval {
  /** The earliest possible time. */
  readonly earliest: number;
  /** The latest possible time. */
  readonly latest: number;
}

/** The result of reading the process table once. */
export interface TableReading {
  /** The living processes. */
  readonly processes: readonly ProcessEntry[];
  /**
   * The process that read the table, and when it started. `processes` also
   * lists it. From these facts, the manager computes when other processes
   * started. Without `reader`, their start times are unknown.
   */
  readonly reader?:
    | { readonly pid: number; readonly startedAt: Interval }
    | undefined;
  /** The IDs of processes that ended before their entries could be read. */
  readonly unread?: ReadonlySet<number> | undefined;
  /**
   * The session of each process that has ended but has not been reaped, by
   * process ID.
   */
  readonly dead?: ReadonlyMap<number, number> | undefined;
}

/**
 * The pipes that a process has open. Each pipe has one ID, which is the same
 * for all processes.
 */
export interface ProcessPipes {
  /** The IDs of the pipes that the process can read. */
  readonly read: ReadonlySet<string>;
  /** The IDs of the pipes that the process can write. */
  readonly written: ReadonlySet<string>;
}

/** Facts that show whether a process is an orphan of this program. */
export interface ProcessOrigins {
  /**
   * The ID of the process that becomes the parent of a descendant of this
   * program when its own parent ends; 0 if it is unknown.
   */
  readonly reaper: number;
  /**
   * The control group of each process, by process ID. The manager only compares
   * these texts with each other.
   */
  readonly groups: ReadonlyMap<number, string>;
}
