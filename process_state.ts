/**
 * The public states of a process.
 *
 * @module
 */

/** The state of a process; each variant holds what is true in that state. */
export type ProcessState =
  /** A run is about to be started. */
  | { readonly kind: "starting"; readonly run: number }
  /**
   * The `gate` of the process holds back the next run. `reason` is what the run
   * waits for, and `since` is when the gate reported it, in milliseconds since
   * the epoch.
   */
  | {
    readonly kind: "waiting";
    readonly run: number;
    readonly reason: string;
    readonly since: number;
  }
  /**
   * A run is alive; `since` is in milliseconds since the epoch. `ready` is what
   * the probe of the option `ready` answered last; `true` without a probe. If
   * the answer was no, `answer` says why.
   */
  | {
    readonly kind: "running";
    readonly run: number;
    readonly pid: number;
    readonly since: number;
    readonly ready: boolean;
    readonly answer?: string | undefined;
  }
  /**
   * processman is ending a run. Or the run has ended by itself, and processman
   * is reading its last output and ending the processes that it left behind.
   * `killAt` is when `SIGKILL` is due, in milliseconds since the epoch;
   * `undefined` if no `SIGKILL` is due.
   */
  | {
    readonly kind: "stopping";
    readonly run: number;
    readonly killAt: number | undefined;
  }
  /**
   * The next run starts at `until`, in milliseconds since the epoch. `attempt`
   * is the number of consecutive crashes, and `status` is the status of the
   * last run.
   */
  | {
    readonly kind: "backoff";
    readonly run: number;
    readonly attempt: number;
    readonly until: number;
    readonly status: Deno.CommandStatus;
  }
  /** The process has ended, and no restart follows. */
  | { readonly kind: "exited"; readonly status: Deno.CommandStatus }
  /** processman has given up the process, for the reason in `error`. */
  | {
    readonly kind: "failed";
    readonly status: Deno.CommandStatus;
    readonly error: Error;
  };
