/**
 * The command `attach`: the terminal of a process that runs.
 *
 * @module
 */

import {
  type ControlClient,
  ControlError,
  type OutputItem,
} from "../control/client.ts";
import { AttachedScreen } from "./attach_screen.ts";
import { type Call, CliError, type Command, STATUS } from "./call.ts";
import { pause } from "./clock.ts";
import { detachKeys, KeyWatch } from "./detach_keys.ts";
import { expand, needsExpansion } from "./names.ts";
import { signalStatus } from "./signal_status.ts";
import { withSupervisor } from "./target.ts";
import {
  isInForeground,
  type KeyTerminal,
  ownTerminal,
} from "./terminal_mode.ts";

/** How many bytes are sent at once. */
const CHUNK_BYTES = 16_384;

/** How many bytes wait for a program at most; what is typed then is lost. */
const WAITING_BYTES = 1_048_576;

/** How long to wait for a program that does not read, in milliseconds. */
const FULL_MS = 50;

/** How long the output may take that follows the end of a pipe. */
const LAST_MS = 200;

/** The keys that detach by default, as docker has them. */
const KEYS = "ctrl-p,ctrl-q";

/** Attaches to a process until it ends, or a key detaches. */
export const attach: Command = async (call) => {
  const keys = call.options.value("detach-keys") ?? KEYS;
  const watch = new KeyWatch(detachKeys(keys));
  return await withSupervisor(call, async (client) => {
    const name = await nameOf(call, client);
    return await new Attachment(client, name, call, watch, keys).run();
  });
};

/** Returns the only process that the call names. */
async function nameOf(
  { names: [name = ""] }: Call,
  client: ControlClient,
): Promise<string> {
  if (!needsExpansion(name)) return name;
  const [first = name, second] = expand([name], await client.processes());
  if (second === undefined) return first;
  throw new CliError(
    `"${name}" stands for several processes: choose one, such as ${first}`,
    STATUS.usage,
  );
}

/** A terminal, or pipes, connected with a process. */
class Attachment {
  readonly #client: ControlClient;
  readonly #call: Call;
  readonly #watch: KeyWatch;
  readonly #keys: string;
  readonly #screen = new AttachedScreen();
  readonly #over = new AbortController();
  readonly #status = Promise.withResolvers<number>();
  readonly #ends: (() => void)[] = [];
  /** How many bytes wait to be sent, and the end of that. */
  #waiting = 0;
  #written = Promise.resolve();
  #name: string;
  /** Whether all keys go to the program. */
  #raw = false;
  /** Whether nothing more of the program is shown. */
  #left = false;

  constructor(
    client: ControlClient,
    name: string,
    call: Call,
    watch: KeyWatch,
    keys: string,
  ) {
    this.#client = client;
    this.#name = name;
    this.#call = call;
    this.#watch = watch;
    this.#keys = keys;
  }

  /** Runs until something ends it; resolves to the exit status. */
  async run(terminal: KeyTerminal = ownTerminal): Promise<number> {
    this.#listen(terminal);
    const shown = this.#show(terminal);
    try {
      return await Promise.race([this.#status.promise, shown]);
    } finally {
      this.#over.abort();
      shown.catch(() => {});
      this.#ends.forEach((end) => end());
      if (this.#raw) {
        terminal.raw(false);
        await this.#call.io.out(this.#screen.leave()).catch(() => {});
      }
    }
  }

  /** Lets signals end it. */
  #listen(terminal: KeyTerminal): void {
    const { signal } = this.#call.io;
    const ended = () => {
      const detached = signal.reason === "SIGINT";
      this.#status.resolve(detached ? STATUS.ok : signalStatus(signal.reason));
    };
    signal.addEventListener("abort", ended);
    if (signal.aborted) ended();
    this.#ends.push(
      () => signal.removeEventListener("abort", ended),
    );
    for (const name of ["SIGHUP", "SIGQUIT"] as const) {
      const end = () => this.#status.resolve(signalStatus(name));
      this.#ends.push(terminal.on(name, end));
    }
  }

  /** Shows the output until the process has ended. */
  async #show(terminal: KeyTerminal): Promise<number> {
    const { io } = this.#call;
    for await (
      const item of this.#client.output(this.#name, this.#over.signal)
    ) {
      if (this.#left) continue;
      switch (item.kind) {
        case "attached":
          await this.#begin(item, terminal);
          break;
        case "output":
          await this.#print(item);
          break;
        case "skipped":
          await io.err(this.#line(`${item.bytes} bytes were skipped`));
          break;
        case "ended":
          await io.err(this.#line(endText(this.#name, item)));
          return item.code;
      }
    }
    if (this.#left) return STATUS.ok;
    throw new CliError("the supervisor has ended", STATUS.failed);
  }

  async #print(
    { data, source }: OutputItem & { readonly kind: "output" },
  ): Promise<void> {
    const { io } = this.#call;
    const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
    if (this.#raw) return await io.out(this.#screen.show(bytes));
    const stream = source === "stdout" ? Deno.stdout : Deno.stderr;
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await stream.write(rest));
    }
  }

  /** Takes the terminal, if the process has one, and begins to read. */
  async #begin(
    { process, stdin }: OutputItem & { readonly kind: "attached" },
    terminal: KeyTerminal,
  ): Promise<void> {
    const { io, options } = this.#call;
    this.#name = process;
    const typed = Deno.stdin.isTerminal() && isInForeground();
    const sends = stdin !== "none" && !options.flag("no-stdin") &&
      (typed || !Deno.stdin.isTerminal());
    const raw = sends && stdin === "terminal" && typed && io.terminal;
    if (io.terminal || typed) {
      await io.err(`processman: ${this.#hint(process, stdin, sends, raw)}\n`);
    }
    if (stdin === "terminal" && io.terminal) this.#resize(terminal);
    if (raw) {
      this.#raw = true;
      terminal.raw(true, true);
      this.#ends.push(
        terminal.on("SIGTSTP", () => {
          terminal.raw(false);
          terminal.suspend();
        }),
        terminal.on("SIGCONT", () => terminal.raw(true, true)),
      );
    }
    if (sends) {
      this.#send(raw).catch((error) => this.#status.reject(error));
    }
  }

  #hint(process: string, stdin: string, sends: boolean, raw: boolean): string {
    if (raw) return `attached to ${process}; ${this.#keys} detaches`;
    if (sends) return `what you type goes to ${process}; Ctrl-C detaches`;
    if (stdin !== "none") return `the output of ${process}; Ctrl-C detaches`;
    return `the output of ${process}, which has no stdin: that needs ` +
      "`tty: true` or `stdin: piped` in the configuration; Ctrl-C detaches";
  }

  /** Gives the program the size of this terminal, now and later. */
  #resize(terminal: KeyTerminal): void {
    const resize = () => {
      const size = this.#call.io.size();
      if (size === undefined) return;
      this.#client.resize(this.#name, size, this.#over.signal).catch(() => {});
    };
    resize();
    this.#ends.push(terminal.on("SIGWINCH", resize));
  }

  /** Sends what is typed until the keys that detach, or the end. */
  async #send(raw: boolean): Promise<void> {
    const reader = Deno.stdin.readable.getReader();
    this.#ends.push(() => void reader.cancel().catch(() => {}));
    while (true) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value === undefined) break;
      const { pass, over } = raw
        ? this.#watch.read(value)
        : { pass: value, over: false };
      const written = this.#writeLater(pass);
      // Keys are read on, since those that detach can be among them.
      if (!raw) await written;
      if (over) {
        await Promise.race([written, pause(LAST_MS, this.#over.signal)]);
        // The message would be gone with the screen of the program, or above
        // what it writes in the meantime.
        this.#left = true;
        await this.#call.io.out(this.#screen.leave());
        await this.#call.io.err(this.#line(`detached from ${this.#name}`));
        return this.#status.resolve(STATUS.ok);
      }
    }
    if (!raw) await pause(LAST_MS, this.#over.signal);
    this.#status.resolve(raw ? signalStatus("SIGHUP") : STATUS.ok);
  }

  /** Sends bytes after those before them, unless too many wait. */
  #writeLater(bytes: ArrayLike<number>): Promise<void> {
    const { length } = bytes;
    if (this.#waiting + length > WAITING_BYTES) return this.#written;
    this.#waiting += length;
    const all = Uint8Array.from(bytes);
    const write = async () => {
      for (let at = 0; at < length; at += CHUNK_BYTES) {
        await this.#write(all.subarray(at, at + CHUNK_BYTES));
      }
      this.#waiting -= length;
    };
    this.#written = this.#written.then(write);
    this.#written.catch((error) => this.#status.reject(error));
    return this.#written;
  }

  /** Sends bytes; waits while the program does not read. */
  async #write(bytes: Uint8Array): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        return await this.#client.write(this.#name, bytes, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ControlError)) throw error;
        // While it is being restarted, or has ended, its output tells more.
        if (error.code === "conflict") return;
        if (error.code !== "full") throw error;
        await pause(FULL_MS, signal);
      }
    }
  }

  /** Returns a message that begins a line, also below a raw terminal. */
  #line(text: string): string {
    return this.#raw ? `\r\nprocessman: ${text}\r\n` : `processman: ${text}\n`;
  }
}

function endText(
  name: string,
  { code, signal, stopped, closing }: OutputItem & { readonly kind: "ended" },
): string {
  if (closing) return `the supervisor is ending, and ${name} has ended`;
  if (stopped) return `${name} was stopped`;
  const how = signal === null ? `status ${code}` : signal;
  return `${name} has ended with ${how}`;
}
