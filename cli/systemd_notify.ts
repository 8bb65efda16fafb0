/**
 * Tells systemd something about the unit of this program, through the program
 * `systemd-notify`.
 *
 * @module
 */

import { pause } from "./clock.ts";

/**
 * How long a call can take, in milliseconds. `systemd-notify` waits up to 5 s
 * until systemd has processed the message.
 */
const LIMIT_MS = 6_000;

/** How long the end waits for the calls that are left, in milliseconds. */
const END_MS = 1_000;

/** A change of the unit; a message without one only has a status. */
export type UnitChange = "READY" | "RELOADING" | "STOPPING";

interface Message {
  readonly status: string;
  readonly change: UnitChange | undefined;
}

/**
 * Tells systemd something, one call of `systemd-notify` after another. Nothing
 * depends on its success: the first failure is a warning.
 *
 * Its disposal waits for the calls that are left, but not long.
 */
export class SystemdNotify implements AsyncDisposable {
  readonly #socket: string;
  readonly #warn: (text: string) => Promise<void>;
  readonly #waiting: Message[] = [];
  /** Aborted when the calls that are left have taken too long. */
  readonly #late = new AbortController();
  /** Resolves when no message waits; present until then. */
  #work: Promise<void> | undefined;
  #warned = false;

  /**
   * Creates what tells systemd something.
   *
   * @param socket The value of `NOTIFY_SOCKET`.
   * @param warn Prints a warning.
   */
  constructor(socket: string, warn: (text: string) => Promise<void>) {
    this.#socket = socket;
    this.#warn = warn;
  }

  /**
   * Tells systemd the status of the unit, which `systemctl status` shows. It
   * replaces one that still waits.
   *
   * @param status The status, in one line.
   * @param change What has changed with the unit, besides its status.
   */
  tell(status: string, change?: UnitChange): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.change === undefined) this.#waiting.pop();
    this.#waiting.push({ status, change });
    this.#work ??= this.#sendAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const done = new AbortController();
    pause(END_MS, done.signal).then(() => this.#late.abort());
    await this.#work;
    done.abort();
  }

  /** Sends what waits, and what is added meanwhile. */
  async #sendAll(): Promise<void> {
    while (!this.#late.signal.aborted) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const fault = await this.#send(next);
      if (fault !== undefined) await this.#complain(fault);
    }
    this.#work = undefined;
  }

  /** Sends a message; returns why that failed. */
  async #send({ status, change }: Message): Promise<string | undefined> {
    const over = new AbortController();
    try {
      const child = new Deno.Command("systemd-notify", {
        args: [...change ? [`${change}=1`] : [], `STATUS=${status}`],
        env: { NOTIFY_SOCKET: this.#socket },
        stdin: "null",
        stdout: "null",
        // It says why it fails; once is enough.
        stderr: this.#warned ? "null" : "inherit",
      }).spawn();
      const limit = AbortSignal.any([this.#late.signal, over.signal]);
      const end = await Promise.race([child.status, pause(LIMIT_MS, limit)]);
      if (end?.success) return undefined;
      if (end) return `systemd-notify ended with code ${end.code}`;
      child.kill("SIGKILL");
      await child.status;
      return "systemd-notify did not end in time";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      over.abort();
    }
  }

  async #complain(fault: string): Promise<void> {
    if (this.#warned) return;
    this.#warned = true;
    await this.#warn(`systemd is not told how the processes are: ${fault}`)
      .catch(() => {});
  }
}
