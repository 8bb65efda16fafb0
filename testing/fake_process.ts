/**
 * Fake processes for tests.
 *
 * @module
 */

import type { Child, ProcessEntry } from "../mod.ts";
import {
  callable,
  must,
  number,
  optionsAmong,
  signalName,
  text,
} from "./arguments.ts";

/** The numbers of signals, for exit codes. */
const NUMBERS: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** Signals that do not end a process by default. */
const HARMLESS: ReadonlySet<Deno.Signal> = new Set([
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGWINCH",
]);

/** The processes of a fake kernel. */
export interface FakeProcesses {
  /** Returns a process ID that no process has had. */
  newPid(): number;
  /** Adds a process that has started. */
  add(process: FakeProcess): void;
  /** Removes a process that has ended. */
  remove(process: FakeProcess): void;
}

/** The name of a process, and its parent, group and session. */
export type FakeProcessPlace = Pick<
  ProcessEntry,
  "name" | "parent" | "group" | "session"
>;

/** Options for {@linkcode FakeProcess.prototype.fork | FakeProcess.fork}. */
export interface ForkOptions {
  /**
   * What the new process leads: a group, or a session and a group. If you leave
   * it out, the process is in the group and the session of its parent.
   */
  leads?: "group" | "session" | undefined;
}

/** A fake process for tests. */
export class FakeProcess implements ProcessEntry {
  /** The process ID. */
  readonly pid: number;
  /** The name. */
  readonly name: string;
  /** The process ID of the parent. */
  readonly parent: number;
  /** The ID of the process group. */
  readonly group: number;
  /** The ID of the session. */
  readonly session: number;
  /** Always 0, which means that the start time is unknown. */
  readonly startedAt: number = 0;
  /** The signals that the process has received, in order. */
  readonly received: Deno.Signal[] = [];
  readonly #processes: FakeProcesses;
  readonly #handlers = new Map<Deno.Signal, () => unknown>();
  readonly #ended = Promise.withResolvers<Deno.CommandStatus>();
  #alive = true;

  /** @ignore Called by `FakeKernel` and `fork()`. */
  constructor(
    pid: number,
    { name, parent, group, session }: FakeProcessPlace,
    processes: FakeProcesses,
  ) {
    this.pid = pid;
    this.name = name.slice(name.lastIndexOf("/") + 1).slice(0, 15);
    this.parent = parent;
    this.group = group;
    this.session = session;
    this.#processes = processes;
    processes.add(this);
  }

  /** Whether the process has not ended. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves with the status of the process when it has ended. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#ended.promise;
  }

  /**
   * Sets what a signal does to the process. Without a handler, a signal ends
   * the process. Exceptions are the signals that a real process ignores by
   * default and the signals that suspend or continue a process: they have no
   * effect. `SIGKILL` always ends the process.
   *
   * @param signal The signal.
   * @param handler Called on each such signal. By default, the process ignores
   * the signal.
   * @throws {TypeError} If there is no such signal, or the handler is not a
   * function.
   */
  on(signal: Deno.Signal, handler: () => unknown = () => {}): void {
    signalName(signal, "signal");
    callable(handler, "handler");
    this.#handlers.set(signal, handler);
  }

  /**
   * Ends the process with an exit code.
   *
   * @param code The exit code, from 0 to 255.
   * @throws {TypeError} If the code is not a number.
   * @throws {RangeError} If the code is not a possible exit code.
   */
  exit(code: number): void {
    number(
      code,
      "code",
      "a whole number from 0 to 255",
      (value) => Number.isInteger(value) && value >= 0 && value <= 255,
    );
    this.end({ success: code === 0, code, signal: null });
  }

  /**
   * Sends the process a signal. It has no effect if the process has ended.
   *
   * @param signal The signal.
   * @throws {TypeError} If there is no such signal.
   */
  receive(signal: Deno.Signal): void {
    signalName(signal, "signal");
    if (!this.#alive) return;
    this.received.push(signal);
    const handler = this.#handlers.get(signal);
    if (handler !== undefined && signal !== "SIGKILL") return void handler();
    if (HARMLESS.has(signal)) return;
    const code = 128 + (NUMBERS[signal] ?? 0);
    this.end({ success: false, code, signal });
  }

  /**
   * Starts another process as a child of this one. It has no script, and lives
   * until `exit()` or a signal ends it.
   *
   * @param name The name.
   * @param options What the new process leads.
   * @returns The new process.
   * @throws {TypeError} If the name is not a string, or an option is wrong.
   */
  fork(
    name: string,
    options: ForkOptions = {},
  ): FakeProcess {
    text(name, "name");
    optionsAmong(options, "options", ["leads"]);
    const { leads } = options;
    const right = [undefined, "group", "session"].includes(leads);
    must(right, "leads", '"group" or "session"', leads);
    const pid = this.#processes.newPid();
    const place = {
      name,
      parent: this.pid,
      group: leads ? pid : this.group,
      session: leads === "session" ? pid : this.session,
    };
    return new FakeProcess(pid, place, this.#processes);
  }

  /** @ignore Ends the process. */
  protected end(status: Deno.CommandStatus): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#processes.remove(this);
    this.#ended.resolve(status);
  }
}

/** How a fake child was started. */
export interface FakeStart {
  /** The program. */
  readonly program: string;
  /** The arguments. */
  readonly args: readonly string[];
  /**
   * The environment variables of the command, without those of this program.
   */
  readonly env: Readonly<Record<string, string>>;
}

/** A fake child for tests, which does what its script says. */
export class FakeChild extends FakeProcess implements Child {
  /** The program. */
  readonly program: string;
  /** The arguments. */
  readonly args: readonly string[];
  /**
   * The environment variables of the command, without those of this program.
   */
  readonly env: Readonly<Record<string, string>>;
  /** The stream that writes to the stdin of the child. */
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly #stdout = new FakePipe();
  readonly #stderr = new FakePipe();
  readonly #decoder = new TextDecoder();
  #input = "";

  /** @ignore Called by `FakeKernel`. */
  constructor(
    pid: number,
    { program, args, env }: FakeStart,
    place: FakeProcessPlace,
    processes: FakeProcesses,
  ) {
    super(pid, place, processes);
    this.program = program;
    this.args = args;
    this.env = env;
    this.stdin = new WritableStream({
      write: (bytes) => {
        if (!this.alive) throw new Deno.errors.BrokenPipe();
        this.#input += this.#decoder.decode(bytes, { stream: true });
      },
    });
  }

  /** The stdout of the child, as a stream of bytes. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stdout.readable;
  }

  /** The stderr of the child, as a stream of bytes. */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stderr.readable;
  }

  /** The text that has been written to the stdin of the child so far. */
  get input(): string {
    return this.#input;
  }

  /**
   * Writes a text to stdout, unless the child has ended.
   *
   * @throws {TypeError} If it is not a string.
   */
  write(output: string): void {
    text(output, "output");
    if (this.alive) this.#stdout.write(output);
  }

  /**
   * Writes a text to stderr, unless the child has ended.
   *
   * @throws {TypeError} If it is not a string.
   */
  writeError(output: string): void {
    text(output, "output");
    if (this.alive) this.#stderr.write(output);
  }

  /**
   * Sends the child a signal, as `Deno.ChildProcess.kill()` does.
   *
   * @param signal The signal.
   * @throws {TypeError} If the child has ended.
   */
  kill(signal: Deno.Signal = "SIGTERM"): void {
    if (!this.alive) {
      throw new TypeError("Child process has already terminated");
    }
    this.receive(signal);
  }

  /** Does nothing: a fake child keeps no program alive. */
  ref(): void {}

  /** Does nothing: a fake child keeps no program alive. */
  unref(): void {}

  /** @ignore Ends the child. */
  protected override end(status: Deno.CommandStatus): void {
    this.#stdout.close();
    this.#stderr.close();
    super.end(status);
  }
}

/** A pipe that can hold any number of bytes. */
class FakePipe {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #encoder = new TextEncoder();
  #controller: ReadableByteStreamController | undefined;

  constructor() {
    this.readable = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#controller = undefined;
      },
    });
  }

  write(text: string): void {
    if (text !== "") this.#controller?.enqueue(this.#encoder.encode(text));
  }

  close(): void {
    this.#controller?.close();
    this.#controller?.byobRequest?.respond(0);
    this.#controller = undefined;
  }
}
