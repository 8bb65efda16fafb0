/**
 * Asks a server over HTTP without encryption. `fetch()` would ask a proxy if a
 * variable of the environment names one, and with a client that must not, it
 * sends the whole URL as the target, which not all servers understand.
 *
 * @module
 */

import { connect } from "./connect.ts";

/** How many bytes an answer can have before its status, with early hints. */
const LONGEST = 65_536;

/**
 * Makes a GET request, and returns the status of the answer. Closes the
 * connection without reading the body.
 *
 * @param url The URL, without a user.
 * @param headers Headers of the request; `Host` replaces the host of the URL.
 * @param signal Aborts the request.
 * @throws {Error} If there is no answer, with the reason.
 */
export async function plainStatus(
  url: URL,
  headers: Headers,
  signal: AbortSignal,
): Promise<number> {
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port || 80);
  using connection = await connect({ hostname, port }, signal);
  signal.throwIfAborted();
  const close = () => connection[Symbol.dispose]();
  signal.addEventListener("abort", close);
  try {
    await send(connection, requestOf(url, headers));
    return await readStatus(connection);
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** Returns the bytes of the request. */
function requestOf(url: URL, own: Headers): Uint8Array {
  const headers = new Headers({ host: url.host, accept: "*/*" });
  headers.set("user-agent", `Deno/${Deno.version.deno}`);
  own.forEach((value, name) => headers.set(name, value));
  headers.set("connection", "close");
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}`);
  const line = `GET ${url.pathname}${url.search} HTTP/1.1`;
  const text = [line, ...lines, "", ""].join("\r\n");
  // The values of headers are bytes.
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

async function send(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

/** Reads until the status of the answer is there, with all headers. */
async function readStatus(connection: Deno.TcpConn): Promise<number> {
  const chunk = new Uint8Array(4_096);
  let text = "";
  while (text.length < LONGEST) {
    const count = await connection.read(chunk);
    if (count === null) throw new Error("connection closed before an answer");
    text += String.fromCharCode(...chunk.subarray(0, count));
    const status = statusIn(text);
    if (status !== undefined) return status;
  }
  throw new Error("invalid HTTP: the headers do not end");
}

/**
 * Returns the status of the first answer that is complete and final.
 *
 * @throws {Error} If the text is no answer.
 */
function statusIn(text: string): number | undefined {
  let rest = text;
  while (true) {
    const status = rest.match(/^HTTP\/1\.[01] (\d{3})(?=\s|$)/)?.[1];
    if (status === undefined && !mayBegin(rest)) {
      throw new Error("invalid HTTP: no status line");
    }
    const end = rest.search(/\n\r?\n/);
    if (end === -1) return undefined;
    if (!status?.startsWith("1") || status === "101") return Number(status);
    rest = rest.slice(end).replace(/^\n\r?\n/, "");
    if (rest === "") return undefined;
  }
}

/** Returns whether a text can still become an answer. */
function mayBegin(text: string): boolean {
  return text.length < "HTTP/1.1 200".length &&
    "HTTP/1.".startsWith(text.slice(0, 7));
}
