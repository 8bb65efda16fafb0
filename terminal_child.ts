/**
 * Starts children on terminals of their own. A child leads its session and its
 * process group, as it does without a terminal: the terminal belongs to this
 * program, and the child only opens it.
 *
 * @module
 */

import { failure, findSync, searchLikeSetpriv } from "./find_program.ts";
import type {
  Child,
  SpawnedChild,
  SpawnRequest,
  TerminalSize,
} from "./kernel.ts";
import { spawnError } from "./not_started.ts";
import { mayCallLibc, mayNotCallLibc } from "./permissions.ts";
import type { Poller } from "./poller.ts";
import { Terminal } from "./terminal.ts";

/** What the program is told about its terminal by default. */
const TERM = "xterm-256color";

/**
 * A script for a shell that leads a session. The first terminal that such a
 * shell opens becomes the terminal of the session; then the shell becomes the
 * program. If there is no such program, the shell says so under the name of
 * `setsid`, as `setsid` would.
 */
const SCRIPT = 'exec <>"$1" >&0 2>&0; shift; exec "$@"';

/** Returns the command that a program is appended to, to run on a terminal. */
export function onTerminal(path: string): string[] {
  return ["/bin/sh", "-c", SCRIPT, "setsid", path];
}

/**
 * Starts a child on a terminal.
 *
 * @param request What to start, in a session of its own.
 * @param poller Waits for the terminal.
 * @param uid The ID of the user that the child runs as, if it is another one.
 * @param spawn Starts the child, through `onTerminal()` of the given path.
 * @throws {SpawnError} If it cannot be started; nothing runs then.
 */
export function spawnOnTerminal(
  request: SpawnRequest,
  poller: Poller,
  uid: number | undefined,
  spawn: (request: SpawnRequest, path: string) => SpawnedChild,
): SpawnedChild {
  const { tty: _, ...command } = request.command;
  // A missing program would look like one that exits with 127.
  if (command.user === undefined) requireProgram(request);
  const terminal = open(request, poller);
  try {
    if (uid !== undefined) terminal.giveTo(uid);
    const spawned = spawn({
      ...request,
      command: {
        ...command,
        env: { TERM, ...command.env },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      },
    }, terminal.path);
    const child = new TerminalChild(spawned.child, terminal);
    return {
      child,
      warning: spawned.warning,
      ended: (status) => spawned.ended?.(status),
      explain: async (traces) => await spawned.explain?.(traces),
    };
  } catch (error) {
    terminal.close();
    throw error;
  }
}

/** Throws if a program cannot be executed. */
function requireProgram(request: SpawnRequest): void {
  const search = { ...searchLikeSetpriv(request), as: [] };
  const found = findSync(search, "deep");
  if (found.errno === 0) return;
  throw spawnError(request, failure(request.program, found));
}

function open(request: SpawnRequest, poller: Poller): Terminal {
  if (Deno.build.os !== "linux") {
    const why = `the option "tty" works only on Linux`;
    throw spawnError(request, new Deno.errors.NotSupported(why));
  }
  if (!mayCallLibc()) throw spawnError(request, mayNotCallLibc("tty"));
  try {
    return new Terminal(poller);
  } catch (cause) {
    throw spawnError(request, cause);
  }
}

/** A child whose streams are the other end of its terminal. */
class TerminalChild implements Child {
  readonly pid: number;
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Child;
  readonly #terminal: Terminal;

  constructor(child: Child, terminal: Terminal) {
    this.#child = child;
    this.#terminal = terminal;
    this.pid = child.pid;
    this.status = child.status.finally(() => terminal.release());
  }

  get stdin(): Child["stdin"] {
    return this.#terminal.input;
  }

  get stdout(): Child["stdout"] {
    return this.#terminal.output;
  }

  get stderr(): Child["stderr"] {
    throw new TypeError("a terminal has no stderr");
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  resize(size: TerminalSize): void {
    this.#terminal.resize(size);
  }

  ref(): void {
    this.#child.ref();
  }

  unref(): void {
    this.#child.unref();
  }
}
