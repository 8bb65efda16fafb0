/**
 * Supervises what a configuration says, in this program.
 *
 * @module
 */

import {
  expose,
  type Exposed,
  type ExposeOptions,
  type MetricsOptions,
  openLog,
  type OwnEvent,
  placeOfConfig,
} from "../control/mod.ts";
import type { ConfigSource } from "../control/client.ts";
import { type Logger, Processman, type ShutdownOptions } from "../mod.ts";
import { type App, up } from "../plan/mod.ts";
import { Attendants, STDERR } from "./attendants.ts";
import { changesOf, type ConfigChanges, type Configured } from "./changes.ts";
import { LateLog } from "./late_log.ts";
import { load } from "./load.ts";
import { STEADY_MS } from "./progress.ts";
import { buildPlan, type ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";
import { type Env, stateFolder } from "./state_folder.ts";

/** The global variable that Deno sets with `OTEL_DENO=true`. */
const TELEMETRY = Symbol.for("opentelemetry.js.api.1");

/** Options of {@linkcode supervise}. */
export interface SuperviseOptions {
  /** Reads a variable of the environment. */
  readonly env: Env;
  /** The logger of the manager; by default, it writes to stderr. */
  readonly logger?: Logger | undefined;
  /** The file of the own log of this program, if it has one. */
  readonly ownLog?: string | undefined;
  /** Called when a client applies a configuration, with what it waits for. */
  readonly onApply?: ((applied: Promise<unknown>) => void) | undefined;
  /** Where the metrics are served on a port. */
  readonly metrics?: MetricsOptions | undefined;
}

/** Which entries to start. */
export interface StartRequest {
  /** Their names; all that start by themselves if `undefined`. */
  readonly names?: readonly string[] | undefined;
  /** Whether they are started without what they depend on. */
  readonly alone?: boolean | undefined;
}

/** A supervisor in this program. */
export class Supervisor implements AsyncDisposable {
  /** The manager. */
  readonly pm: Processman;
  /** The plan. */
  readonly app: App;
  /** The log of the processes. */
  readonly log: LateLog;
  /** When its processes run, or are restarted, by themselves. */
  readonly schedules: ScheduleBook = new ScheduleBook();
  readonly #attendants: Attendants;
  #configured: Configured;
  #exposed: Exposed | undefined;

  /** Creates a supervisor whose processes are idle; {@linkcode supervise}. */
  constructor(
    app: App,
    log: LateLog,
    configured: Configured,
    { env, logger = STDERR }: Pick<SuperviseOptions, "env" | "logger">,
  ) {
    this.pm = app.manager;
    this.app = app;
    this.log = log;
    this.#configured = configured;
    const { pm, schedules } = this;
    const note = (event: OwnEvent) => this.#exposed?.note(event);
    const given = { pm, app, env, logger, note, schedules };
    this.#attendants = new Attendants(given);
  }

  /** Its name. */
  get name(): string {
    return this.#configured.config.name;
  }

  /** The path of the socket; empty until it serves. */
  get socket(): string {
    return this.#exposed?.socket ?? "";
  }

  /** Takes what is given back at the end. */
  serves(exposed: Exposed): void {
    this.#exposed = exposed;
  }

  /** Lets the attendants of the configuration begin. */
  async attend(): Promise<void> {
    await this.#attendants.configure(this.#configured.config);
  }

  /** What the configuration was read from last. */
  get source(): ConfigSource {
    return this.#configured.config.source;
  }

  /** Whether processes that have ended can be started again by themselves. */
  get awaits(): boolean {
    return this.#attendants.awaits;
  }

  /** Returns what is to be said of an entry besides why it is where it is. */
  remark(entry: string): string | undefined {
    return this.#attendants.remark(entry);
  }

  /** Returns the profiles of an entry. */
  labels(entry: string): readonly string[] {
    return this.#configured.built.labels(entry);
  }

  /**
   * Starts entries.
   *
   * @param request Which ones.
   * @returns A promise that resolves when all of them are ready or completed,
   * and rejects with a `PlanError` when that is not possible any more.
   */
  async start({ names, alone = false }: StartRequest): Promise<void> {
    if (names !== undefined) this.schedules.keepOnly(names);
    const targets = names ?? this.#configured.built.autoStart;
    if (targets.length === 0) return;
    const dependencies = alone ? "ignore" : "start";
    await this.app.start([...targets], { dependencies });
  }

  /**
   * Turns the plan into that of a new configuration.
   *
   * @param config The new configuration.
   * @param options Whether to change nothing, and when to give up.
   * @returns What differs.
   */
  async apply(
    config: ResolvedConfig,
    options: { dryRun: boolean; signal: AbortSignal },
  ): Promise<ConfigChanges> {
    const next = { config, built: buildPlan(withSteadiness(config)) };
    const difference = await this.app.apply(next.built.plan, {
      ...options,
      names: next.built.autoStart,
    });
    const changes = changesOf(difference, this.#configured, next);
    if (options.dryRun) return changes;
    this.#adopt(next);
    await this.#attendants.configure(config);
    return changes;
  }

  /** Keeps what the next changes are compared with. */
  #adopt(next: Configured): void {
    const { config: { logs, name }, built: { manager } } = this.#configured;
    // What has no effect now still differs from the next configuration.
    this.#configured = {
      config: { ...next.config, logs, name },
      built: {
        plan: next.built.plan,
        autoStart: next.built.autoStart,
        labels: (entry) => next.built.labels(entry),
        manager,
      },
    };
  }

  /** Stops all processes in reverse order, and gives everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { exitDeadlineMs = Infinity } = this.#configured.built.manager;
    this.#attendants.end();
    try {
      await this.pm.shutdown(limited(Number(exitDeadlineMs)));
    } finally {
      await this.#attendants[Symbol.asyncDispose]();
      await this.#exposed?.[Symbol.asyncDispose]();
      await this.log.close();
    }
  }
}

/**
 * Returns a configuration in which a service without a probe takes the place of
 * another one only after it has run for a moment: a command with a mistake ends
 * at once, and what ran before is put back.
 */
function withSteadiness(config: ResolvedConfig): ResolvedConfig {
  const processes = Object.entries(config.processes).map(([name, entry]) => {
    const { type, ready, roll } = entry;
    if (type === "task" || ready !== undefined) return [name, entry];
    const own = typeof roll === "object" ? roll : {};
    return [name, { ...entry, roll: { minReadyMs: STEADY_MS, ...own } }];
  });
  return { ...config, processes: Object.fromEntries(processes) };
}

/**
 * Begins to supervise. All processes are idle at first.
 *
 * @param config The configuration.
 * @param options The log, and the environment.
 * @returns A promise of the supervisor, which answers clients.
 * @throws {AlreadyExposedError} If another supervisor has the configuration.
 * @throws {PlaceError} If its folder or its socket cannot be used.
 */
export async function supervise(
  config: ResolvedConfig,
  { env, logger, ownLog, metrics, onApply }: SuperviseOptions,
): Promise<Supervisor> {
  const built = buildPlan(withSteadiness(config));
  const [file = ""] = config.files;
  const place = await placeOfConfig(file);
  const folder = config.logs.folder ?? stateFolder(place, env).logs;
  const { maxBytes, maxAgeMs } = config.logs;
  const log = new LateLog(() => openLog(folder, { maxBytes, maxAgeMs }));
  const pm = new Processman({
    ...built.manager,
    logger,
    orphanLog: place.orphanLog,
    // The command ends this program by itself, when all is written.
    onSignal: "stop",
  });
  if (TELEMETRY in globalThis) {
    const { exportTelemetry } = await load<typeof import("./telemetry.ts")>(
      "./telemetry.ts",
    );
    exportTelemetry(pm, env);
  }
  const app: App = await up(pm, built.plan, { names: [] });
  const own = { env, logger };
  const supervisor = new Supervisor(app, log, { config, built }, own);
  try {
    const given = { config: file, logsFolder: folder, ownLog, metrics };
    await serve(supervisor, given, onApply);
    return supervisor;
  } catch (error) {
    await supervisor[Symbol.asyncDispose]();
    throw error;
  }
}

/** Lets clients see a supervisor, and act on it. */
async function serve(
  supervisor: Supervisor,
  given: Pick<ExposeOptions, "config" | "logsFolder" | "ownLog" | "metrics">,
  onApply: SuperviseOptions["onApply"],
): Promise<void> {
  const { app, pm, log } = supervisor;
  const exposed = await expose(app, {
    ...given,
    name: supervisor.name,
    logs: log,
    source: () => supervisor.source,
    labels: (entry) => supervisor.labels(entry),
    schedules: supervisor.schedules,
    remark: (entry) => supervisor.remark(entry),
    apply: (next, how) => {
      const applied = supervisor.apply(next as ResolvedConfig, how);
      if (!how.dryRun) onApply?.(applied);
      return applied;
    },
    // From the first moment on, clients are told that it is ending.
    shutdown: ({ withinMs }) => pm.shutdown(limited(withinMs)),
  });
  supervisor.serves(exposed);
  await log.opened;
  await supervisor.attend();
}

/** Returns the options of a shutdown that takes no longer than a time. */
function limited(ms: number): ShutdownOptions {
  return ms < Infinity ? { signal: AbortSignal.timeout(ms) } : {};
}
