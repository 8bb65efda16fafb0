/**
 * HTTP/1.1 as the control API speaks it: one request on a connection, and its
 * answer, which can be a stream of server-sent events. Only what this protocol
 * needs is understood; anything else is an error.
 *
 * @module
 */

import type { LogQuery } from "./wire.ts";

/** A connection. */
export interface Duplex {
  /** Reads bytes; resolves to their number, or to `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes bytes; resolves to the number of bytes written. */
  write(bytes: Uint8Array): Promise<number>;
}

/** The other side sent something that is not HTTP, or ended too early. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** `ended` is whether the other side has ended before the end of its answer. */
  constructor(message: string, readonly ended: boolean) {
    super(message);
  }
}

/** The beginning of an answer, and its body. */
export interface Answer {
  /** The status code. */
  readonly status: number;
  /** The fields of its header, by their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** The bytes of its body as they arrive. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The most bytes that a line of a header may have. */
const LINE_BYTES = 16_384;

/** The most fields that a header may have. */
const FIELDS = 100;

const encoder = new TextEncoder();

/**
 * Returns the bytes of a request.
 *
 * @param method The method, such as `GET`.
 * @param target The path with its query, already encoded.
 * @param body The value that is sent as JSON, if there is one. Bytes are sent
 * as they are.
 */
export function requestBytes(
  method: string,
  target: string,
  body?: unknown,
): Uint8Array {
  const content = body === undefined
    ? new Uint8Array()
    : body instanceof Uint8Array
    ? body
    : encoder.encode(JSON.stringify(body));
  const head = encoder.encode(
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n` +
      (body === undefined ? "" : "Content-Type: application/json\r\n") +
      (method === "GET" ? "" : `Content-Length: ${content.length}\r\n`) +
      "Connection: close\r\n\r\n",
  );
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

/** Returns the parameters of a query for lines. */
export function logParameters(query: LogQuery): URLSearchParams {
  const { names = [], after = {}, ...others } = query;
  const parameters = new URLSearchParams();
  for (const name of names) parameters.append("name", name);
  for (const [name, seq] of Object.entries(after)) {
    parameters.append("after", `${name}:${seq}`);
  }
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters;
}

/** Writes all bytes. */
export async function writeAll(to: Duplex, bytes: Uint8Array): Promise<void> {
  let left = bytes;
  while (left.length > 0) left = left.subarray(await to.write(left));
}

/**
 * Reads an answer up to its body. Interim answers (status 1xx) are skipped.
 *
 * @throws {HttpError} If it is not an answer, also while its body is read.
 */
export async function readAnswer(from: Duplex): Promise<Answer> {
  const reader = new Reader(from);
  while (true) {
    const line = await reader.line();
    const [, code = ""] = /^HTTP\/1\.1 (\d{3})(?: .*)?$/.exec(line) ??
      malformed(`a status line, not "${line.slice(0, 80)}"`);
    const status = Number(code);
    const fields = await readFields(reader);
    if (status >= 200) {
      return { status, fields, body: bodyOf(reader, status, fields) };
    }
  }
}

async function readFields(reader: Reader): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  for (let count = 0; count <= FIELDS; count++) {
    const line = await reader.line();
    if (line === "") return fields;
    const [, name = "", value = ""] =
      /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*(.*?)[ \t]*$/.exec(line) ??
        malformed(`a field, not "${line.slice(0, 80)}"`);
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return malformed(`at most ${FIELDS} fields`);
}

/** Returns the body of an answer, as its header says that it is sent. */
function bodyOf(
  reader: Reader,
  status: number,
  fields: ReadonlyMap<string, string>,
): AsyncIterable<Uint8Array> {
  const coding = fields.get("transfer-encoding");
  const length = fields.get("content-length");
  if (status === 204 || status === 304) return counted(reader, 0);
  if (coding !== undefined) {
    if (length !== undefined) malformed("one length, not two");
    if (coding.toLowerCase() !== "chunked") malformed(`no coding "${coding}"`);
    return chunked(reader);
  }
  if (length === undefined) return untilEnd(reader);
  if (!/^\d{1,15}$/.test(length)) malformed(`a length, not "${length}"`);
  return counted(reader, Number(length));
}

async function* counted(
  reader: Reader,
  length: number,
): AsyncGenerator<Uint8Array> {
  let left = length;
  while (left > 0) {
    const bytes = await reader.some(left);
    left -= bytes.length;
    yield bytes;
  }
}

async function* chunked(reader: Reader): AsyncGenerator<Uint8Array> {
  while (true) {
    const line = await reader.line();
    const [, size = ""] = /^([\da-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line) ??
      malformed(`the size of a chunk, not "${line.slice(0, 80)}"`);
    const length = parseInt(size, 16);
    if (length === 0) break;
    yield* counted(reader, length);
    if (await reader.line() !== "") malformed("the end of a chunk");
  }
  await readFields(reader);
}

async function* untilEnd(reader: Reader): AsyncGenerator<Uint8Array> {
  while (true) {
    const bytes = await reader.rest();
    if (bytes === null) return;
    yield bytes;
  }
}

function malformed(wanted: string): never {
  throw new HttpError(`the answer is no HTTP: expected ${wanted}`, false);
}

/** Reads lines and bytes from a connection. */
class Reader {
  readonly #from: Duplex;
  readonly #space = new Uint8Array(65_536);
  /** What was read and not yet taken. */
  #bytes = new Uint8Array();

  constructor(from: Duplex) {
    this.#from = from;
  }

  /** Returns a line without its end. */
  async line(): Promise<string> {
    while (true) {
      const at = this.#bytes.indexOf(10);
      if (at >= 0) {
        if (at === 0 || this.#bytes[at - 1] !== 13) {
          malformed("a line that ends with CR LF");
        }
        const line = latin1(this.#bytes.subarray(0, at - 1));
        this.#bytes = this.#bytes.subarray(at + 1);
        return line;
      }
      if (this.#bytes.length > LINE_BYTES) malformed("a shorter line");
      if (!await this.#more()) ended();
    }
  }

  /** Returns at least one byte, and at most `most`. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#bytes.length === 0 && !await this.#more()) ended();
    const bytes = this.#bytes.subarray(0, most);
    this.#bytes = this.#bytes.subarray(bytes.length);
    return bytes;
  }

  /** Returns at least one byte, or `null` at the end of the connection. */
  async rest(): Promise<Uint8Array | null> {
    if (this.#bytes.length === 0 && !await this.#more()) return null;
    return await this.some(Infinity);
  }

  /** Reads more; resolves to whether there was more. */
  async #more(): Promise<boolean> {
    const count = await this.#from.read(this.#space);
    if (count === null) return false;
    if (this.#bytes.length === 0) {
      // What was returned before must not be overwritten.
      this.#bytes = this.#space.slice(0, count);
      return true;
    }
    const joined = new Uint8Array(this.#bytes.length + count);
    joined.set(this.#bytes);
    joined.set(this.#space.subarray(0, count), this.#bytes.length);
    this.#bytes = joined;
    return true;
  }
}

/** Returns a header's line; each byte is a character, so that none is lost. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function ended(): never {
  throw new HttpError("the answer has ended before its end", true);
}

/** An event of a stream. */
export interface StreamEvent {
  /** Its kind; `message` if the stream does not say. */
  readonly kind: string;
  /** The data; several lines are joined with `\n`. */
  readonly data: string;
}

/**
 * Splits the bytes of a stream into events. An event at the end without a blank
 * line after it is dropped, as it may be cut off.
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamEvent> {
  let kind = "";
  let data: string[] = [];
  for await (const line of linesOf(chunks)) {
    if (line !== "") {
      const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ??
        [];
      if (field === "event") kind = value;
      else if (field === "data") data.push(value);
      continue;
    }
    if (data.length > 0) {
      yield { kind: kind || "message", data: data.join("\n") };
    }
    kind = "";
    data = [];
  }
}

/** Splits bytes into lines that end with LF or CR LF. */
async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const [first = "", ...lines] = decoder.decode(chunk, { stream: true })
      .split("\n");
    rest += first;
    for (const line of lines) {
      yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      rest = line;
    }
  }
}
