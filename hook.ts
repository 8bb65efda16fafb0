/**
 * Runs programs for a process besides its own, in its folder, with its
 * environment and as its user.
 *
 * @module
 */

import { Ending } from "./ending.ts";
import { messageOf } from "./foreign.ts";
import type { HookEnd } from "./hook_options.ts";
import { type Launchable, placeOf } from "./launch.ts";
import type { LifeHost } from "./life_host.ts";
import type { PreparedRun } from "./options.ts";
import type { Pump } from "./pump.ts";
import { Run } from "./run.ts";
import { KILL, type StopRequest } from "./stop.ts";
import type { ProcessStreams } from "./streams.ts";

/** How the guard ends a hook: it does not know how long the hook can take. */
const GUARDED = {
  signal: "SIGTERM",
  gracePeriodMs: 1_000,
  to: "group",
} as const;

/** A program to run. */
export interface HookOrder {
  /** What it is for. */
  readonly kind: "stop";
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The number of the run that it belongs to. */
  readonly run: number;
  /** What `prepare` has changed for the run. */
  readonly changes: PreparedRun;
  /** Environment variables for it alone. */
  readonly variables: Readonly<Record<string, string>>;
  /** How long it can take, in milliseconds; no limit by default. */
  readonly timeoutMs?: number | undefined;
}

/** What hooks run for. */
export interface Hooked {
  /** The process. */
  readonly process: Launchable;
  /** The manager. */
  readonly host: LifeHost;
  /** The streams of the process. */
  readonly streams: ProcessStreams;
}

/** A run that a stop command asks to end. */
export interface Stopped {
  /** The run. */
  readonly run: Pick<Run, "pid" | "alive">;
  /** The number of the run. */
  readonly number: number;
  /** What `prepare` has changed for the run. */
  readonly changes: PreparedRun;
}

/** Starts the hooks of one life of a process. */
export class Hooks {
  readonly #hooked: Hooked;

  /** Creates hooks of which none has been started. */
  constructor(hooked: Hooked) {
    this.#hooked = hooked;
  }

  /** Starts a command that asks a run to end. */
  stop(
    command: readonly string[],
    { run, number, changes }: Stopped,
  ): HookRun {
    const { process: { name }, host } = this.#hooked;
    const hook = new HookRun({
      kind: "stop",
      command,
      run: number,
      changes,
      variables: { PROCESSMAN_PID: String(run.pid) },
    }, this.#hooked);
    hook.done.then(({ failure }) => {
      if (failure === undefined) return;
      const sends = run.alive && !hook.cut;
      const then = sends ? ", so the stop signal is sent" : "";
      host.log(
        "warn",
        `The stop command of process "${name}" ${failure}${then}`,
      );
    });
    return hook;
  }
}

/** One program that runs for a process. */
export class HookRun {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly done: Promise<HookEnd>;
  readonly #order: HookOrder;
  readonly #hooked: Hooked;
  /** Its child; `undefined` if it could not be started. */
  readonly #run: Run | undefined;
  /** Why it could not be started, or did not end by itself. */
  #failure: string | undefined;
  #cut = false;
  /** Ends it; set once something has asked for that. */
  #ending: Ending | undefined;
  /** Resolves if it survives `SIGKILL`. */
  readonly #stuck = Promise.withResolvers<undefined>();
  /** The last line that it has written. */
  #lastLine: string | undefined;

  /** Starts a program. */
  constructor(order: HookOrder, hooked: Hooked) {
    this.#order = order;
    this.#hooked = hooked;
    this.#run = this.#start();
    this.done = this.#attend();
  }

  /** Asks it to end, as a request says; `why` is then its failure. */
  end(request: StopRequest, why: string): void {
    if (this.#run === undefined) return;
    if (this.#run.alive) {
      this.#cut = true;
      this.#failure ??= why;
    }
    const { table, kernel, runs } = this.#hooked.host;
    const run = this.#run;
    if (this.#ending) return this.#ending.ask(request);
    this.#ending = new Ending(
      run,
      request,
      table,
      kernel,
      (how) => runs.asked(run, how),
    );
    this.#ending.done.then(() => this.#stuck.resolve(undefined));
  }

  /** Whether something has asked it to end. */
  get cut(): boolean {
    return this.#cut;
  }

  /** Kills it, with everything that it has started. */
  kill(): void {
    this.end(KILL, "was killed, because the grace period was over");
  }

  #start(): Run | undefined {
    const { process: { name, spec }, host } = this.#hooked;
    const { command: [program = "", ...args], changes, variables } =
      this.#order;
    const { stderr = "piped" } = spec.command;
    try {
      const place = placeOf(spec, changes, {});
      const run = new Run({
        name,
        program,
        command: {
          ...place,
          args,
          env: { ...place.env, ...variables },
          stdin: "null",
          stdout: stderr,
          stderr,
        },
        group: spec.group && host.groups,
      }, host.kernel);
      const streams = stderr === "piped" ? [1, 2] : [];
      host.runs.began(run, { ...GUARDED, name, streams });
      return run;
    } catch (error) {
      this.#failure = `could not be started: ${messageOf(error)}`;
      return undefined;
    }
  }

  async #attend(): Promise<HookEnd> {
    const { host: { kernel, runs } } = this.#hooked;
    const { command, timeoutMs } = this.#order;
    const run = this.#run;
    if (run === undefined) {
      const failure = this.#failure;
      // The caller gets the hook before its end.
      await undefined;
      return { command, status: undefined, failure, durationMs: 0 };
    }
    const pumps = this.#pump(run);
    const over = new AbortController();
    if (timeoutMs !== undefined) {
      kernel.delay(timeoutMs, { signal: over.signal }).then(() => {
        if (over.signal.aborted) return;
        this.end(KILL, `did not end within ${timeoutMs} ms`);
      });
    }
    const status = await Promise.race([run.status, this.#stuck.promise]);
    const durationMs = kernel.now() - run.startedAt;
    over.abort();
    // What it has left in its session ends with it.
    this.kill();
    await this.#ending?.done;
    await Promise.all(pumps.map((pump) => pump.drain()));
    runs.ended(run);
    const failure = this.#failure ?? this.#failureOf(status);
    return { command, status, failure, durationMs };
  }

  #pump({ child }: Run): Pump[] {
    const { process: { spec }, streams: { output } } = this.#hooked;
    if (spec.command.stderr !== "piped") return [];
    const { kind, run } = this.#order;
    return [child.stdout, child.stderr].map((stream) =>
      output.pumpAside(stream, run, `[${kind}] `, (text) => {
        if (text.trim() !== "") this.#lastLine = text.trim();
      })
    );
  }

  #failureOf(status: Deno.CommandStatus | undefined): string | undefined {
    if (status === undefined || status.success) return undefined;
    const { code, signal } = status;
    const how = signal === null
      ? `exited with code ${code}`
      : `ended by ${signal}`;
    return this.#lastLine === undefined ? how : `${how}: ${this.#lastLine}`;
  }
}
