/**
 * The keys that detach from a process. They are written as `docker attach`
 * takes them.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";

/**
 * Reads keys such as `ctrl-p,ctrl-q` or `ctrl-x,d`.
 *
 * @returns The bytes that a terminal sends for them.
 * @throws {CliError} If a key is none of these.
 */
export function detachKeys(text: string): number[] {
  return text.split(",").map((key) => {
    if (/^[ -~]$/.test(key)) return key.charCodeAt(0);
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? [];
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) & 31;
    throw new CliError(
      `the option --detach-keys needs keys such as ctrl-p,ctrl-q, and "${key}" is none`,
      STATUS.usage,
    );
  });
}

/** Finds the keys that detach in what is typed. */
export class KeyWatch {
  readonly #keys: readonly number[];
  #found = 0;

  /** Creates a watch for keys. */
  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /**
   * Takes bytes that were typed. Those that can begin the keys are held back.
   *
   * @returns The bytes to pass on, and whether the keys were typed.
   */
  read(bytes: Uint8Array): { readonly pass: number[]; readonly over: boolean } {
    const pass: number[] = [];
    for (const byte of bytes) {
      if (this.#keys[this.#found] !== byte) {
        pass.push(...this.#keys.slice(0, this.#found));
        this.#found = 0;
      }
      if (this.#keys[this.#found] !== byte) pass.push(byte);
      else if (++this.#found === this.#keys.length) return { pass, over: true };
    }
    return { pass, over: false };
  }
}
