/**
 * The frame of the programs that use a library: each starts what it is told,
 * as the documentation of the library does, and stops it on request.
 *
 * @module
 */

/** What a contender starts, and how. */
export interface Setup {
  /** The programs. */
  readonly programs: readonly Program[];
  /** A file for what they write, in place of the default. */
  readonly logFile?: string;
  /** Whether the output is piped, where that is not the default. */
  readonly piped?: boolean;
  /** Whether a stop is to reach what programs start, as far as options go. */
  readonly wholeTree?: boolean;
  /** Whether programs are not restarted, and their end is that of the whole. */
  readonly once?: boolean;
  /** Whether the contender does nothing else until the programs have ended. */
  readonly foreground?: boolean;
}

/** A program of a trial. */
export interface Program {
  /** The name by which it is stopped. */
  readonly name: string;
  /** What `sh` runs. */
  readonly script: string;
  /** The environment that tells it from the contender. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a library returns for a program that it started. */
export interface Started {
  /** Settles when the program has ended. */
  readonly end: PromiseLike<unknown>;
  /** Stops it, and waits as the library does. */
  stop(): PromiseLike<unknown>;
}

/** Runs the programs of the set-up on the command line by a library. */
export async function host(
  start: (program: Program, setup: Setup) => Started,
): Promise<void> {
  const setup: Setup = JSON.parse(Deno.args[0] ?? "");
  const [first, ...others] = setup.programs.map((one) => start(one, setup));
  if (first === undefined) return;
  const ends = [first, ...others].map(({ end }) => end);
  if (setup.foreground) {
    await Promise.all(ends);
    return;
  }
  Promise.allSettled(ends);
  // Each line is the request to stop the first program.
  for await (const _ of Deno.stdin.readable) {
    await Promise.allSettled([first.stop()]);
    await Deno.stdout.write(new TextEncoder().encode("stopped\n"));
  }
}
