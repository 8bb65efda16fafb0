/**
 * Makes the manager of a program visible to the tool and to other clients.
 *
 * @module
 */

import { type Processman, ProcessmanClosedError } from "../mod.ts";
import { App } from "../plan/mod.ts";
import { claim } from "./claim.ts";
import {
  checkExpose,
  checkTarget,
  type ExposeOptions,
} from "./expose_options.ts";
import type { OwnEvent } from "./event_log.ts";
import { Exposure } from "./exposure.ts";
import { type MetricsPort, requirePort, takePort } from "./metrics_port.ts";
import { placeOfConfig, placeOfName, type SupervisorRecord } from "./place.ts";
import { requireSocket } from "./socket.ts";
import { VERSION } from "./version.ts";

export type { OwnEvent } from "./event_log.ts";
export type { Schedules } from "./schedules.ts";
export type { ExposeOptions, MetricsOptions } from "./expose_options.ts";

/** A manager that is exposed. */
export interface Exposed extends AsyncDisposable {
  /** What the supervisor has written down about itself. */
  readonly record: SupervisorRecord;
  /** The path of the socket. */
  readonly socket: string;
  /**
   * The address at which Prometheus reads the metrics; `null` without the option
   * `metrics`.
   */
  readonly metrics: string | null;
  /**
   * Adds an event of the program itself to those that clients see.
   *
   * @param event The event.
   */
  note(event: OwnEvent): void;
  /**
   * Closes the socket, and the port of the metrics, after all requests that have
   * arrived are answered. The manager goes on. Never rejects.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Another supervisor has the name, or the configuration. */
export class AlreadyExposedError extends Error {
  /** The name of this class. */
  override readonly name: string = "AlreadyExposedError";
  /** What the other supervisor has written down about itself. */
  readonly holder: SupervisorRecord;

  /**
   * Creates the error.
   *
   * @param holder What the other supervisor has written down about itself.
   */
  constructor(holder: SupervisorRecord) {
    super(
      `Cannot expose "${holder.name}": the process ${holder.pid} already does`,
    );
    this.holder = holder;
  }
}

/**
 * Makes the processes of a manager visible to the tool `processman` and to
 * other clients, over a Unix socket: `processman ls` lists the program under
 * its name, and `ps`, `logs`, `restart` and the other commands work on it. The
 * socket is in a folder that only the user of the program can enter.
 *
 * It stays open until the manager has been shut down or what is returned is
 * disposed of. It does not keep the program alive. Processes that have ended
 * stay visible: those of a plan always, and of the others the newest 100.
 *
 * Besides what the manager needs, the program needs these permissions. FOLDER
 * is `$XDG_RUNTIME_DIR/processman`; where that variable is not set,
 * `processman-UID` in the folder for temporary files. SOCKET is the path of the
 * socket, `FOLDER/HASH/socket`. If a permission is missing, the error names the
 * whole path.
 *
 * - `--allow-env=XDG_RUNTIME_DIR`, and `TMPDIR` where that is not set
 * - `--allow-sys=uid`
 * - `--allow-read=FOLDER` and `--allow-write=FOLDER`
 * - `--allow-net=unix:SOCKET`. Deno before 2.9 refuses this option and does not
 *   need it.
 * - `--allow-net=HOST:PORT` for the option `metrics`, such as
 *   `127.0.0.1:9464`
 *
 * CPU and memory are only read while a client asks for them. With
 * `--allow-run`, a shell does that. With a list of programs, `sh` must be one
 * of them; otherwise clients get `null`.
 *
 * @example
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { expose } from "@isbm/processman/control";
 *
 * await using pm = new Processman();
 * await using _exposed = await expose(pm, { name: "shop" });
 * pm.command("deno", ["run", "--allow-net", "api.ts"], { name: "api" });
 * await pm.finished; // meanwhile, in a shell: processman ps -S shop
 * ```
 *
 * @param target The manager, or a plan that runs.
 * @param options The name, and what else clients can see and do.
 * @returns A promise that resolves when clients can connect.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the port of the metrics is out of range.
 * @throws {ProcessmanClosedError} If the manager has been shut down.
 * @throws {AlreadyExposedError} If another program has the name, or the
 * configuration.
 * @throws {PlaceError} If the folder of the socket cannot be trusted, or its
 * path is too long.
 * @throws {Deno.errors.NotCapable} If a permission is missing. Nothing has been
 * done then.
 * @throws {Deno.errors.AddrInUse} If another program listens on the port of the
 * metrics.
 */
export async function expose(
  target: Processman | App,
  options: ExposeOptions,
): Promise<Exposed> {
  checkTarget(target);
  const own = checkExpose(options);
  const [pm, app] = target instanceof App
    ? [target.manager, target]
    : [target, undefined];
  if (pm.closing.aborted) {
    throw new ProcessmanClosedError(
      `Cannot expose "${own.name}": the manager has been shut down`,
    );
  }
  const place = own.config === undefined
    ? await placeOfName(own.name)
    : await placeOfConfig(own.config);
  requireSocket(place.socket);
  if (own.metrics) requirePort(own.metrics);
  const record = recordOf(own, pm);
  let exposure: Exposure | undefined;
  const taken = await claim(place, record, {
    onRestored: () => void exposure?.listenAgain(),
  });
  if ("holder" in taken) throw new AlreadyExposedError(taken.holder);
  let metrics: MetricsPort | undefined;
  try {
    metrics = own.metrics && takePort(own.metrics);
    exposure = new Exposure({ ...own, pm, app, record, claim: taken, metrics });
    return exposure;
  } catch (error) {
    metrics?.listener.close();
    await taken[Symbol.asyncDispose]();
    throw error;
  }
}

/** Returns what a supervisor writes down about itself. */
function recordOf(
  { name, config, logsFolder, ownLog }: ExposeOptions,
  { clock }: Processman,
): SupervisorRecord {
  return {
    name,
    pid: Deno.pid,
    version: VERSION,
    startedAt: Math.round(clock.time()),
    config: config ?? null,
    logs: logsFolder ?? null,
    log: ownLog ?? null,
  };
}
