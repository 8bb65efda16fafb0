/**
 * The own log of a supervisor in the background.
 *
 * @module
 */

import type { Logger } from "../mod.ts";
import { now } from "./clock.ts";

/** How large the file may become before it is renamed to `….1`, in bytes. */
const MOST_BYTES = 1_048_576;

/**
 * Appends messages to a file, with their times; keeps one older file. What
 * cannot be written, because a disk is full, is lost: that ends nothing.
 */
export class OwnLog implements Logger {
  readonly #path: string;
  readonly #most: number;

  /**
   * Creates a log.
   *
   * @param path The path of the file.
   * @param maxBytes How large the file may become.
   */
  constructor(path: string, maxBytes: number = MOST_BYTES) {
    this.#path = path;
    this.#most = maxBytes;
  }

  /** Writes nothing: these messages are for those who change the tool. */
  debug(_message: string): void {}

  /** Writes a message about an event of normal operation. */
  info(message: string): void {
    this.#write("INFO", message);
  }

  /** Writes a message about something unexpected. */
  warn(message: string): void {
    this.#write("WARN", message);
  }

  /** Writes a message about a failure. */
  error(message: string): void {
    this.#write("ERROR", message);
  }

  #write(level: string, message: string): void {
    const line = `${new Date(now()).toISOString()} ${level} ${message}\n`;
    this.#rotate();
    try {
      Deno.writeTextFileSync(this.#path, line, { append: true, mode: 0o600 });
    } catch {
      // The supervisor is worth more than its log.
    }
  }

  #rotate(): void {
    try {
      const { size } = Deno.statSync(this.#path);
      if (size >= this.#most) Deno.renameSync(this.#path, `${this.#path}.1`);
    } catch {
      // There is no file yet, or it cannot be renamed.
    }
  }
}

/**
 * Makes the folder and the file of a log, for its owner alone.
 *
 * @param path The path of the file.
 * @returns The size of the file in bytes.
 */
export async function openOwnLog(path: string): Promise<number> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  using file = await Deno.open(path, {
    append: true,
    create: true,
    mode: 0o600,
  });
  return (await file.stat()).size;
}
