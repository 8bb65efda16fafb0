/**
 * The command `top`: a full screen with the processes of a supervisor.
 *
 * @module
 */

import type { ControlClient } from "../control/client.ts";
import { type Call, CliError, type Command, type Io, STATUS } from "./call.ts";
import { pause } from "./clock.ts";
import { FullScreen } from "./full_screen.ts";
import { type Key, KeyReader } from "./keys.ts";
import { signalStatus } from "./signal_status.ts";
import { type Target, withSupervisor } from "./target.ts";
import {
  isInForeground,
  type KeyTerminal,
  ownTerminal,
} from "./terminal_mode.ts";
import { perform } from "./top_actions.ts";
import { TopFeed } from "./top_feed.ts";
import { pressTop } from "./top_press.ts";
import { firstState } from "./top_state.ts";
import { TopStore } from "./top_store.ts";
import { viewOf } from "./top_view.ts";

/** The least time between two drawings, in milliseconds. */
const FRAME_MS = 50;

/** How often the times on the screen go on, in milliseconds. */
const TICK_MS = 1_000;

/** How long a terminal that takes no output can delay the end. */
const LEAVE_MS = 1_000;

/** Shows the processes of a supervisor on the whole terminal. */
export const top: Command = async (call) => {
  checkTerminal(call);
  return await withSupervisor(call, async (client, target) => {
    const [supervisor, processes] = await Promise.all([
      client.supervisor(),
      client.processes({ usage: true }),
    ]);
    const { io } = call;
    const store = new TopStore(firstState({
      size: sizeOf(io),
      color: io.color,
      supervisor,
      processes,
    }));
    return await new Top(store, client, target, io).run(ownTerminal);
  });
};

/**
 * Checks that there is a terminal for a full screen.
 *
 * @throws {CliError} If there is none, with what does the same without one.
 */
function checkTerminal({ io }: Call): void {
  const instead = 'use "processman ps --watch" instead';
  const refuse = (why: string) => {
    throw new CliError(`top needs ${why}: ${instead}`, STATUS.usage);
  };
  if (!io.terminal || !Deno.stdin.isTerminal()) {
    refuse("a terminal, as stdin and as stdout");
  }
  const kind = io.env("TERM") ?? "";
  if (["", "dumb", "unknown"].includes(kind)) {
    refuse(`a terminal that can move its cursor, and TERM is "${kind}"`);
  }
  if (!isInForeground()) refuse("to be in the foreground of its terminal");
}

function sizeOf(io: Io): { readonly columns: number; readonly rows: number } {
  return io.size() ?? { columns: 80, rows: 24 };
}

/** The screen, the keys and the supervisor, until the end. */
class Top {
  readonly #store: TopStore;
  readonly #client: ControlClient;
  readonly #target: Target;
  readonly #io: Io;
  readonly #screen: FullScreen;
  readonly #over = new AbortController();
  readonly #status = Promise.withResolvers<number>();

  constructor(store: TopStore, client: ControlClient, target: Target, io: Io) {
    this.#store = store;
    this.#client = client;
    this.#target = target;
    this.#io = io;
    this.#screen = new FullScreen({ write: (text) => io.out(text) });
  }

  /** Runs until a key or a signal ends it; resolves to the exit status. */
  async run(terminal: KeyTerminal): Promise<number> {
    const { signal } = this.#over;
    const release = this.#listen(terminal);
    const reader = Deno.stdin.readable.getReader();
    const work = [
      this.#draw(),
      this.#obey(reader),
      new TopFeed(this.#client, this.#target, this.#store).run(signal),
    ];
    try {
      await this.#screen.enter();
      // What ends without an error goes on to the end.
      const failed = Promise.all(work).then(() => this.#status.promise);
      return await Promise.race([this.#status.promise, failed]);
    } finally {
      this.#over.abort();
      release();
      reader.cancel().catch(() => {});
      await Promise.race([
        this.#screen.leave().catch(() => {}),
        pause(LEAVE_MS),
      ]);
      terminal.raw(false);
    }
  }

  /** Takes the terminal; returns what ends the listeners. */
  #listen(terminal: KeyTerminal): () => void {
    terminal.raw(true);
    const end = (name: string) => this.#status.resolve(signalStatus(name));
    const { signal } = this.#io;
    const ended = () => end(String(signal.reason));
    signal.addEventListener("abort", ended);
    if (signal.aborted) ended();
    const ends = [
      () => signal.removeEventListener("abort", ended),
      terminal.on("SIGHUP", () => end("SIGHUP")),
      terminal.on("SIGQUIT", () => end("SIGQUIT")),
      terminal.on("SIGWINCH", () => this.#resize()),
      terminal.on("SIGTSTP", async () => {
        await this.#screen.leave();
        terminal.raw(false);
        terminal.suspend();
      }),
      terminal.on("SIGCONT", async () => {
        terminal.raw(true);
        await this.#screen.enter();
        this.#resize();
      }),
    ];
    return () => ends.forEach((end) => end());
  }

  /** Draws everything anew, in the size that the terminal has now. */
  #resize(): void {
    const size = sizeOf(this.#io);
    this.#screen.clear().catch(() => {});
    this.#store.change((state) => ({ ...state, size }));
  }

  /** Draws after changes, and when times go on. */
  async #draw(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const shown = this.#store.state;
      try {
        await this.#screen.draw(viewOf(shown, this.#io.now()));
      } catch {
        // The terminal has gone away.
        return this.#status.resolve(signalStatus("SIGHUP"));
      }
      await pause(FRAME_MS, signal);
      const tick = new AbortController();
      const both = AbortSignal.any([signal, tick.signal]);
      await Promise.race([
        this.#store.until((state) => state !== shown, both),
        pause(TICK_MS - FRAME_MS, both),
      ]);
      tick.abort();
    }
  }

  /** Obeys keys until the terminal ends. */
  async #obey(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    const keys = new KeyReader();
    while (!this.#over.signal.aborted) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value === undefined) {
        return this.#status.resolve(signalStatus("SIGHUP"));
      }
      for (const key of keys.read(value)) this.#press(key);
    }
  }

  #press(key: Key): void {
    const { state, action, screen } = pressTop(this.#store.state, key);
    this.#store.change(() => state);
    if (screen === "quit") return this.#status.resolve(STATUS.ok);
    if (screen === "redraw") return this.#resize();
    if (action === undefined) return;
    const { signal } = this.#over;
    perform(this.#client, this.#store, action, signal)
      .catch((error) => this.#status.reject(error));
  }
}
