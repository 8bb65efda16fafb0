/**
 * What a command writes, line by line, for tests that wait for a line.
 *
 * @module
 */

/** What a command writes to one of its outputs. */
export interface Output {
  /** All of it so far. */
  readonly text: string;
  /** Whether it has come to its end. */
  readonly ended: boolean;
  /**
   * Waits for a line that passes a check, after those that earlier calls have
   * returned.
   *
   * @throws {Error} If there is none before the end, or within `withinMs`; with
   * everything that there was.
   */
  line(wanted: string | RegExp, withinMs?: number): Promise<string>;
  /**
   * Waits for its end. A supervisor in the background must not hold it open:
   * then this rejects after 10 seconds.
   */
  end(): Promise<void>;
}

/** Reads a stream to its end. */
export function lines(stream: ReadableStream<Uint8Array>): Output {
  let text = "";
  let ended = false;
  let used = 0;
  let wake = Promise.withResolvers<void>();
  const signal = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true });
      signal();
    }
    text += decoder.decode();
    ended = true;
    signal();
  };
  const end = read();
  const next = (wanted: string | RegExp): string | undefined => {
    while (true) {
      const at = text.indexOf("\n", used);
      if (at < 0 && (!ended || used >= text.length)) return undefined;
      const line = at < 0 ? text.slice(used) : text.slice(used, at);
      used += line.length + 1;
      const found = typeof wanted === "string"
        ? line === wanted
        : wanted.test(line);
      if (found) return line;
    }
  };
  return {
    get text() {
      return text;
    },
    get ended() {
      return ended;
    },
    async line(wanted, withinMs = 30_000) {
      const deadline = performance.now() + withinMs;
      while (true) {
        const line = next(wanted);
        if (line !== undefined) return line;
        const left = deadline - performance.now();
        if (ended || left <= 0 || !await within(wake.promise, left)) {
          throw new Error(`no line ${wanted} in:\n${text}`);
        }
      }
    },
    async end() {
      if (await within(end, 10_000)) return;
      throw new Error(`something still holds the output open:\n${text}`);
    },
  };
}

/** Waits for a promise; resolves to whether it was settled in time. */
export async function within(
  promise: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
