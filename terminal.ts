/**
 * A pseudo-terminal: the program has one end, and this program has the other
 * one, as a terminal emulator has.
 *
 * @module
 */

import type { TerminalSize } from "./kernel.ts";
import { NONBLOCK, OPEN, POLLIN, POLLOUT, TIOCSWINSZ } from "./libc.ts";
import type { Poller } from "./poller.ts";
import { TERMINAL_SIZE } from "./terminal_input.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What Ctrl-D types: the end of the input, for a program that reads lines. */
const END_OF_INPUT = new Uint8Array([4]);

/** The size of the buffer for a read without a buffer of its own. */
const READ_BYTES = 4_096;

/** A pseudo-terminal of the size {@linkcode TERMINAL_SIZE}. */
export class Terminal {
  /** The path of the program's end. */
  readonly path: string;
  /** What the program reads; closing it types the end of the input. */
  readonly input: WritableStream<Bytes>;
  /** What the program writes. It ends when nothing has the terminal open. */
  readonly output: ReadableStream<Bytes>;
  readonly #poller: Poller;
  readonly #libc: ReturnType<Poller["enter"]>;
  /** Our end; set until it is closed. */
  #ours: number | undefined;
  /** Keeps the output open before and between the programs that write to it. */
  #theirs: number | undefined;

  /**
   * Makes a terminal.
   *
   * @throws {Error} If the system has none left.
   */
  constructor(poller: Poller) {
    this.#poller = poller;
    this.#libc = poller.enter();
    const { posix_openpt, unlockpt, ptsname_r, open } = this.#libc;
    const ours = posix_openpt(OPEN | NONBLOCK);
    const path = new Uint8Array(64);
    const named = ours >= 0 && unlockpt(ours) === 0 &&
      ptsname_r(ours, path, 64n) === 0;
    if (ours >= 0) this.#ours = ours;
    const theirs = named ? open(path, OPEN) : -1;
    if (theirs < 0) {
      this.close();
      throw new Error("the system gives no pseudo-terminal");
    }
    this.#theirs = theirs;
    this.path = new TextDecoder().decode(path.subarray(0, path.indexOf(0)));
    this.resize(TERMINAL_SIZE);
    this.input = new WritableStream({
      write: (chunk) => this.#write(chunk),
      close: () => this.#write(END_OF_INPUT),
    });
    this.output = new ReadableStream({
      type: "bytes",
      pull: (controller) => this.#read(controller),
      cancel: () => this.close(),
    });
  }

  /** Sets the size, and tells the program by `SIGWINCH` if it is another one. */
  resize({ columns, rows }: TerminalSize): void {
    if (this.#ours === undefined) return;
    const size = new Uint16Array([rows, columns, 0, 0]);
    this.#libc.ioctl(this.#ours, TIOCSWINSZ, size);
  }

  /** Lets another user open the program's end. */
  giveTo(uid: number): void {
    const group = 0xffff_ffff;
    if (this.#theirs !== undefined) this.#libc.fchown(this.#theirs, uid, group);
  }

  /** Ends the output once no program has the terminal open. */
  release(): void {
    if (this.#theirs === undefined) return;
    this.#libc.close(this.#theirs);
    this.#theirs = undefined;
  }

  /** Gives everything back. Programs that have it open get `SIGHUP`. */
  close(): void {
    this.release();
    if (this.#ours === undefined) return;
    this.#poller.forget(this.#ours);
    this.#libc.close(this.#ours);
    this.#ours = undefined;
    this.#poller.leave();
  }

  async #read(controller: ReadableByteStreamController): Promise<void> {
    if (this.#ours === undefined) return;
    const { byobRequest } = controller;
    const view = byobRequest?.view;
    const into = view
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(READ_BYTES);
    while (true) {
      const events = await this.#poller.wait(this.#ours, POLLIN);
      // It was cancelled in the meantime.
      if (this.#ours === undefined) return;
      const most = BigInt(into.length);
      const count = Number(this.#libc.read(this.#ours, into, most));
      if (count > 0) {
        if (byobRequest) byobRequest.respond(count);
        else controller.enqueue(into.subarray(0, count));
        return;
      }
      if ((events & POLLIN) === 0) break;
    }
    this.close();
    controller.close();
    byobRequest?.respond(0);
  }

  async #write(chunk: Bytes): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      if (this.#ours !== undefined) {
        await this.#poller.wait(this.#ours, POLLOUT);
      }
      if (this.#ours === undefined || this.#theirs === undefined) {
        throw new Deno.errors.BrokenPipe("the terminal is closed");
      }
      const size = BigInt(rest.length);
      const count = Number(this.#libc.write(this.#ours, rest, size));
      rest = rest.subarray(Math.max(count, 0));
    }
  }
}
