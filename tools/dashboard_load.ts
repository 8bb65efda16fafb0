/**
 * What a page costs, and how it bears up, while many processes write lines: the
 * tool with its supervisor, its web process, and Chromium. Linux only.
 *
 * @module
 */

import { cpuOf, pause } from "../bench/compare/processes.ts";
import { median } from "../bench/measure.ts";
import { ControlClient } from "../control/client.ts";
import { type Browser, type Page, type Visit, visit } from "./browser.ts";
import { Tool } from "./tool.ts";

/** How much is written. */
export interface Load {
  /** How many processes write. */
  readonly processes: number;
  /** How many lines each of them writes in a second; 0 for none. */
  readonly linesPerSecond: number;
}

/** What a supervisor did for a time. */
export interface Work {
  /** How many lines it took in a second. */
  readonly linesPerSecond: number;
  /** Its processor time, as a share of one processor. */
  readonly cpu: number;
  /** The processor time of the web process, as a share of one processor. */
  readonly web: number;
}

/** How a page that shows lines was. */
export interface Smoothness {
  /** The longest time between two frames, in milliseconds. */
  readonly frame: number;
  /** The longest task, in milliseconds; 0 if none took 50 ms. */
  readonly task: number;
  /** How many frames there were in a second. */
  readonly framesPerSecond: number;
}

/** What is written in a line, before its number. */
const LINE = "\\e[32mINFO\\e[0m request handled in 12 ms: GET /items/";

/**
 * Writes lines at a rate, without starting any program: a wait is a read with a
 * timeout from a pipe to which nothing is written.
 */
const EMITTER = `
rate=$1
exec {pipe}<> <(:)
start=\${EPOCHREALTIME/./}
sent=0
while read -t 0.1 -u $pipe; [ $? -gt 128 ]; do
  due=$(( (\${EPOCHREALTIME/./} - start) * rate / 1000000 ))
  while (( sent < due )); do printf '${LINE}%d\\n' $(( ++sent )); done
done`;

/** How long the processes may take to be there, in milliseconds. */
const WITHIN_MS = 60_000;

/** The tool with processes that write, and the dashboard of it. */
export class LoadStage implements AsyncDisposable {
  readonly #tool: Tool;
  readonly #load: Load;
  readonly #client: ControlClient;
  /** The process ID of the supervisor. */
  readonly supervisor: number;
  #web: number | undefined;

  private constructor(tool: Tool, load: Load, place: SupervisorPlace) {
    this.#tool = tool;
    this.#load = load;
    this.supervisor = place.pid;
    this.#client = new ControlClient(place.socket);
  }

  /** Starts the supervisor and the processes. */
  static async open(load: Load): Promise<LoadStage> {
    await using stack = new AsyncDisposableStack();
    const tool = stack.use(new Tool());
    const processes = Object.fromEntries(
      Array.from({ length: load.processes }, (_, i) => [`job-${i + 1}`, {
        command: load.linesPerSecond === 0
          ? ["sleep", "1000000"]
          : ["bash", "-c", EMITTER, "emitter", `${load.linesPerSecond}`],
      }]),
    );
    await tool.write("processman.json", JSON.stringify({ processes }));
    const { status, stderr } = await tool.run("processman up -d", {
      withinMs: WITHIN_MS,
    });
    if (status !== 0) throw new Error(stderr);
    const { stdout } = await tool.run("processman ls --json");
    const [place]: SupervisorPlace[] = JSON.parse(stdout);
    if (place === undefined) throw new Error("there is no supervisor");
    stack.move();
    return new LoadStage(tool, load, place);
  }

  /** Returns a link that opens the dashboard, which is served from then on. */
  async link(): Promise<string> {
    const { stdout, stderr } = await this.#tool.run("processman web -d");
    const [link] = stdout.match(/http:\S+/) ?? [];
    if (link === undefined) throw new Error(`no link: ${stdout}${stderr}`);
    this.#web ??= await this.#webPid();
    return link;
  }

  /** The process ID of the web process, once there is a link. */
  get web(): number {
    if (this.#web === undefined) throw new Error("there is no web process");
    return this.#web;
  }

  /** Measures the supervisor for a time. */
  async work(seconds: number): Promise<Work> {
    const before = await this.#written();
    const [from, ours, web] = [performance.now(), this.#cpu(), this.#webCpu()];
    await pause(seconds * 1_000);
    const taken = performance.now() - from;
    const [cpu, webCpu] = [this.#cpu() - ours, this.#webCpu() - web];
    const after = await this.#written();
    return {
      linesPerSecond: 1_000 * (after.lines - before.lines) /
        (after.time - before.time),
      cpu: cpu / taken,
      web: webCpu / taken,
    };
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await using _ = this.#tool;
    await this.#tool.run("processman web --stop; processman down");
  }

  #cpu(): number {
    return cpuOf(this.supervisor);
  }

  #webCpu(): number {
    return this.#web === undefined ? 0 : cpuOf(this.#web);
  }

  /** How many lines the log has of all processes, and when that was so. */
  async #written(): Promise<{ lines: number; time: number }> {
    const names = Array.from(
      { length: this.#load.processes },
      (_, i) => `job-${i + 1}`,
    );
    const from = performance.now();
    let lines = 0;
    for (const name of names) {
      for await (const item of this.#client.logs({ names: [name], lines: 1 })) {
        if (item.kind === "line") lines += item.seq;
      }
    }
    return { lines, time: (from + performance.now()) / 2 };
  }

  async #webPid(): Promise<number> {
    const { stdout } = await this.#tool.run("processman ls --json");
    const [{ socket }]: [SupervisorPlace] = JSON.parse(stdout);
    const folder = socket.slice(0, socket.lastIndexOf("/"));
    return JSON.parse(await Deno.readTextFile(`${folder}/web.json`)).pid;
  }
}

/** What `processman ls --json` says of a supervisor. */
interface SupervisorPlace {
  readonly pid: number;
  readonly socket: string;
}

/** Notes, in the page, how long frames and tasks take. */
const WATCH = `
globalThis.watched = { frame: 0, task: 0, frames: 0, from: performance.now() };
globalThis.watching?.stop();
{
  const { watched } = globalThis;
  let last = performance.now();
  let next = requestAnimationFrame(function look(now) {
    watched.frame = Math.max(watched.frame, now - last);
    watched.frames++;
    last = now;
    next = requestAnimationFrame(look);
  });
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      watched.task = Math.max(watched.task, duration);
    }
  });
  tasks.observe({ type: "longtask" });
  globalThis.watching = {
    stop() {
      cancelAnimationFrame(next);
      tasks.disconnect();
    },
  };
}`;

/** Begins to note how long frames take. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(WATCH);
}

/** Ends that, and returns what was noted. */
export async function framesOf(page: Page): Promise<Smoothness> {
  const { frame, task, frames, seconds }: {
    frame: number;
    task: number;
    frames: number;
    seconds: number;
  } = await page.evaluate(`(() => {
    watching.stop();
    const seconds = (performance.now() - watched.from) / 1_000;
    return { ...watched, seconds };
  })()`);
  return { frame, task, framesPerSecond: frames / seconds };
}

/** Returns the memory of a page's objects after a collection, in bytes. */
export async function heapOf({ context, page }: Visit): Promise<number> {
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

/**
 * Makes a page believe that it is hidden, or visible again. Chromium without a
 * screen shows all its pages.
 */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(`(() => {
    const value = ${JSON.stringify(hidden ? "hidden" : "visible")};
    for (const [name, get] of Object.entries({
      visibilityState: () => value,
      hidden: () => value === "hidden",
    })) {
      Object.defineProperty(document, name, { configurable: true, get });
    }
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  })()`);
}

/** Returns how much processor time a renderer has used, in milliseconds. */
export async function rendererCpu(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer")
    .reduce((sum, { cpuTime }) => sum + cpuTime * 1_000, 0);
}

/** Notes when a link with a text is painted, from the start of the navigation. */
const FIRST_VIEW = (text: string) => `
globalThis.firstView = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    const there = [...document.querySelectorAll("a")]
      .some(({ textContent }) => textContent === ${JSON.stringify(text)});
    if (!there) return;
    observer.disconnect();
    // What was changed is on the screen when the next frame begins.
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  });
  observer.observe(document, { childList: true, subtree: true });
});`;

/**
 * Opens a dashboard, loads it again and again, and returns the middle of the
 * times until a process is on the screen, in milliseconds.
 */
export async function firstViewOf(
  visited: Visit,
  link: string,
  process: string,
  times: number = 5,
): Promise<number> {
  const { context, page } = visited;
  await context.addInitScript({ content: FIRST_VIEW(process) });
  await visited.goto(link);
  const taken: number[] = [];
  for (let i = 0; i <= times; i++) {
    const ms: number = await page.evaluate("firstView");
    // The first one has nothing in any cache.
    if (i > 0) taken.push(ms);
    if (i < times) await page.reload({ waitUntil: "commit" });
  }
  return median(taken);
}

/** What one run of the whole found. */
export interface LoadFigures {
  readonly alone: Work;
  readonly watched: Work;
  /** The time until the first view of the page is there, in milliseconds. */
  readonly firstView: number;
  readonly smooth: Smoothness;
  /** The memory of the page after ten seconds, and at the end, in bytes. */
  readonly heap: readonly [early: number, late: number];
}

/** How long a page is looked at before its memory counts, in seconds. */
const WARM_S = 10;

/** Measures a load without a page, and with one that shows the log. */
export async function measureLoad(
  browser: Browser,
  load: Load,
  { aloneS, pageS }: { aloneS: number; pageS: number },
): Promise<LoadFigures> {
  await using stage = await LoadStage.open(load);
  await pause(2_000);
  const alone = await stage.work(aloneS);
  await using visited = await visit(browser);
  const { page } = visited;
  const link = await stage.link();
  const firstView = await firstViewOf(visited, link, "job-1");
  await page.evaluate("location.hash = '#/log'");
  await page.getByText("request handled").first().waitFor();
  const [early, first] = await smoothly(
    visited,
    () => pause(Math.min(WARM_S, pageS / 2) * 1_000),
  );
  const [late, second, watched] = await smoothly(
    visited,
    () => stage.work(pageS),
  );
  return {
    alone,
    watched,
    firstView,
    smooth: {
      frame: Math.max(first.frame, second.frame),
      task: Math.max(first.task, second.task),
      framesPerSecond: second.framesPerSecond,
    },
    heap: [early, late],
  };
}

/** Watches the frames while something goes on; the memory is that after it. */
async function smoothly<T>(
  visited: Visit,
  work: () => Promise<T>,
): Promise<[heap: number, smooth: Smoothness, result: T]> {
  await watchFrames(visited.page);
  const result = await work();
  const smooth = await framesOf(visited.page);
  return [await heapOf(visited), smooth, result];
}
