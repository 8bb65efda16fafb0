/**
 * The start of a child: what tells programs apart, the ways to start one, and
 * the error if that fails.
 *
 * @module
 */

import { SpawnError } from "./errors.ts";

/** What a run is made from. */
export interface RunSpec {
  /** The name of the process, for messages. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** Everything else that Deno takes. */
  readonly command: Deno.CommandOptions;
  /** Whether the child leads a process group of its own. */
  readonly group: boolean;
  /** What starts it. */
  readonly spawner: Spawner;
}

/** A child that has been started. */
export interface Started {
  /** Deno's view of it. */
  readonly child: Deno.ChildProcess;
  /** Notes how it ended. */
  ended(status: Deno.CommandStatus): void;
}

/** How many programs are remembered. */
const PROGRAMS = 1_000;

/** Starts children, and remembers the programs that have started. */
export class Spawner {
  readonly #programs: Set<string> | undefined;

  /** Creates a spawner; `fork` tells whether each start is to fork. */
  constructor({ fork = false } = {}) {
    this.#programs = fork ? undefined : new Set();
  }

  /**
   * Starts a child.
   *
   * @throws {SpawnError} If it can not be started; nothing runs then.
   */
  start(spec: RunSpec): Started {
    const programs = this.#programs;
    const program = identity(spec);
    const { state } = Deno.permissions.querySync({ name: "run" });
    const child = state === "granted"
      ? this.#again(spec, program) ?? spawn(spec)
      : spawnAllowed(spec);
    if (programs && programs.size < PROGRAMS) programs.add(program);
    return {
      child,
      ended({ code }) {
        // A shell gives these to what it cannot start, and so does `setsid`.
        if (code === 126 || code === 127) programs?.delete(program);
      },
    };
  }

  /** Starts a program that has started before, if that takes no fork. */
  #again(spec: RunSpec, program: string): Deno.ChildProcess | undefined {
    if (!this.#programs?.has(program)) return undefined;
    return throughSetsid(spec);
  }
}

/** What tells one program from another of the same name. */
function identity({ program, command: { env, uid, gid } }: RunSpec): string {
  return [program, env?.PATH, uid, gid].join("\0");
}

/**
 * Starts a child through `setsid`, which gives it a session and a group without
 * forking. That is what Deno does for `detached`, which takes longer the more
 * memory this program has, and lets it do nothing else meanwhile. But `setsid`
 * cannot say why a program does not start, so it is for those that did.
 *
 * @returns The child; `undefined` if it cannot be started in this way.
 */
function throughSetsid(spec: RunSpec): Deno.ChildProcess | undefined {
  const { program, command, group } = spec;
  if (!group || !foundAlike(spec)) return undefined;
  const args = ["--", program, ...command.args ?? []];
  try {
    return new Deno.Command("setsid", { ...command, args }).spawn();
  } catch {
    return undefined;
  }
}

/** Whether `setsid` finds the same program as Deno. */
function foundAlike({ program, command: { clearEnv, env } }: RunSpec): boolean {
  if (Deno.build.os !== "linux") return false;
  // What a path is relative to, and a `PATH` that is cleared, Deno alone knows.
  return program.startsWith("/") ||
    (!program.includes("/") && (!clearEnv || env?.PATH !== undefined));
}

/** Starts a child where not all programs are allowed, without asking anybody. */
function spawnAllowed(spec: RunSpec): Deno.ChildProcess {
  const { program, command } = spec;
  const query = { name: "run", command: program } as const;
  if (
    foundElsewhere(program, command) ||
    Deno.permissions.querySync(query).state !== "granted"
  ) {
    const message =
      `Requires run access to "${program}", run again with --allow-run=${program}`;
    throw spawnError(spec, new Deno.errors.NotCapable(message));
  }
  return spawn(spec);
}

/** Starts a child in the way of Deno. */
function spawn(spec: RunSpec): Deno.ChildProcess {
  const { program, command, group } = spec;
  try {
    const options = { ...command, detached: group };
    return new Deno.Command(program, options).spawn();
  } catch (cause) {
    throw spawnError(spec, cause);
  }
}

function spawnError({ name, program }: RunSpec, cause: unknown): SpawnError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpawnError(`Cannot start process "${name}": ${why}`, {
    process: name,
    program,
    cause,
  });
}

/**
 * Whether Deno looks for a program elsewhere than where this program would find
 * it: for another one it would ask somebody for permission.
 */
function foundElsewhere(
  program: string,
  { cwd, env }: Deno.CommandOptions,
): boolean {
  if (program.startsWith("/")) return false;
  return program.includes("/") ? cwd !== undefined : env?.PATH !== undefined;
}
