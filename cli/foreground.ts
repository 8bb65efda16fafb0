/**
 * A supervisor in the foreground: `processman up`.
 *
 * @module
 */

import { AlreadyExposedError } from "../control/mod.ts";
import type { Logger } from "../mod.ts";
import { type Io, STATUS } from "./call.ts";
import { Console } from "./console.ts";
import {
  blockedBy,
  hasFailed,
  isOver,
  outcomes,
  statusFrom,
} from "./outcome.ts";
import { printPlain } from "./plain_output.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { signalStatus } from "./signal_status.ts";
import { type StartRequest, supervise, type Supervisor } from "./supervise.ts";
import { isInForeground, ownTerminal } from "./terminal_mode.ts";

/** Options of {@linkcode foreground}. */
export interface ForegroundOptions extends StartRequest {
  /** The process whose end ends all, and whose status becomes that of all. */
  readonly exitCodeFrom?: string | undefined;
  /** Called when clients can reach the supervisor, with what prints a line. */
  readonly onServing?:
    | ((say: (text: string) => Promise<void>) => Promise<void>)
    | undefined;
}

/**
 * Supervises a configuration in the foreground, to the end.
 *
 * @param config The configuration.
 * @param io The surroundings of the call.
 * @param options What to start, and when to end.
 * @returns A promise of the exit status; of nothing if another supervisor has
 * the configuration.
 */
export async function foreground(
  config: ResolvedConfig,
  io: Io,
  options: ForegroundOptions,
): Promise<number | undefined> {
  Deno.chdir(config.cwd);
  const view = io.terminal && isInForeground() ? consoleOf(io) : undefined;
  const supervisor = await begin(config, io, view?.logger);
  if (supervisor === undefined) return undefined;
  const unread = Promise.withResolvers<void>();
  const printed = view?.run(supervisor, Deno.stdin.readable) ??
    printPlain(supervisor.pm, io, {
      names: outcomes(supervisor.app).map(({ name }) => name),
      onBroken: unread.resolve,
    });
  const warn = async (text: string) => {
    if (view) view.logger.warn(text);
    else await io.err(`WARN ${text}\n`);
  };
  const say = async (text: string) => {
    await (view ? view.say(text) : io.err(`${text}\n`));
  };
  options.onServing?.(say).catch((error) => warn(String(error)));
  try {
    return await untilEnd(supervisor, {
      ...options,
      signal: io.signal,
      quit: view?.quit,
      unread: unread.promise,
      warn,
    });
  } finally {
    await supervisor[Symbol.asyncDispose]();
    await printed;
  }
}

/** Begins to supervise, unless another supervisor has the configuration. */
async function begin(
  config: ResolvedConfig,
  io: Io,
  logger: Logger | undefined,
): Promise<Supervisor | undefined> {
  try {
    return await supervise(config, { env: (name) => io.env(name), logger });
  } catch (error) {
    if (error instanceof AlreadyExposedError) return undefined;
    throw error;
  }
}

/** What can end a supervisor, besides the end of its processes. */
interface Ends extends ForegroundOptions {
  /** Aborted by a signal, whose name is the reason. */
  readonly signal: AbortSignal;
  /** Resolves when the user wants to end it with a key. */
  readonly quit: Promise<void> | undefined;
  /** Resolves when nothing reads the output any more. */
  readonly unread: Promise<void>;
  /** Says what processes are blocked by. */
  readonly warn: (text: string) => Promise<void>;
}

/** Supervises until something ends it; returns the exit status. */
async function untilEnd(
  supervisor: Supervisor,
  { signal, quit, unread, warn, exitCodeFrom, ...request }: Ends,
): Promise<number> {
  const { pm, app } = supervisor;
  const done = Promise.withResolvers<number>();
  const started = supervisor.start(request).catch(async (error) => {
    if (pm.closing.aborted) return;
    for (const text of blockedBy(error)) await warn(text);
  });
  const look = async () => {
    const units = outcomes(app);
    const one = units.find(({ name }) => name === exitCodeFrom);
    const status = one && statusFrom(one);
    if (status !== undefined) return done.resolve(status);
    if (!isOver(units)) return;
    await started;
    done.resolve(units.some(hasFailed) ? STATUS.failed : STATUS.ok);
  };
  const signalled = () => done.resolve(signalStatus(signal.reason));
  signal.addEventListener("abort", signalled);
  if (signal.aborted) signalled();
  quit?.then(() => done.resolve(STATUS.ok));
  unread.then(() => done.resolve(signalStatus("SIGPIPE")));
  // A client has ended it, or a critical process, which sets the exit code.
  pm.closing.addEventListener("abort", () => done.resolve(Deno.exitCode));
  watch(supervisor, look, (name) => done.resolve(signalStatus(name)));
  started.then(look);
  return await done.promise;
}

/** Looks again whenever a process may have ended for good. */
async function watch(
  { pm, app }: Supervisor,
  look: () => void,
  signalled: (name: Deno.Signal) => void,
): Promise<void> {
  for await (const event of pm.events()) {
    if (event.kind === "signal") signalled(event.signal);
    // The state follows the event, and is settled when `finished` is.
    if (event.kind === "start") app.get(event.name)?.finished.then(look);
    if (event.kind === "failed" || event.kind === "stop") look();
  }
}

function consoleOf(io: Io): Console {
  return new Console({
    surface: {
      // After the terminal has gone away, a signal follows that ends all.
      write: (text) => io.out(text).catch(() => {}),
      columns: () => io.size()?.columns ?? 80,
      color: io.color,
    },
    terminal: ownTerminal,
    color: io.color,
    err: Deno.stderr.isTerminal()
      ? undefined
      : (text) => io.err(text).catch(() => {}),
  });
}
