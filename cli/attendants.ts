/**
 * Loads the attendants that a configuration needs, and tells them about it.
 *
 * @module
 */

import { hasAlert } from "./alert_order.ts";
import type { Attendant, AttendantKind, Attending } from "./attendant.ts";
import { targetsOf } from "./line_target.ts";
import { load } from "./load.ts";
import { orderOf } from "./schedule_order.ts";
import type { Logger } from "../mod.ts";
import type { ResolvedConfig } from "./resolved.ts";

export type { Attendant, AttendantKind, Attending } from "./attendant.ts";

/** All kinds. */
const KINDS: readonly AttendantKind[] = [
  {
    needs: hasAlert,
    load: async () => {
      const { Alerts } = await load<typeof import("./alerts.ts")>(
        "./alerts.ts",
      );
      return (attending) => new Alerts(attending);
    },
  },
  {
    needs: (entry) => orderOf(entry) !== undefined,
    load: async () => {
      const { ScheduleKeeper } = await load<
        typeof import("./schedules.ts")
      >("./schedules.ts");
      return (attending) => new ScheduleKeeper(attending);
    },
  },
  {
    needs: (entry) => entry.watch !== undefined,
    load: async () => {
      const { FileWatch } = await load<typeof import("./file_watch.ts")>(
        "./file_watch.ts",
      );
      return (attending) => new FileWatch(attending);
    },
  },
  {
    needs: (entry) => targetsOf("", entry).length > 0,
    load: async () => {
      const { LineForwarder } = await load<
        typeof import("./line_forwarder.ts")
      >("./line_forwarder.ts");
      return (attending) => new LineForwarder(attending);
    },
  },
];

/** The attendants that a configuration needs. */
export class Attendants implements AsyncDisposable {
  readonly #attending: Attending;
  readonly #kinds: readonly AttendantKind[];
  readonly #present = new Map<AttendantKind, Attendant>();
  readonly #ending = new AbortController();
  /** The last change; it never rejects. */
  #last: Promise<void> = Promise.resolve();

  /** Creates none yet; `kinds` replaces the kinds in tests. */
  constructor(
    attending: Omit<Attending, "signal">,
    kinds: readonly AttendantKind[] = KINDS,
  ) {
    const { signal } = this.#ending;
    this.#attending = { ...attending, signal };
    this.#kinds = kinds;
    attending.pm.closing.addEventListener("abort", () => this.end(), {
      signal,
    });
  }

  /**
   * Gives a configuration to all attendants, after loading those that it is the
   * first to need.
   *
   * @param config The configuration.
   * @returns A promise that resolves when all have it. It never rejects.
   */
  configure(config: ResolvedConfig): Promise<void> {
    this.#last = this.#last.then(() => this.#configure(config));
    return this.#last;
  }

  async #configure(config: ResolvedConfig): Promise<void> {
    const entries = Object.values(config.processes);
    for (const kind of this.#kinds) {
      if (this.#ending.signal.aborted) return;
      if (!this.#present.has(kind) && !entries.some(kind.needs)) continue;
      try {
        await (await this.#get(kind))?.configure(config);
      } catch (error) {
        const { message } = error instanceof Error ? error : { message: error };
        this.#attending.logger.error(
          `Cannot do everything that the configuration says: ${message}`,
        );
      }
    }
  }

  /** Returns an attendant; nothing once all are about to end. */
  async #get(kind: AttendantKind): Promise<Attendant | undefined> {
    const present = this.#present.get(kind);
    if (present !== undefined) return present;
    const create = await kind.load();
    if (this.#ending.signal.aborted) return undefined;
    const created = create(this.#attending);
    this.#present.set(kind, created);
    return created;
  }

  /** Whether one of them can start processes again that have ended. */
  get awaits(): boolean {
    return [...this.#present.values()].some((each) => each.awaits?.());
  }

  /** Returns what `why` is to say of an entry besides, if there is something. */
  remark(entry: string): string | undefined {
    const remarks = [...this.#present.values()]
      .flatMap((each) => each.remark?.(entry) ?? []);
    return remarks.length === 0 ? undefined : remarks.join("; ");
  }

  /** Tells all attendants that the processes are about to be stopped for good. */
  end(): void {
    this.#ending.abort();
  }

  /** Ends all attendants, once all processes have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#last;
    const present = [...this.#present.values()];
    await Promise.all(present.map((each) => each[Symbol.asyncDispose]()));
  }
}

/** Writes to stderr, as a manager without a logger does. */
export const STDERR: Logger = {
  debug: () => {},
  info: (message) => print(`INFO ${message}`),
  warn: (message) => print(`WARN ${message}`),
  error: (message) => print(`ERROR ${message}`),
};

function print(line: string): void {
  // deno-lint-ignore no-console
  console.error(line);
}
