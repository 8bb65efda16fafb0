/**
 * The states of a process, as its users see them.
 *
 * @module
 */

/** The state of a process; each variant holds what is true in that state. */
export type ProcessState =
  /** A run is about to be started. */
  | { readonly kind: "starting"; readonly run: number }
  /**
   * The `gate` of the process holds the next run back. `reason` is what it
   * waits for, and `since` is when it said so, in milliseconds since the epoch.
   */
  | {
    readonly kind: "waiting";
    readonly run: number;
    readonly reason: string;
    readonly since: number;
  }
  /** A run is alive; `since` is in milliseconds since the epoch. */
  | {
    readonly kind: "running";
    readonly run: number;
    readonly pid: number;
    readonly since: number;
  }
  /**
   * processman is ending a run. Or the run has ended by itself, and processman
   * is reading its last output and ending what it left behind. `killAt` is when
   * `SIGKILL` is due, in milliseconds since the epoch; `undefined` if none is.
   */
  | {
    readonly kind: "stopping";
    readonly run: number;
    readonly killAt: number | undefined;
  }
  /**
   * The next run starts at `until`, in milliseconds since the epoch. `attempt`
   * is the number of consecutive crashes, and `status` that of the last run.
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
  /** processman has given the process up, for the reason in `error`. */
  | {
    readonly kind: "failed";
    readonly status: Deno.CommandStatus;
    readonly error: Error;
  };
