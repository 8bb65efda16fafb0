/**
 * The end of this program: the signals that ask it to end, uncaught errors, and
 * the last turn of the event loop.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";
import { signalNumber } from "./signals.ts";

/** The functions to call on the way to the end of this program. */
export interface ExitHandlers {
  /** Called when a signal asks this program to end. Must never reject. */
  stop(signal: Deno.Signal): Promise<void>;
  /** Called at a second signal, just before this program ends. */
  killAll(): void;
  /** The functions to call when this program ends in another way, if any. */
  readonly atEnd?: EndHandlers;
}

/** The functions to call when this program ends without a signal. */
export interface EndHandlers {
  /** Called at an uncaught error that no listener has handled yet. */
  fail(): void;
  /** Called in the last turn of the event loop. */
  unload(): void;
}

/** Options for {@linkcode ProgramExit}. */
export interface ExitOptions {
  /** The signals that ask this program to end. */
  readonly signals: readonly Deno.Signal[];
  /** Whether the signal ends this program when nothing is left to stop. */
  readonly exitOnSignal: boolean;
}

/** Whether this program is about to end by a signal. */
type Exit =
  /** No signal has asked this program to end. */
  | { readonly kind: "none" }
  /** This program ends when nothing is left to stop. */
  | { readonly kind: "due"; readonly signal: Deno.Signal }
  /** This program has sent itself the signal, and Deno has yet to act on it. */
  | { readonly kind: "raised" };

/** Events of errors that end this program unless a listener handles them. */
const FATAL = ["error", "unhandledrejection"] as const;

/** Listens for what ends this program, and ends the program by a signal. */
export class ProgramExit {
  readonly #trap: SignalTrap;
  readonly #handlers: ExitHandlers;
  readonly #exitOnSignal: boolean;
  readonly #onUnload = () => this.#handlers.atEnd?.unload();
  readonly #onFatal = (event: Event) => {
    if (!event.defaultPrevented) this.#handlers.atEnd?.fail();
  };
  #exit: Exit = { kind: "none" };

  /** Begins to listen for the last turn; `arm()` adds the other listeners. */
  constructor(options: ExitOptions, handlers: ExitHandlers, clock: Clock) {
    this.#handlers = handlers;
    this.#exitOnSignal = options.exitOnSignal;
    this.#trap = new SignalTrap(options.signals, {
      first: (signal) => this.#signalled(signal),
      again: () => handlers.killAll(),
    }, clock);
    // Added now, so that it runs before listeners that start commands or exit.
    if (handlers.atEnd) addEventListener("unload", this.#onUnload);
  }

  /** Whether this program is about to end by a signal. */
  get due(): boolean {
    return this.#exit.kind !== "none";
  }

  /** Begins to listen to signals and errors: there is something to stop. */
  arm(): void {
    // Deno acts on the signal late; another listener would cancel its effect.
    if (this.#exit.kind !== "raised") this.#trap.arm();
    if (!this.#handlers.atEnd) return;
    for (const type of FATAL) addEventListener(type, this.#onFatal);
  }

  /** Notes that nothing is left to stop. Ends this program if that is due. */
  rest(): void {
    this.#end();
    this.#trap.rest();
  }

  /** Stops listening to signals and for the last turn. */
  close(): void {
    this.#trap.disarm();
    removeEventListener("unload", this.#onUnload);
  }

  /** Stops listening to errors: nothing is left of any run. */
  ignoreErrors(): void {
    for (const type of FATAL) removeEventListener(type, this.#onFatal);
  }

  async #signalled(signal: Deno.Signal): Promise<void> {
    if (this.#exitOnSignal) this.#exit = { kind: "due", signal };
    await this.#handlers.stop(signal);
    this.#end();
  }

  #end(): void {
    if (this.#exit.kind !== "due") return;
    const { signal } = this.#exit;
    this.#exit = { kind: "raised" };
    this.#trap.disarm();
    raise(signal);
  }
}

/** Time in which further signals count as the first one, in milliseconds. */
const TOGETHER_MS = 1_000;

/** The functions to call when this program receives a signal. */
export interface SignalHandlers {
  /** Called when a signal asks this program to end. Must never reject. */
  first(signal: Deno.Signal): Promise<void>;
  /** Called at a later signal, just before its default effect. */
  again(signal: Deno.Signal): void;
}

/**
 * Listens to signals of this program while there is something to stop.
 *
 * While the trap listens, the signals do not have their default effect. So it
 * stops listening as soon as there is nothing to stop, and at a second signal.
 * Ctrl-C can arrive as several signals, so signals close together count as one.
 */
export class SignalTrap {
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
   * Stops listening, since there is nothing to stop. Right after a signal, it
   * goes on listening, because another signal of the same request can follow.
   */
  rest(): void {
    this.#needed = false;
    if (!this.#hasTwin()) this.disarm();
  }

  /** Stops listening, which gives the signals their default effect again. */
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
    this.disarm();
    raise(signal);
  }

  /** Whether a signal that arrives now counts as one with the signal before. */
  #hasTwin(): boolean {
    return this.#clock.now() - this.#servedAt < TOGETHER_MS;
  }
}

/** The longest wait for Deno to act on a signal, in milliseconds. */
const RAISE_MS = 500;

/** Sends this program a signal that it no longer listens to, and waits. */
export function raise(signal: Deno.Signal): void {
  // Signals have no default effect on process 1.
  if (Deno.pid === 1) Deno.exit(128 + signalNumber(signal));
  Deno.kill(Deno.pid, signal);
  // Deno acts on it in another thread. Until then, this thread must not go on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RAISE_MS);
}
