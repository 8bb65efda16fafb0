/**
 * A fake system for tests.
 *
 * @module
 */

import {
  type DelayOptions,
  type Kernel,
  type SpawnedChild,
  SpawnError,
  type SpawnRequest,
  type TableReading,
} from "../mod.ts";
import { must, optionsAmong, signalName, text, whole } from "./arguments.ts";
import { FakeChild, type FakeProcess } from "./fake_process.ts";
import { seededRandom } from "./seeded_random.ts";
import { VirtualClock } from "./virtual_clock.ts";

/**
 * What a program does. The kernel calls the script once for each child that
 * runs the program, with the child and the clock of the kernel. If the script
 * returns a number, or a promise of one, the child ends with that exit code.
 * Otherwise the child lives until `exit()` or a signal ends it. If the script
 * throws or rejects, the child writes the error to stderr and ends with the
 * exit code 1.
 */
export type ChildScript = (
  child: FakeChild,
  clock: VirtualClock,
) => number | void | Promise<number | void>;

/** Options for {@linkcode FakeKernel}. */
export interface FakeKernelOptions {
  /**
   * What each program does, keyed by the name that commands use for it. A
   * program with an error instead of a script cannot be started; the error is
   * then the `cause` of the `SpawnError`. All other programs are missing.
   */
  programs?: Readonly<Record<string, ChildScript | Error>> | undefined;
  /**
   * The seed of the random numbers.
   *
   * @default {1}
   */
  seed?: number | undefined;
}

/**
 * A fake system for tests: scripted children, a virtual clock and reproducible
 * random numbers. It needs no permission and takes no real time. A fake child
 * has its arguments and environment variables; the kernel ignores `cwd`, `user`
 * and similar options. Log files are not fake: `output.file` writes a real file.
 *
 * @example A job fails twice, and each restart waits for its backoff
 * ```ts
 * import { constant, Processman } from "@isbm/processman";
 * import { FakeKernel } from "@isbm/processman/testing";
 * import { assertEquals } from "@std/assert";
 *
 * let tries = 0;
 * const kernel = new FakeKernel({ programs: { job: () => ++tries < 3 ? 1 : 0 } });
 * await using pm = new Processman({ kernel, logger: null });
 * const job = pm.command("job", [], { restart: { backoff: constant(5_000) } });
 * await kernel.clock.until(job.finished);
 * assertEquals([tries, kernel.clock.now()], [3, 10_000]);
 * kernel.assertNothingLeft();
 * ```
 */
export class FakeKernel implements Kernel {
  /** The clock, which stands still until a test moves it. */
  readonly clock: VirtualClock = new VirtualClock();
  /** All children that the kernel has started, in order. */
  readonly started: FakeChild[] = [];
  /** Returns a random number in `[0, 1)`. */
  readonly random: () => number;
  /**
   * Whether a child can lead a session. A test can set this to `false`: before
   * it creates a manager, for a system without sessions, or later, to simulate
   * a revoked permission.
   */
  sessions: boolean = true;
  readonly #programs = new Map<string, ChildScript | Error>();
  readonly #processes = new Map<number, FakeProcess>();
  #lastPid = 1_000;

  /**
   * Creates a system in which nothing runs.
   *
   * @param options The programs, and the seed of the random numbers.
   * @throws {TypeError} If an option does not exist or has a wrong type.
   * @throws {RangeError} If the seed is not a whole number.
   */
  constructor(options: FakeKernelOptions = {}) {
    optionsAmong(options, "options", ["programs", "seed"]);
    const { programs = {}, seed = 1 } = options;
    must(isObject(programs), "programs", "an object", programs);
    for (const [name, does] of Object.entries(programs)) {
      this.program(name, does);
    }
    this.random = seededRandom(seed);
  }

  /** The processes that are alive, in the order in which they started. */
  get alive(): FakeProcess[] {
    return [...this.#processes.values()];
  }

  /**
   * Sets what a program does from its next start on.
   *
   * @param name The name that commands use for the program.
   * @param does The script; an error if the program cannot be started;
   * `undefined` if the program is missing.
   * @throws {TypeError} If an argument has a wrong type.
   */
  program(name: string, does: ChildScript | Error | undefined): void {
    text(name, "name");
    const right = typeof does === "function" || does instanceof Error ||
      does === undefined;
    must(right, `program "${name}"`, "a function or an Error", does);
    if (does === undefined) this.#programs.delete(name);
    else this.#programs.set(name, does);
  }

  /**
   * Checks that no process is alive.
   *
   * @throws {Error} If a process is alive. The message lists all that are.
   */
  assertNothingLeft(): void {
    const left = this.alive.map(({ pid, name }) => `pid ${pid} (${name})`);
    if (left.length > 0) throw new Error(`Left behind: ${left.join(", ")}`);
  }

  /** Returns how far the clock has been moved, in milliseconds. */
  now(): number {
    return this.clock.now();
  }

  /** Returns the time in milliseconds since the epoch. */
  time(): number {
    return this.clock.time();
  }

  /**
   * Waits on the clock; see
   * {@linkcode VirtualClock.prototype.delay | VirtualClock.delay}.
   */
  delay(ms: number, options?: DelayOptions): Promise<void> {
    return this.clock.delay(ms, options);
  }

  /**
   * Starts a child. Its script is called after this method has returned.
   *
   * @param request What to start.
   * @returns The child.
   * @throws {SpawnError} If the program is missing or cannot be started.
   * @throws {TypeError} If `request` is not a request.
   */
  spawn(request: SpawnRequest): SpawnedChild {
    const right = isObject(request) && isObject(request.command);
    must(right, "request", "a request to start a child", request);
    const { name, program, command, group } = request;
    const does = this.#programs.get(program);
    if (typeof does !== "function") {
      const cause = does ??
        new Deno.errors.NotFound(
          `Failed to spawn '${program}': entity not found`,
        );
      const message = `Cannot start process "${name}": ${cause.message}`;
      throw new SpawnError(message, { process: name, program, cause });
    }
    const pid = this.#newPid();
    const start = { program, args: command.args ?? [], env: command.env ?? {} };
    const own = group && this.sessions ? pid : Deno.pid;
    const place = { name: program, parent: Deno.pid, group: own, session: own };
    const child = new FakeChild(pid, start, place, {
      newPid: () => this.#newPid(),
      add: (process) => void this.#processes.set(process.pid, process),
      remove: ({ pid }) => void this.#processes.delete(pid),
    });
    this.started.push(child);
    this.#run(child, does);
    return { child };
  }

  /**
   * Sends a signal to a process or to a process group.
   *
   * @param target The ID of the process, or the negative ID of the group.
   * @param signal The signal; `0` only checks whether the target exists.
   * @returns Whether the target exists.
   * @throws {TypeError} If an argument has a wrong type.
   * @throws {RangeError} If the target is not a whole number.
   */
  kill(target: number, signal: Deno.Signal | 0): boolean {
    whole(target, "target");
    if (signal !== 0) signalName(signal, "signal");
    const reached = this.alive.filter(({ pid, group }) =>
      target < 0 ? group === -target : pid === target
    );
    if (signal !== 0) {
      for (const process of reached) {
        process.receive(signal);
      }
    }
    return reached.length > 0;
  }

  /** Returns the processes that are alive. */
  readTable(): Promise<TableReading> {
    return Promise.resolve({ processes: this.alive });
  }

  #newPid(): number {
    // A child with the ID of this program would be its own parent.
    if (++this.#lastPid === Deno.pid) this.#lastPid++;
    return this.#lastPid;
  }

  async #run(child: FakeChild, script: ChildScript): Promise<void> {
    // The script begins after `spawn()` has returned.
    await undefined;
    try {
      const code = await script(child, this.clock);
      if (code !== undefined) child.exit(code);
    } catch (error) {
      child.writeError(`${textOf(error)}\n`);
      child.exit(1);
    }
  }
}

/** Returns a text for any value that a script threw. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "unknown error";
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
