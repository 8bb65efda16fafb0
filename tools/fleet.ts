/**
 * Servers of several versions on a fake kernel, for the tests of changes to a
 * plan that runs.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  constant,
  type Probe,
  Processman,
  type RestartOptions,
} from "../mod.ts";
import { FakeChild, FakeKernel } from "../testing/mod.ts";
import type { App } from "../plan/app.ts";

/** How a server behaves. */
type Behavior = "crashes" | "never ready" | "ready for 500 ms";

/** Servers whose last argument is their version, and what happens to them. */
export class Fleet {
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  /** What has started, has been asked to stop, and has ended by itself. */
  readonly log: string[] = [];
  /** How the servers of a name, or of a name and version, behave. */
  readonly behavior = new Map<string, Behavior>();
  /** How long a server takes to become ready, and to stop, in milliseconds. */
  latencyMs = 100;
  /** Called whenever something happens. */
  look: () => void = () => {};
  readonly #children = new Map<number, { name: string; readyAt: number }>();
  readonly #told: Promise<void>;

  /** Creates a fleet without servers. */
  constructor() {
    this.kernel = new FakeKernel({
      programs: {
        server: (child) => this.#serve(child),
        task: (child) => {
          this.log.push(`+${this.nameOf(child)}`);
          return this.behavior.get(this.nameOf(child)) ? 1 : 0;
        },
      },
    });
    const spawn = this.kernel.spawn.bind(this.kernel);
    this.kernel.spawn = (request) => {
      const spawned = spawn(request);
      const child = this.kernel.started.at(-1);
      assert(child);
      const readyAt = this.clock.now() + this.latencyMs;
      this.#children.set(child.pid, { name: request.name, readyAt });
      return spawned;
    };
    this.pm = new Processman({ kernel: this.kernel, logger: null });
    this.#told = this.#listen();
  }

  /** The clock. */
  get clock(): FakeKernel["clock"] {
    return this.kernel.clock;
  }

  /** Returns the name of a process and its version, such as `api.1 v2`. */
  nameOf(child: FakeChild): string {
    const { name } = this.#children.get(child.pid) ?? { name: "?" };
    return [name, child.args[0]].join(" ");
  }

  /** Options of a server that has a version and a probe. */
  server(version: string): {
    command: readonly ["server", string];
    restart: RestartOptions;
    ready: { probe: Probe; intervalMs: number; recheckMs: number };
  } {
    return {
      command: ["server", version],
      restart: { backoff: constant(1_000) },
      ready: { probe: this.answers, intervalMs: 50, recheckMs: 50 },
    };
  }

  /** A probe of all servers. */
  readonly answers: Probe = ({ process: { pid = 0 } }) => {
    const child = this.kernel.started.find((each) => each.pid === pid);
    const { readyAt = Infinity } = this.#children.get(pid) ?? {};
    const age = this.clock.now() - readyAt;
    const how = child && this.#behaviorOf(child);
    if (how === "never ready") return false;
    return age >= 0 && !(how === "ready for 500 ms" && age >= 500);
  };

  /** Returns the names and versions of what is alive. */
  get alive(): string[] {
    return this.kernel.alive.flatMap((each) =>
      each instanceof FakeChild ? [this.nameOf(each)] : []
    ).sort();
  }

  /** Returns how many processes of an entry are ready. */
  capacity(entry: string): number {
    return [...this.pm].filter(({ name, state }) =>
      (name === entry || name.startsWith(`${entry}.`)) &&
      state.kind === "running" && state.ready
    ).length;
  }

  /** Ends the child of a process. */
  crash(app: App, name: string): void {
    const pid = app.get(name)?.pid;
    const child = this.kernel.started.find((each) => each.pid === pid);
    assert(child, `${name} has a child`);
    child.exit(1);
  }

  /** Stops everything, and checks that nothing is left. */
  async end(): Promise<void> {
    await this.clock.until(this.pm.shutdown());
    this.kernel.assertNothingLeft();
    await this.#told;
    await this.clock.settle();
    assertEquals(this.clock.pending, 0);
  }

  async #serve(child: FakeChild): Promise<number | void> {
    const name = this.nameOf(child);
    this.log.push(`+${name}`);
    this.look();
    child.on("SIGTERM", async () => {
      this.log.push(`-${name}`);
      this.look();
      await this.clock.delay(this.latencyMs);
      child.exit(0);
    });
    if (this.#behaviorOf(child) !== "crashes") return;
    await this.clock.delay(this.latencyMs / 2);
    return child.alive ? 1 : undefined;
  }

  #behaviorOf(child: FakeChild): Behavior | undefined {
    const name = this.nameOf(child);
    return this.behavior.get(name) ??
      this.behavior.get(child.args[0] ?? "");
  }

  async #listen(): Promise<void> {
    for await (const _ of this.pm.events()) this.look();
  }
}
