/**
 * What tests have in common.
 *
 * @module
 */

import type { ProcessEvent } from "../events.ts";
import { Processman } from "../manager.ts";
import type { Process, ProcessState } from "../process.ts";

/** Runs a program to its end and returns what it printed, without the end. */
export async function outputOf(
  program: string,
  ...args: string[]
): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Whether a process is there and has not ended. */
export async function alive(pid: number): Promise<boolean> {
  const state = await outputOf("ps", "-o", "stat=", "-p", String(pid));
  return state !== "" && !state.startsWith("Z");
}

/** Waits for the first line of a process that passes a check. */
export async function lineOf(
  process: Process,
  wanted: string | RegExp,
): Promise<string> {
  for await (const { text } of process.lines()) {
    if (typeof wanted === "string" ? text === wanted : wanted.test(text)) {
      return text;
    }
  }
  throw new Error(`"${process.name}" ended without the line ${wanted}`);
}

/** Waits for the first event of a kind. */
export async function eventOf<Kind extends ProcessEvent["kind"]>(
  events: AsyncIterator<ProcessEvent, void>,
  kind: Kind,
): Promise<Extract<ProcessEvent, { kind: Kind }>> {
  while (true) {
    const { done, value } = await events.next();
    if (done) throw new Error(`there was no event "${kind}"`);
    if (value.kind === kind) {
      return value as Extract<ProcessEvent, { kind: Kind }>;
    }
  }
}

/** Returns the state of a process, which must be of a kind. */
export function stateOf<Kind extends ProcessState["kind"]>(
  { state }: Process,
  kind: Kind,
): Extract<ProcessState, { kind: Kind }> {
  if (state.kind === kind) {
    return state as Extract<ProcessState, { kind: Kind }>;
  }
  throw new Error(`the process is ${state.kind}, not ${kind}`);
}

/** Whether a permission is there that some tests need and the core does not. */
export function permitted(...names: Deno.PermissionName[]): boolean {
  return names.every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

/**
 * The Deno that runs scripts: that of the tests, or another one, after `--` on
 * the command line of the tests: `-- --deno=PATH`.
 */
export const scriptDeno: string = Deno.args
  .find((arg) => arg.startsWith("--deno="))?.slice("--deno=".length) ??
  Deno.execPath();

/** Options for {@linkcode runScript}. */
export interface ScriptOptions {
  /** What the script is allowed; `--allow-run` by default. */
  permission?: string;
  /** What a shell does first, such as setting a limit. */
  limits?: string;
  /** More options for Deno. */
  flags?: readonly string[];
}

/** Runs a script that imports the package. */
export function runScript(
  script: string,
  { permission = "--allow-run", limits = ":", flags = [] }: ScriptOptions = {},
): Process & AsyncDisposable {
  const pm = new Processman({ logger: null, signals: [] });
  const process = pm.command(
    "sh",
    ["-c", `${limits}; exec "$0" "$@"`, scriptDeno].concat(
      ["run", "--quiet", "--no-prompt", "--ext=ts", permission, ...flags, "-"],
    ),
    {
      stdin: "piped",
      env: { NO_COLOR: "1" },
      restart: { policy: "never" },
    },
  );
  new Response(script).body?.pipeTo(process.stdin).catch(() => {});
  const shutdown = () => pm.shutdown();
  // With the process goes its manager.
  return Object.assign(process, { [Symbol.asyncDispose]: shutdown });
}

/** Returns a source of random numbers in `[0, 1)` that repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts bytes into pieces of random lengths from 1 to `most`. */
export function* pieces(
  bytes: Uint8Array<ArrayBuffer>,
  random: () => number,
  most: number,
): Generator<Uint8Array<ArrayBuffer>> {
  let start = 0;
  while (start < bytes.length) {
    const end = start + 1 + Math.floor(random() * most);
    yield bytes.slice(start, end);
    start = end;
  }
}
