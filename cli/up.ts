/**
 * The command `up`.
 *
 * @module
 */

import {
  type ConfigSource,
  ConnectionError,
  ControlClient,
  ControlError,
  inspect,
  type Place,
  placeOfConfig,
  type Presence,
} from "../control/client.ts";
import { withRequired } from "../plan/mod.ts";
import { findConfigOrAdded } from "./added.ts";
import { awaitUp } from "./await_up.ts";
import { type Call, CliError, type Command, type Io, STATUS } from "./call.ts";
import { now, pause } from "./clock.ts";
import { loadOptions } from "./config_options.ts";
import { BackgroundStart } from "./detach.ts";
import { join } from "./join.ts";
import { load } from "./load.ts";
import { type MetricsAddress, metricsAddress } from "./metrics_option.ts";
import { didYouMean } from "./nearest.ts";
import { takeNotifySocket } from "./notify_socket.ts";
import { guardEnded } from "./old_guard.ts";
import { diedText } from "./presence_text.ts";
import type { Goal } from "./progress.ts";
import {
  buildPlan,
  type BuiltConfig,
  loadConfig,
  type ResolvedConfig,
} from "./resolved.ts";
import { signalStatus } from "./signal_status.ts";
import { stateFolder } from "./state_folder.ts";

/** How long to wait for a supervisor that is ending, in milliseconds. */
const ENDING_MS = 120_000;

/** How long to wait before another try, in milliseconds. */
const AGAIN_MS = 50;

/** The options of a call of `up`. */
export interface Flags {
  /** The entries that are named. */
  readonly names: readonly string[];
  readonly alone: boolean;
  readonly detach: boolean;
  readonly goal: Goal;
  readonly withinMs: number | undefined;
  readonly exitCodeFrom: string | undefined;
  /** Whether the dashboard is served. */
  readonly web: boolean;
  /** Where the metrics are served on a port. */
  readonly metrics: MetricsAddress | undefined;
}

/** What a call of `up` asks for. */
interface Wish extends Flags {
  readonly config: ResolvedConfig;
  readonly place: Place;
  /** The names of the entries that are started. */
  readonly awaited: ReadonlySet<string>;
  /** The command line that applies the configuration to what runs. */
  readonly reload: string;
  /** Where systemd is told how the processes are, if it wants to know. */
  readonly notifySocket?: string | undefined;
}

/** The command `up`: supervises what a configuration says. */
export const up: Command = async (call) => {
  const { io } = call;
  const notifySocket = takeNotifySocket();
  const flags = readFlags(call);
  const found = await lookUp(call);
  // It loads its modules while the configuration is read.
  using early = flags.detach ? await beginEarly(found, io) : undefined;
  const source = await sourceInUse(found);
  const wish = { ...await readWish(call, flags, source), notifySocket };
  const deadline = now() + ENDING_MS;
  while (true) {
    const status = await attempt(wish, io, early);
    if (status !== undefined) return status;
    if (io.signal.aborted) return signalStatus(io.signal.reason);
    if (now() > deadline) {
      throw new CliError(
        `the supervisor of ${wish.config.files[0]} is ending, but not over ` +
          `after ${ENDING_MS / 1_000} s`,
        STATUS.failed,
      );
    }
    await pause(AGAIN_MS, io.signal);
  }
};

/**
 * Reads the options, and checks that they go together.
 *
 * @throws {CliError} If they do not, or if a value is wrong.
 */
export function readFlags(
  { options, names }: Pick<Call, "options" | "names">,
): Flags {
  if (options.value("supervisor") !== undefined) {
    throw usage("up starts a configuration, which -f names: it takes no -S");
  }
  const withinMs = options.duration("wait-timeout");
  const waits = options.flag("wait") || withinMs !== undefined;
  const detach = options.flag("detach") || waits;
  const exitCodeFrom = options.value("exit-code-from");
  if (detach && exitCodeFrom !== undefined) {
    throw usage(
      "--exit-code-from cannot be used with -d or --wait: nothing would " +
        "wait for the end",
    );
  }
  const alone = options.flag("no-deps");
  if (alone && names.length === 0) {
    throw usage("--no-deps needs the name of an entry that is started alone");
  }
  const goal = waits ? "ready" : "started";
  const web = options.flag("web");
  const port = options.value("metrics");
  const metrics = port === undefined ? undefined : metricsAddress(port);
  return { names, alone, detach, goal, withinMs, exitCodeFrom, web, metrics };
}

/** Where the supervisor of a call is, and whether it runs. */
interface Found {
  readonly place: Place;
  readonly presence: Presence;
}

/** Finds the supervisor of a call, if there is a configuration. */
async function lookUp({ options, io }: Call): Promise<Found | undefined> {
  const [file] = await findConfigOrAdded(
    options.values("file"),
    io.cwd,
    (name) => io.env(name),
  );
  if (file === undefined) return undefined;
  const place = await placeOfConfig(file);
  return { place, presence: await inspect(place) };
}

/** Begins a supervisor, if none runs that could be joined. */
async function beginEarly(
  found: Found | undefined,
  io: Io,
): Promise<BackgroundStart | undefined> {
  if (found?.presence.kind !== "none") return undefined;
  return await BackgroundStart.begin(ownLogOf(found.place, io));
}

/** Returns what the supervisor that runs has read its configuration from. */
async function sourceInUse(
  found: Found | undefined,
): Promise<ConfigSource | undefined> {
  if (found?.presence.kind !== "running") return undefined;
  try {
    const { source } = await new ControlClient(found.place.socket).supervisor();
    return source ?? undefined;
  } catch (error) {
    if (isEnding(error)) return undefined;
    throw error;
  }
}

function ownLogOf(place: Place, io: Io): string {
  return stateFolder(place, (name) => io.env(name)).ownLog;
}

/** Loads the configuration, and checks the names. */
async function readWish(
  call: Call,
  flags: Flags,
  source: ConfigSource | undefined,
): Promise<Wish> {
  const { names, alone, exitCodeFrom } = flags;
  const config = await loadConfig(loadOptions(call, source));
  const built = buildPlan(config);
  for (const name of names) checkEntry(name, built);
  const awaited = awaitedBy(names, built, alone);
  if (exitCodeFrom !== undefined) checkUnit(exitCodeFrom, built, awaited);
  const [file = ""] = config.files;
  const place = await placeOfConfig(file);
  return { ...flags, config, place, awaited, reload: reloadLine(call.options) };
}

/** Returns the `reload` with the files and profiles of a call. */
function reloadLine(options: Call["options"]): string {
  return [
    "processman reload",
    ...options.values("file").map((file) => `-f ${file}`),
    ...options.values("profile").map((name) => `--profile ${name}`),
  ].join(" ");
}

function usage(message: string): CliError {
  return new CliError(message, STATUS.usage);
}

/** Checks the name of an entry. */
function checkEntry(name: string, { plan }: BuiltConfig): void {
  const entries = [...plan.entries.keys()];
  if (entries.includes(name)) return;
  throw usage(
    `there is no entry "${name}"${didYouMean(name, entries)}; the entries ` +
      `are ${entries.join(", ")}`,
  );
}

/** Checks the name of the process that `--exit-code-from` waits for. */
function checkUnit(
  name: string,
  { plan }: BuiltConfig,
  awaited: ReadonlySet<string>,
): void {
  const units = [...plan.entries.values()]
    .filter((entry) => awaited.has(entry.name))
    .flatMap((entry) => entry.units.map((unit) => unit.name));
  if (units.includes(name)) return;
  throw usage(
    `there is no process "${name}", which --exit-code-from names` +
      `${didYouMean(name, units)}; those that start are ${units.join(", ")}`,
  );
}

/** Returns the names of the entries that are started. */
function awaitedBy(
  names: readonly string[],
  { plan, autoStart }: BuiltConfig,
  alone: boolean,
): Set<string> {
  const started = names.length > 0 ? names : autoStart;
  return alone ? new Set(started) : withRequired(plan, started);
}

/** Joins or starts; returns nothing if a supervisor is just ending. */
async function attempt(
  wish: Wish,
  io: Io,
  early: BackgroundStart | undefined,
): Promise<number | undefined> {
  const { place } = wish;
  const presence = await inspect(place);
  if (presence.kind === "running") return await tryJoin(wish, io);
  if (presence.kind === "died") {
    await io.err(`processman: ${diedText(presence)}\n`);
    await guardEnded(place.orphanLog, io.signal);
    if (io.signal.aborted) return signalStatus(io.signal.reason);
  }
  return wish.detach
    ? await detached(wish, io, early)
    : await attached(wish, io);
}

async function tryJoin(wish: Wish, io: Io): Promise<number | undefined> {
  const { place, config, detach, names, alone, awaited } = wish;
  const started = names.length === 0 ? [] : alone ? names : [...awaited];
  const goal = detach ? wish.goal : undefined;
  try {
    const status = await join(place, config, io, {
      names: started,
      goal,
      withinMs: wish.withinMs,
      reload: wish.reload,
      metrics: wish.metrics?.url,
    });
    await sayLink(wish, io);
    return status;
  } catch (error) {
    if (isEnding(error)) return undefined;
    if (!(error instanceof ConnectionError)) throw error;
    throw new CliError(
      `the supervisor of ${config.files[0]} runs, but ${error.message}`,
      STATUS.failed,
    );
  }
}

/** Returns whether an error means that a supervisor is ending, or has ended. */
function isEnding(error: unknown): boolean {
  if (error instanceof ControlError) return error.code === "closing";
  return error instanceof ConnectionError &&
    ["unreachable", "gone"].includes(error.fault);
}

/** Supervises in this program. */
async function attached(wish: Wish, io: Io): Promise<number | undefined> {
  const { config, names, alone, exitCodeFrom, metrics, notifySocket } = wish;
  const { foreground } = await load<typeof import("./foreground.ts")>(
    "./foreground.ts",
  );
  return await foreground(config, io, {
    names: names.length > 0 ? names : undefined,
    alone,
    exitCodeFrom,
    notifySocket,
    metrics: metrics?.options,
    onServing: (say) => sayLink(wish, io, say),
  });
}

/** Serves the dashboard if it is wanted, and says the link. */
async function sayLink(
  { web, place, config }: Wish,
  io: Io,
  say = (text: string) => io.err(`${text}\n`),
): Promise<void> {
  if (!web) return;
  const { webOfUp } = await load<typeof import("./web_up.ts")>("./web_up.ts");
  await say(await webOfUp(place, config, io));
}

/** Supervises in another program, and waits until all processes are up. */
async function detached(
  wish: Wish,
  io: Io,
  early: BackgroundStart | undefined,
): Promise<number | undefined> {
  const { config, place, names, alone, awaited, goal, withinMs } = wish;
  const ownLog = ownLogOf(place, io);
  using start = early?.fresh ? early : await BackgroundStart.begin(ownLog);
  const report = await start.ask({
    config,
    names: names.length > 0 ? names : null,
    alone,
    log: ownLog,
    metrics: wish.metrics?.options ?? null,
  });
  if (report.kind === "taken") return undefined;
  if (report.kind === "refused") {
    throw new CliError(
      `the supervisor did not start: ${report.message}\nIts log is ${ownLog}`,
      STATUS.failed,
    );
  }
  const client = new ControlClient(report.socket);
  const wants = ({ entry }: { readonly entry: string }) => awaited.has(entry);
  try {
    const status = await awaitUp(client, io, { wants, goal, withinMs });
    await io.err(await closingText(client, config, ownLog, status));
    await sayLink(wish, io);
    return status;
  } catch (error) {
    if (!isEnding(error)) throw error;
    throw new CliError(
      `the supervisor has ended: its log is ${ownLog}`,
      STATUS.failed,
    );
  }
}

/** Returns what is said at the end, when the supervisor is left alone. */
async function closingText(
  client: ControlClient,
  config: ResolvedConfig,
  ownLog: string,
  status: number,
): Promise<string> {
  const { pid } = await client.supervisor();
  if (status === STATUS.ok) {
    return `processman: ${config.name} is up, supervised by process ${pid}\n`;
  }
  return `The supervisor (process ${pid}) goes on; its log is ${ownLog}\n` +
    'See "processman ps" and "processman logs"; "processman down" ends it.\n';
}
