/**
 * The state of each process of a plan, and what is remembered with it.
 *
 * @module
 */

/** The state of a process of a plan; each variant holds what is true in it. */
export type UnitState =
  /** It has not been asked to start. */
  | { readonly kind: "idle" }
  /** Its next run is held back. */
  | { readonly kind: "waiting" }
  /** Its next run is about to begin. */
  | { readonly kind: "starting" }
  /**
   * A run is alive since `since`, in milliseconds since the epoch. `ready` is
   * `true` without a probe. If it is not ready, `answer` is the last answer of
   * its probe.
   */
  | {
    readonly kind: "running";
    readonly ready: boolean;
    readonly answer?: string | undefined;
    readonly since: number;
  }
  /** A run is ending, or has ended and what follows is not known yet. */
  | { readonly kind: "stopping" }
  /**
   * It has crashed, and the next run begins at `until`, in milliseconds since
   * the epoch. `attempt` is the number of consecutive crashes. `restartsLeft`
   * is how many more restarts its limit allows; `undefined` without a limit.
   * `cause` says how its last run ended, such as "crashed with code 1".
   */
  | {
    readonly kind: "backoff";
    readonly attempt: number;
    readonly until: number;
    readonly restartsLeft: number | undefined;
    readonly cause: string;
  }
  /** It is a task and has ended with success. */
  | { readonly kind: "done" }
  /** It is a service, has ended by itself, and is not restarted. */
  | { readonly kind: "ended" }
  /** It has been given up; `message` says why. */
  | { readonly kind: "failed"; readonly message: string }
  /** It has been asked to stop, and stays stopped until it is started. */
  | { readonly kind: "stopped" };

/** What is known about a process at one moment. */
export interface UnitFacts {
  /** Its state. */
  readonly state: UnitState;
  /** The number of its last run, counted over all its lives; 0 before any. */
  readonly serial: number;
  /**
   * The processes that its present run relies on, with the serial of the run
   * that it found when it started. It contains those that it must not outlive.
   */
  readonly bound: ReadonlyMap<string, number>;
}

/** What is known about all processes at one moment, by their names. */
export type Snapshot = ReadonlyMap<string, UnitFacts>;
