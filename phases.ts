/**
 * The phases in the life of a process, what follows a run, and the public
 * state.
 *
 * @module
 */

import { Occasion, untilAborted } from "./abortable.ts";
import type { AttachedRun } from "./attached_run.ts";
import type { Ending } from "./ending.ts";
import type { HookEnd } from "./hook_options.ts";
import type { Clock } from "./kernel.ts";
import type { Output } from "./output.ts";
import type { ProcessState } from "./process_state.ts";
import type { Run } from "./run.ts";
import type { RestartDecision } from "./restart.ts";
import type { RunEnd } from "./run_end.ts";
import type { PhaseHook, StopRequest } from "./stop.ts";

/** The phase of a life; each variant holds what is true only in that phase. */
export type Phase =
  /** The gate or `prepare` runs, or the child is being started. */
  | Coming & { readonly kind: "starting" }
  /** The gate holds back the run. */
  | Coming & State<"waiting">
  /** The child is alive, and nothing has asked it to end. */
  | { readonly kind: "running"; readonly attached: AttachedRun }
  /** The child has ended by itself, and its last output is being read. */
  | { readonly kind: "ended"; readonly attached: AttachedRun }
  /** processman is ending the run, or what the run left behind. */
  | {
    readonly kind: "stopping";
    readonly attached: AttachedRun;
    readonly ending: Ending;
    readonly killAt: number;
  }
  /** The child has survived `SIGKILL`; the next stop tries again. */
  | { readonly kind: "stuck"; readonly attached: AttachedRun }
  /** Nothing is left of the run, and what follows is about to begin. */
  | {
    readonly kind: "between";
    readonly run: number;
    readonly status: Deno.CommandStatus;
  }
  /** The backoff delays the next run. */
  | State<"backoff"> & { readonly abort: AbortController }
  /** No run follows. */
  | {
    readonly kind: "over";
    readonly status: Deno.CommandStatus;
    readonly error: Error | undefined;
    /** The last answer of the probe of readiness, if it was no. */
    readonly answer: string | undefined;
  };

/** The public state of a kind; its phase holds all of it. */
type State<Kind extends ProcessState["kind"]> = Extract<
  ProcessState,
  { kind: Kind }
>;

/** A run that is about to start. */
export interface Coming {
  /** The number of the run. */
  readonly run: number;
  /** Ends the wait for the gate or `prepare`. */
  readonly abort: AbortController;
  /** Resolves with the status of the run. */
  readonly result: PromiseWithResolvers<Deno.CommandStatus>;
}

/** What follows the current run. */
export type Next =
  /** What the restart policy decides. */
  | { readonly kind: "policy" }
  /** Another run, whatever the restart policy says. */
  | { readonly kind: "run" }
  /** Nothing: the process is being stopped. */
  | { readonly kind: "stop"; readonly request: StopRequest };

/** Returns the phase of a run that is about to start. */
export function starting(run: number): Extract<Phase, { kind: "starting" }> {
  const abort = new AbortController();
  return { kind: "starting", run, abort, result: Promise.withResolvers() };
}

const POLICY: Next = { kind: "policy" };

/**
 * The phase of one life, and what follows the current run. The loop in
 * `life.ts` enters one phase after another; requests can arrive at any time.
 */
export class Phases {
  #present: Phase = starting(1);
  #next: Next = POLICY;
  /** The hook that what follows waits for, while there is one. */
  #hook: PhaseHook | undefined;
  readonly #started = new Occasion();
  readonly #ready = new Occasion();

  /** The current phase. */
  get present(): Phase {
    return this.#present;
  }

  /** The public state. */
  get state(): ProcessState {
    return stateOf(this.#present);
  }

  /** The current run, until nothing is left of it. */
  get attached(): AttachedRun | undefined {
    return "attached" in this.#present ? this.#present.attached : undefined;
  }

  /** The current run, while its child is alive. */
  get alive(): Run | undefined {
    const run = this.attached?.run;
    return run?.alive ? run : undefined;
  }

  /** The ending of the current run, once it has begun. */
  get ending(): Ending | undefined {
    return this.#present.kind === "stopping" ? this.#present.ending : undefined;
  }

  /** Resolves with the status of the current or the last run. Never rejects. */
  get status(): Promise<Deno.CommandStatus> {
    return statusIn(this.#present);
  }

  /** Enters a phase. */
  enter(phase: Phase): void {
    const { attached } = this;
    this.#present = phase;
    if (phase.kind !== "running") attached?.endProbes();
  }

  /** Returns whether `kind` follows the current run. */
  wants(kind: Next["kind"]): boolean {
    return this.#next.kind === kind;
  }

  /** Sets what follows the current run, and ends a wait for the next run. */
  want(next: Next): void {
    this.#next = next;
    if ("abort" in this.#present) this.#present.abort.abort();
  }

  /** Lets the restart policy decide again what follows. */
  leaveToPolicy(): void {
    this.#next = POLICY;
  }

  /** Resolves when the next run is alive. */
  nextRun(): Promise<void> {
    return this.#started.next();
  }

  /** Rejects the promise of the next run, if something waits for it. */
  refuse(error: Error): void {
    this.#started.refuse(() => error);
  }

  /** Resolves when a run is ready; at once if one is ready now. */
  async whenReady(): Promise<void> {
    const { state } = this;
    if (state.kind !== "running" || !state.ready) await this.#ready.next();
  }

  /** Resolves the promises of `whenReady()`. */
  becomeReady(): void {
    this.#ready.happen();
  }

  /** Rejects the promises of `whenReady()`, if there are any. */
  refuseReady(error: () => Error): void {
    this.#ready.refuse(error);
  }

  /** Makes a run the current one; calls `tell` before `nextRun()` resolves. */
  run(attached: AttachedRun, tell: () => void): void {
    if ("result" in this.#present) {
      this.#present.result.resolve(attached.run.status);
    }
    this.#present = { kind: "running", attached };
    // The stop came before there was a child to end.
    if (this.#next.kind === "stop") this.end(this.#next.request);
    tell();
    this.#started.happen();
  }

  /**
   * Begins to end the current run, or adds a request to its ending.
   *
   * @param request How to end the run.
   * @param look Whether to begin even if the group is empty.
   * @returns The ending; `undefined` if there is nothing to end.
   */
  end(request: StopRequest, look: boolean = false): Ending | undefined {
    this.#hook?.asked(request);
    const { attached } = this;
    if (attached === undefined) return undefined;
    const { run } = attached;
    let { ending } = this;
    if (ending) ending.ask(request);
    else if (look || run.asked || run.groupLeft()) {
      ending = attached.end(request);
    } else return undefined;
    this.enter({
      kind: "stopping",
      attached,
      ending,
      killAt: ending.killAt,
    });
    return ending;
  }

  /** Waits for a hook. Requests to end reach it meanwhile. */
  async during(hook: PhaseHook): Promise<HookEnd> {
    this.#hook = hook;
    const end = await hook.done;
    this.#hook = undefined;
    return end;
  }

  /**
   * Waits before a restart, unless a request decides what follows.
   *
   * @param decision How long to wait, and why.
   * @param end The end of the run.
   * @param output The output. The wait lasts until its readers have caught up.
   * @param clock The clock.
   */
  async backOff(
    { reason, attempt, delayMs }: RestartDecision,
    { run, status, now }: RunEnd,
    output: Output,
    clock: Clock,
  ): Promise<void> {
    if (!this.wants("policy")) return;
    // The delay counts from the end of the run.
    const restMs = Math.max(0, delayMs - (clock.now() - now));
    // This skips a timer of 0 ms, which takes a millisecond. After a failed
    // start, the timer lets other code run, as the end of a child would.
    if (restMs < 1 && reason !== "spawn" && !output.behind) return;
    const abort = new AbortController();
    const { signal } = abort;
    const until = clock.time() + restMs;
    this.enter({
      kind: "backoff",
      run: run + 1,
      attempt,
      until,
      status,
      abort,
    });
    await clock.delay(restMs, { signal });
    // Output that no reader reads would fill the memory, run after run.
    while (output.behind && !signal.aborted) {
      await untilAborted(output.roomMade(), signal);
    }
  }

  /** Ends the wait of a backoff; returns whether there was one. */
  retry(): boolean {
    if (this.#present.kind !== "backoff") return false;
    this.#present.abort.abort();
    return true;
  }

  /** Records that an ending could not end the child; another ending can try. */
  giveUp(ending: Ending | undefined): void {
    const phase = this.#present;
    if (phase.kind !== "stopping" || phase.ending !== ending) return;
    this.#present = { kind: "stuck", attached: phase.attached };
  }
}

/** Returns the error of a start that a stop has prevented. */
export function stoppedFirst(name: string): TypeError {
  return new TypeError(`Cannot start process "${name}": a stop came first`);
}

/** Returns the public state in a phase. */
function stateOf(phase: Phase): ProcessState {
  switch (phase.kind) {
    case "starting":
      return { kind: "starting", run: phase.run };
    case "waiting": {
      const { kind, run, reason, since } = phase;
      return { kind, run, reason, since };
    }
    case "running":
      return runningState(phase.attached);
    case "stopping": {
      const { attached: { number: run }, killAt } = phase;
      return { kind: "stopping", run, killAt };
    }
    case "ended":
    case "stuck":
      return {
        kind: "stopping",
        run: phase.attached.number,
        killAt: undefined,
      };
    case "between":
      return { kind: "stopping", run: phase.run, killAt: undefined };
    case "backoff": {
      const { kind, run, attempt, until, status } = phase;
      return { kind, run, attempt, until, status };
    }
    case "over": {
      const { status, error } = phase;
      return error
        ? { kind: "failed", status, error }
        : { kind: "exited", status };
    }
    default:
      return phase satisfies never;
  }
}

function runningState(attached: AttachedRun): State<"running"> {
  const { number: run, run: { pid }, since, ready, answer } = attached;
  const why = answer === undefined ? {} : { answer };
  return { kind: "running", run, pid, since, ready, ...why };
}

/** Returns a promise of the status of the current or the last run. */
function statusIn(phase: Phase): Promise<Deno.CommandStatus> {
  switch (phase.kind) {
    case "starting":
    case "waiting":
      return phase.result.promise;
    case "running":
    case "ended":
    case "stopping":
    case "stuck":
      return phase.attached.run.status;
    case "between":
    case "backoff":
    case "over":
      return Promise.resolve(phase.status);
    default:
      return phase satisfies never;
  }
}
