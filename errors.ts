/**
 * The errors that a program can catch and act on.
 *
 * An invalid argument causes a `TypeError` or a `RangeError`. processman passes
 * on errors of Deno unchanged, or as the `cause` of one of these errors.
 *
 * @module
 */

import type { LimitDecision } from "./restart.ts";
import type { ProcessState } from "./process_state.ts";

/** Options for {@linkcode SpawnError}. */
export interface SpawnErrorOptions extends ErrorOptions {
  /** The name of the process. */
  process: string;
  /** The program that could not be started. */
  program: string;
}

/**
 * A program could not be started: it is missing or not executable, this program
 * lacks the permission to run it, its working directory is missing, or the
 * system is out of resources.
 *
 * The reason is in `cause`: an error of Deno, such as `Deno.errors.NotFound`,
 * `Deno.errors.PermissionDenied` or `Deno.errors.NotCapable`, or what `gate` or
 * `prepare` threw, which can be any value.
 *
 * @example Telling a missing program from other failures
 * ```ts
 * import { Processman, SpawnError } from "@isbm/processman";
 *
 * await using pm = new Processman();
 * try {
 *   pm.command("no-such-program");
 * } catch (error) {
 *   if (!(error instanceof SpawnError)) throw error;
 *   console.log(error.program, error.cause instanceof Deno.errors.NotFound);
 * }
 * ```
 */
export class SpawnError extends Error {
  /** The name of this class. */
  override readonly name: string = "SpawnError";
  /** The name of the process. */
  readonly process: string;
  /** The program that could not be started. */
  readonly program: string;

  /**
   * Creates the error.
   *
   * @param message What failed, and why.
   * @param options The process, the program and the cause.
   */
  constructor(message: string, options: SpawnErrorOptions) {
    super(message, options);
    this.process = options.process;
    this.program = options.program;
  }
}

/**
 * A start was requested from a manager that has been shut down.
 *
 * @example
 * ```ts
 * import { Processman, ProcessmanClosedError } from "@isbm/processman";
 *
 * const pm = new Processman();
 * await pm.shutdown();
 * try {
 *   pm.command("true");
 * } catch (error) {
 *   console.log(error instanceof ProcessmanClosedError); // true
 * }
 * ```
 */
export class ProcessmanClosedError extends Error {
  /** The name of this class. */
  override readonly name: string = "ProcessmanClosedError";
}

/** Options for {@linkcode StopError}. */
export interface StopErrorOptions extends ErrorOptions {
  /** The name of the process. */
  process: string;
  /** The process IDs of the processes that could not be ended. */
  pids: readonly number[];
}

/**
 * A process could not be stopped: processes of its last run survived `SIGKILL`,
 * because they belong to another user or hang in the kernel. The process cannot
 * be started again until they have ended.
 *
 * @example Listing the processes that could not be ended
 * ```ts
 * import { type Process, StopError } from "@isbm/processman";
 *
 * async function restart(process: Process) {
 *   try {
 *     await process.stop();
 *     await process.start();
 *   } catch (error) {
 *     if (!(error instanceof StopError)) throw error;
 *     console.error(`Still there: ${error.pids.join(", ")}`);
 *   }
 * }
 * ```
 */
export class StopError extends Error {
  /** The name of this class. */
  override readonly name: string = "StopError";
  /** The name of the process. */
  readonly process: string;
  /** The process IDs of the processes that could not be ended. */
  readonly pids: readonly number[];

  /**
   * Creates the error.
   *
   * @param message What failed, and why.
   * @param options The process, and the process IDs of the survivors.
   */
  constructor(message: string, options: StopErrorOptions) {
    super(message, options);
    this.process = options.process;
    this.pids = options.pids;
  }
}

/** Options for {@linkcode RestartLimitError}. */
export interface RestartLimitErrorOptions extends ErrorOptions {
  /** The name of the process. */
  process: string;
  /** The decision to give up the process. */
  decision: LimitDecision;
  /** The last lines that the last run wrote to stderr, if it crashed. */
  stderr: readonly string[];
}

/**
 * processman gave up a process, because its `restart.limit` allows no further
 * restart. The error is in the state `failed` and in the event `failed`.
 *
 * @example Reading why processman gave up a process
 * ```ts
 * import { constant, Processman, RestartLimitError } from "@isbm/processman";
 *
 * await using pm = new Processman({ logger: null });
 * const job = pm.command("sh", ["-c", "echo no database >&2; exit 1"], {
 *   restart: { backoff: constant(0), limit: { restarts: 2, withinMs: 60_000 } },
 * });
 * await job.finished;
 * if (job.state.kind === "failed") {
 *   console.log(job.state.error instanceof RestartLimitError); // true
 *   console.log(job.state.error.message); // … the last line was "no database"
 * }
 * ```
 */
export class RestartLimitError extends Error {
  /** The name of this class. */
  override readonly name: string = "RestartLimitError";
  /** The name of the process. */
  readonly process: string;
  /** The decision to give up the process, with the limit. */
  readonly decision: LimitDecision;
  /**
   * The last lines that the last run wrote to stderr; empty if it ended with
   * success.
   */
  readonly stderr: readonly string[];

  /**
   * Creates the error.
   *
   * @param message What failed, and why.
   * @param options The process, the decision and the last lines of stderr.
   */
  constructor(message: string, options: RestartLimitErrorOptions) {
    super(message, options);
    this.process = options.process;
    this.decision = options.decision;
    this.stderr = options.stderr;
  }
}

/** Options for {@linkcode ReadinessError}. */
export interface ReadinessErrorOptions extends ErrorOptions {
  /** The name of the process. */
  process: string;
  /** The state of the process. */
  state: ProcessState;
  /** The last answer of the probe, if it was called. */
  answer: string | undefined;
  /** The last lines of both outputs. */
  tail: readonly string[];
}

/**
 * A process has ended for good before it was ready. `process.ready` rejects with
 * this error.
 *
 * @example
 * ```ts
 * import { Processman, ReadinessError } from "@isbm/processman";
 *
 * await using pm = new Processman({ logger: null });
 * const job = pm.command("sh", ["-c", "echo no disk >&2; exit 1"], {
 *   ready: () => false,
 *   restart: { policy: "never" },
 * });
 * try {
 *   await job.ready;
 * } catch (error) {
 *   if (!(error instanceof ReadinessError)) throw error;
 *   console.log(error.state.kind, error.tail); // exited [ "no disk" ]
 * }
 * ```
 */
export class ReadinessError extends Error {
  /** The name of this class. */
  override readonly name: string = "ReadinessError";
  /** The name of the process. */
  readonly process: string;
  /** The state of the process. */
  readonly state: ProcessState;
  /** The last answer of the probe; `undefined` if it was not called. */
  readonly answer: string | undefined;
  /** The last lines of both outputs. */
  readonly tail: readonly string[];

  /**
   * Creates the error.
   *
   * @param message What failed, and why.
   * @param options The process, its state, the last answer and the last lines.
   */
  constructor(message: string, options: ReadinessErrorOptions) {
    super(message, options);
    this.process = options.process;
    this.state = options.state;
    this.answer = options.answer;
    this.tail = options.tail;
  }
}
