// deno-lint-ignore-file no-console
/**
 * A supervisor without processes, whose answers a test writes: for tests of
 * what commands make of them. `fake_supervisor.ts FILE` reads them from a file,
 * prints `ready`, then each request that changes something, and ends at SIGTERM
 * or a request `shutdown`.
 *
 * @module
 */

import { claim } from "../control/claim.ts";
import { placeOfConfig, placeOfName } from "../control/place.ts";
import type {
  EventView,
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "../control/wire.ts";

/** What a fake supervisor answers. */
export interface Fake {
  /** Its configuration; without one, it is known by its name alone. */
  readonly config?: string;
  /** Parts of its view. */
  readonly supervisor: Partial<SupervisorView> & { readonly name: string };
  /** Its processes; `ago` parts are times before the answer. */
  readonly processes: readonly ProcessView[];
  /** The details of some of them; those of others cannot be had. */
  readonly details?: readonly ProcessDetails[];
  /** Its events. */
  readonly events?: readonly EventView[];
  /** Answers other than success, by the path: `/v1/stop`. */
  readonly errors?: Readonly<
    Record<string, { status: number; code: string; message: string }>
  >;
}

/** Returns a process that runs, with some of its properties changed. */
export function view(
  name: string,
  changes: Partial<ProcessView> = {},
): ProcessView {
  return {
    name,
    entry: name.replace(/\.\d+$/, ""),
    type: "service",
    labels: [],
    command: ["deno", "run", `${name}.ts`],
    state: "running",
    ready: true,
    pid: 1_000,
    since: Date.now() - 300_000,
    until: null,
    run: 1,
    restarts: 0,
    restartsLeft: null,
    last: null,
    dependencies: [],
    schedule: null,
    why: `${name} has been running for 5 min`,
    usage: { cpu: 0.004, memory: 40_000_000, processes: 1 },
    ...changes,
  };
}

/** Returns the line of shell that runs a fake supervisor. */
export function fakeCommand(file: string): string {
  const module = new URL(import.meta.url).pathname;
  return `exec "${Deno.execPath()}" run --quiet -A "${module}" ${file}`;
}

if (import.meta.main) await main(Deno.args[0] ?? "");

async function main(path: string): Promise<void> {
  const fake: Fake = JSON.parse(await Deno.readTextFile(path));
  const view: SupervisorView = {
    pid: Deno.pid,
    version: "0.0.0",
    startedAt: Date.now(),
    config: fake.config ?? null,
    source: null,
    cwd: Deno.cwd(),
    logs: null,
    log: null,
    metrics: null,
    plan: true,
    canApply: true,
    ...fake.supervisor,
  };
  const place = fake.config === undefined
    ? await placeOfName(view.name)
    : await placeOfConfig(fake.config);
  const claimed = await claim(place, view);
  if ("holder" in claimed) throw new Error("there is one already");
  await using _ = claimed;
  const end = new AbortController();
  Deno.addSignalListener("SIGTERM", () => end.abort());
  const server = Deno.serve({
    transport: "unix",
    path: place.socket,
    onListen: () => console.log("ready"),
  }, (request) => answer(fake, view, end, request));
  end.signal.addEventListener("abort", () => server.shutdown());
  await server.finished;
}

async function answer(
  { processes, details = [], events = [], errors = {} }: Fake,
  supervisor: SupervisorView,
  end: AbortController,
  request: Request,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const path = decodeURIComponent(pathname);
  if (request.method === "POST") {
    console.log(`${path} ${await request.text()}`);
  }
  if (errors[path] !== undefined) {
    const { status, ...error } = errors[path];
    return Response.json({ error }, { status });
  }
  const [, name, what] = /^\/v1\/processes\/(.*)\/(why|details)$/.exec(path) ??
    [];
  if (what === "details") {
    const found = details.find((each) => each.name === name);
    return found ? Response.json(found) : absent();
  }
  if (what === "why") {
    const process = processes.find((process) => process.name === name);
    return Response.json({ name, sentence: process?.why });
  }
  switch (path) {
    case "/v1/supervisor":
      return Response.json(supervisor);
    case "/v1/processes":
      return Response.json(processes);
    case "/v1/events":
      return stream(
        events,
        searchParams.has("follow") ? end.signal : undefined,
      );
    case "/v1/shutdown":
      queueMicrotask(() => end.abort());
  }
  return Response.json({});
}

/** Answers as a supervisor that does not know the path. */
function absent(): Response {
  const error = { code: "not-found", message: "There is no such path" };
  return Response.json({ error }, { status: 404 });
}

/** Returns a stream of events, which ends with the signal. */
function stream(
  events: readonly EventView[],
  follow: AbortSignal | undefined,
): Response {
  const texts = events.map((event) =>
    `event: event\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`
  );
  const over = new AbortController();
  const body = new ReadableStream<string>({
    start(controller) {
      for (const text of texts) controller.enqueue(text);
      const close = () => controller.close();
      if (follow === undefined) close();
      else follow.addEventListener("abort", close, { signal: over.signal });
    },
    cancel: () => over.abort(),
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream" },
  });
}
