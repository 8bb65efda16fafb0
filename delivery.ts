/**
 * The signals of a stop: which have been requested, and what has been sent
 * which of them.
 *
 * @module
 */

import type { Clock, ProcessEntry } from "./kernel.ts";
import type { Run, Sent } from "./run.ts";
import type { Asked, StopRequest, StopStep } from "./stop.ts";

/** The target of a signal to the child alone. */
const CHILD = 0;

/** Sends a run the signals of all requests, each target each signal once. */
export class Delivery {
  readonly #run: Run;
  readonly #clock: Clock;
  readonly #requests: StopRequest[] = [];
  /** Each signal that has reached anything, with the time it first did. */
  readonly #steps: Sent[] = [];
  /**
   * The signals that have been sent to each target: a group by its ID, a single
   * process by its negative ID, or {@linkcode CHILD}.
   */
  readonly #sent = new Map<number, Set<Deno.Signal>>();
  /** The signals that each process in the group of the child gets singly. */
  readonly #singly = new Set<Deno.Signal>();

  /** Creates a delivery that counts what `run.ask()` has sent already. */
  constructor(run: Run, clock: Clock) {
    this.#run = run;
    this.#clock = clock;
    if (run.asked === undefined) return;
    this.#sent.set(CHILD, new Set([run.asked.signal]));
    this.#steps.push(run.asked);
  }

  /** Whether a signal has reached anything. */
  get effective(): boolean {
    return this.#steps.length > 0;
  }

  /** How the last request has been delivered so far. */
  get asked(): Omit<Asked, "killAt"> {
    const { signal } = this.#requests.at(-1) ?? { signal: "SIGKILL" };
    const groups = [...this.#sent].flatMap(([target, signals]) =>
      target > 0 && signals.has(signal) ? [target] : []
    );
    const singly = this.#singly.has(signal);
    if (singly) groups.push(this.#run.pid);
    // If only the child has had the signal, the rest of its group can wait.
    const all = this.#requests.some(({ to }) => to === "group") &&
      (singly || !this.#sent.get(CHILD)?.has(signal));
    return { signal, to: all ? "group" : "leader", groups };
  }

  /** Lists the signals that reached anything, up to a moment. */
  stepsUntil(end: number): StopStep[] {
    return this.#steps.map(({ signal, at }, i) => ({
      signal,
      durationMs: (this.#steps[i + 1]?.at ?? end) - at,
    }));
  }

  /**
   * Takes a request.
   *
   * @returns Whether its signal had not been requested for all its targets yet.
   */
  add(request: StopRequest): boolean {
    const known = this.#requests.some(({ signal, to }) =>
      signal === request.signal && (to === request.to || to === "group")
    );
    if (!known) this.#requests.push(request);
    return !known;
  }

  /**
   * Sends the signals of all requests to groups of the run, or to the child
   * alone, where they have not been sent yet.
   *
   * @param groups The groups.
   * @param members The processes of the session, if they are known.
   * @returns Whether anything but the child alone was sent a signal.
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
    // A child that has had the signal must not get it again by its group.
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

  /** Sends a signal to each process in the group of the child but the child. */
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

  /** Sends a target a signal that it has not been sent; returns whether it did. */
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
