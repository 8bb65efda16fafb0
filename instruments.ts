/**
 * What a tool such as a tracer adds to runs and does around their probes.
 *
 * @module
 */

import type { SpawnError } from "./errors.ts";
import type { ProcessEvent } from "./events.ts";
import { call, ignoreRejection, messageOf } from "./foreign.ts";
import { checkPreparedRun } from "./options.ts";
import type { Probe } from "./probe_options.ts";
import {
  callable,
  options as optionsOf,
  type OptionsCheck,
} from "./validate.ts";

/** A run that is about to start. */
export interface ComingRun {
  /** The name of the process. */
  readonly name: string;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The program. */
  readonly program: string;
  /** The arguments of the program in this run. */
  readonly args: readonly string[];
}

/** A run whose child could not be started. */
export interface FailedStart {
  /** The name of the process. */
  readonly name: string;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** Why the child could not be started. */
  readonly error: SpawnError;
}

/** A call of a probe that is about to be made. */
export interface ProbeCall {
  /** The name of the process. */
  readonly name: string;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The option that the probe belongs to. */
  readonly option: "ready" | "live";
  /** The probe. */
  readonly probe: Probe;
}

/**
 * Functions that processman calls while it starts, watches and ends runs; see
 * {@linkcode Processman.prototype.instrument | Processman.instrument}.
 * processman logs and ignores what they throw.
 */
export interface Instrument {
  /**
   * Called right before the child of a run is started, also if the start then
   * fails. It can return environment variables for the child. A variable that
   * the command or `prepare` sets takes precedence.
   */
  beforeRun?:
    | ((run: ComingRun) => Readonly<Record<string, string>> | void)
    | undefined;
  /** Called after `beforeRun`, if the child could not be started. */
  startFailed?: ((failed: FailedStart) => void) | undefined;
  /**
   * Called with each event when it happens, before the readers of `events()`
   * get it. Events of a process come in the asynchronous context of the call
   * that started it.
   */
  onEvent?: ((event: ProcessEvent) => void) | undefined;
  /**
   * Called instead of a probe. It must call `ask` once, which calls the probe,
   * and can wait for the promise that `ask` returns. It cannot change the
   * answer.
   */
  aroundProbe?:
    | ((call: ProbeCall, ask: () => Promise<unknown>) => unknown)
    | undefined;
}

const checkInstrument: OptionsCheck<Instrument> = optionsOf<Instrument>({
  beforeRun: callable,
  startFailed: callable,
  onEvent: callable,
  aroundProbe: callable,
});

/** The instruments of a manager. */
export class Instruments {
  readonly #all = new Set<Instrument>();
  readonly #warn: (text: string) => void;

  /**
   * Creates an empty set.
   *
   * @param warn Called with what an instrument has done wrong.
   */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /**
   * Adds an instrument; the result removes it.
   *
   * @throws {TypeError} If a function does not exist or is none.
   */
  add(instrument: Instrument): Disposable {
    const own = checkInstrument(instrument, "");
    this.#all.add(own);
    return { [Symbol.dispose]: () => void this.#all.delete(own) };
  }

  /** Returns the environment variables for a run. Never throws. */
  variables(run: ComingRun): Record<string, string> {
    const all: Record<string, string> = {};
    this.#each("beforeRun", ({ beforeRun }) => {
      const env = beforeRun?.(run) ?? {};
      Object.assign(all, checkPreparedRun({ env }, "beforeRun()").env);
    });
    return all;
  }

  /** Tells of a child that could not be started. Never throws. */
  failed(start: FailedStart): void {
    this.#each("startFailed", ({ startFailed }) => startFailed?.(start));
  }

  /** Tells of an event. Never throws. */
  happened(event: ProcessEvent): void {
    this.#each("onEvent", ({ onEvent }) => onEvent?.(event));
  }

  /** Returns a probe that is called through the instruments. */
  around(about: ProbeCall): Probe {
    let { probe } = about;
    for (const { aroundProbe } of this.#all) {
      if (aroundProbe === undefined) continue;
      const inner = probe;
      probe = async (context) => {
        let asked: Promise<boolean> | undefined;
        const ask = () => asked ??= call(inner, context);
        try {
          await call(aroundProbe, about, ask);
        } catch (error) {
          // It can pass on what the probe has thrown, which is the answer.
          const passedOn = await ask().then(
            () => false,
            (thrown) => thrown === error,
          );
          if (!passedOn) this.#failed("aroundProbe", error);
        }
        return await ask();
      };
    }
    return probe;
  }

  /** Calls a function of each instrument. Never throws. */
  #each(name: string, call: (instrument: Instrument) => unknown): void {
    for (const instrument of this.#all) {
      try {
        ignoreRejection(call(instrument));
      } catch (error) {
        this.#failed(name, error);
      }
    }
  }

  #failed(name: string, error: unknown): void {
    this.#warn(`${name}() of an instrument failed: ${messageOf(error)}`);
  }
}
