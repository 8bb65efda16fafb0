/**
 * What a manager needs of the system: children, signals, the process table, time
 * and chance. `system.ts` is the kernel of real programs; a test may have another.
 *
 * @module
 */

/** A clock, and waits by it. */
export interface Clock {
  /** Returns milliseconds of a clock that nobody can set, as `performance.now()` does. */
  now(): number;
  /** Returns milliseconds since the epoch, as `Date.now()` does. */
  time(): number;
  /**
   * Resolves after a time, or as soon as a signal is aborted. Never rejects.
   *
   * @param ms The time in milliseconds.
   * @param options What cuts the wait short, and whether it keeps the program
   * alive.
   */
  delay(ms: number, options?: DelayOptions): Promise<void>;
}

/** Options for {@linkcode Clock.delay}. */
export interface DelayOptions {
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the wait keeps the program alive.
   *
   * @default {true}
   */
  readonly persistent?: boolean | undefined;
}

/** What a manager needs of the system. */
export interface Kernel extends Clock {
  /**
   * Whether a child can lead a session, and a group can be sent a signal. A
   * permission that is revoked can change that at any time.
   */
  readonly sessions: boolean;
  /**
   * Checks, before anything is started, that there is the user of a command.
   *
   * @throws {TypeError} If there is no such user.
   */
  checkUser?(user: string | number): void;
  /**
   * Starts a child.
   *
   * @throws {SpawnError} If it cannot be started; nothing runs then.
   */
  spawn(request: SpawnRequest): SpawnedChild;
  /**
   * Sends a signal to a process, or to a process group if its number is
   * negative; `0` sends nothing.
   *
   * @returns Whether there is such a process or group.
   * @throws {Deno.errors.PermissionDenied} If all of it runs as another user.
   */
  kill(target: number, signal: Deno.Signal | 0): boolean;
  /** Reads the process table; `undefined` if it cannot be read. */
  readTable(): Promise<TableReading | undefined>;
  /** Reads which pipes each process has, where the system tells. */
  readPipes?(): Promise<ReadonlyMap<number, ProcessPipes>>;
  /** Reads where processes come from, where the system tells. */
  readOrigins?(pids: readonly number[]): Promise<ProcessOrigins>;
  /** Draws a number in `[0, 1)`, as `Math.random()` does. */
  random(): number;
}

/** What Deno needs to start a child, and a user. */
export interface ChildOptions extends Deno.CommandOptions {
  /** The user, by name or ID, with the groups and the home of a login. */
  user?: string | number;
}

/** A child that is to be started. */
export interface SpawnRequest {
  /** The name of the process, for messages. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** Everything else that the child is started with. */
  readonly command: ChildOptions;
  /** Whether the child leads a session of its own. */
  readonly group: boolean;
}

/** A child process, as `Deno.ChildProcess` is one. */
export interface Child {
  /** Its process ID. */
  readonly pid: number;
  /** How it ended. It rejects where Deno has no name for the signal. */
  readonly status: Promise<Deno.CommandStatus>;
  /** What it reads, if that is piped. */
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  /** What it writes, as a stream of bytes, if that is piped. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The errors that it writes, as a stream of bytes, if that is piped. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Sends it a signal.
   *
   * @throws {TypeError} If it has ended.
   */
  kill(signal: Deno.Signal): void;
  /** Lets it keep this program alive. */
  ref(): void;
  /** Lets it keep this program alive no longer. */
  unref(): void;
}

/** A child that has been started. */
export interface SpawnedChild {
  /** The child. */
  readonly child: Child;
  /** What the user may not have meant by the way it was started. */
  readonly warning?: string | undefined;
  /** Is told how it ended. */
  ended?(status: Deno.CommandStatus): void;
  /**
   * Tells, of a child that ended, whether its program could not be started at
   * all. Never rejects.
   */
  explain?(traces: Traces): Promise<NotStarted | undefined>;
}

/** What a run left behind that tells whether its program was started. */
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
  readonly error: Error;
  /** Whether it is somewhere else by now, where the next start finds it. */
  readonly moved: boolean;
}

/** One living process, as the process table has it. */
export interface ProcessEntry {
  /** The process ID. */
  readonly pid: number;
  /** The name: at most 15 bytes, any of them. */
  readonly name: string;
  /** The process ID of the parent. */
  readonly parent: number;
  /** The ID of the process group. */
  readonly group: number;
  /** The ID of the session; where the system does not tell, of the group. */
  readonly session: number;
  /** When it started, in hundredths of a second since the system did. */
  readonly startedAt: number;
}

/**
 * When something happened, as far as that is known: in milliseconds of
 * {@linkcode Clock.now}.
 */
export interface Interval {
  /** Not before this. */
  readonly earliest: number;
  /** Not after this. */
  readonly latest: number;
}

/** The process table as it was read. */
export interface TableReading {
  /** The living processes. */
  readonly processes: readonly ProcessEntry[];
  /** The process that read it, and when it started. */
  readonly reader?: { readonly pid: number; readonly startedAt: Interval };
  /** Those that ended before they could be read. */
  readonly unread?: ReadonlySet<number>;
  /** Those that had ended and not been reaped yet, with their sessions. */
  readonly dead?: ReadonlyMap<number, number>;
}

/** The pipes that a process reads and writes, by their numbers. */
export interface ProcessPipes {
  /** Those it can read. */
  readonly read: ReadonlySet<string>;
  /** Those it can write. */
  readonly written: ReadonlySet<string>;
}

/** Where processes come from. */
export interface ProcessOrigins {
  /** The process that takes in what this program orphans. */
  readonly reaper: number;
  /** The control group of each process, as the system writes it. */
  readonly groups: ReadonlyMap<number, string>;
}
