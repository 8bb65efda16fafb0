/**
 * The bytes of the bodies of answers.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Returns the bytes of texts and bytes, one after the other. */
export function bytesOf(
  ...parts: readonly (string | Uint8Array)[]
): Uint8Array {
  const all = parts.map((part) =>
    typeof part === "string" ? encoder.encode(part) : part
  );
  const [first] = all;
  if (all.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(
    all.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Returns a chunk of the transfer encoding `chunked`; an empty one ends it. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  return bytesOf(`${bytes.length.toString(16)}\r\n`, bytes, "\r\n");
}

/**
 * How many characters and bytes of a stream wait for a slow client before more
 * is asked for. So much is not gathered any longer.
 */
export const MUCH = 65_536;

/**
 * Sends the parts of a stream. The first one is sent at once; those that come
 * while it is being sent, and for some time after that, are sent together.
 */
export class Gathered {
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  readonly #gather: (signal: AbortSignal) => Promise<void>;
  #parts: (string | Uint8Array)[] = [];
  #size = 0;
  /** While something is sent or gathered. */
  #sending: Promise<void> | undefined;
  /** Ends the time in which parts are gathered. */
  #enough = new AbortController();
  /** Whether nothing is to be gathered. */
  #hurry = false;

  /**
   * Creates a sender.
   *
   * @param send Sends bytes.
   * @param gather Waits for more parts, until the signal is aborted.
   */
  constructor(
    send: (bytes: Uint8Array) => Promise<void>,
    gather: (signal: AbortSignal) => Promise<void>,
  ) {
    this.#send = send;
    this.#gather = gather;
  }

  /** How many characters and bytes wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a part. Texts are joined, because it costs less to encode them once.
   *
   * @returns A promise that resolves when nothing waits; it rejects if it
   * cannot be sent.
   */
  add(part: string | Uint8Array): Promise<void> {
    this.#size += part.length;
    const last = this.#parts.at(-1);
    if (typeof part === "string" && typeof last === "string") {
      this.#parts[this.#parts.length - 1] = last + part;
    } else if (part.length > 0) {
      this.#parts.push(part);
    }
    return this.#sending ??= this.#run();
  }

  /** Sends all that waits without gathering more. */
  async flush(): Promise<void> {
    this.#hurry = true;
    this.#enough.abort();
    await this.#sending;
    this.#hurry = false;
  }

  async #run(): Promise<void> {
    // `#sending` must be set before this function ends.
    await Promise.resolve();
    try {
      while (this.#size > 0) {
        const bytes = this.#take();
        await this.#send(bytes);
        if (this.#hurry || bytes.length > MUCH) continue;
        this.#enough = new AbortController();
        await this.#gather(this.#enough.signal);
      }
    } finally {
      this.#sending = undefined;
    }
  }

  #take(): Uint8Array {
    const parts = this.#parts;
    this.#parts = [];
    this.#size = 0;
    return bytesOf(...parts);
  }
}
