/**
 * The stop commands of one ending: programs that ask a run to end, instead of a
 * signal.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";
import type { Clock } from "./kernel.ts";
import type { Commanded, StopCommand, StopRequest } from "./stop.ts";

/** Starts a stop command. */
export type StartCommand = (command: readonly string[]) => StopCommand;

/** Runs the stop commands of one ending, each of them once. */
export class StopCommands {
  /** The commands that have ended, in the order in which they were started. */
  readonly ended: Commanded[] = [];
  readonly #start: StartCommand | undefined;
  readonly #clock: Clock;
  /** The requests whose signal has not been needed so far, by their command. */
  readonly #requests = new Map<string, StopRequest>();
  readonly #running = new Map<StopCommand, Promise<void>>();

  /** Creates commands of which none has been started. */
  constructor(clock: Clock, start?: StartCommand) {
    this.#clock = clock;
    this.#start = start;
  }

  /**
   * Starts the command of a request, unless it has been started already.
   *
   * @param request The request.
   * @param failed Called if the command fails.
   * @returns Whether the request has a command.
   */
  run(request: StopRequest, failed: () => void): boolean {
    const { command } = request;
    if (command === undefined || this.#start === undefined) return false;
    const key = JSON.stringify(command);
    if (this.#requests.has(key)) return true;
    this.#requests.set(key, request);
    const at = this.#clock.now();
    const started = this.#start(command);
    const over = started.done.then((end) => {
      this.#running.delete(started);
      this.ended.push({ command: end, at });
      if (end.failure !== undefined) failed();
    });
    this.#running.set(started, over);
    return true;
  }

  /** The requests whose commands have been started. */
  get requests(): Iterable<StopRequest> {
    return this.#requests.values();
  }

  /** Waits until no command is left, and kills them when `until` is aborted. */
  async over(until: AbortSignal): Promise<void> {
    const kill = () => this.#running.forEach((_, each) => each.kill());
    if (until.aborted) kill();
    const release = onAbort(until, kill);
    while (this.#running.size > 0) {
      await Promise.all(this.#running.values());
    }
    release();
    this.ended.sort((a, b) => a.at - b.at);
  }
}
