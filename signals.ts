/**
 * Signals: their names, and those of this program turned into a stop of all.
 *
 * @module
 */

import { wrong } from "./checks.ts";

/** The signals that a process can be sent, all that Deno has a name for. */
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

/** Names of signals that a system does not have. */
const MISSING: Partial<Record<string, readonly string[]>> = {
  linux: ["SIGBREAK", "SIGEMT", "SIGINFO"],
  darwin: ["SIGBREAK", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGUNUSED"],
};

/** Signals that no program can handle, or none written in JavaScript. */
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

/** The numbers of signals that ask a program to end, everywhere. */
const NUMBERS: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
};

/** How long Deno may take to act on a signal, in milliseconds. */
const RAISE_MS = 500;

/** Sends this program a signal that nobody listens to any more, and waits. */
export function raise(signal: Deno.Signal): void {
  // For process 1 signals have no default effect.
  if (Deno.pid === 1) Deno.exit(128 + (NUMBERS[signal] ?? 0));
  Deno.kill(Deno.pid, signal);
  // Deno acts on it in another thread: nothing is to be begun in this one.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RAISE_MS);
}
