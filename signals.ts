/**
 * Signals: their names, and those of this program turned into a stop of all.
 *
 * @module
 */

import { wrong } from "./validate.ts";

/** All signals that Deno has a name for. */
const NAMES: ReadonlySet<Deno.Signal> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBREAK",
  "SIGBUS",
  "SIGCHLD",
  "SIGCONT",
  "SIGEMT",
  "SIGFPE",
  "SIGHUP",
  "SIGILL",
  "SIGINFO",
  "SIGINT",
  "SIGIO",
  "SIGKILL",
  "SIGPIPE",
  "SIGPOLL",
  "SIGPROF",
  "SIGPWR",
  "SIGQUIT",
  "SIGSEGV",
  "SIGSTKFLT",
  "SIGSTOP",
  "SIGSYS",
  "SIGTERM",
  "SIGTRAP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGUNUSED",
  "SIGURG",
  "SIGUSR1",
  "SIGUSR2",
  "SIGVTALRM",
  "SIGWINCH",
  "SIGXCPU",
  "SIGXFSZ",
]);

/** The signals that each system lacks. */
const MISSING: Partial<Record<string, readonly string[]>> = {
  linux: ["SIGBREAK", "SIGEMT", "SIGINFO"],
  darwin: ["SIGBREAK", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGUNUSED"],
};

/** Signals that no program, or no program in JavaScript, can handle. */
const DEADLY: ReadonlySet<unknown> = new Set([
  "SIGFPE",
  "SIGILL",
  "SIGKILL",
  "SIGSEGV",
  "SIGSTOP",
]);

/** Signals this close together, in milliseconds, are one request. */
const TOGETHER_MS = 1_000;

/** Checks for the name of a signal. */
export function signalName(
  value: unknown,
  path: string,
): asserts value is Deno.Signal {
  if (!NAMES.has(value as Deno.Signal)) {
    wrong(path, 'the name of a signal, such as "SIGTERM"', value);
  }
  if (MISSING[Deno.build.os]?.includes(value as Deno.Signal)) {
    wrong(path, "a signal that this system has", value);
  }
}

/** Checks for the name of a signal that a program can handle. */
export function handledSignalName(value: unknown, path: string): void {
  signalName(value, path);
  if (DEADLY.has(value)) wrong(path, "a signal that can be handled", value);
}

/** What is done about the signals of this program. */
export interface SignalHandlers {
  /** The program was asked to end. Must not throw or reject. */
  first(signal: Deno.Signal): Promise<void>;
  /** It was asked again, later; what the signal does by default comes next. */
  again(signal: Deno.Signal): void;
}

/**
 * Listens to signals of this program while there is something to stop.
 *
 * Listening takes their default effect away, so it is given back as soon as
 * there is nothing to stop, and when the signal comes a second time. Ctrl-C can
 * arrive as more than one signal, so those close together are one.
 */
export class SignalTrap {
  readonly #signals: readonly Deno.Signal[];
  readonly #handlers: SignalHandlers;
  readonly #listeners = new Map<Deno.Signal, () => void>();
  #needed = false;
  #serving = false;
  #servedAt = -Infinity;

  /** Creates a trap that does not listen yet. */
  constructor(signals: readonly Deno.Signal[], handlers: SignalHandlers) {
    this.#signals = signals;
    this.#handlers = handlers;
  }

  /** Begins to listen: there is something to stop. */
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
   * Ends listening, since there is nothing to stop; but not right after a
   * signal, which may have a twin.
   */
  rest(): void {
    this.#needed = false;
    if (!this.#hasTwin()) this.disarm();
  }

  /** Ends listening: signals have their default effect again. */
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
      this.#servedAt = performance.now();
      this.#handlers.first(signal).finally(() => this.#serving = false);
      return;
    }
    if (this.#serving) this.#handlers.again(signal);
    this.disarm();
    raise(signal);
  }

  /** Whether a signal would belong to the one that came last. */
  #hasTwin(): boolean {
    return performance.now() - this.#servedAt < TOGETHER_MS;
  }
}

/**
 * The numbers of signals on Linux. Every shell takes a number, while `dash` does
 * not know all names.
 */
const LINUX: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
  SIGUNUSED: 31,
};

/** The numbers of signals on macOS, where they differ from those on Linux. */
const DARWIN: Partial<Record<Deno.Signal, number>> = {
  SIGEMT: 7,
  SIGBUS: 10,
  SIGSYS: 12,
  SIGURG: 16,
  SIGSTOP: 17,
  SIGTSTP: 18,
  SIGCONT: 19,
  SIGCHLD: 20,
  SIGIO: 23,
  SIGINFO: 29,
  SIGUSR1: 30,
  SIGUSR2: 31,
};

/** Returns the number that a signal has on this system; 0 if it has none. */
export function signalNumber(
  signal: Deno.Signal,
  os: typeof Deno.build.os = Deno.build.os,
): number {
  if (MISSING[os]?.includes(signal)) return 0;
  return (os === "linux" ? undefined : DARWIN[signal]) ?? LINUX[signal] ?? 0;
}

/** How long Deno may take to act on a signal, in milliseconds. */
const RAISE_MS = 500;

/** Sends this program a signal that nobody listens to any more, and waits. */
export function raise(signal: Deno.Signal): void {
  // For process 1 signals have no default effect.
  if (Deno.pid === 1) Deno.exit(128 + signalNumber(signal));
  Deno.kill(Deno.pid, signal);
  // Deno acts on it in another thread: nothing is to be begun in this one.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RAISE_MS);
}
