import { assert, assertEquals, assertExists } from "@std/assert";
import type { Place } from "../control/client.ts";
import { openLink } from "../tools/dashboard_client.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { askWeb } from "./web_client.ts";
import { IDLE_MS, Idleness, type WebClock } from "./web_idle.ts";
import { webPlace } from "./web_job.ts";
import { WebServer } from "./web_server.ts";
import { PLAIN } from "./web_start.ts";

const ignore = !permitted("read", "write", "net", "env", "sys");

Deno.test("Idleness is over ten minutes after the supervisor and the last look", () => {
  const idleness = new Idleness();
  const steps: [
    running: boolean,
    seen: boolean,
    minute: number,
    over: boolean,
  ][] = [
    [true, false, 0, false],
    [true, false, 100, false],
    // The supervisor ends.
    [false, false, 101, false],
    [false, false, 110, false],
    // A page asks whether it is back.
    [false, true, 110.9, false],
    [false, false, 120.8, false],
    // It is back, and ends again.
    [true, false, 120.85, false],
    [false, false, 121, false],
    [false, false, 130.9, false],
    [false, false, 131, true],
  ];
  for (const [running, seen, minute, over] of steps) {
    const now = minute * 60_000;
    if (seen) idleness.seen(now);
    assertEquals(idleness.isOver(running, now), over, `minute ${minute}`);
  }
});

/** A clock that stands still until it is moved. */
class HeldClock implements WebClock {
  time = 1_000;
  readonly #waits = new Set<() => void>();
  #paused = Promise.withResolvers<void>();

  now(): number {
    return this.time;
  }

  pause(_ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#paused.resolve();
    return promise;
  }

  /** Resolves when something waits for the clock. */
  get paused(): Promise<void> {
    return this.#paused.promise;
  }

  /** Moves the clock, and wakes what waits for it. */
  move(ms: number): void {
    this.time += ms;
    this.#paused = Promise.withResolvers();
    for (const wake of this.#waits) wake();
    this.#waits.clear();
  }
}

async function jobIn(folder: string) {
  const base = `${folder}/processman`;
  await Deno.mkdir(base, { mode: 0o700 });
  const place: Place = {
    folder: `${base}/0`,
    socket: `${base}/0/socket`,
    lock: `${base}/0/lock`,
    record: `${base}/0/record.json`,
    orphanLog: `${base}/0/orphans.jsonl`,
  };
  return { place, name: "shop", config: null, options: PLAIN };
}

Deno.test(
  "A web process ends when nobody needs it, and not while a page asks",
  {
    ignore,
  },
  async () => {
    await using folder = new Folder();
    const job = await jobIn(await Deno.realPath(folder.path));
    const clock = new HeldClock();
    const server = await WebServer.begin(job, clock);
    assertExists(server);
    let over = false;
    const signal = new AbortController().signal;
    const ended = server.ended(signal, { stays: false })
      .then(() => over = true);
    const page = await openLink(server.served().link);
    await clock.paused;
    clock.move(IDLE_MS - 1);
    await clock.paused;
    // The page asks; that counts as a look.
    const { body } = await page.get("/presence");
    assertEquals(body, { kind: "none" });
    clock.move(IDLE_MS - 1);
    await clock.paused;
    assert(!over);
    clock.move(1);
    await ended;
    await server[Symbol.asyncDispose]();
    assertEquals(await askWeb(job.place, "link"), undefined);
    const left = [...Deno.readDirSync(job.place.folder)].map(({ name }) =>
      name
    );
    assertEquals(left.sort(), ["gate", "web.lock"]);
  },
);

Deno.test("A second web process leaves the dashboard to the first one", {
  ignore,
}, async () => {
  await using folder = new Folder();
  const job = await jobIn(await Deno.realPath(folder.path));
  const clock = new HeldClock();
  await using server = await WebServer.begin(job, clock);
  assertExists(server);
  assertEquals(await WebServer.begin(job, clock), undefined);
  const served = await askWeb(job.place, "link");
  assertEquals(served?.url, server.served().url);
  const { mode } = await Deno.stat(webPlace(job.place).socket);
  assertEquals((mode ?? 0) & 0o777, 0o600);
  // It stays when nobody needs it, until another call stops it.
  const ended = server.ended(new AbortController().signal, { stays: true });
  await clock.paused;
  clock.move(10 * IDLE_MS);
  await clock.paused;
  await askWeb(job.place, "stop");
  await ended;
});
