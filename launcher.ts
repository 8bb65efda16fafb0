/**
 * Starts the runs of one life, and watches them with their probes.
 *
 * @module
 */

import { AttachedRun } from "./attached_run.ts";
import type { SpawnError } from "./errors.ts";
import type { Hooks } from "./hook.ts";
import type { HookRules } from "./hook_options.ts";
import {
  asksFirst,
  type Launchable,
  PLAIN_LAUNCH,
  prepareRun,
  spawnRun,
  startError,
} from "./launch.ts";
import type { LifeHost } from "./life_host.ts";
import { spawnError } from "./not_started.ts";
import type { PreparedRun } from "./options.ts";
import { type Coming, type Phase, type Phases, starting } from "./phases.ts";
import type { ProbeListener } from "./probing.ts";
import type { Reporter } from "./reporter.ts";
import { NEVER_RUN, type RunEnd, statusOf } from "./run_end.ts";
import type { StartCommand } from "./stop_commands.ts";
import type { ProcessStreams } from "./streams.ts";

/** Time between two calls of a gate that closes again and again, in milliseconds. */
const GATE_MS = 10;

/** The part of a life that its launcher uses. */
export interface Launched {
  /** The process. */
  readonly owner: Launchable;
  /** The manager. */
  readonly host: LifeHost;
  /** The streams that the runs write to and read from. */
  readonly streams: ProcessStreams;
  /** Starts the programs that run besides the runs. */
  readonly hooks: Hooks;
  /** The phases of the life. */
  readonly phases: Phases;
  /** Reports what happens. */
  readonly reporter: Reporter;
  /** Called when a probe has found that the current run has to end. */
  condemned(): void;
}

/** Starts the runs of one life. */
export class Launcher {
  readonly #life: Launched;
  /** The number of the last run that was started. */
  #lastRun = 0;

  /** Creates a launcher that has started nothing. */
  constructor(life: Launched) {
    this.#life = life;
  }

  /** The number of the last run that was started; 0 before the first. */
  get lastRun(): number {
    return this.#lastRun;
  }

  /** Whether the process has a gate, `prepare` or `before`. */
  get asks(): boolean {
    return asksFirst(this.#life.owner.spec);
  }

  /**
   * Starts a run when its gate, `prepare` and `before` let it start.
   *
   * @param attempt The number of consecutive crashes.
   * @param last The end of the last run.
   * @returns The run, or the error; `undefined` after a stop.
   */
  async launch(
    attempt: number,
    last: RunEnd,
  ): Promise<AttachedRun | SpawnError | undefined> {
    const { phases, owner, host } = this.#life;
    const coming = starting(last.run + 1);
    const { run, abort: { signal }, result } = coming;
    phases.enter(coming);
    const lastStatus = last === NEVER_RUN ? undefined : last.status;
    const context = { run, attempt, lastStatus, signal };
    const hold = (why?: string) => this.#hold(coming, why);
    try {
      for (let closed = 0; !phases.wants("stop"); closed++) {
        // A gate that waits for nothing would keep everything else from running.
        if (closed > 1) await host.kernel.delay(GATE_MS, { signal });
        const { changes, open } = this.asks
          ? await prepareRun(owner, context, hold)
          : PLAIN_LAUNCH;
        if (phases.wants("stop") || !open()) continue;
        if (owner.spec.before) {
          await this.#before(owner.spec.before, run, changes);
          if (phases.wants("stop") || !open()) continue;
        }
        return this.attach(run, changes);
      }
      result.resolve(last.status);
      return undefined;
    } catch (cause) {
      const error = startError(owner, cause);
      result.resolve(statusOf(error));
      phases.refuse(error);
      return error;
    }
  }

  /**
   * Starts a child, makes its run the current one, and begins its probes.
   *
   * @throws {SpawnError} If the child cannot be started; nothing runs then.
   */
  attach(number: number, changes: PreparedRun): AttachedRun {
    const { host, phases, reporter } = this.#life;
    const attached = this.#start(number, changes);
    const { run } = attached;
    phases.run(attached, () => {
      if (number === 1 && run.warning) host.log("warn", run.warning);
      reporter.started(run.pid, number);
    });
    this.probe(attached);
    return attached;
  }

  /**
   * Waits for the hook `before`, which a stop ends.
   *
   * @throws {SpawnError} If the hook fails and no stop has come.
   */
  async #before(
    before: HookRules,
    number: number,
    changes: PreparedRun,
  ): Promise<void> {
    const { phases, owner, hooks } = this.#life;
    const { failure } = await phases.during(
      hooks.before(before, number, changes),
    );
    if (failure === undefined || phases.wants("stop")) return;
    throw spawnError(owner, new Error(failure), 'the hook "before" ');
  }

  /** Calls the present probes of a run, if it is running. */
  probe(attached: AttachedRun): void {
    const { phases } = this.#life;
    if (phases.present.kind !== "running") return;
    attached.probe(this.#listener(attached));
    if (attached.ready) phases.becomeReady();
  }

  #start(number: number, changes: PreparedRun): AttachedRun {
    const { owner: process, streams, host, hooks } = this.#life;
    try {
      const run = spawnRun(process, number, changes, host);
      this.#lastRun = number;
      const hooked = { run, number, changes };
      const command: StartCommand = (words) => hooks.stop(words, hooked);
      const attachment = { process, streams, host, command, changes };
      return new AttachedRun(run, number, attachment);
    } catch (cause) {
      const error = startError(process, cause);
      host.instruments.failed({ name: process.name, run: number, error });
      throw cause;
    }
  }

  /** Reports what the probes of a run find out. */
  #listener({ number, run }: AttachedRun): ProbeListener {
    const { host, phases, reporter, condemned } = this.#life;
    return {
      ready() {
        const afterMs = host.kernel.now() - run.startedAt;
        reporter.ready(run.pid, number, afterMs);
        phases.becomeReady();
      },
      unready: (answer) => reporter.unready(run.pid, number, answer),
      condemn({ reason, answer }, failures) {
        if (reason === "unhealthy") {
          reporter.unhealthy(run.pid, number, failures, answer);
        }
        condemned();
      },
    };
  }

  /** Enters `waiting` with the gate's reason, or `starting` without one. */
  #hold(coming: Coming & Phase, reason?: string): void {
    const { phases, host, reporter } = this.#life;
    phases.enter(coming);
    if (reason === undefined) return;
    const since = host.kernel.time();
    phases.enter({ ...coming, kind: "waiting", reason, since });
    reporter.waiting(coming.run, reason);
  }
}
