/**
 * What tests of the control API have in common.
 *
 * @module
 */

import {
  ControlClient,
  ControlError,
  expose,
  type Exposed,
  type ExposeOptions,
} from "../control/mod.ts";
import { Processman } from "../mod.ts";
import type { App } from "../plan/mod.ts";
import { RuntimeFolder } from "./place_testing.ts";

/** A manager that is exposed, in a run-time folder of its own. */
export interface Stage extends AsyncDisposable {
  readonly exposed: Exposed;
  readonly socket: string;
  readonly client: ControlClient;
  readonly folder: RuntimeFolder;
}

/** Exposes a manager or a plan until the end of the test. */
export async function stage(
  target: Processman | App,
  options: Partial<ExposeOptions> = {},
): Promise<Stage> {
  const folder = new RuntimeFolder();
  try {
    const exposed = await expose(target, { name: "test", ...options });
    const { socket } = exposed;
    return {
      exposed,
      socket,
      client: new ControlClient(socket),
      folder,
      async [Symbol.asyncDispose]() {
        await exposed[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Creates a manager that is quiet and leaves signals alone. */
export function quiet(): Processman {
  return new Processman({ logger: null, signals: [] });
}

/** Sends bytes to a socket, and reads everything that comes back. */
export async function exchange(
  socket: string,
  bytes: Uint8Array | string,
): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path: socket });
  const sent = write(connection, bytes).catch(() => {});
  const text = await readAll(connection);
  await sent;
  return text;
}

/** Writes all of some bytes. */
export async function write(
  connection: Deno.Conn,
  bytes: Uint8Array | string,
): Promise<void> {
  let rest = typeof bytes === "string"
    ? new TextEncoder().encode(bytes)
    : bytes;
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}

/** Reads everything that comes until the other side closes. */
export async function readAll(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  while (true) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return text + decoder.decode();
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** An answer in its parts. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Takes an answer apart, or throws if it is malformed. */
export function parseAnswer(text: string): RawAnswer {
  const at = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, at).split("\r\n");
  const [, status] = first.match(/^HTTP\/1\.1 (\d{3}) [ -~]+$/) ?? [];
  if (at < 0 || status === undefined) {
    throw new Error(`no answer: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const headers = new Map(lines.map((line) => {
    const [, name = "", value = ""] = line.match(/^([a-z-]+): (.*)$/) ?? [];
    return [name, value];
  }));
  return { status: Number(status), headers, body: text.slice(at + 4) };
}

/** Sends a request, and returns the answer. */
export async function request(
  socket: string,
  method: string,
  target: string,
  body?: string,
): Promise<RawAnswer> {
  const content = body === undefined
    ? ""
    : `Content-Length: ${new TextEncoder().encode(body).length}\r\n`;
  return parseAnswer(
    await exchange(
      socket,
      `${method} ${target} HTTP/1.1\r\nHost: x\r\n${content}\r\n${body ?? ""}`,
    ),
  );
}

/** Returns the refusal that a request of a client is answered with. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ status: number; code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const { status, code, message } = error;
    return { status, code, message };
  }
  throw new Error("the request was not refused");
}
