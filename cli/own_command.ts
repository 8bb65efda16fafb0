/**
 * How this program starts another copy of itself.
 *
 * @module
 */

/** The hidden command with which a supervisor in the background begins. */
export const SUPERVISE = "--supervise";

/** The hidden command with which a web process in the background begins. */
export const SERVE_WEB = "--serve-web";

/** What is known about the program that runs. */
export interface OwnProgram {
  /** The path of Deno, or of this program if it was compiled. */
  readonly execPath: string;
  /** Whether it was compiled. */
  readonly standalone: boolean;
  /** The URL of the module of the tool. */
  readonly module: string;
  /** The arguments of the tool. */
  readonly args: readonly string[];
  /** The whole command line, if the system tells it. */
  readonly commandLine: readonly string[] | undefined;
}

/**
 * Returns the command that runs the tool with other arguments. Where the system
 * tells the command line of this program, it is the same but for the arguments
 * of the tool, so that permissions, lock file and imports are too.
 *
 * @param own The program that runs.
 * @param others The other arguments.
 */
export function ownCommand(
  own: OwnProgram,
  others: readonly string[],
): string[] {
  const { execPath, standalone, module, args, commandLine = [] } = own;
  if (standalone) return [execPath, ...others];
  const deno = commandLine.slice(1, commandLine.length - args.length);
  const same = deno.length > 1 &&
    commandLine.slice(commandLine.length - args.length)
      .every((arg, index) => arg === args[index]);
  if (same) return [execPath, ...deno, ...others];
  // The folder of a project must not change what is imported.
  const alone = module.startsWith("file:") ? [] : ["--no-config", "--no-lock"];
  const options = ["--quiet", "--no-prompt", "--allow-all"];
  return [execPath, "run", ...options, ...alone, module, ...others];
}

/** Returns what is known about this program. */
export function ownProgram(): OwnProgram {
  return {
    execPath: Deno.execPath(),
    standalone: Deno.build.standalone,
    module: import.meta.resolve("./mod.ts"),
    args: Deno.args,
    commandLine: ownCommandLine(),
  };
}

/** Returns the command line of this program, where the system tells it. */
function ownCommandLine(): string[] | undefined {
  try {
    return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
  } catch {
    return undefined;
  }
}
