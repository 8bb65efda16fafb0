/**
 * A memory of where programs are, so that a child looks for each program only
 * once.
 *
 * @module
 */

import { findSync, type Found, type Search } from "./find_program.ts";

/** How many programs are remembered. */
const MOST = 1_000;

/** One program in a memory of programs. */
export interface KnownProgram {
  /**
   * Returns where the program is. Only a program that can be executed is
   * remembered.
   *
   * @throws As `findSync()` does, if the program is not known yet.
   */
  find(): Found;
  /** Forgets where the program is. */
  forget(): void;
  /**
   * Remembers that the program did not start although it is where it was, such
   * as a script without its interpreter.
   */
  markBroken(): void;
  /**
   * Whether the program was marked as broken, and still cannot be executed.
   * Removes the mark.
   *
   * @throws As `findSync()` does, if the program was marked.
   */
  stillBroken(): boolean;
}

/** Remembers where programs are. */
export class KnownPrograms {
  readonly #found = new Map<string, Found>();
  readonly #broken = new Set<string>();

  /** Returns the program that a search is for. */
  get(search: Search): KnownProgram {
    const key = keyOf(search);
    return {
      find: () => this.#found.get(key) ?? this.#look(key, search),
      forget: () => void this.#found.delete(key),
      markBroken: () => {
        if (this.#broken.size >= MOST) this.#broken.clear();
        this.#broken.add(key);
      },
      stillBroken: () =>
        this.#broken.delete(key) && findSync(search, "deep").errno !== 0,
    };
  }

  #look(key: string, search: Search): Found {
    const found = findSync(search);
    if (found.errno !== 0) return found;
    const [oldest] = this.#found.keys();
    if (oldest !== undefined && this.#found.size >= MOST) {
      this.#found.delete(oldest);
    }
    this.#found.set(key, found);
    return found;
  }
}

/** Returns the same text only for searches that find the same program. */
function keyOf({ program, path, cwd, as }: Search): string {
  if (program.startsWith("/")) return [program, ...as].join("\0");
  const where = program.includes("/") ? `${cwd}` : path ?? ownPath();
  return [program, where, ...as].join("\0");
}

/** Returns the `PATH` of this program, if this program may change it. */
function ownPath(): string | undefined {
  const query = { name: "env", variable: "PATH" } as const;
  const { state } = Deno.permissions.querySync(query);
  return state === "granted" ? Deno.env.get("PATH") ?? "" : undefined;
}
