/**
 * The end of this program: the signals that ask it to end, uncaught errors, and
 * the last turn of the event loop.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";
import { readCommandLine } from "./read_table.ts";
import { signalNumber } from "./signals.ts";
import { pause } from "./system.ts";

/** What a manager does on a signal to this program. */
export interface SignalledProgram {
  /**
   * Called on a signal after which this program continues. Must never reject.
   */
  stop(signal: Deno.Signal): Promise<void>;
  /**
   * Called when a signal is to end this program; resolves when the manager has
   * ended. Must never reject.
   */
  end(signal: Deno.Signal): Promise<void>;
  /** Called on an uncaught error while this program ends by a signal. */
  caught(error: unknown): void;
  /** Called just before this program ends on a second signal. */
  killAll(): void;
}

/** The functions to call when this program ends without a signal. */
export interface EndHandlers {
  /** Called on an uncaught error that no listener has handled yet. */
  fail(): void;
  /** Called in the last turn of the event loop. */
  unload(): void;
}

/** Options for {@linkcode ProgramExit}. */
export interface ExitOptions {
  /** The signals that ask this program to end. */
  readonly signals: readonly Deno.Signal[];
  /** Whether a signal ends this program instead of only stopping processes. */
  readonly ends: boolean;
  /** Whether the manager ends when another manager ends this program. */
  readonly joins: boolean;
}

/**
 * A manager that this program waits for before it ends by a signal. Managers of
 * other versions of this package use the same interface.
 */
interface Member {
  /** Ends the manager; resolves when nothing of it is left. Never rejects. */
  end(signal: Deno.Signal): Promise<void>;
  /** Kills everything at once. */
  kill(): void;
  /** Restores the default effect of the signals. */
  release(): void;
}

/** State shared by the managers of this program, of all package versions. */
interface Program {
  /** The managers that have started processes and have not been shut down. */
  readonly members: Set<Member>;
  /** The signal by which this program ends; `undefined` until it comes. */
  signal: Deno.Signal | undefined;
  /** When the signal came, in milliseconds of the monotonic clock. */
  signalledAt: number;
  /** Whether a critical process has ended. */
  failed: boolean;
}

/** The name of the global variable that holds the {@linkcode Program}. */
const PROGRAM = Symbol.for("@isbm/processman/program");

/** The longest time that `deno --watch` takes to reload, in milliseconds. */
const RELOAD_MS = 2_000;

/** Events of errors that end this program unless a listener handles them. */
const FATAL = ["error", "unhandledrejection"] as const;

/** Listens for what ends this program, and ends the program by a signal. */
export class ProgramExit {
  readonly #trap: SignalTrap;
  readonly #signalled: SignalledProgram;
  readonly #clock: Clock;
  readonly #atEnd: EndHandlers | undefined;
  readonly #options: ExitOptions;
  readonly #member: Member = {
    end: (signal) => this.#end(signal),
    kill: () => this.#signalled.killAll(),
    release: () => this.#trap.disarm(),
  };
  readonly #onUnload = () => this.#atEnd?.unload();
  readonly #onFatal = (event: Event) => {
    if (event.defaultPrevented) return;
    if (!this.due) return this.#atEnd?.fail();
    event.preventDefault();
    this.#signalled.caught(reasonOf(event));
  };

  /** Begins to listen for the last turn; `arm()` adds the other listeners. */
  constructor(
    options: ExitOptions,
    signalled: SignalledProgram,
    clock: Clock,
    atEnd?: EndHandlers,
  ) {
    this.#options = options;
    this.#signalled = signalled;
    this.#clock = clock;
    this.#atEnd = atEnd;
    this.#trap = new SignalTrap(options.signals, {
      first: (signal) => this.#received(signal),
      again: (signal) => endAtOnce(signal),
      late: (signal) => this.#yield(signal),
    }, clock);
    // Added now, so that it runs before listeners that start commands or exit.
    if (atEnd) addEventListener("unload", this.#onUnload);
  }

  /**
   * Whether a signal is ending this program, so that nothing can be started.
   */
  get due(): boolean {
    return this.#options.joins && thisProgram().signal !== undefined;
  }

  /**
   * Sets the exit code of this program to the code of the first critical
   * process that ended, unless an exit code is already set.
   */
  fail(code: number): void {
    const program = thisProgram();
    if (!this.#options.joins || program.failed) return;
    program.failed = true;
    if (Deno.exitCode === 0) Deno.exitCode = code;
  }

  /**
   * Begins to listen for signals and errors, because there is something to
   * stop.
   */
  arm(): void {
    if (this.#options.joins) thisProgram().members.add(this.#member);
    this.#trap.arm();
    if (this.#atEnd) this.#heedErrors();
  }

  /** Records that nothing is left to stop. */
  rest(): void {
    // While this program ends, further signals still count as one.
    if (!this.due) this.#trap.rest();
  }

  /** Stops listening for the last turn, because nothing is left to stop. */
  ignoreUnload(): void {
    removeEventListener("unload", this.#onUnload);
  }

  /**
   * Stops listening for signals and errors, because nothing is left of any run.
   */
  close(): void {
    // If a signal is ending this program, both are still needed.
    if (this.due) return;
    this.#trap.disarm();
    for (const type of FATAL) removeEventListener(type, this.#onFatal);
    thisProgram().members.delete(this.#member);
  }

  async #received(signal: Deno.Signal): Promise<void> {
    if (this.#options.ends || this.due) await endProgram(signal, this.#clock);
    else await this.#signalled.stop(signal);
  }

  #end(signal: Deno.Signal): Promise<void> {
    this.#heedErrors();
    return this.#signalled.end(signal);
  }

  #heedErrors(): void {
    for (const type of FATAL) addEventListener(type, this.#onFatal);
  }

  /** Leaves a signal to the program, because there is nothing to stop. */
  #yield(signal: Deno.Signal): void {
    this.#trap.disarm();
    raise(signal);
  }
}

/** Returns the state that the managers of this program share. */
function thisProgram(): Program {
  const known: Program | undefined = Reflect.get(globalThis, PROGRAM);
  if (known !== undefined) return known;
  const value: Program = {
    members: new Set(),
    signal: undefined,
    signalledAt: -Infinity,
    failed: false,
  };
  Object.defineProperty(globalThis, PROGRAM, { value });
  return value;
}

/** Ends all managers at the same time, and then this program. */
async function endProgram(signal: Deno.Signal, clock: Clock): Promise<void> {
  const program = thisProgram();
  if (program.signal === undefined) {
    program.signal = signal;
    program.signalledAt = clock.now();
    const ends = Array.from(program.members, (each) => each.end(signal));
    await Promise.allSettled(ends);
    // A reload also sends SIGTERM, and meanwhile continues with the next
    // program. If nothing were left to wait for, the watcher would wait for a
    // change.
    if (signal === "SIGTERM" && await isWatched()) await clock.delay(RELOAD_MS);
    endBy(signal);
  }
  // The first signal can have come to a manager that listens to other signals.
  if (clock.now() - program.signalledAt >= TOGETHER_MS) endAtOnce(signal);
  // Until this program ends, any other signal is a second one.
  await new Promise(() => {});
}

/**
 * Returns whether Deno runs this program with `--watch`, and so sends it
 * SIGTERM at each reload. Ending by that signal would end the reloads.
 */
async function isWatched(): Promise<boolean> {
  const line = await readCommandLine();
  return line.slice(0, line.length - Deno.args.length)
    .some((arg) => /^--(watch|unstable-hmr)/.test(arg));
}

/** Kills everything and ends this program, on a second signal. */
function endAtOnce(signal: Deno.Signal): void {
  for (const member of thisProgram().members) member.kill();
  endBy(signal);
}

/** Ends this program by a signal, even if the program listens to the signal. */
function endBy(signal: Deno.Signal): void {
  for (const member of thisProgram().members) member.release();
  raise(signal);
  Deno.exit(128 + signalNumber(signal));
}

/** Time in which further signals count as the first one, in milliseconds. */
const TOGETHER_MS = 1_000;

/** The functions to call when this program receives a signal. */
interface SignalHandlers {
  /** Called when a signal asks this program to end. Must never reject. */
  first(signal: Deno.Signal): Promise<void>;
  /** Called on a second signal, which ends this program at once. */
  again(signal: Deno.Signal): void;
  /** Called on a signal that arrives when nothing is left to stop. */
  late(signal: Deno.Signal): void;
}

/**
 * Listens for signals to this program while there is something to stop.
 *
 * While the trap listens, the signals do not have their default effect. So it
 * stops listening as soon as there is nothing to stop, and at a second signal.
 * Ctrl-C can arrive as several signals, so signals close together count as one.
 */
class SignalTrap {
  readonly #signals: readonly Deno.Signal[];
  readonly #handlers: SignalHandlers;
  readonly #clock: Clock;
  readonly #listeners = new Map<Deno.Signal, () => void>();
  #needed = false;
  #serving = false;
  #servedAt = -Infinity;

  /** Creates a trap that does not listen yet. */
  constructor(
    signals: readonly Deno.Signal[],
    handlers: SignalHandlers,
    clock: Clock,
  ) {
    this.#signals = signals;
    this.#handlers = handlers;
    this.#clock = clock;
  }

  /** Begins to listen, because there is something to stop. */
  arm(): void {
    this.#needed = true;
    for (const signal of this.#signals) {
      if (this.#listeners.has(signal)) continue;
      const listener = () => this.#received(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }

  /**
   * Stops listening, because there is nothing to stop. Right after a signal, it
   * continues to listen, because another signal of the same request can follow.
   */
  rest(): void {
    this.#needed = false;
    if (!this.#hasTwin()) this.disarm();
  }

  /** Stops listening, which restores the default effect of the signals. */
  disarm(): void {
    for (const [signal, listener] of this.#listeners) {
      Deno.removeSignalListener(signal, listener);
    }
    this.#listeners.clear();
  }

  #received(signal: Deno.Signal): void {
    if (this.#hasTwin()) return;
    if (this.#needed && !this.#serving) {
      this.#serving = true;
      this.#servedAt = this.#clock.now();
      this.#handlers.first(signal).finally(() => this.#serving = false);
      return;
    }
    if (this.#serving) this.#handlers.again(signal);
    else this.#handlers.late(signal);
  }

  /**
   * Returns whether a signal that arrives now counts as one with the previous
   * one.
   */
  #hasTwin(): boolean {
    return this.#clock.now() - this.#servedAt < TOGETHER_MS;
  }
}

/** The longest wait for Deno to act on a signal, in milliseconds. */
const RAISE_MS = 500;

/** Sends this program a signal that it no longer listens for, and waits. */
function raise(signal: Deno.Signal): void {
  // Signals have no default effect on process 1.
  if (Deno.pid === 1) Deno.exit(128 + signalNumber(signal));
  Deno.kill(Deno.pid, signal);
  // Deno acts on it in another thread. Until then, this thread must not
  // continue.
  pause(RAISE_MS);
}

/** Returns the error of an event about an uncaught error. */
function reasonOf(event: Event): unknown {
  if (event instanceof ErrorEvent) return event.error;
  return event instanceof PromiseRejectionEvent ? event.reason : undefined;
}
