import { assert, assertEquals } from "@std/assert";
import {
  type EventView,
  GoneError,
  type ProcessDetails,
  type ProcessView,
  type Source,
  type SupervisorView,
} from "./source.ts";
import { Store } from "./store.ts";
import { crashEvent, NOW, viewOf } from "./testing.ts";

/** A document that is visible or not. */
class Page extends EventTarget {
  visibilityState = "visible";

  show(visible: boolean): void {
    this.visibilityState = visible ? "visible" : "hidden";
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** A supervisor that does what a test says, and notes what it is asked. */
class Scripted implements Source {
  readonly live = true;
  readonly readOnly = false;
  readonly asked: string[] = [];
  startedAt = NOW;
  list: readonly ProcessView[] = [viewOf("a")];
  #send = Promise.withResolvers<readonly EventView[]>();
  /** Rejects what is asked next. */
  error: Error | undefined;

  now(): number {
    return NOW;
  }

  send(...events: EventView[]): void {
    this.#send.resolve(events);
    this.#send = Promise.withResolvers();
  }

  /** Ends the stream of events, as a supervisor does that dies. */
  die(error: Error): void {
    this.error = error;
    this.#send.reject(error);
    this.#send = Promise.withResolvers();
  }

  // deno-lint-ignore require-await
  async supervisor(): Promise<SupervisorView> {
    this.#note("supervisor");
    return {
      name: "shop",
      pid: 1,
      version: "1",
      startedAt: this.startedAt,
      config: null,
      source: null,
      cwd: "/",
      logs: null,
      log: null,
      metrics: null,
      plan: true,
      canApply: false,
    };
  }

  // deno-lint-ignore require-await
  async processes({ usage }: { usage: boolean }): Promise<ProcessView[]> {
    this.#note(usage ? "usage" : "processes");
    return [...this.list];
  }

  // deno-lint-ignore require-await
  async details(): Promise<ProcessDetails> {
    throw new Error("not asked");
  }

  async *events(
    { after }: { after: number },
    signal: AbortSignal,
  ): AsyncGenerator<readonly EventView[]> {
    this.#note(`events after ${after}`);
    const end = Promise.withResolvers<readonly EventView[]>();
    signal.addEventListener("abort", () => end.resolve([]), { once: true });
    while (!signal.aborted) {
      const some = await Promise.race([this.#send.promise, end.promise]);
      if (some.length > 0) yield some;
    }
  }

  async *logs(): AsyncGenerator<never> {}

  async act(): Promise<void> {}

  presence(): Promise<null> {
    return Promise.resolve(null);
  }

  #note(what: string): void {
    this.asked.push(what);
    if (this.error !== undefined) throw this.error;
  }
}

/** Runs a store; resolves after it has ended. */
async function withStore(
  test: (store: Store, source: Scripted, page: Page) => Promise<void>,
): Promise<void> {
  const page = new Page();
  Reflect.set(globalThis, "document", page);
  const source = new Scripted();
  const store = new Store(source);
  const over = new AbortController();
  const running = store.run(over.signal);
  try {
    await until(store, () => store.state.connection.kind === "live");
    await test(store, source, page);
  } finally {
    over.abort();
    await running;
    Reflect.deleteProperty(globalThis, "document");
  }
}

/** Waits until something holds of what a store knows. */
async function until(store: Store, holds: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => holds() && resolve();
  const end = store.subscribe(look);
  look();
  await promise;
  end();
}

Deno.test("Store shows what an event tells before the next poll", async () => {
  await withStore(async (store, source) => {
    const begun = performance.now();
    for (const state of ["backoff", "failed"] as const) {
      source.list = [viewOf("a", { state })];
      source.send(crashEvent("a", NOW));
      await until(store, () => store.state.processes[0]?.state === state);
    }
    assert(performance.now() - begun < 1_500);
  });
});

Deno.test("Store writes the periods of messages as people read them", async () => {
  await withStore(async (store, source) => {
    const why = 'a failed: Cannot restart process "a": 2 restarts within';
    source.list = [viewOf("a", { state: "failed", why: `${why} 60000 ms` })];
    const text = "was ended: no answer within";
    source.send({ ...crashEvent("a", NOW), text: `${text} 1000 ms` });
    await until(store, () => store.state.processes[0]?.state === "failed");
    assertEquals(store.state.processes[0]?.why, `${why} 1 min`);
    assertEquals(store.state.events[0]?.text, `${text} 1 s`);
  });
});

Deno.test("Store asks for nothing while the page is hidden", async () => {
  await withStore(async (store, source, page) => {
    source.send(crashEvent("a", NOW));
    await until(store, () => store.state.events.length === 1);
    page.show(false);
    const count = source.asked.length;
    // Longer than the time between two polls: nothing tells that it is over.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assertEquals(source.asked.slice(count), []);
    source.list = [viewOf("b")];
    page.show(true);
    await until(store, () => store.state.processes[0]?.name === "b");
    assert(source.asked.slice(count).includes("supervisor"));
  });
});

Deno.test("Store forgets the events of a supervisor that was restarted", async () => {
  await withStore(async (store, source) => {
    source.send(crashEvent("a", NOW));
    await until(store, () => store.state.events.length === 1);
    source.die(new GoneError("gone"));
    await until(store, () => store.state.connection.kind === "gone");
    assertEquals(store.state.processes.length, 1);
    source.error = undefined;
    source.startedAt = NOW + 5_000;
    store.retry();
    await until(store, () => store.state.connection.kind === "live");
    assertEquals(store.state.restartedAt, NOW + 5_000);
    assertEquals(store.state.events, []);
    await until(store, () => source.asked.at(-1) !== "supervisor");
    store.dismissRestart();
    assertEquals(store.state.restartedAt, null);
  });
});

Deno.test("Store goes on with the events where the connection was lost", async () => {
  await withStore(async (store, source, page) => {
    source.send(crashEvent("a", NOW));
    await until(store, () => store.state.events.length === 1);
    page.show(false);
    page.show(true);
    const again = `events after ${NOW}`;
    source.list = [viewOf("b")];
    await until(store, () => source.asked.includes(again));
    assertEquals(store.state.restartedAt, null);
  });
});
