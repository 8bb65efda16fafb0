/**
 * What the tests of output have in common.
 *
 * @module
 */

import type { Clock, DelayOptions } from "../kernel.ts";
import type { Line } from "../lines.ts";
import { Output } from "../output.ts";
import type { Pump } from "../pump.ts";
import { systemClock } from "../system.ts";
import { seededRandom } from "../testing/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** A pipe into which a test writes instead of a child. */
export class Pipe {
  /** The end that is read. */
  readonly stream: ReadableStream<Bytes>;
  /** Whether the reader has left it. */
  cancelled = false;
  #controller!: ReadableByteStreamController;

  constructor() {
    this.stream = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.cancelled = true),
    });
  }

  /** How many bytes have been written and not been read. */
  get unread(): number {
    return -(this.#controller.desiredSize ?? 0);
  }

  /** Writes a text or bytes. */
  write(data: Bytes | string): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.#controller.enqueue(bytes.slice());
  }

  /** Ends the output. */
  end(): void {
    this.#controller.close();
    this.#controller.byobRequest?.respond(0);
  }

  /** Breaks the pipe. */
  fail(cause: unknown): void {
    this.#controller.error(cause);
  }
}

/** A run of a process, whose output a test writes. */
export class TestRun {
  /** What it writes to stdout. */
  readonly stdout = new Pipe();
  /** What it writes to stderr. */
  readonly stderr = new Pipe();
  /** Resolves when both outputs have been read. */
  readonly drained: Promise<unknown>;
  readonly #pumps: readonly Pump[];

  constructor(output: Output, run = 1) {
    this.#pumps = [
      output.pump("stdout", this.stdout.stream, run),
      output.pump("stderr", this.stderr.stream, run),
    ];
    this.drained = Promise.all(this.#pumps.map(({ done }) => done));
  }

  /** Ends the child alone: another process may hold the pipes open. */
  exit(): void {
    for (const pump of this.#pumps) pump.drain();
  }

  /** Ends the child and both outputs. */
  async end(): Promise<void> {
    this.stdout.end();
    this.stderr.end();
    this.exit();
    await this.drained;
  }
}

/**
 * A clock that a test moves in one jump, as if the event loop were late. With
 * `VirtualClock` of `testing/`, each delay ends at its own time instead.
 */
export class TestClock implements Clock {
  #now = 0;
  readonly #ends = new Map<() => void, number>();

  /** Returns the time. */
  now(): number {
    return this.#now;
  }

  /** Returns the time. */
  time(): number {
    return this.#now;
  }

  /** How many delays are not over. */
  get delays(): number {
    return this.#ends.size;
  }

  /** Resolves when the test has moved the clock. */
  delay(ms: number, { signal }: DelayOptions = {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#ends.delete(end);
      resolve();
    };
    this.#ends.set(end, this.#now + ms);
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    return promise;
  }

  /** Moves the clock, and lets everything happen that is due. */
  async tick(ms: number): Promise<void> {
    this.#now += ms;
    for (const [end, at] of this.#ends) if (at <= this.#now) end();
    await microtasks();
  }
}

/** Rules for tests to which they do not matter. */
export const RULES = { bufferBytes: 65_536, maxLineLength: 1_000_000 };

/** Creates the output of a process, and its first run. */
export function start(
  rules: Partial<typeof RULES> = {},
  clock: Clock = systemClock,
): {
  output: Output;
  run: TestRun;
} {
  const output = new Output({ ...RULES, ...rules }, clock);
  return { output, run: new TestRun(output) };
}

/** Waits for a turn of the event loop, in which everything possible happens. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Returns random bytes. */
export function randomBytes(
  length: number,
  random = seededRandom(length),
): Bytes {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Joins chunks. */
export function joined(chunks: readonly Uint8Array[]): Bytes {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Reads a stream to its end. */
export async function allOf(stream: ReadableStream<Bytes>): Promise<Bytes> {
  return joined(await Array.fromAsync(stream));
}

/** Returns the run of each line, an E if it is of stderr, and its text. */
export function told(lines: Iterable<Line>): string[] {
  return Array.from(
    lines,
    ({ source, run, text }) =>
      `${run}${source === "stderr" ? "E" : ""} ${text}`,
  );
}

/** Waits until promises have settled, without a turn of the event loop. */
export async function microtasks(): Promise<void> {
  for (let i = 0; i < 1_000; i++) await Promise.resolve();
}
