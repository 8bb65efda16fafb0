/**
 * Passes requests on to a supervisor, and its answers back, as they are.
 *
 * @module
 */

import { connect, ConnectionError, isBroken } from "./connection.ts";
import {
  type Answer,
  HttpError,
  readAnswer,
  requestBytes,
  writeAll,
} from "./http.ts";

/** A request to pass on. */
export interface RelayedRequest {
  /** The method. */
  readonly method: "GET" | "POST";
  /** The path with its query, encoded. */
  readonly target: string;
  /** The JSON to send. */
  readonly body?: Uint8Array;
}

/** The answer of a supervisor; the connection ends with its body. */
export type RelayedAnswer = Pick<Answer, "status" | "body"> & {
  /** The media type. */
  readonly type: string;
  /** Closes the connection, if the body is not wanted. */
  readonly close: () => void;
};

/**
 * Asks a supervisor. That does not keep the program alive.
 *
 * @param socket The path of its socket.
 * @param request What to ask.
 * @param signal Closes the connection.
 * @throws {ConnectionError} If there is no supervisor, or it gives no answer.
 */
export async function relay(
  socket: string,
  { method, target, body }: RelayedRequest,
  signal: AbortSignal,
): Promise<RelayedAnswer> {
  signal.throwIfAborted();
  const connection = await connect(socket);
  connection.unref();
  const close = () => {
    signal.removeEventListener("abort", close);
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  };
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    await writeAll(connection, requestBytes(method, target, body));
    const { status, fields, body: bytes } = await readAnswer(connection);
    const type = fields.get("content-type") ?? "application/json";
    return { status, type, body: closing(bytes, close), close };
  } catch (error) {
    close();
    signal.throwIfAborted();
    throw faultOf(error, socket);
  }
}

/** Returns the error for a supervisor that gives no answer. */
function faultOf(error: unknown, socket: string): unknown {
  if (error instanceof HttpError && !error.ended) {
    const what = `what listens on ${socket} is not a supervisor`;
    return new ConnectionError(`${what}: ${error.message}`, "malformed");
  }
  if (error instanceof HttpError || isBroken(error)) {
    return new ConnectionError(
      `the supervisor on ${socket} has ended before its answer`,
      "gone",
    );
  }
  return error;
}

/** Returns bytes, and closes their connection after them. */
async function* closing(
  bytes: AsyncIterable<Uint8Array>,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    close();
  }
}
