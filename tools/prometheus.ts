/**
 * Lets Prometheus check what is made for it. Its programs are those of Debian's
 * package.
 *
 * @module
 */

import { findProgram, freePort } from "./servers.ts";
import { permitted } from "./testing.ts";

const allowed = permitted("read", "env", "run");

/** The path of `promtool`; `undefined` if this machine has none. */
export const PROMTOOL: string | undefined = allowed
  ? findProgram("promtool")
  : undefined;

/** The path of Prometheus; `undefined` if this machine has none. */
export const PROMETHEUS: string | undefined = allowed
  ? findProgram("prometheus")
  : undefined;

/**
 * Runs `promtool`.
 *
 * @param args Its arguments.
 * @param input What it reads from stdin.
 * @returns Its exit status, and what it says.
 */
export async function promtool(
  args: readonly string[],
  input = "",
): Promise<{ code: number; said: string }> {
  const child = new Deno.Command(PROMTOOL ?? "promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** A Prometheus that runs, with data of its own. */
export class Prometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #url: string;

  /**
   * Starts it.
   *
   * @param config The path of its configuration.
   * @param data The folder for its data.
   */
  constructor(config: string, data: string) {
    const address = `127.0.0.1:${freePort()}`;
    this.#url = `http://${address}/api/v1/query`;
    this.#child = new Deno.Command(PROMETHEUS ?? "prometheus", {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=${address}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /**
   * Asks until there is an answer.
   *
   * @param expr What to ask.
   * @param signal Ends the wait.
   * @returns The values.
   */
  async values(expr: string, signal: AbortSignal): Promise<number[]> {
    const url = `${this.#url}?query=${encodeURIComponent(expr)}`;
    while (true) {
      signal.throwIfAborted();
      const found = await this.#ask(url, expr);
      if (found.length > 0) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #ask(url: string, expr: string): Promise<number[]> {
    const answer = await fetch(url).catch(() => undefined);
    // It does not listen yet, or is not ready.
    if (answer === undefined || answer.status === 503) {
      await answer?.body?.cancel();
      return [];
    }
    const { status, error, data } = await answer.json();
    if (status !== "success") throw new Error(`${expr}: ${error}`);
    return data.result.map(({ value }: { value: [number, string] }) =>
      Number(value[1])
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}
