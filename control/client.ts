/**
 * A client of a supervisor: HTTP/1.1 over its socket. This is a door of its
 * own, which loads neither the core nor plans.
 *
 * @example
 * ```ts ignore
 * import { ControlClient, placeOfName } from "@isbm/processman/control/client";
 *
 * const { socket } = await placeOfName("shop");
 * const client = new ControlClient(socket);
 * for (const { name, state } of await client.processes()) {
 *   console.log(name, state);
 * }
 * ```
 *
 * @module
 */

import { connect, ConnectionError, isBroken } from "./connection.ts";
import {
  type Answer,
  HttpError,
  logParameters,
  readAnswer,
  readEvents,
  requestBytes,
  writeAll,
} from "./http.ts";
import type {
  ErrorView,
  EventView,
  LogItem,
  LogQuery,
  NamesRequest,
  OutputItem,
  ProcessDetails,
  ProcessView,
  SizeView,
  StartRequest,
  SupervisorView,
} from "./wire.ts";

export { ConnectionError, type ConnectionFault } from "./connection.ts";
export { VERSION } from "./version.ts";
export type * from "./wire.ts";
export {
  type EndedOrphan,
  inspect,
  listPlaces,
  type Place,
  PlaceError,
  placeOfConfig,
  placeOfName,
  type Presence,
  type SupervisorRecord,
} from "./place.ts";

/** The supervisor refused a request, or could not do what was asked. */
export class ControlError extends Error {
  /** The name of the class. */
  override readonly name = "ControlError";

  /**
   * Creates an error.
   *
   * @param message What went wrong.
   * @param status The status of the answer, such as 404.
   * @param code A word for programs.
   */
  constructor(
    message: string,
    /** The status of the answer, such as 404. */
    readonly status: number,
    /** What went wrong, in a word for programs. */
    readonly code: ErrorView["error"]["code"],
  ) {
    super(message);
  }
}

/** Options of a {@linkcode ControlClient}. */
export interface ControlClientOptions {
  /**
   * How long the supervisor may take to answer a question, in milliseconds.
   * What changes something takes as long as it takes, and a log is followed
   * without a limit.
   *
   * @default {10_000}
   */
  answerWithinMs?: number | undefined;
}

/** A request: what to do, and with what. */
interface Request {
  readonly method: "GET" | "POST";
  readonly target: string;
  readonly body?: unknown;
}

/**
 * A client of one supervisor. Each request has a connection of its own, which
 * is closed when the answer has come, so there is nothing to dispose of.
 *
 * All methods throw a {@linkcode ConnectionError} if there is no supervisor, or
 * if it does not give a whole answer, a {@linkcode ControlError} if it refuses
 * or fails, and `Deno.errors.NotCapable` if a permission for the socket is
 * missing: `--allow-net=unix:PATH --allow-read=PATH --allow-write=PATH`, where
 * Deno before 2.9 needs no `--allow-net`.
 */
export class ControlClient {
  readonly #socket: string;
  readonly #answerWithinMs: number;

  /**
   * Creates a client. It connects when it is asked for something.
   *
   * @param socket The path of the socket: `socket` of a {@linkcode Place}.
   * @param options Options.
   */
  constructor(socket: string, options: ControlClientOptions = {}) {
    this.#socket = socket;
    this.#answerWithinMs = options.answerWithinMs ?? 10_000;
  }

  /** Returns the supervisor. */
  supervisor(): Promise<SupervisorView> {
    return this.#ask("/v1/supervisor");
  }

  /**
   * Returns all processes.
   *
   * @param options `usage` is whether to find out what they use.
   */
  processes(options: { usage?: boolean } = {}): Promise<ProcessView[]> {
    return this.#ask(`/v1/processes${usageQuery(options)}`);
  }

  /**
   * Returns one process.
   *
   * @param name Its name.
   * @param options `usage` is whether to find out what it uses.
   */
  process(
    name: string,
    options: { usage?: boolean } = {},
  ): Promise<ProcessView> {
    return this.#ask(`${processPath(name)}${usageQuery(options)}`);
  }

  /**
   * Returns the options of a process, and what its probes say.
   *
   * @param name Its name.
   */
  details(name: string): Promise<ProcessDetails> {
    return this.#ask(`${processPath(name)}/details`);
  }

  /**
   * Says why a process is where it is: the record of `App.why()` as JSON;
   * without a plan, a sentence alone.
   *
   * @param name The name of the process.
   */
  why(name: string): Promise<{ name: string; sentence: string }> {
    return this.#ask(`${processPath(name)}/why`);
  }

  /** Starts processes; resolves when they run. */
  start(request: StartRequest, signal?: AbortSignal): Promise<void> {
    return this.#do("start", request, signal);
  }

  /** Stops processes; resolves when nothing of them is left. */
  stop(request: NamesRequest, signal?: AbortSignal): Promise<void> {
    return this.#do("stop", request, signal);
  }

  /**
   * Restarts processes; resolves when they run. With `roll`, replicas are
   * replaced one after another.
   */
  restart(
    request: NamesRequest & { readonly roll?: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#do("restart", request, signal);
  }

  /** Ends processes by SIGKILL. */
  kill(request: NamesRequest, signal?: AbortSignal): Promise<void> {
    return this.#do("kill", request, signal);
  }

  /** Sends a signal to processes. */
  signal(
    request: NamesRequest & {
      readonly signal: string;
      readonly to?: "leader" | "group";
    },
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#do("signal", request, signal);
  }

  /** Changes how many replicas of an entry run. */
  scale(
    request: {
      readonly name: string;
      readonly replicas: number;
      readonly withinMs?: number;
    },
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#do("scale", request, signal);
  }

  /** Sends a new configuration; resolves to what differs. */
  apply(
    config: unknown,
    options: { readonly dryRun: boolean },
    signal?: AbortSignal,
  ): Promise<unknown> {
    const body = { config, dryRun: options.dryRun };
    return this.#json({ method: "POST", target: "/v1/apply", body }, signal);
  }

  /** Stops all processes and ends the supervisor. */
  shutdown(
    options: { readonly withinMs?: number } = {},
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#do("shutdown", options, signal);
  }

  /**
   * Reads lines that processes have written.
   *
   * @param query Which lines.
   * @param signal Ends it: the iteration throws the signal's reason.
   */
  logs(query: LogQuery, signal?: AbortSignal): AsyncGenerator<LogItem, void> {
    return this.#stream<LogItem>(`/v1/logs?${logParameters(query)}`, signal);
  }

  /**
   * Reads events.
   *
   * @param options `after` is the `id` of the last event that is known, 0 for
   * none; `follow` is whether to go on with those that come.
   * @param signal Ends it: the iteration throws the signal's reason.
   */
  events(
    options: { after?: number; follow?: boolean } = {},
    signal?: AbortSignal,
  ): AsyncGenerator<EventView, void> {
    const parameters = new URLSearchParams();
    if (options.after !== undefined) {
      parameters.set("after", String(options.after));
    }
    if (options.follow) parameters.set("follow", "true");
    return this.#stream<EventView>(`/v1/events?${parameters}`, signal);
  }

  /**
   * Reads the raw output of a process, from its newest bytes on. Ends when no
   * run of it follows.
   *
   * @param name Its name.
   * @param signal Ends it: the iteration throws the signal's reason.
   */
  output(name: string, signal?: AbortSignal): AsyncGenerator<OutputItem, void> {
    return this.#stream<OutputItem>(`${processPath(name)}/output`, signal);
  }

  /**
   * Writes to the stdin of a process, without waiting until it is read.
   *
   * @param name Its name.
   * @param bytes At most 65,536 bytes.
   */
  async write(
    name: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const target = `${processPath(name)}/input`;
    const data = btoa(String.fromCharCode(...bytes));
    await this.#json({ method: "POST", target, body: { data } }, signal);
  }

  /** Resizes the terminal of a process. */
  async resize(
    name: string,
    size: SizeView,
    signal?: AbortSignal,
  ): Promise<void> {
    const target = `${processPath(name)}/resize`;
    await this.#json({ method: "POST", target, body: size }, signal);
  }

  /** Asks a question, whose answer must come soon. */
  async #ask<T>(target: string): Promise<T> {
    const ms = this.#answerWithinMs;
    // The first timer of a program takes several milliseconds to make; such a
    // signal does not.
    const late = AbortSignal.timeout(ms);
    try {
      // The types of `wire.ts` are those of this version of the package.
      return await this.#json({ method: "GET", target }, late) as T;
    } catch (error) {
      if (error !== late.reason) throw error;
      throw new ConnectionError(
        `the supervisor gave no answer within ${ms} ms`,
        "silent",
      );
    }
  }

  async #do(
    action: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#json({ method: "POST", target: `/v1/${action}`, body }, signal);
  }

  #json(request: Request, signal?: AbortSignal): Promise<unknown> {
    return this.#exchange(request, signal, (answer) => readJson(answer));
  }

  async *#stream<T>(
    target: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void> {
    using open = await Open.to(this.#socket, signal);
    try {
      const answer = await open.send({ method: "GET", target });
      for await (const { kind, data } of readEvents(answer.body)) {
        const value: unknown = JSON.parse(data);
        if (kind === "error") throw errorOf(500, value);
        yield value as T;
      }
    } catch (error) {
      throw open.explain(error);
    }
  }

  async #exchange<T>(
    request: Request,
    signal: AbortSignal | undefined,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    using open = await Open.to(this.#socket, signal);
    try {
      return await read(await open.send(request));
    } catch (error) {
      throw open.explain(error);
    }
  }
}

/** An open connection; its disposal, and the signal, close it. */
class Open implements Disposable {
  readonly #conn: Deno.UnixConn;
  readonly #signal: AbortSignal | undefined;
  readonly #close = () => this.#conn.close();

  private constructor(conn: Deno.UnixConn, signal: AbortSignal | undefined) {
    this.#conn = conn;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#close);
  }

  /** Connects to a socket. */
  static async to(
    socket: string,
    signal: AbortSignal | undefined,
  ): Promise<Open> {
    signal?.throwIfAborted();
    const conn = await connect(socket);
    if (!signal?.aborted) return new Open(conn, signal);
    conn.close();
    throw signal.reason;
  }

  /** Sends a request; resolves to its answer if that is a success. */
  async send({ method, target, body }: Request): Promise<Answer> {
    const bytes = requestBytes(method, target, body);
    // A supervisor that refuses a request may answer before it has read it all.
    const written = writeAll(this.#conn, bytes).then(() => {}, () => {});
    const answer = await readAnswer(this.#conn);
    await written;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw errorOf(answer.status, await readJson(answer));
  }

  /** Returns what to throw for an error of the connection. */
  explain(error: unknown): unknown {
    if (this.#signal?.aborted) return this.#signal.reason;
    if (error instanceof ControlError) return error;
    if (error instanceof HttpError && !error.ended) {
      return new ConnectionError(error.message, "malformed");
    }
    if (error instanceof SyntaxError) {
      return new ConnectionError(
        `the answer is no JSON: ${error.message}`,
        "malformed",
      );
    }
    const lost = error instanceof HttpError || isBroken(error);
    return lost
      ? new ConnectionError(
        "the supervisor ended before it had answered",
        "gone",
      )
      : error;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#close);
    if (!this.#signal?.aborted) this.#conn.close();
  }
}

async function readJson({ body }: Answer): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}

/** Returns the error that an answer describes. */
function errorOf(status: number, value: unknown): ControlError {
  const { error } = (value ?? {}) as Partial<ErrorView>;
  return new ControlError(
    error?.message ?? `the supervisor answered with status ${status}`,
    status,
    error?.code ?? "failed",
  );
}

function usageQuery({ usage = false }: { usage?: boolean }): string {
  return usage ? "?usage=true" : "";
}

function processPath(name: string): string {
  return `/v1/processes/${encodeURIComponent(name.toWellFormed())}`;
}
