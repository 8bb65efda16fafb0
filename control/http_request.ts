/**
 * Reads a request in the form of HTTP/1.1 from a connection.
 *
 * @module
 */

import { Problem } from "./problem.ts";

/** The most bytes of a request line and its header fields. */
export const HEAD_BYTES = 16_384;

/** What comes before the body of a request. */
export interface RequestHead {
  /** Whether the client understands only HTTP/1.0. */
  readonly old: boolean;
  /** The method, such as `GET`. */
  readonly method: string;
  /**
   * The host of a request line with a whole URL, as proxies send it. It then
   * counts instead of the field `Host`. `undefined` if there is only a path.
   */
  readonly authority: string | undefined;
  /** The path, still encoded, such as `/v1/processes/api%20server`. */
  readonly path: string;
  /** The query. */
  readonly query: URLSearchParams;
  /** The header fields by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A connection, as far as requests are read from it. */
export type Source = Pick<Deno.Conn, "read">;

const REQUEST_LINE = /^([A-Z]{1,20}) ([\x21-\x7e]+) HTTP\/1\.([01])$/;

const FIELD = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

const TARGET = /^(?:https?:\/\/([^/?#]*))?(\/[^?#]*)(?:\?([^#]*))?$/;

/**
 * Parses what comes before the body.
 *
 * @param text The bytes before the empty line, one character for each.
 * @throws {Problem} If it is not HTTP/1.1.
 */
export function parseHead(text: string): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method = "", target = "", minor] = first.match(REQUEST_LINE) ?? [];
  if (method === "") {
    throw new Problem("bad-request", "The request line is not HTTP/1.1");
  }
  const [, authority, path, query = ""] = target.match(TARGET) ?? [];
  if (path === undefined) {
    throw new Problem("bad-request", "The request line has no path");
  }
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, field, value = ""] = line.match(FIELD) ?? [];
    if (field === undefined) {
      throw new Problem("bad-request", "A header field is malformed");
    }
    const name = field.toLowerCase();
    const before = headers.get(name);
    const text = value.trimEnd();
    headers.set(name, before === undefined ? text : `${before}, ${text}`);
  }
  const parameters = new URLSearchParams(query);
  return {
    old: minor === "0",
    method,
    authority,
    path,
    query: parameters,
    headers,
  };
}

/** Reads one request. */
export class RequestReader {
  readonly #source: Source;
  /** What has been read and not been used. */
  #bytes = new Uint8Array(0);

  /** Creates a reader for a connection. */
  constructor(source: Source) {
    this.#source = source;
  }

  /**
   * Reads what comes before the body.
   *
   * @returns It; `undefined` if the client has left without a request.
   * @throws {Problem} If it is malformed or too large.
   */
  async head(): Promise<RequestHead | undefined> {
    for (let from = 0;;) {
      const end = indexOfEmptyLine(this.#bytes, from);
      if (end > HEAD_BYTES || end < 0 && this.#bytes.length > HEAD_BYTES) {
        const most = `more than ${HEAD_BYTES} bytes`;
        throw new Problem("too-large", `The header has ${most}`);
      }
      if (end >= 0) {
        return parseHead(latin1(this.#take(end + 4).subarray(0, end)));
      }
      from = Math.max(0, this.#bytes.length - 3);
      if (await this.#more()) continue;
      if (this.#bytes.length === 0) return undefined;
      throw new Problem("bad-request", "The request ends in its header");
    }
  }

  /**
   * Reads the body.
   *
   * @param head What came before it.
   * @param limit How many bytes it may have.
   * @throws {Problem} If it is malformed or too large.
   */
  async body(head: RequestHead, limit: number): Promise<Uint8Array> {
    const length = head.headers.get("content-length");
    const encoding = head.headers.get("transfer-encoding");
    if (encoding !== undefined) {
      if (encoding.toLowerCase() !== "chunked" || length !== undefined) {
        throw new Problem(
          "bad-request",
          'The body must have a length or the transfer encoding "chunked"',
        );
      }
      return await this.#chunks(limit);
    }
    if (length === undefined) return new Uint8Array(0);
    if (!/^\d+$/.test(length)) {
      throw new Problem("bad-request", "Content-Length must be a number");
    }
    return await this.#bytesOf(Number(length), limit);
  }

  async #chunks(limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let rest = limit;
    while (true) {
      const [, size] = (await this.#line()).match(/^([\da-f]{1,8})(?:;|$)/i) ??
        [];
      if (size === undefined) {
        throw new Problem("bad-request", "The size of a chunk is malformed");
      }
      const chunk = await this.#bytesOf(parseInt(size, 16), rest, limit);
      if (chunk.length === 0) break;
      rest -= chunk.length;
      chunks.push(chunk);
      if (await this.#line() !== "") {
        throw new Problem("bad-request", "A chunk is longer than its size");
      }
    }
    while (await this.#line() !== "");
    return joined(chunks);
  }

  async #bytesOf(
    length: number,
    rest: number,
    limit: number = rest,
  ): Promise<Uint8Array> {
    if (length > rest) {
      const most = `more than ${limit} bytes`;
      throw new Problem("too-large", `The body has ${most}`);
    }
    const parts: Uint8Array[] = [];
    for (let missing = length;;) {
      const part = this.#take(Math.min(missing, this.#bytes.length));
      parts.push(part);
      missing -= part.length;
      if (missing === 0) return joined(parts);
      await this.#need();
    }
  }

  async #line(): Promise<string> {
    while (true) {
      const end = this.#bytes.indexOf(10);
      if (end > 1_024 || end < 0 && this.#bytes.length > 1_024) {
        throw new Problem("bad-request", "A line of the body is too long");
      }
      if (end >= 0) return latin1(this.#take(end + 1)).trimEnd();
      await this.#need();
    }
  }

  async #need(): Promise<void> {
    if (await this.#more()) return;
    throw new Problem("bad-request", "The request ends in its body");
  }

  /** Reads once; returns whether there was something. */
  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const count = await this.#source.read(buffer);
    if (count === null) return false;
    this.#bytes = joined([this.#bytes, buffer.subarray(0, count)]);
    return true;
  }

  #take(count: number): Uint8Array {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}

function indexOfEmptyLine(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(13, from); at >= 0; at = bytes.indexOf(13, at)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) {
      return at;
    }
    at++;
  }
  return -1;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
