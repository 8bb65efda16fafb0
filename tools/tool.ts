/**
 * Runs the command `processman` for tests, as a user does: by its name in a
 * shell, with a run-time folder and a state folder of its own.
 *
 * @module
 */

import { root } from "./package.ts";
import { lines, type Output } from "./tool_output.ts";

/** How a command ended. */
export interface Ended {
  /** What it wrote to stdout. */
  readonly stdout: string;
  /** What it wrote to stderr. */
  readonly stderr: string;
  /** Its exit status; 128 + n if a signal ended it. */
  readonly status: number;
}

/** Options of a command. */
export interface RunOptions {
  /** Variables that are added to the environment; `null` removes one. */
  env?: Readonly<Record<string, string | null>>;
  /** What it reads from stdin; nothing by default. */
  stdin?: string;
  /** After how long it is killed and the test fails; 60 s by default. */
  withinMs?: number;
  /** The folder it runs in, below that of the tool. */
  cwd?: string;
}

/** A command that goes on while the test does something else. */
export interface Running extends AsyncDisposable {
  /** The process ID of its shell, which is also that of its group. */
  readonly pid: number;
  /** What it writes to stdout. */
  readonly stdout: Output;
  /** What it writes to stderr. */
  readonly stderr: Output;
  /** How it ends. */
  readonly ended: Promise<Ended>;
  /** Sends a signal to its group; SIGINT is what Ctrl-C does. */
  signal(name: Deno.Signal): void;
  /** Writes to its stdin. */
  type(text: string): Promise<void>;
}

/** The variable by which a process is known to belong to a tool. */
const MARK = "XDG_STATE_HOME";

/** How long what has been killed can take to end, in milliseconds. */
const KILLED_MS = 5_000;

/** What is in the command line of a supervisor. */
const SUPERVISOR = /cli\/mod\.ts|processman\/cli|--supervise/;

/**
 * A folder in which commands run. `processman` in their `PATH` is that of this
 * checkout.
 *
 * Its disposal ends all supervisors that are left, and throws if a process is
 * left after that.
 */
export class Tool implements AsyncDisposable {
  /** The folder in which commands run; it is empty at first. */
  readonly folder: string;
  /** The folder of sockets and locks. */
  readonly runtime: string;
  /** The folder of logs. */
  readonly state: string;
  readonly #top: string;
  readonly #running = new Set<Running>();
  readonly #endLimitMs: number;

  /** `endLimitMs` is how long everything may take to end with the test. */
  constructor({ endLimitMs = 20_000 }: { endLimitMs?: number } = {}) {
    this.#endLimitMs = endLimitMs;
    const temporary = Deno.makeTempDirSync({ prefix: "processman_" });
    this.#top = Deno.realPathSync(temporary);
    this.folder = `${this.#top}/project`;
    this.runtime = `${this.#top}/run`;
    this.state = `${this.#top}/state`;
    for (const name of ["project", "bin", "tmp"]) {
      Deno.mkdirSync(`${this.#top}/${name}`);
    }
    Deno.mkdirSync(this.runtime, { mode: 0o700 });
    const shim = `${this.#top}/bin/processman`;
    Deno.writeTextFileSync(shim, shimText(), { mode: 0o755 });
  }

  /** Writes a file into the folder, and folders above it. Returns its path. */
  async write(path: string, text: string): Promise<string> {
    const full = `${this.folder}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text);
    return full;
  }

  /** The variables that make commands use this tool and its folders. */
  get env(): Record<string, string> {
    return {
      PATH: `${this.#top}/bin:${Deno.env.get("PATH")}`,
      XDG_RUNTIME_DIR: this.runtime,
      // Other supervisors of this user are not listed.
      TMPDIR: `${this.#top}/tmp`,
      [MARK]: this.state,
      NO_COLOR: "1",
    };
  }

  /** Runs a line of shell to its end. */
  async run(script: string, options: RunOptions = {}): Promise<Ended> {
    await using running = this.start(script, options);
    return await running.ended;
  }

  /** Starts a line of shell in a session of its own. */
  start(script: string, options: RunOptions = {}): Running {
    const running = launch(script, options, {
      cwd: options.cwd === undefined
        ? this.folder
        : `${this.folder}/${options.cwd}`,
      env: this.env,
    });
    this.#running.add(running);
    running.ended.finally(() => this.#running.delete(running)).catch(() => {});
    return running;
  }

  /** Returns what is alive of this tool, one line `PID COMMAND` each. */
  async alive(): Promise<string[]> {
    const { stdout } = await new Deno.Command("ps", {
      args: ["axeww", "-o", "pid=,command="],
      env: { LC_ALL: "C" },
    }).output();
    const mark = ` ${MARK}=${this.state}`;
    return new TextDecoder().decode(stdout).split("\n")
      .filter((line) => line.includes(`${mark} `) || line.endsWith(mark))
      .map((line) => line.trim().split(/ (?=\w+=)/)[0] ?? "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) await running[Symbol.asyncDispose]();
    const left = await this.#end();
    await Deno.remove(this.#top, { recursive: true });
    if (left.length > 0) {
      throw new Error(`these were left, and killed:\n${left.join("\n")}`);
    }
  }

  /** Ends supervisors; returns what did not end with them, after killing it. */
  async #end(): Promise<string[]> {
    const deadline = performance.now() + this.#endLimitMs;
    const asked = new Set<number>();
    let killed: string[] = [];
    while (true) {
      const alive = await this.alive();
      if (alive.length === 0) return killed;
      const late = performance.now() > deadline;
      const supervisors = alive.filter((line) => SUPERVISOR.test(line));
      for (const pid of (late ? alive : supervisors).map(parseFloat)) {
        if (!late && asked.has(pid)) continue;
        asked.add(pid);
        send(pid, late ? "SIGKILL" : "SIGTERM");
      }
      // What has been killed takes a moment to end.
      if (late && killed.length === 0) killed = alive;
      if (performance.now() > deadline + KILLED_MS) return killed;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A script that runs this checkout as an installed command runs a package. */
function shimText(): string {
  const module = new URL("cli/mod.ts", root).pathname;
  const deno = Deno.execPath();
  return `#!/bin/sh\nexec "${deno}" run --quiet --allow-all "${module}" "$@"\n`;
}

function launch(
  script: string,
  { env = {}, stdin, withinMs = 60_000 }: RunOptions,
  place: { cwd: string; env: Record<string, string> },
): Running {
  const all = { ...Deno.env.toObject(), ...place.env };
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete all[name];
    else all[name] = value;
  }
  const child = new Deno.Command("sh", {
    args: ["-c", script],
    cwd: place.cwd,
    env: all,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const writer = child.stdin.getWriter();
  // The program may have ended without reading it.
  const closed = stdin === undefined ? undefined : writer
    .write(new TextEncoder().encode(stdin))
    .then(() => writer.close()).catch(() => {});
  const [stdout, stderr] = [lines(child.stdout), lines(child.stderr)];
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    send(-child.pid, "SIGKILL");
  }, withinMs);
  const ended = child.status.then(async ({ code }) => {
    clearTimeout(timer);
    await closed;
    await writer.close().catch(() => {});
    await Promise.all([stdout.end(), stderr.end()]);
    const result = { stdout: stdout.text, stderr: stderr.text, status: code };
    if (!late) return result;
    throw new Error(
      `not ended within ${withinMs} ms: ${script}\n${result.stdout}${result.stderr}`,
    );
  });
  ended.catch(() => {});
  return {
    pid: child.pid,
    stdout,
    stderr,
    ended,
    signal: (name) => send(-child.pid, name),
    type: (text) => writer.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose]() {
      const end = setTimeout(() => send(-child.pid, "SIGKILL"), 10_000);
      if (!stdout.ended || !stderr.ended) send(-child.pid, "SIGTERM");
      await child.status;
      clearTimeout(end);
      await ended.catch(() => {});
    },
  };
}

/** Sends a signal, if there is still something to send it to. */
function send(target: number, signal: Deno.Signal): void {
  try {
    Deno.kill(target, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
