/**
 * What a trial can do with a contender: start programs, stop one, end the
 * contender itself, and see what is left.
 *
 * @module
 */

import type { Program, Setup } from "./host.ts";
import {
  alive,
  kill,
  processesWith,
  PROGRAM,
  TRIAL,
  until,
} from "./processes.ts";

/** How long a contender may take to start its programs, in milliseconds. */
const START_LIMIT_MS = 20_000;

/** Something that runs programs. */
export interface Contender {
  /** Its name, which heads its column. */
  readonly name: string;
  /** Whether it has options for {@linkcode Setup.wholeTree}. */
  readonly wholeTree?: true;
  /** `false` if it cannot write the output of a program to a file. */
  readonly logs?: false;
  /** Starts programs as its documentation does. */
  start(setup: Setup, place: Place): Promise<Running>;
}

/** Where a contender runs. */
export interface Place {
  /** An empty folder. */
  readonly folder: string;
  /** The environment of the contender. */
  readonly env: Readonly<Record<string, string>>;
}

/** A contender that runs. */
export interface Running {
  /** The process that supervises. */
  readonly pid: number;
  /** How that process ends, if it was started in the foreground. */
  readonly status?: Promise<Deno.CommandStatus>;
  /** Stops a program, and resolves when the contender says that it did. */
  stop(name: string): Promise<void>;
  /** Ends the contender as its documentation does. */
  end(): Promise<void>;
}

/** What a trial asks for: scripts, and the rest of the set-up. */
export type Request = Omit<Setup, "programs"> & { scripts: readonly string[] };

/** A contender under trial, of which nothing is left at the end. */
export class Trial implements AsyncDisposable {
  /** A folder for what programs and contender write. */
  readonly folder: string = Deno.makeTempDirSync({ prefix: "compare_" });
  readonly #id = crypto.randomUUID();
  readonly #contender: Contender;
  #running: Running | undefined;

  constructor(contender: Contender) {
    this.#contender = contender;
  }

  /** Starts the contender with scripts, in which `$DIR` is the folder. */
  async start({ scripts, ...setup }: Request): Promise<Running> {
    const env = { [PROGRAM]: this.#id, DIR: this.folder };
    const programs = scripts.map((script, i): Program => ({
      name: `app${i}`,
      script,
      env,
    }));
    const place = { folder: this.folder, env: { [TRIAL]: this.#id } };
    const running = await this.#contender.start({ ...setup, programs }, place);
    return this.#running = running;
  }

  /** The living processes of the programs. */
  programs(): number[] {
    return processesWith(PROGRAM, this.#id);
  }

  /** The living processes of the contender. */
  own(): number[] {
    const programs = new Set(this.programs());
    const own = new Set(processesWith(TRIAL, this.#id));
    // A program that changes its title overwrites its environment.
    const pid = this.#running?.pid;
    if (pid !== undefined && alive(pid)) own.add(pid);
    return [...own].filter((pid) => !programs.has(pid));
  }

  /** Waits until so many processes of the programs are there. */
  async running(count: number): Promise<void> {
    const found = () => this.programs().length >= count;
    if (await until(found, START_LIMIT_MS)) return;
    throw new Error(`${this.#contender.name} does not start its programs`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.end();
    const left = () => [...this.own(), ...this.programs()];
    const none = await until(() => {
      for (const pid of left()) kill(pid, "SIGKILL");
      return left().length === 0;
    }, 5_000);
    await this.#running?.status;
    await Deno.remove(this.folder, { recursive: true });
    if (!none) throw new Error(`${this.#contender.name} left processes`);
  }
}
