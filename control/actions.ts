/**
 * What clients can do with the processes of a supervisor.
 *
 * @module
 */

import { checkCommandOptions, type Process, type Processman } from "../mod.ts";
import { type App, PlanError } from "../plan/mod.ts";
import { Problem } from "./problem.ts";
import type { Roster, Subject } from "./roster.ts";
import type { Schedules } from "./schedules.ts";
import type { NamesRequest, StartRequest } from "./wire.ts";

/** What a supervisor does in its own way. */
export interface OwnActions {
  /** Applies a configuration. */
  readonly apply?:
    | ((
      config: unknown,
      options: { dryRun: boolean; signal: AbortSignal },
    ) => Promise<unknown>)
    | undefined;
  /** Stops everything. */
  readonly shutdown?:
    | ((options: { withinMs: number }) => Promise<void>)
    | undefined;
  /** When entries run by themselves. */
  readonly schedules?: Schedules | undefined;
}

/** A request for a signal. */
export interface SignalRequest {
  /** The names of entries or processes. */
  readonly names: readonly string[];
  /** The signal. */
  readonly signal: string;
  /** Which processes receive it. */
  readonly to?: "leader" | "group";
}

/** A request for another number of replicas. */
export interface ScaleRequest {
  /** The name of the entry. */
  readonly name: string;
  /** How many replicas there are to be. */
  readonly replicas: number;
  /** How long to wait. */
  readonly withinMs?: number | undefined;
}

/** The longest wait that a client can ask for, in milliseconds. */
export const LONGEST_MS = 2 ** 31 - 1;

/** How long a wait can take, and what ends it earlier. */
interface Wait {
  readonly goal: string;
  readonly withinMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Acts on the processes of a manager, through its plan if it has one. */
export class Actions {
  readonly #pm: Processman;
  readonly #app: App | undefined;
  readonly #roster: Roster;
  readonly #own: OwnActions;
  #shutdown: Promise<void> | undefined;

  /** Creates the actions. */
  constructor(
    pm: Processman,
    app: App | undefined,
    roster: Roster,
    own: OwnActions,
  ) {
    this.#pm = pm;
    this.#app = app;
    this.#roster = roster;
    this.#own = own;
  }

  /** Whether a configuration can be applied. */
  get canApply(): boolean {
    return this.#own.apply !== undefined;
  }

  /** Starts processes, and waits until they are ready or completed. */
  async start(request: StartRequest, signal: AbortSignal): Promise<void> {
    const { dependencies } = request;
    const { planned, others } = this.#find(request.names);
    const wait = this.#wait("start", request, signal);
    const again = planned.filter((name) => this.#isDoneForNow(name));
    this.#tell("start", request.names);
    await this.#within(wait, async (rules) => {
      const how = { ...rules, dependencies };
      const rest = planned.filter((name) => !again.includes(name));
      await Promise.all([
        rest.length > 0 && this.#app?.start(rest, how),
        again.length > 0 && this.#app?.start(again, { ...how, again: true }),
      ]);
    }, () => all(others, begin));
  }

  /** Restarts processes, and waits until they are ready or completed. */
  async restart(
    request: NamesRequest & { readonly roll?: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { planned, others } = this.#find(request.names);
    const { roll = false } = request;
    if (roll && others.length > 0) throw notPlanned(others, "rolled");
    this.#tell("start", request.names);
    const wait = this.#wait("restart", request, signal);
    await this.#within(wait, async (rules) => {
      if (planned.length === 0) return;
      await this.#app?.restart(planned, { ...rules, roll });
    }, () =>
      all(others, async (process) => {
        await process.restart();
        await process.ready;
      }));
  }

  /** Stops processes, and waits until they have ended. */
  async stop({ names, withinMs }: NamesRequest): Promise<void> {
    const { planned, others } = this.#find(names);
    this.#tell("stop", names);
    const late = new AbortController();
    if (withinMs !== undefined && others.length > 0) {
      this.#pm.clock.delay(withinMs, { signal: late.signal }).then(() => {
        if (late.signal.aborted) return;
        for (const each of others) each.kill().catch(() => {});
      });
    }
    try {
      await Promise.all([
        planned.length > 0 && this.#app?.stop(planned, { withinMs }),
        all(others, (process) => process.stop()),
      ]);
    } finally {
      late.abort();
    }
  }

  /** Kills processes, which stay stopped. */
  async kill({ names }: NamesRequest): Promise<void> {
    const found = names.flatMap((name) => this.#roster.find(name));
    this.#tell("stop", names);
    await all(processesOf(found), (process) => process.kill());
  }

  /** Sends a signal to processes. */
  signal({ names, signal, to }: SignalRequest): void {
    if (!isSignal(signal)) {
      throw new Problem("bad-request", `There is no signal "${signal}"`);
    }
    const targets = names.map((name) =>
      [name, processesOf(this.#roster.find(name))] as const
    );
    for (const [name, processes] of targets) {
      const sent = processes.filter((each) => each.signal(signal, { to }));
      if (sent.length > 0) continue;
      throw new Problem("conflict", `Cannot signal ${name}: it does not run`);
    }
  }

  /** Changes the number of replicas of an entry. */
  async scale(
    { name, replicas, withinMs }: ScaleRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const app = this.#app;
    if (app === undefined) throw notPlanned([{ name }], "scaled");
    if (!app.plan.entries.has(name)) {
      const [{ entry, planned } = { entry: "", planned: false }] = this.#roster
        .find(name);
      if (!planned) throw notPlanned([{ name }], "scaled");
      throw new Problem(
        "conflict",
        `Cannot scale ${name}: it is a replica of "${entry}"`,
      );
    }
    const names = [name];
    await this.#within(
      this.#wait("scale", { names, withinMs }, signal),
      (rules) => app.scale(name, replicas, rules),
      () => Promise.resolve(),
    );
  }

  /** Applies a configuration; resolves to what has changed. */
  async apply(
    { config, dryRun = false }: { config: unknown; dryRun?: boolean },
    signal: AbortSignal,
  ): Promise<unknown> {
    const { apply } = this.#own;
    if (apply === undefined) {
      throw new Problem(
        "conflict",
        "This supervisor has no configuration that can be changed",
      );
    }
    const goal = "Cannot apply the configuration";
    let result: unknown;
    await this.#within({ goal, withinMs: undefined, signal }, async (rules) => {
      result = await apply(config, { dryRun, signal: rules.signal });
    }, () => Promise.resolve());
    return result;
  }

  /** Stops everything; the supervisor ends after that. */
  async shutdown(
    { withinMs = Infinity }: { withinMs?: number | undefined },
  ): Promise<void> {
    const { shutdown } = this.#own;
    this.#shutdown ??= shutdown === undefined
      ? this.#shutDown(withinMs)
      : shutdown({ withinMs });
    await this.#shutdown;
  }

  async #shutDown(withinMs: number): Promise<void> {
    const over = new AbortController();
    const late = new AbortController();
    if (withinMs < Infinity) {
      this.#pm.clock.delay(withinMs, { signal: over.signal })
        .then(() => over.signal.aborted || late.abort());
    }
    try {
      await this.#app?.stop({ withinMs });
      await this.#pm.shutdown({ signal: late.signal });
    } finally {
      over.abort();
    }
  }

  /** Divides names into those of the plan, and the processes without one. */
  #find(
    names: readonly string[],
  ): { planned: string[]; others: Process[] } {
    const planned = new Set<string>();
    const others = new Set<Process>();
    for (const name of names) {
      for (const each of this.#roster.find(name)) {
        if (each.planned) planned.add(name);
        else if (each.process) others.add(each.process);
      }
    }
    return { planned: [...planned], others: [...others] };
  }

  /** Tells the schedules what a client asks for. */
  #tell(what: "start" | "stop", names: readonly string[]): void {
    const { schedules } = this.#own;
    if (schedules === undefined) return;
    const entries = names.flatMap((name) =>
      this.#roster.find(name).map(({ entry }) => entry)
    );
    for (const entry of new Set(entries)) schedules.asked(what, entry);
  }

  /** Whether all processes with a name have completed, and run again later. */
  #isDoneForNow(name: string): boolean {
    return this.#roster.find(name).every(({ name, entry, planned }) =>
      planned && this.#own.schedules?.of(entry)?.action === "run" &&
      this.#app?.why(name).state.kind === "done"
    );
  }

  #wait(verb: string, request: NamesRequest, signal: AbortSignal): Wait {
    const { names, withinMs } = request;
    return { goal: `Cannot ${verb} ${names.join(", ")}`, withinMs, signal };
  }

  /**
   * Does something with a plan and with other processes, at the same time.
   *
   * @throws {Problem} If it fails, takes too long, or the manager is shut down.
   */
  async #within(
    { goal, withinMs, signal }: Wait,
    planned: (
      rules: { signal: AbortSignal; withinMs?: number },
    ) => Promise<void>,
    others: () => Promise<void>,
  ): Promise<void> {
    const { clock, closing } = this.#pm;
    const begun = clock.now();
    const ended = AbortSignal.any([signal, closing]);
    const isLate = () =>
      withinMs !== undefined && clock.now() - begun >= withinMs;
    const done = new AbortController();
    try {
      const rules = withinMs === undefined
        ? { signal: ended }
        : { signal: ended, withinMs };
      if (closing.aborted) throw closed(goal);
      const waits: Promise<unknown>[] = [
        Promise.all([planned(rules), others()]),
        rejection(ended, done.signal),
      ];
      if (withinMs !== undefined) {
        // The plan has its own, better message at the same time.
        waits.push(
          clock.delay(withinMs, { signal: done.signal })
            .then(() => clock.delay(0, { signal: done.signal }))
            .then(() => {
              throw new Problem("not-ready", `${goal} within ${withinMs} ms`);
            }),
        );
      }
      for (const each of waits) each.catch(() => {});
      await Promise.race(waits);
    } catch (error) {
      throw this.#problem(error, goal, isLate());
    } finally {
      done.abort();
    }
  }

  #problem(error: unknown, goal: string, late: boolean): unknown {
    if (error instanceof Problem) return error;
    if (this.#pm.closing.aborted) return closed(goal);
    if (error instanceof PlanError) {
      return new Problem(late ? "not-ready" : "failed", error.message);
    }
    if (error instanceof TypeError || error instanceof RangeError) {
      return new Problem("conflict", error.message);
    }
    return error;
  }
}

/** Returns whether this system has a signal of this name. */
function isSignal(name: string): name is Deno.Signal {
  try {
    checkCommandOptions({ stop: { signal: name } });
    return true;
  } catch {
    return false;
  }
}

/** Starts a process and waits until it is ready. */
async function begin(process: Process): Promise<void> {
  await process.start();
  await process.ready;
}

/** Does something with all processes; fails after all are done. */
async function all(
  processes: readonly Process[],
  act: (process: Process) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(processes.map(act));
  const errors = results.flatMap((each) =>
    each.status === "rejected" ? [each.reason] : []
  );
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) {
    throw new AggregateError(errors, `${errors.length} of them failed`);
  }
}

function processesOf(subjects: readonly Subject[]): Process[] {
  const processes = subjects.flatMap(({ process }) => process ?? []);
  return [...new Set(processes)];
}

/** Rejects when a signal is aborted, unless another one is aborted earlier. */
function rejection(signal: AbortSignal, done: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  done.addEventListener("abort", () => {
    signal.removeEventListener("abort", abort);
  });
  return promise;
}

function closed(goal: string): Problem {
  return new Problem("closing", `${goal}: the supervisor is ending`);
}

function notPlanned(
  others: readonly { readonly name: string }[],
  what: string,
): Problem {
  const names = others.map(({ name }) => name).join(", ");
  return new Problem(
    "conflict",
    `Only processes of a plan can be ${what}, and ${names} belongs to none`,
  );
}
