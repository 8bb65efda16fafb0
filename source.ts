/**
 * One output of a process as bytes: a buffer of the newest bytes, and a stream.
 *
 * @module
 */

import { ByteRing } from "./byte_ring.ts";
import type { Chunk, OutputSource } from "./lines.ts";
import type { Outlet } from "./outlets.ts";
import { PipedStream } from "./piped_stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The functions that a source calls. */
export interface SourceHandlers {
  /** Called when the reader of the stream asks for more, or leaves. */
  wake(): void;
  /** Called when something begins to read the stream. */
  outlet: Outlet;
}

/** The bytes of one output across all runs of a process. */
export class Source {
  /** Which output it is. */
  readonly name: OutputSource;
  readonly #ring: ByteRing;
  readonly #handlers: SourceHandlers;
  #droppedBytes = 0;
  #stream: ReadableStream<Bytes> | undefined;
  /** Present while the stream is being read. */
  #controller: ReadableByteStreamController | undefined;
  /** Resolves when the reader has read the end or left; present as well. */
  #over: PromiseWithResolvers<void> | undefined;
  /** Present while the reader of the stream waits for bytes. */
  #pull: PromiseWithResolvers<void> | undefined;
  /** Bytes that the reader of the stream has not asked for yet. */
  readonly #pending: Bytes[] = [];
  #closed = false;
  /** The position up to which the stream has been read. */
  #streamed = 0;
  /** The position up to which readers of lines have been given the bytes. */
  #split = 0;

  /** Creates a source without bytes. */
  constructor(
    name: OutputSource,
    bufferBytes: number,
    handlers: SourceHandlers,
  ) {
    this.name = name;
    this.#ring = new ByteRing(name, bufferBytes);
    this.#handlers = handlers;
  }

  /** The number of bytes that have arrived. */
  get end(): number {
    return this.#ring.end;
  }

  /** The number of bytes that have been dropped unread. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Whether the stream is being read. */
  get reading(): boolean {
    return this.#controller !== undefined;
  }

  /** The number of bytes that wait for the reader of the stream. */
  get backlog(): number {
    return this.#pending.reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Whether the stream is being read, and its reader is not waiting for bytes.
   */
  get full(): boolean {
    return this.reading && this.#pull === undefined;
  }

  /** The stream; a new one after the previous one was cancelled. */
  get stream(): ReadableStream<Bytes> {
    return this.#stream ??= new PipedStream<Bytes>({
      type: "bytes",
      pull: (controller) => this.#request(controller),
      cancel: () => this.#cancel(),
    }, (delivered) => this.#reads(delivered));
  }

  /** Returns a buffer to read into: a spare one of the ring, or a new one. */
  buffer(size: number): Bytes {
    return this.#ring.takeSpare(size) ?? new Uint8Array(size);
  }

  /** Lists the buffered bytes, which must be used at once. */
  buffered(): Iterable<Chunk> {
    return this.#ring.chunks();
  }

  /** Records that readers of lines have received all bytes up to now. */
  markSplit(): void {
    this.#split = this.end;
  }

  /**
   * Takes over a chunk whose bytes start at the beginning of their buffer.
   *
   * @param chunk The chunk.
   * @param split Whether readers of lines have received it.
   */
  deliver(chunk: Chunk, split: boolean): void {
    const { bytes } = chunk;
    const { buffer } = bytes;
    const { start } = this.#ring;
    // A copy takes less memory than a buffer that is less than half full.
    const large = bytes.length >= buffer.byteLength / 2;
    this.#ring.add(chunk, large ? new Uint8Array(buffer) : undefined);
    if (split) this.markSplit();
    if (!this.reading) return this.#countDropped(start);
    // The buffer is reused, so the reader gets a copy.
    const filled = this.#pending.length === 0 ? this.#fill(bytes) : 0;
    if (filled === bytes.length) return;
    this.#pending.push(bytes.slice(filled));
    this.#hand();
  }

  /** Closes the stream once its reader has read the pending bytes. */
  close(): void {
    this.#closed = true;
    this.#hand();
  }

  #request(controller: ReadableByteStreamController): Promise<void> {
    if (this.#controller === undefined) {
      this.#controller = controller;
      this.#over = Promise.withResolvers();
      this.#reads(this.#over.promise);
      const from = Math.max(this.#streamed, this.#ring.start);
      for (const { bytes } of this.#ring.chunks(from)) {
        this.#pending.push(new Uint8Array(bytes));
      }
      this.#streamed = from;
    }
    this.#pull = Promise.withResolvers();
    const { promise } = this.#pull;
    this.#hand();
    this.#handlers.wake();
    return promise;
  }

  #reads(delivered: Promise<unknown>): void {
    this.#handlers.outlet(`a reader of ${this.name}`, delivered);
  }

  /** Gives a waiting reader the next bytes, or the end if no bytes follow. */
  #hand(): void {
    const controller = this.#controller;
    if (controller === undefined || this.#pull === undefined) return;
    const bytes = this.#pending.shift();
    if (bytes !== undefined) {
      const filled = this.#fill(bytes);
      if (filled > 0 && filled < bytes.length) {
        this.#pending.unshift(bytes.subarray(filled));
      }
      if (filled > 0) return;
      this.#streamed += bytes.length;
      controller.enqueue(bytes);
    } else if (this.#closed) {
      close(controller);
      this.#over?.resolve();
    } else return;
    this.#answered();
  }

  /**
   * Copies bytes to a reader that waits with its own buffer.
   *
   * @returns The number of bytes copied; 0 if no such reader waits.
   */
  #fill(bytes: Bytes): number {
    if (this.#pull === undefined) return 0;
    const request = this.#controller?.byobRequest;
    const view = request?.view;
    if (!request || !view) return 0;
    const part = bytes.subarray(0, view.byteLength);
    new Uint8Array(view.buffer, view.byteOffset).set(part);
    this.#streamed += part.length;
    request.respond(part.length);
    this.#answered();
    return part.length;
  }

  /** Records that the reader no longer waits. */
  #answered(): void {
    this.#pull?.resolve();
    this.#pull = undefined;
  }

  /** Counts the unread bytes after `from` that are no longer buffered. */
  #countDropped(from: number): void {
    const unread = Math.max(from, this.#streamed, this.#split);
    this.#droppedBytes += Math.max(0, this.#ring.start - unread);
  }

  #cancel(): void {
    if (this.#controller !== undefined) this.#countDropped(this.#streamed);
    this.#answered();
    this.#over?.resolve();
    this.#controller = undefined;
    this.#pending.length = 0;
    if (!this.#closed || this.#streamed < this.end) this.#stream = undefined;
    this.#handlers.wake();
  }
}

/** Closes a stream, even for a reader that waits with its own buffer. */
function close(controller: ReadableByteStreamController): void {
  try {
    controller.close();
    controller.byobRequest?.respond(0);
  } catch {
    // The reader's view ends with an incomplete element, so the read fails.
  }
}
