import { dirname } from "node:path";
import { root } from "./package.ts";

/** How a run of `deno` ended. */
export interface Outcome {
  /** Whether it succeeded. */
  readonly ok: boolean;
  /** All it wrote, in the order in which it came. */
  readonly output: string;
}

/** Options for {@linkcode runDeno}. */
export interface RunOptions {
  /** Environment variables besides those of this program. */
  env: Readonly<Record<string, string>>;
  /** Kills the run, with its process group. */
  signal: AbortSignal;
  /** A program and its arguments, to which the command is added. */
  within?: readonly string[];
}

/** Returns a `PATH` in which `deno` is the one of a path. */
export function pathWith(deno: string): string {
  return `${dirname(deno)}:${Deno.env.get("PATH") ?? ""}`;
}

/**
 * Returns the command that runs this very `deno`, by itself or within another
 * program. What it starts finds the same one under that name, also where there
 * is none but that of `npx`.
 */
export function denoCommand(
  args: string[],
  { env, ...options }: Deno.CommandOptions,
  within: readonly string[] = [],
): Deno.Command {
  const deno = Deno.execPath();
  const [program = deno, ...rest] = [...within, deno, ...args];
  return new Deno.Command(program, {
    ...options,
    args: rest,
    env: { ...env, PATH: pathWith(deno) },
  });
}

/** Runs `deno` in the repository, with no input, and waits for its end. */
export async function runDeno(
  args: string[],
  { env, signal, within = [] }: RunOptions,
): Promise<Outcome> {
  const child = denoCommand(args, {
    cwd: root,
    env: { ...env, DENO_NO_PROMPT: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }, within).spawn();

  let output = "";
  const late = new AbortController();
  const read = Promise.allSettled(
    [child.stdout, child.stderr].map((stream) =>
      stream.pipeThrough(new TextDecoderStream()).pipeTo(
        new WritableStream({ write: (text) => void (output += text) }),
        { signal: late.signal },
      )
    ),
  );
  const kill = () => {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended at this moment.
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  const { success } = await child.status;
  signal.removeEventListener("abort", kill);

  // What it left behind may hold its output open: not waited for without end.
  const timer = setTimeout(() => late.abort(), 1_000);
  await read;
  clearTimeout(timer);
  if (signal.aborted) output += `\nKilled: ${signal.reason.message}\n`;
  return { ok: success, output };
}
