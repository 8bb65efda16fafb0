/**
 * The signals of a stop: which ones have been requested, and to which targets
 * each has been sent.
 *
 * @module
 */

import type { Clock, ProcessEntry } from "./kernel.ts";
import type { Run, Sent } from "./run.ts";
import type { Asked, Commanded, StopRequest, StopStep } from "./stop.ts";

/** The target that stands for the child alone. */
const CHILD = 0;

/**
 * Sends the signals of all requests to a run, each signal once to each target.
 */
export class Delivery {
  readonly #run: Run;
  readonly #clock: Clock;
  readonly #requests: StopRequest[] = [];
  /** Each signal that has reached a process, and when it first did. */
  readonly #steps: Sent[] = [];
  /**
   * The signals that have been sent to each target: a group by its ID, a single
   * process by its negative ID, or {@linkcode CHILD}.
   */
  readonly #sent = new Map<number, Set<Deno.Signal>>();
  /**
   * The signals that are sent to the processes in the child's group one by one
   * instead of to the group.
   */
  readonly #singly = new Set<Deno.Signal>();

  /** Creates a delivery, with the signal that `run.ask()` has sent, if any. */
  constructor(run: Run, clock: Clock) {
    this.#run = run;
    this.#clock = clock;
    if (run.asked === undefined) return;
    this.#sent.set(CHILD, new Set([run.asked.signal]));
    this.#steps.push(run.asked);
  }

  /** Whether a signal has reached a process. */
  get effective(): boolean {
    return this.#steps.length > 0;
  }

  /** Whether there is a signal to send. */
  get begun(): boolean {
    return this.#requests.length > 0;
  }

  /** How the last request has been delivered so far. */
  get asked(): Omit<Asked, "killAt"> {
    const { signal } = this.#requests.at(-1) ?? { signal: "SIGKILL" };
    const groups = [...this.#sent].flatMap(([target, signals]) =>
      target > 0 && signals.has(signal) ? [target] : []
    );
    const singly = this.#singly.has(signal);
    if (singly) groups.push(this.#run.pid);
    // If the child alone was sent the signal, a signal to its group would send
    // it again.
    const all = this.#requests.some(({ to }) => to === "group") &&
      (singly || !this.#sent.get(CHILD)?.has(signal));
    return { signal, to: all ? "group" : "leader", groups };
  }

  /**
   * Lists the signals that have reached a process, among the stop commands. The
   * duration of each one is the time until the next one, or until `end`.
   */
  stepsUntil(end: number, commands: readonly Commanded[] = []): StopStep[] {
    const own = commands.map((each) => ({ signal: undefined, ...each }));
    const steps = [...own, ...this.#steps].sort((a, b) => a.at - b.at);
    return steps.map(({ at, ...step }, i) => ({
      ...step,
      durationMs: (steps[i + 1]?.at ?? end) - at,
    }));
  }

  /**
   * Adds a request.
   *
   * @returns Whether the request is new: `false` if an earlier request sends
   * the same signal to all targets of this one.
   */
  add(request: StopRequest): boolean {
    const known = this.#requests.some(({ signal, to }) =>
      signal === request.signal && (to === request.to || to === "group")
    );
    if (!known) this.#requests.push(request);
    return !known;
  }

  /**
   * Sends the signal of each request to groups of the run, or to the child
   * alone, unless the target has already received it.
   *
   * @param groups The groups.
   * @param members The processes of the session, if they are known.
   * @returns Whether a signal was sent to a target other than the child alone.
   */
  send(
    groups: Iterable<number>,
    members: readonly ProcessEntry[] = [],
  ): boolean {
    let sent = false;
    for (const request of this.#requests) {
      if (this.#sendOne(request, groups, members)) sent = true;
    }
    return sent;
  }

  /** Sends `SIGKILL` to the group of the child, and to other groups. */
  kill(groups: Iterable<number> = []): void {
    const run = this.#run;
    let reached = false;
    for (const group of new Set([run.pid, ...groups])) {
      reached = run.trySignalGroup("SIGKILL", group) || reached;
    }
    this.#note("SIGKILL", reached);
  }

  #sendOne(
    { signal, to }: StopRequest,
    groups: Iterable<number>,
    members: readonly ProcessEntry[],
  ): boolean {
    const run = this.#run;
    if (run.alive && (to === "leader" || !run.group)) {
      this.#once(CHILD, signal, () => run.trySignal(signal));
      return false;
    }
    if (!run.group) return false;
    // A child that has been sent the signal must not get it again with its
    // group.
    const singly = this.#singly.has(signal) ||
      run.alive && this.#sent.get(CHILD)?.has(signal);
    let sent = false;
    for (const group of groups) {
      if (singly && group === run.pid) continue;
      const send = () => run.trySignalGroup(signal, group);
      if (this.#once(group, signal, send)) sent = true;
    }
    if (singly && this.#sendSingly(signal, members)) sent = true;
    return sent;
  }

  /** Sends a signal to each process in the child's group except the child. */
  #sendSingly(
    signal: Deno.Signal,
    members: readonly ProcessEntry[],
  ): boolean {
    const run = this.#run;
    if (members.length > 0) this.#singly.add(signal);
    let sent = false;
    for (const { pid, group } of members) {
      if (group !== run.pid || pid === run.pid) continue;
      const send = () => run.trySignalMember(signal, pid);
      if (this.#once(-pid, signal, send)) sent = true;
    }
    return sent;
  }

  /** Sends a signal to a target once; returns whether this call has sent it. */
  #once(target: number, signal: Deno.Signal, send: () => boolean): boolean {
    const signals = this.#sent.get(target) ?? new Set();
    if (signals.has(signal)) return false;
    this.#sent.set(target, signals.add(signal));
    this.#note(signal, send());
    return true;
  }

  #note(signal: Deno.Signal, reached: boolean): void {
    if (!reached || this.#steps.some((step) => step.signal === signal)) return;
    this.#steps.push({ signal, at: this.#clock.now() });
  }
}
