/**
 * What tests have in common.
 *
 * @module
 */

import type { ProcessEvent } from "../events.ts";
import type { Kernel } from "../kernel.ts";
import { Processman } from "../manager.ts";
import type { Process } from "../process.ts";
import type { ProcessState } from "../process_state.ts";
import { ProcessTable } from "../process_table.ts";
import { Run } from "../run.ts";
import type { StopRequest } from "../stop.ts";
import { systemKernel } from "../system.ts";
import type { FakeKernel } from "../testing/mod.ts";

/** The system that the tests run on. */
export const KERNEL: Kernel = systemKernel();

/** A stop with the grace period that a command has by default. */
export const STOP = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
  explicit: false,
} as const satisfies StopRequest;

/** Runs a program to its end and returns what it printed, without the end. */
export async function outputOf(
  program: string,
  ...args: string[]
): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Whether a program is there and ends with success. */
export async function works(
  program: string,
  ...args: string[]
): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args }).output()).success;
  } catch {
    return false;
  }
}

/** Whether a process is there and has not ended. */
export async function alive(pid: number): Promise<boolean> {
  const state = await outputOf("ps", "-o", "stat=", "-p", String(pid));
  return state !== "" && !state.startsWith("Z");
}

/** Starts a run of a shell. */
export function startRun(script: string, group: boolean = true): Run {
  const args = ["-c", script];
  return new Run({
    name: "test",
    program: "sh",
    command: { args, stdin: "null", stdout: "null", stderr: "null" },
    group,
  }, KERNEL);
}

/** A process that leads a session of its own and has written a line. */
export interface Ready {
  /** The process. */
  readonly child: Deno.ChildProcess;
  /** Its process ID. */
  readonly pid: number;
  /** The words of its first line. */
  readonly words: readonly string[];
  /** Reads what follows the first line, if it is piped. */
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
}

/** Starts a shell in a session of its own, and waits for its first line. */
export async function ready(
  script: string,
  { program = "sh", piped = false }: { program?: string; piped?: boolean } = {},
): Promise<Ready> {
  const child = new Deno.Command(program, {
    args: ["-c", script],
    stdout: "piped",
    stdin: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  const reader = child.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended: ${script}`);
    text += new TextDecoder().decode(value);
  }
  if (!piped) await reader.cancel();
  return { child, pid: child.pid, words: text.trim().split(" "), reader };
}

/** Returns the process table of this system. */
export function systemTable(): ProcessTable {
  return new ProcessTable(KERNEL);
}

/** Forbids signals to a fake kernel, until what is returned is called. */
export function deny(kernel: FakeKernel): () => void {
  const { kill } = kernel;
  kernel.kill = (target, signal) => {
    if (signal === 0) return kill.call(kernel, target, signal);
    throw new Deno.errors.PermissionDenied("Operation not permitted");
  };
  return () => {
    kernel.kill = kill;
  };
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

/** How many steps run side by side: most of the time they wait. */
const STEPS_AT_ONCE = 4;

/**
 * Runs a step of a test for each case, several side by side. The sanitizers
 * look at all of them together, at the end of the test.
 */
export async function stepsSideBySide<Case>(
  t: Deno.TestContext,
  cases: Readonly<Record<string, Case>>,
  check: (each: Case, name: string) => Promise<void>,
): Promise<void> {
  const left = Object.entries(cases);
  const work = async () => {
    for (let next; (next = left.shift()) !== undefined;) {
      const [name, each] = next;
      await t.step({
        name,
        fn: () => check(each, name),
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
      });
    }
  };
  await Promise.all(Array.from({ length: STEPS_AT_ONCE }, work));
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

/** A temporary folder, which is removed at the end of a test. */
export class Folder implements AsyncDisposable {
  /** Its path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "processman_" });
  /** The path of a file in it. */
  readonly log: string = `${this.path}/log`;

  /** Reads a file and the renamed ones, from the oldest to the newest. */
  async read(path: string = this.log): Promise<string[]> {
    const texts: string[] = [];
    for (let number = 0;; number++) {
      const file = number === 0 ? path : `${path}.${number}`;
      try {
        texts.unshift(await Deno.readTextFile(file));
      } catch {
        return texts;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
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
