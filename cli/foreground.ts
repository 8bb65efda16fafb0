/**
 * A supervisor in the foreground: `processman up`.
 *
 * @module
 */

import { AlreadyExposedError, type MetricsOptions } from "../control/mod.ts";
import { type Io, STATUS } from "./call.ts";
import { Console } from "./console.ts";
import { load } from "./load.ts";
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
import {
  type StartRequest,
  supervise,
  type SuperviseOptions,
  type Supervisor,
} from "./supervise.ts";
import type { SystemdReport } from "./systemd_report.ts";
import { isInForeground, ownTerminal } from "./terminal_mode.ts";

/** What is said when nothing runs, but will. */
const WAITS = "processman: all processes have ended, and wait for changes of " +
  "their files";

/** Prints a line of text. */
type Voice = (text: string) => Promise<void>;

/** Options of {@linkcode foreground}. */
export interface ForegroundOptions extends StartRequest {
  /** The process whose end ends all, and whose status becomes that of all. */
  readonly exitCodeFrom?: string | undefined;
  /** Where systemd is told how the processes are, if it wants to know. */
  readonly notifySocket?: string | undefined;
  /** Where the metrics are served on a port. */
  readonly metrics?: MetricsOptions | undefined;
  /** Called when clients can reach the supervisor, with what prints a line. */
  readonly onServing?:
    | ((say: Voice) => Promise<void>)
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
  const { warn, say } = voicesOf(view, io);
  await using report = await systemdReport(options.notifySocket, warn);
  const supervisor = await begin(config, io, {
    logger: view?.logger,
    metrics: options.metrics,
    onApply: (applied) => report?.applying(applied),
  });
  if (supervisor === undefined) return undefined;
  const unread = Promise.withResolvers<void>();
  const printed = view?.run(supervisor, Deno.stdin.readable) ??
    printPlain(supervisor.pm, io, {
      names: outcomes(supervisor.app).map(({ name }) => name),
      onBroken: unread.resolve,
    });
  options.onServing?.(say).catch((error) => warn(String(error)));
  try {
    return await untilEnd(supervisor, {
      ...options,
      signal: io.signal,
      quit: view?.quit,
      unread: unread.promise,
      warn,
      say,
      report,
    });
  } finally {
    report?.stopping();
    await supervisor[Symbol.asyncDispose]();
    await printed;
  }
}

/** Returns what prints a warning, and what prints something else. */
function voicesOf(
  view: Console | undefined,
  io: Io,
): { readonly warn: Voice; readonly say: Voice } {
  return {
    warn: async (text) => {
      if (view) view.logger.warn(text);
      else await io.err(`WARN ${text}\n`);
    },
    say: async (text) => {
      await (view ? view.say(text) : io.err(`${text}\n`));
    },
  };
}

/** Begins to supervise, unless another supervisor has the configuration. */
async function begin(
  config: ResolvedConfig,
  io: Io,
  options: Omit<SuperviseOptions, "env">,
): Promise<Supervisor | undefined> {
  try {
    return await supervise(config, { ...options, env: (name) => io.env(name) });
  } catch (error) {
    if (error instanceof AlreadyExposedError) return undefined;
    throw error;
  }
}

/** Creates what tells systemd how the processes are, if it wants to know. */
async function systemdReport(
  socket: string | undefined,
  warn: Voice,
): Promise<SystemdReport | undefined> {
  if (socket === undefined) return undefined;
  const { SystemdReport } = await load<typeof import("./systemd_report.ts")>(
    "./systemd_report.ts",
  );
  return new SystemdReport(socket, warn);
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
  readonly warn: Voice;
  /** Says something else. */
  readonly say: Voice;
  /** Tells systemd how the processes are. */
  readonly report: SystemdReport | undefined;
}

/** Supervises until something ends it; returns the exit status. */
async function untilEnd(
  supervisor: Supervisor,
  { signal, quit, unread, warn, say, report, exitCodeFrom, ...request }: Ends,
): Promise<number> {
  const { pm, app, schedules } = supervisor;
  const done = Promise.withResolvers<number>();
  let waiting = false;
  const started = supervisor.start(request).catch(async (error) => {
    if (pm.closing.aborted) return;
    for (const text of blockedBy(error)) await warn(text);
  });
  report?.follow(supervisor);
  const look = async () => {
    const units = outcomes(app);
    const one = units.find(({ name }) => name === exitCodeFrom);
    const status = one && statusFrom(one);
    if (status !== undefined) return done.resolve(status);
    if (!isOver(units) || schedules.awaitsRuns) return void (waiting = false);
    if (supervisor.awaits) {
      if (!waiting) await say(WAITS);
      return void (waiting = true);
    }
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
