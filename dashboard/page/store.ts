/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the page knows: the supervisor, its processes, what they use, and its
 * events. The store asks the source while the page is visible, and only then.
 *
 * @module
 */

import {
  DisconnectedError,
  type EventView,
  GoneError,
  LockedError,
  type Presence,
  type ProcessView,
  type Source,
  type SupervisorView,
  type UsageView,
} from "./source.ts";
import { readableTimes } from "./format.ts";
import { pause } from "./pause.ts";
import { sharedByName } from "./share.ts";
import { numberIn } from "./state_words.ts";
import { Ticker } from "./ticker.ts";
import { untilVisible, whileVisible } from "./visible.ts";

/** Whether what the page shows is current. */
export type Connection =
  /** Nothing has been heard yet. */
  | { readonly kind: "loading" }
  /** What is shown is current. */
  | { readonly kind: "live" }
  /** It is a report. */
  | { readonly kind: "report" }
  /** The server of the page does not answer. */
  | { readonly kind: "disconnected"; readonly since: number }
  /** There is no supervisor. */
  | {
    readonly kind: "gone";
    readonly since: number;
    readonly presence: Presence | null;
  }
  /** The page has no valid key. */
  | { readonly kind: "locked"; readonly message: string };

/** What a process used at a time. */
export interface Usage {
  readonly time: number;
  /** As a share of one processor. */
  readonly cpu: number;
  /** In bytes. */
  readonly memory: number;
  /** What the supervisor has said of it; `null` if nothing. */
  readonly view: UsageView | null;
}

/** What the page knows. */
export interface State {
  readonly connection: Connection;
  readonly supervisor: SupervisorView | null;
  readonly processes: readonly ProcessView[];
  /** What each process has used since the page was opened, the oldest first. */
  readonly usage: ReadonlyMap<string, readonly Usage[]>;
  /** The newest events, the oldest first. */
  readonly events: readonly EventView[];
  /** How many restarts a process is allowed, as far as that was asked for. */
  readonly limits: ReadonlyMap<string, number>;
  /** When the supervisor was restarted, if the page has seen that. */
  readonly restartedAt: number | null;
}

/** How often usage is asked for, in milliseconds. */
const POLL_MS = 2_000;

/**
 * How long to wait after an event for others, in milliseconds; also the time
 * for which the supervisor keeps a sample of usage.
 */
const GATHER_MS = 250;

/** How long to wait before another attempt, in milliseconds. */
const RETRY_MS = 1_000;

/** How long to wait before a lost connection is made again, in milliseconds. */
const AGAIN_MS = 200;

/** How many samples of usage are kept of each process: five minutes. */
const SAMPLES = 150;

/** How many events are kept. */
const EVENTS = 5_000;

/** What the page knows at first. */
const NOTHING: State = {
  connection: { kind: "loading" },
  supervisor: null,
  processes: [],
  usage: new Map(),
  events: [],
  limits: new Map(),
  restartedAt: null,
};

/** Holds what the page knows, and tells when it changes. */
export class Store {
  readonly source: Source;
  /** What counts seconds. */
  readonly ticker: Ticker = new Ticker();
  #state: State = NOTHING;
  readonly #listeners = new Set<() => void>();
  /** Is aborted when the processes are to be asked for soon. */
  #early = new AbortController();
  /** Is aborted when another attempt is to be made at once. */
  #retry = new AbortController();
  /** The processes whose limits were asked for. */
  readonly #asked = new Set<string>();

  /** Creates a store that knows nothing yet. */
  constructor(source: Source) {
    this.source = source;
  }

  /** What the page knows now. */
  get state(): State {
    return this.#state;
  }

  /** Calls a function at each change; returns how to end that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for the processes soon, after something was done to them. */
  refresh(): void {
    this.#early.abort();
  }

  /** Tries at once to connect again. */
  retry(): void {
    this.#retry.abort();
  }

  /** Forgets that the supervisor was restarted. */
  dismissRestart(): void {
    this.#set({ restartedAt: null });
  }

  /** Follows the supervisor until the signal, while the page is visible. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await untilVisible(signal);
      using visible = whileVisible(signal);
      let wait = RETRY_MS;
      try {
        await this.#connect(visible.signal);
        // What ends the connection is only known when it is made again.
        wait = AGAIN_MS;
        await this.#follow(visible.signal);
        if (!this.source.live) return;
      } catch (error) {
        if (visible.signal.aborted) continue;
        if (wait === RETRY_MS) await this.#note(error);
        else if (!isExpected(error)) reportError(error);
      }
      if (this.#state.connection.kind === "locked") return;
      this.#retry = new AbortController();
      await pause(wait, visible.signal, this.#retry.signal);
    }
  }

  /** Reads everything. */
  async #connect(signal: AbortSignal): Promise<void> {
    const [supervisor, processes] = await Promise.all([
      this.source.supervisor(),
      this.#processes({ usage: true }),
    ]);
    signal.throwIfAborted();
    this.#meet(supervisor);
    this.#show(processes);
  }

  /** Follows everything. Throws when the connection is lost. */
  async #follow(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const loops = [this.#followEvents(over.signal)];
    if (this.source.live) loops.push(this.#poll(over.signal));
    try {
      await Promise.all(loops);
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.allSettled(loops);
    }
  }

  /** Takes over the supervisor; forgets what an earlier one has told. */
  #meet(supervisor: SupervisorView): void {
    const { supervisor: before } = this.#state;
    const connection = { kind: this.source.live ? "live" : "report" } as const;
    const { pid, startedAt } = supervisor;
    if (!before || before.pid === pid && before.startedAt === startedAt) {
      return this.#set({ supervisor, connection });
    }
    this.#asked.clear();
    const { processes } = this.#state;
    const restartedAt = startedAt;
    this.#set({ ...NOTHING, processes, supervisor, connection, restartedAt });
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    const { source } = this;
    const after = this.#state.events.at(-1)?.id ?? 0;
    const follow = source.live;
    for await (const some of source.events({ after, follow }, signal)) {
      const events = [...this.#state.events, ...some.map(readableEvent)].slice(
        -EVENTS,
      );
      this.#set({ events });
      this.refresh();
    }
    if (follow && !signal.aborted) throw new GoneError("The events ended");
  }

  /** Asks for the processes every now and then, and soon after an event. */
  async #poll(signal: AbortSignal): Promise<void> {
    while (true) {
      await pause(POLL_MS, signal, this.#early.signal);
      // An event during the question after this leads to another question.
      const early = this.#early.signal.aborted;
      this.#early = new AbortController();
      if (early) await this.#ask({ usage: false }, signal);
      await pause(GATHER_MS, signal);
      if (signal.aborted) return;
      await this.#ask({ usage: true }, signal);
    }
  }

  async #ask(options: { usage: boolean }, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const processes = await this.#processes(options);
    if (!signal.aborted) this.#show(processes, options);
  }

  async #processes(options: { usage: boolean }): Promise<ProcessView[]> {
    return (await this.source.processes(options)).map(readableProcess);
  }

  /** Takes over the processes, and what they use. */
  #show(processes: readonly ProcessView[], { usage: asked = true } = {}): void {
    this.#findLimits(processes);
    const before = this.#state.processes;
    if (!asked) {
      const known = new Map(before.map((it) => [it.name, it]));
      const all = processes.map((it) => withUsage(it, known));
      return this.#set({ processes: sharedByName(before, all) });
    }
    const usage = new Map<string, readonly Usage[]>();
    const time = this.source.now();
    for (const { name, usage: used } of processes) {
      const samples = this.#state.usage.get(name) ?? [];
      const { cpu, memory = 0 } = used ?? {};
      const sample = { time, cpu: cpu ?? 0, memory, view: used };
      usage.set(name, [...samples.slice(-SAMPLES + 1), sample]);
    }
    this.#set({ processes: sharedByName(before, processes), usage });
  }

  /** Asks how many restarts a process has, once, when it matters. */
  #findLimits(processes: readonly ProcessView[]): void {
    for (const { name, state, restartsLeft } of processes) {
      if (state !== "backoff" || restartsLeft === null) continue;
      if (this.#asked.has(name)) continue;
      this.#asked.add(name);
      this.source.details(name).then(({ options }) => {
        const limit = numberIn(
          propertyOf(options.restart, "limit"),
          "restarts",
        );
        if (limit === undefined) return;
        this.#set({ limits: new Map(this.#state.limits).set(name, limit) });
      }).catch(() => {
        // The sentence is complete without it.
      });
    }
  }

  /** Notes why the connection was lost. */
  async #note(error: unknown): Promise<void> {
    if (error instanceof LockedError) {
      this.#set({ connection: { kind: "locked", message: error.message } });
      return;
    }
    const { connection } = this.#state;
    const since = "since" in connection ? connection.since : this.source.now();
    if (error instanceof GoneError) {
      const presence = await this.source.presence().catch(() => null);
      this.#set({ connection: { kind: "gone", since, presence } });
      return;
    }
    if (!isExpected(error)) reportError(error);
    this.#set({ connection: { kind: "disconnected", since } });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Whether an error says no more than that a connection was lost. */
function isExpected(error: unknown): boolean {
  return error instanceof DisconnectedError || error instanceof GoneError ||
    error instanceof LockedError;
}

/** Returns a process whose messages have times as people read them. */
function readableProcess(process: ProcessView): ProcessView {
  const { why, last } = process;
  return {
    ...process,
    why: readableTimes(why),
    last: last && { ...last, reason: readableTimes(last.reason) },
  };
}

function readableEvent(event: EventView): EventView {
  return { ...event, text: readableTimes(event.text) };
}

/** Returns a process with what it was last known to use. */
function withUsage(
  process: ProcessView,
  known: ReadonlyMap<string, ProcessView>,
): ProcessView {
  const before = known.get(process.name);
  return process.pid === null || before?.pid !== process.pid
    ? process
    : { ...process, usage: before.usage };
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Reflect.get(value, name);
}
