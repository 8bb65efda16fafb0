/**
 * Connections to journald and to syslog servers.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import {
  journalText,
  loggerText,
  type Message,
  type Sender,
  syslogText,
} from "./line_message.ts";
import type { Connection } from "./line_queue.ts";
import type { LineTarget } from "./line_target.ts";

/** The socket of journald for lines, as `systemd-cat` uses it. */
const JOURNAL = "/run/systemd/journal/stdout";

/** The port of syslog. */
const PORT = 514;

/**
 * Connects to a target.
 *
 * @param target The target.
 * @param journal The socket of journald, which differs in tests.
 */
export async function connectTo(
  target: LineTarget,
  journal: string = JOURNAL,
): Promise<Connection> {
  if (target.kind === "journald") return await toJournal(target, journal);
  const { server } = target;
  const sender = { ...target, host: Deno.hostname() };
  if (server === undefined) return new LoggerConnection(sender, undefined);
  switch (server.protocol) {
    case "unix:":
      return new LoggerConnection(sender, decodeURIComponent(server.pathname));
    case "udp:":
      return toDatagrams(server, sender);
    default:
      return await toStream(server, sender);
  }
}

/** Connects to the journal: a header, and then lines. */
async function toJournal(
  { identifier }: { readonly identifier: string },
  path: string,
): Promise<Connection> {
  const connection = await Deno.connect({ transport: "unix", path });
  // journald closes its side at once; a write fails when it has gone.
  const stream = new StreamConnection(connection, journalText, "deaf");
  // Identifier, unit, priority, whether lines have their own, and three
  // whether they are passed on.
  const name = identifier.replaceAll("\n", " ");
  await stream.write(`${name}\n\n6\n1\n0\n0\n0\n`);
  return stream;
}

/** Connects to a server by TCP; each message begins with its length. */
async function toStream(server: URL, sender: Sender): Promise<Connection> {
  const connection = await Deno.connect({
    hostname: hostOf(server),
    port: Number(server.port || PORT),
  });
  return new StreamConnection(connection, (message) => {
    const text = syslogText(message, sender);
    return `${encoder.encode(text).length} ${text}`;
  });
}

const encoder = new TextEncoder();

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** A connection that takes a stream of text. */
class StreamConnection implements Connection {
  readonly broken: Promise<unknown>;
  readonly #connection: Deno.Conn;
  readonly #form: (message: Message) => string;
  readonly #destroyed = Promise.withResolvers<unknown>();
  #closed = false;

  /** Watches whether the receiver closes the connection, unless it is `deaf`. */
  constructor(
    connection: Deno.Conn,
    form: (message: Message) => string,
    side: "watched" | "deaf" = "watched",
  ) {
    this.#connection = connection;
    this.#form = form;
    this.broken = side === "deaf" ? this.#destroyed.promise : this.#watch();
  }

  /** Sends messages. */
  async send(
    messages: readonly Message[],
    sent: (count: number) => void,
  ): Promise<void> {
    const texts = messages.map((message) =>
      encoder.encode(this.#form(message))
    );
    const all = new Uint8Array(await new Blob(texts).arrayBuffer());
    let [written, end, next] = [0, 0, 0];
    while (written < all.length) {
      written += await this.#connection.write(all.subarray(written));
      const first = next;
      for (
        let size = texts[next]?.length;
        size !== undefined && end + size <= written;
        size = texts[next]?.length
      ) {
        end += size;
        next++;
      }
      sent(next - first);
    }
  }

  /** Writes a text before all messages. */
  async write(text: string): Promise<void> {
    let rest = encoder.encode(text);
    while (rest.length > 0) {
      rest = rest.subarray(await this.#connection.write(rest));
    }
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    this.destroy();
    await this.broken;
  }

  /** Closes the connection, whatever it does. */
  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
    this.#destroyed.resolve(new Error("the connection is closed"));
  }

  /** A receiver says nothing; the end of what it says is that of it. */
  async #watch(): Promise<unknown> {
    const bytes = new Uint8Array(1_024);
    try {
      while (await this.#connection.read(bytes) !== null);
      return new Error("the receiver has closed the connection");
    } catch (error) {
      return error;
    }
  }
}

/** Sends messages to a server by UDP. */
function toDatagrams(server: URL, sender: Sender): Connection {
  const host = hostOf(server);
  const port = Number(server.port || PORT);
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const broken = Promise.withResolvers<unknown>();
  socket.on("error", broken.resolve);
  const close = closing(socket);
  return {
    broken: broken.promise,
    async send(messages, sent) {
      for (const message of messages) {
        const bytes = encoder.encode(syslogText(message, sender));
        await datagram(socket, bytes, { host, port });
        sent(1);
      }
    },
    close,
    destroy: () => void close(),
  };
}

function datagram(
  socket: Socket,
  bytes: Uint8Array,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.send(bytes, port, host, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise;
}

/** Returns a function that closes a socket once. */
function closing(socket: Socket): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let closed = false;
  return () => {
    if (!closed) socket.close(() => resolve());
    closed = true;
    return promise;
  };
}

/**
 * Sends messages to a syslog socket by the program `logger`, since Deno cannot:
 * one for each run, because it has one process ID for all lines. It ends with
 * its stdin, so also if this program dies.
 */
class LoggerConnection implements Connection {
  readonly broken: Promise<unknown>;
  readonly #broken = Promise.withResolvers<unknown>();
  readonly #sender: Sender;
  readonly #socket: string | undefined;
  #logger: RunningLogger | undefined;

  constructor(sender: Sender, socket: string | undefined) {
    this.#sender = sender;
    this.#socket = socket;
    this.broken = this.#broken.promise;
  }

  async send(
    messages: readonly Message[],
    sent: (count: number) => void,
  ): Promise<void> {
    const { facility } = this.#sender;
    for (const message of messages) {
      if (this.#logger === undefined || this.#logger.pid !== message.pid) {
        await this.#logger?.close();
        this.#logger = this.#start(message.pid);
      }
      await this.#logger.write(loggerText(message, facility));
      sent(1);
    }
  }

  async close(): Promise<void> {
    await this.#logger?.close();
  }

  destroy(): void {
    this.#logger?.kill();
  }

  #start(pid: number | undefined): RunningLogger {
    const args = ["--prio-prefix", "--tag", this.#sender.identifier];
    // Longer lines are cut; servers cut them there, too.
    args.push("--size", "8192", "--socket-errors=on");
    if (pid !== undefined) args.push(`--id=${pid}`);
    if (this.#socket !== undefined) args.push("--socket", this.#socket);
    const logger = new RunningLogger(pid, args);
    logger.ended.then(this.#broken.resolve);
    return logger;
  }
}

/** A `logger` that runs. */
class RunningLogger {
  /** The process ID of its lines. */
  readonly pid: number | undefined;
  /** Resolves when it has ended without having been asked to, with why. */
  readonly ended: Promise<unknown>;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #over: Promise<void>;
  #closed = false;
  /** Why it has ended; present after its end, if it failed. */
  #why: Error | undefined;

  constructor(pid: number | undefined, args: string[]) {
    this.pid = pid;
    this.ended = this.#ended.promise;
    const child = new Deno.Command("logger", {
      args,
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    this.#over = this.#watch(child);
  }

  /**
   * Writes a text.
   *
   * @throws Why it has ended, if it has.
   */
  async write(text: string): Promise<void> {
    try {
      await this.#writer.write(encoder.encode(text));
    } catch (error) {
      this.kill();
      await this.#over;
      throw this.#why ?? error;
    }
  }

  /** Ends it, after it has sent all that it has got. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writer.close().catch(() => {});
    await this.#over;
  }

  /** Ends it at once. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }

  async #watch(child: Deno.ChildProcess): Promise<void> {
    const [text, { code }] = await Promise.all([
      new Response(child.stderr).text().catch(() => ""),
      child.status,
    ]);
    const why = text.trim().split("\n").at(-1);
    if (this.#closed && code === 0) return;
    this.#why = new Error(why || `logger has ended with code ${code}`);
    this.#ended.resolve(this.#why);
  }
}
