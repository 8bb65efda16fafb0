/**
 * Takes the place of a supervisor, and holds it.
 *
 * @module
 */

import { baseOf, createFolder, messageOf } from "./folder.ts";
import { noRecord, SIGN_MS } from "./inspect.ts";
import { enterGate, isAt, takeLock } from "./lock.ts";
import {
  type Place,
  PlaceError,
  readRecord,
  type SupervisorRecord,
  writeRecord,
} from "./presence.ts";

/** A supervisor that this program runs: it holds the lock. */
export interface Claim extends AsyncDisposable {
  /** The place that is taken. */
  readonly place: Place;
}

/** Options of {@linkcode claim}. */
export interface ClaimOptions {
  /**
   * Called after the folder was removed, as a system does after the last logout
   * of a user, and the claim has made it again: the program has to listen on
   * the socket anew.
   */
  onRestored?: (() => void) | undefined;
}

/**
 * Takes the place of a supervisor: takes its lock, removes what a supervisor
 * that died has left, and writes the record. Disposing the claim removes the
 * socket and the record, and frees the lock. If the program ends without that,
 * the system frees the lock, and the record stays for {@linkcode inspect}.
 *
 * @param place The place.
 * @param record What to write down.
 * @param options What to do if the folder is removed.
 * @returns The claim, or the record of the supervisor that has the place.
 * @throws {PlaceError} If the folder cannot be created, or cannot be trusted.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export async function claim(
  place: Place,
  record: SupervisorRecord,
  options: ClaimOptions = {},
): Promise<Claim | { readonly holder: SupervisorRecord }> {
  return await hold(place, record, { signMs: SIGN_MS, ...options });
}

/** Takes a place, and gives signs of life as often as a test wants. */
export async function hold(
  place: Place,
  record: SupervisorRecord,
  options: ClaimOptions & { readonly signMs: number },
): Promise<Claim | { readonly holder: SupervisorRecord }> {
  const taken = await take(place, record);
  if ("holder" in taken) return taken;
  return new HeldPlace(place, record, taken.file, options);
}

type Taken =
  | { readonly file: Deno.FsFile }
  | { readonly holder: SupervisorRecord };

async function take(place: Place, record: SupervisorRecord): Promise<Taken> {
  createFolder(baseOf(place.folder), place.folder);
  using _gate = await enterGate(place, { create: true });
  const file = takeLock(place);
  if (file === undefined) {
    const holder = readRecord(place);
    if (holder !== undefined) return { holder };
    throw noRecord(place);
  }
  try {
    removeFile(place.socket);
    removeFile(place.orphanLog);
    writeRecord(place, record);
    giveSign(file);
    return { file };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Shows in the lock that this program is alive. */
function giveSign(file: Deno.FsFile): void {
  const now = new Date(Date.now());
  file.utimeSync(now, now);
}

/** A place whose lock this program holds. */
class HeldPlace implements Claim {
  readonly #record: SupervisorRecord;
  readonly #onRestored: (() => void) | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  /** The lock; `undefined` after the end. */
  #file: Deno.FsFile | undefined;
  /** The attempt to take the place again. */
  #restoring: Promise<void> | undefined;

  constructor(
    readonly place: Place,
    record: SupervisorRecord,
    file: Deno.FsFile,
    { onRestored, signMs }: ClaimOptions & { readonly signMs: number },
  ) {
    this.#record = record;
    this.#file = file;
    this.#onRestored = onRestored;
    this.#timer = setInterval(() => this.#sign(), signMs);
    Deno.unrefTimer(this.#timer);
  }

  #sign(): void {
    const { record, lock } = this.place;
    if (this.#file === undefined || this.#restoring) return;
    if (isAt(this.#file, lock)) {
      giveSign(this.#file);
      // Else what cleans up temporary files would remove it after some days.
      if (!touch(record)) writeRecord(this.place, this.#record);
    } else {
      this.#restoring = this.#restore().finally(() => {
        this.#restoring = undefined;
      });
    }
  }

  /** Takes the place again. A failure is no reason to end: it tries again. */
  async #restore(): Promise<void> {
    try {
      const taken = await take(this.place, this.#record);
      if ("holder" in taken) return;
      this.#file?.close();
      this.#file = taken.file;
    } catch {
      return;
    }
    this.#onRestored?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#restoring;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      if (isAt(file, this.place.lock)) await this.#leave(file);
    } finally {
      file.close();
    }
  }

  /** Frees the lock before the gate: who enters then finds all of it gone. */
  async #leave(file: Deno.FsFile): Promise<void> {
    using _gate = await enterGate(this.place, { create: true });
    const { socket, record, orphanLog } = this.place;
    for (const path of [socket, orphanLog, record]) removeFile(path);
    file.unlockSync();
  }
}

/** Sets the times of a file; returns whether that was possible. */
function touch(path: string): boolean {
  try {
    const now = new Date(Date.now());
    Deno.utimeSync(path, now, now);
    return true;
  } catch {
    return false;
  }
}

/** Removes a file or a link, if there is one. */
function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new PlaceError(
      `"${path}" cannot be removed (${messageOf(error)}): remove it`,
      { cause: error },
    );
  }
}
