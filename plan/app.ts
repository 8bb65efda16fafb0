/**
 * A plan that runs, and what a program can do with it.
 *
 * @module
 */

import type { Process, Processman } from "../mod.ts";
import { apply, compare } from "./apply.ts";
import type { Board } from "./board.ts";
import { renew, stopUnits } from "./descent.ts";
import type { PlanDifference } from "./difference.ts";
import type { LiveUnit } from "./live_unit.ts";
import type { Plan } from "./planned.ts";
import { rollAll } from "./roll.ts";
import { setReplicas } from "./scale.ts";
import { entryNames } from "./selection.ts";
import { startUnits } from "./start.ts";
import { arriveWithin, type Limited, type Terms, within } from "./terms.ts";
import { Turns } from "./turns.ts";
import {
  type ApplyOptions,
  type AppRestartOptions,
  type AppStartOptions,
  type AppStopOptions,
  dependenciesRule,
  flag,
  stopRules,
  type WaitOptions,
  type WaitRules,
  waitRules,
} from "./wait_options.ts";
import type { Why } from "./why.ts";

/** The name of an entry, or of one of its replicas, such as `api.2`. */
export type UnitName<Name extends string> = Name | `${Name}.${number}`;

/**
 * A plan that runs. {@linkcode up} returns it.
 *
 * Its methods do not conflict with each other: restarts and changes of
 * the plan wait for those that began earlier, and a stop of the whole plan ends
 * them.
 *
 * @example More replicas, and a restart of what they depend on
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { plan, up } from "@isbm/processman/plan";
 *
 * await using pm = new Processman();
 * const app = await up(
 *   pm,
 *   plan({
 *     db: { command: ["sleep", "500"] },
 *     api: {
 *       command: ["sleep", "500"],
 *       replicas: 1,
 *       dependsOn: { db: { when: "started", restart: "explicit" } },
 *     },
 *   }),
 * );
 * await app.scale("api", 3);
 * await app.restart("db"); // stops the replicas first, and starts them again
 * for (const { name, pid } of app) console.log(name, pid);
 * ```
 */
export class App<Name extends string = string>
  implements AsyncDisposable, Iterable<Process> {
  readonly #board: Board;
  readonly #turns = new Turns();
  #disposed: Promise<void> | undefined;

  /** @ignore Called by `up()`. */
  constructor(board: Board) {
    this.#board = board;
  }

  /** The manager that runs the processes. */
  get manager(): Processman {
    return this.#board.pm;
  }

  /** The plan. While `apply()` is in progress, it is neither the old nor the new. */
  get plan(): Plan {
    return this.#board.plan;
  }

  /**
   * Returns a process of the plan.
   *
   * @param name The name of the process: the name of its entry, or `api.2` for
   * the second replica.
   * @returns The process; `undefined` if there is none with that name.
   */
  get(name: UnitName<Name>): Process | undefined {
    return this.#board.get(name)?.process;
  }

  /**
   * Iterates over the processes of the plan, each after those that it depends
   * on. Those that have ended are among them.
   *
   * @returns The iterator.
   */
  *[Symbol.iterator](): IterableIterator<Process> {
    for (const { process } of this.#board.units) {
      if (process !== undefined) yield process;
    }
  }

  /**
   * Says why a process is where it is: what it waits for, until when, and how
   * many restarts its limit still allows.
   *
   * @param what The name of an entry or a process, or the process. If the entry
   * has replicas, the answer is about the first of them that is not ready, or
   * about the first.
   * @returns The answer as a record, and as one sentence in it.
   * @throws {TypeError} If the plan has no such entry or process.
   */
  why(what: UnitName<Name> | Process): Why {
    const name = typeof what === "object" ? what.name : what;
    const [first, ...rest] = this.#unitsOf("explain", [name])
      .map((unit) => this.#board.why(unit));
    const missing = [first, ...rest].find((why) => why && !isThere(why));
    const why = missing ?? first;
    if (why === undefined) throw unknownName("explain", name, []);
    return why;
  }

  /**
   * Says why each process of the plan is where it is. For many processes, this
   * is much faster than `why()` for each of them.
   *
   * @returns The answers, each after those of the processes that it depends on.
   */
  whys(): Why[] {
    return this.#board.whys();
  }

  /**
   * Starts processes that have not been started, have ended or were stopped. A
   * task that is completed stays so, unless it is to run again. Each waits until its conditions hold.
   *
   * @param names The names of entries or processes, one or many.
   * @param options What happens to what they depend on, and how long to wait.
   * @returns A promise that resolves when all of them are ready or completed,
   * and so are the dependencies that were started with them. It rejects with a
   * `PlanError` if that is not possible any more or takes too long, with the
   * reason of the signal, and with a `TypeError` if a name does not exist or the
   * plan has been disposed of.
   */
  async start(
    names: UnitName<Name> | readonly UnitName<Name>[],
    options: AppStartOptions = {},
  ): Promise<void> {
    const board = this.#board;
    const list = listOf(names);
    const goal = cannot("start", list);
    const targets = this.#unitsOf("start", list);
    const { dependencies, again, ...wait } = options;
    const rules = this.#rules(goal, wait);
    const how = dependenciesRule(dependencies, "require");
    const repeat = flag(again, "again");
    const units = startUnits(board, targets, how, repeat);
    await arriveWithin(board, goal, units, rules);
  }

  /**
   * Restarts processes, and runs completed tasks again. First, the processes
   * that depend on them with `restart: "explicit"` or `"always"` are stopped in
   * reverse order, and at last they are started again.
   *
   * With the option `roll`, the processes are restarted one after another, and
   * those that depend on them are only restarted if an entry has one replica
   * and it is stopped before its successor is ready. A process that crashes
   * before it is ready ends the rolling restart with a `PlanError`. Those that
   * have not been restarted go on.
   *
   * @param names The names of entries or processes, one or many.
   * @param options How to restart them, and how long to wait.
   * @returns A promise that resolves when all of them are ready or completed. It
   * rejects like that of `start()`, and if the whole plan is stopped.
   */
  async restart(
    names: UnitName<Name> | readonly UnitName<Name>[],
    options: AppRestartOptions = {},
  ): Promise<void> {
    const board = this.#board;
    const list = listOf(names);
    const goal = cannot("restart", list);
    const { roll, ...wait } = options;
    const rules = this.#rules(goal, wait);
    const targets = () => this.#unitsOf("restart", list);
    let awaited = targets();
    if (flag(roll, "roll")) {
      return await within(
        board,
        goal,
        rules,
        (limited) =>
          this.#inTurn(limited, (terms) => rollAll(board, targets(), terms)),
      );
    }
    await within(board, goal, rules, async (limited) => {
      awaited = await this.#inTurn(
        limited,
        ({ signal }) => renew(board, targets(), list.join(", "), signal),
      );
      await board.arrive(goal, awaited, limited.signal);
    }, () => awaited);
  }

  /**
   * Stops processes, each after those that depend on it. They stay stopped until
   * you start or restart them.
   *
   * If you name processes, those that depend on them with `restart: "explicit"`
   * or `"always"` are stopped first, and start when the named processes are
   * back. Other processes stay as they are.
   *
   * @example
   * ```ts
   * import { Processman } from "@isbm/processman";
   * import { plan, up } from "@isbm/processman/plan";
   *
   * await using pm = new Processman();
   * const app = await up(pm, plan({ db: { command: ["sleep", "500"] } }));
   * await app.stop("db");
   * console.log(app.why("db").sentence); // db was stopped
   * await app.start("db");
   * await app.stop({ withinMs: 5_000 }); // all
   * ```
   *
   * @param first The names of entries or processes, one or many; the options if
   * all processes are to be stopped.
   * @param second The options if processes are named. The options `stop` of the
   * entries are the defaults.
   * @returns A promise that resolves when they have ended. It rejects if a name
   * does not exist or an option is invalid, and with a `StopError` or an
   * `AggregateError` if processes survive `SIGKILL`.
   */
  async stop(
    first: UnitName<Name> | readonly UnitName<Name>[] | AppStopOptions = {},
    second: AppStopOptions = {},
  ): Promise<void> {
    if (isNames(first)) {
      const list = listOf(first);
      const targets = this.#unitsOf("stop", list);
      const rules = stopRules(second);
      return await stopUnits(this.#board, targets, list.join(", "), rules);
    }
    const rules = stopRules(first);
    this.#turns.end(
      new TypeError("Cannot change the plan: it is being stopped"),
    );
    await stopUnits(this.#board, this.#board.units, "the plan", rules);
  }

  /**
   * Changes the number of replicas of an entry. New ones and those that have not
   * been started are started, and those with the highest numbers are stopped.
   * The others are not touched.
   *
   * @param name The name of an entry that has the option `replicas`.
   * @param replicas The number of replicas; at least 1.
   * @param options How long to wait.
   * @returns A promise that resolves when the new replicas are ready, and those
   * that are too many have ended. It rejects like that of `restart()`, and if
   * the plan with this number of replicas is not valid; it then stays as it was.
   */
  async scale(
    name: Name,
    replicas: number,
    options: WaitOptions = {},
  ): Promise<void> {
    const board = this.#board;
    this.#unitsOf("scale", [name]);
    const goal = cannot("scale", [name]);
    const rules = this.#rules(goal, options);
    const units = await this.#turns.take(
      () => setReplicas(board, name, replicas),
      rules.signal,
    );
    await arriveWithin(board, goal, units, rules);
  }

  /**
   * Changes the plan. Processes that are the same in both plans are not touched;
   * probes, restart and stop options, dependencies and the options of the plan
   * change while they run. New entries are started, and those that are gone are
   * stopped, each after those that depend on it. Other processes are replaced
   * one after another, as in a rolling restart.
   *
   * What you have stopped stays stopped, and what has not been started is only
   * started if a new entry requires it. A completed task is run again if its
   * own options have changed.
   *
   * If a process that is started or replaced does not get ready, everything is
   * put back before the promise rejects.
   *
   * @example A new version
   * ```ts
   * import { Processman } from "@isbm/processman";
   * import { describe, plan, up } from "@isbm/processman/plan";
   * import { assertEquals } from "@std/assert";
   *
   * const shop = (seconds: string) =>
   *   plan({
   *     db: { command: ["sleep", "500"] },
   *     api: { command: ["sleep", seconds], replicas: 2 },
   *   });
   *
   * await using pm = new Processman();
   * const app = await up(pm, shop("500"));
   * const difference = await app.apply(shop("600"));
   * assertEquals(
   *   describe(difference),
   *   '~ api.command: ["sleep","500"] → ["sleep","600"] (restart)',
   * );
   * ```
   *
   * @param next The new plan.
   * @param options Whether to change anything, and how long to wait.
   * @returns A promise of what differs between the plans. It resolves when all
   * processes that were started or replaced are ready or completed. It rejects
   * with a `PlanError` if one is not ready in time, cannot get ready, or crashes
   * in place of one that was ready, with the reason of the signal, with a
   * `TypeError` if another process has the name of a new one, and if the whole
   * plan is stopped.
   */
  async apply(
    next: Plan,
    options: ApplyOptions = {},
  ): Promise<PlanDifference> {
    const board = this.#board;
    const goal = "Cannot apply the plan";
    const { dryRun, names, ...wait } = options;
    const starts = entryNames(names, "names", next);
    const rules = this.#rules(goal, wait);
    const dry = flag(dryRun, "dryRun");
    return await within(
      board,
      goal,
      rules,
      (limited) =>
        this.#inTurn(limited, async (terms) => {
          const result = compare(board, next);
          if (!dry) await apply(board, next, terms, starts);
          return result;
        }),
    );
  }

  /**
   * Stops all processes, as `stop()` does by default. After that, nothing of
   * the plan can be started.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#end();
    await this.#disposed;
  }

  async #end(): Promise<void> {
    const board = this.#board;
    try {
      // A program can have started a process itself.
      do await this.stop(); while (board.units.some(({ over }) => !over));
    } finally {
      this.#board.close();
    }
  }

  /** Does something when what was asked earlier is over. */
  #inTurn<Result>(
    limited: Limited,
    action: (terms: Terms) => Promise<Result>,
  ): Promise<Result> {
    return this.#turns.take(
      (signal, scope) => action({ ...limited, signal, scope, lenient: false }),
      limited.signal,
    );
  }

  /** Checks that something can still be started, and how long to wait. */
  #rules(goal: string, options: WaitOptions): WaitRules {
    if (this.#disposed) {
      throw new TypeError(`${goal}: the plan has been disposed of`);
    }
    return waitRules(options);
  }

  /** Returns the units with some names, in the order of the plan. */
  #unitsOf(verb: string, names: readonly string[]): LiveUnit[] {
    const { units } = this.#board;
    for (const name of names) {
      if (units.some((each) => isCalled(each, name))) continue;
      throw unknownName(verb, name, [...this.#board.plan.entries.keys()]);
    }
    return units.filter((each) => names.some((name) => isCalled(each, name)));
  }
}

function isCalled({ unit }: LiveUnit, name: string): boolean {
  return unit.name === name || unit.entry === name;
}

function isThere({ state }: Why): boolean {
  return state.kind === "done" || state.kind === "running" && state.ready;
}

function isNames<Name extends string>(
  value: Name | readonly Name[] | AppStopOptions,
): value is Name | readonly Name[] {
  return typeof value === "string" || Array.isArray(value);
}

function listOf<Name extends string>(
  names: Name | readonly Name[],
): readonly Name[] {
  return typeof names === "string" ? [names] : [...names];
}

function cannot(verb: string, names: readonly string[]): string {
  return `Cannot ${verb} ${names.join(", ")}`;
}

function unknownName(
  verb: string,
  name: string,
  entries: readonly string[],
): TypeError {
  return new TypeError(
    `${
      cannot(verb, [name])
    }: the plan has no entry or process with this name, the entries are ${
      entries.join(", ")
    }`,
  );
}
