/**
 * Runs programs for a process besides its own, in its folder, with its
 * environment and as its user.
 *
 * @module
 */

import { Ending } from "./ending.ts";
import { messageOf } from "./foreign.ts";
import type { HookEvent } from "./events.ts";
import type { HookEnd, HookRules } from "./hook_options.ts";
import { type Launchable, placeOf } from "./launch.ts";
import type { LifeHost } from "./life_host.ts";
import type { PreparedRun } from "./options.ts";
import type { Pump } from "./pump.ts";
import type { Reporter } from "./reporter.ts";
import { Run } from "./run.ts";
import { hookText, reasonOf, type RunEnd } from "./run_end.ts";
import {
  KILL,
  type PhaseHook,
  type StopCommand,
  type StopRequest,
} from "./stop.ts";
import type { ProcessStreams } from "./streams.ts";

/** How the guard ends a hook: it does not know how long the hook can take. */
const GUARDED = {
  signal: "SIGTERM",
  gracePeriodMs: 1_000,
  to: "group",
} as const;

/** A program to run. */
interface HookOrder {
  /** What it is for. */
  readonly kind: HookEvent["hook"];
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The number of the run that it belongs to. */
  readonly run: number;
  /** What `prepare` has changed for the run. */
  readonly changes: PreparedRun;
  /** Environment variables for it alone. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
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
  /** Reports what happens. */
  readonly reporter: Reporter;
}

/** A run that a hook belongs to. */
export interface HookedRun {
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

  /** Starts what comes before a run. A stop ends it. */
  before(
    { command, timeoutMs }: HookRules,
    run: number,
    changes: PreparedRun,
  ): PhaseHook {
    const hook = this.#start(
      { kind: "before", command, run, changes, timeoutMs },
    );
    const asked = (request: StopRequest) => hook.end(request, "was stopped");
    return { done: hook.done, asked };
  }

  /**
   * Starts what comes after a run, if anything does. Only a kill ends it.
   *
   * @param run The run.
   * @param end How it ended.
   * @param tell Called first, to report that end.
   */
  after(
    { run: { pid }, number, changes }: HookedRun,
    end: RunEnd,
    tell: () => void,
  ): PhaseHook | undefined {
    const { after } = this.#hooked.process.spec;
    if (after === undefined) return undefined;
    tell();
    const { command, timeoutMs } = after;
    const { code, signal } = end.status;
    const hook = this.#start({
      kind: "after",
      command,
      run: number,
      changes,
      variables: {
        PROCESSMAN_PID: String(pid),
        PROCESSMAN_EXIT_CODE: String(code),
        ...signal !== null && { PROCESSMAN_SIGNAL: signal },
        PROCESSMAN_REASON: reasonOf(end),
      },
      timeoutMs,
    });
    hook.done.then(({ failure }) => failure && this.#warn("after", failure));
    const asked = (request: StopRequest) => {
      if (request.signal === "SIGKILL") hook.end(request, "was killed");
    };
    return { done: hook.done, asked };
  }

  /** Starts a command that asks a run to end. */
  stop(
    command: readonly string[],
    { run, number, changes }: HookedRun,
  ): StopCommand {
    const variables = { PROCESSMAN_PID: String(run.pid) };
    const hook = this.#start(
      { kind: "stop", command, run: number, changes, variables },
    );
    let cut = false;
    hook.done.then(({ failure }) => {
      if (failure === undefined) return;
      const sends = run.alive && !cut;
      const then = sends ? ", so the stop signal is sent" : "";
      this.#warn("stop", `${failure}${then}`);
    });
    const kill = () => {
      cut = true;
      hook.end(KILL, "was killed, because the grace period was over");
    };
    return { done: hook.done, kill };
  }

  #start(order: HookOrder): HookRun {
    const { reporter } = this.#hooked;
    const hook = new HookRun(order, this.#hooked);
    const { kind, run } = order;
    reporter.hook(kind, run, hook.pid);
    hook.done.then((end) => reporter.hook(kind, run, hook.pid, end));
    return hook;
  }

  #warn(kind: HookEvent["hook"], failure: string): void {
    const { process: { name }, host } = this.#hooked;
    host.log("warn", `${hookText(kind, name)} ${failure}`);
  }
}

/** One program that runs for a process. */
class HookRun {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly done: Promise<HookEnd>;
  readonly #order: HookOrder;
  readonly #hooked: Hooked;
  /** Its child; `undefined` if it could not be started. */
  readonly #run: Run | undefined;
  /** Why it could not be started, or did not end by itself. */
  #failure: string | undefined;
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

  /** Its process ID; `undefined` if it could not be started. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Asks it to end, as a request says; `why` is then its failure. */
  end(request: StopRequest, why: string): void {
    if (this.#run === undefined) return;
    if (this.#run.alive) this.#failure ??= why;
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

  #start(): Run | undefined {
    const { process: { name, spec }, host } = this.#hooked;
    const { command: [program = "", ...args], ...order } = this.#order;
    const stream = this.#stream;
    try {
      const place = placeOf(spec, order.changes, {});
      const run = new Run({
        name,
        program,
        command: {
          ...place,
          args,
          env: { ...place.env, ...this.#variables() },
          tty: false,
          stdin: "null",
          stdout: stream,
          stderr: stream,
        },
        group: spec.group && host.groups,
      }, host.kernel);
      const streams = stream === "piped" ? [1, 2] : [];
      const afterMs = order.timeoutMs;
      host.runs.began(run, { ...GUARDED, name, streams, afterMs });
      return run;
    } catch (error) {
      // The message of a `SpawnError` is about the process.
      const { cause = error } = Object(error);
      this.#failure = `could not be started: ${messageOf(cause)}`;
      return undefined;
    }
  }

  /** Where it writes. On a terminal, the process has no stderr of its own. */
  get #stream(): "piped" | "inherit" | "null" {
    const { tty, stderr = "piped" } = this.#hooked.process.spec.command;
    return tty ? "piped" : stderr;
  }

  #variables(): Record<string, string> {
    const { run, variables } = this.#order;
    const { process: { name } } = this.#hooked;
    const own = { PROCESSMAN_NAME: name, PROCESSMAN_RUN: String(run) };
    return { ...own, ...variables };
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
    this.end(KILL, "");
    await this.#ending?.done;
    await Promise.all(pumps.map((pump) => pump.drain()));
    runs.ended(run);
    const failure = this.#failure ?? this.#failureOf(status);
    return { command, status, failure, durationMs };
  }

  #pump({ child }: Run): Pump[] {
    const { output } = this.#hooked.streams;
    if (this.#stream !== "piped") return [];
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
