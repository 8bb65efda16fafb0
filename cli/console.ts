/**
 * The terminal of `processman up`: output, status line and keys.
 *
 * @module
 */

import type { LogSource } from "../control/mod.ts";
import type { Line, Logger, Processman } from "../mod.ts";
import type { App } from "../plan/mod.ts";
import { now, pause } from "./clock.ts";
import {
  type ConsoleAction,
  type ConsoleState,
  NOTHING,
  press,
} from "./console_state.ts";
import { followOutput } from "./follow_output.ts";
import { type Key, KeyReader } from "./keys.ts";
import { colorOf, harmless, prefixOf } from "./line_format.ts";
import { Screen, type Surface } from "./screen.ts";
import {
  keysHelp,
  nextRestart,
  type ShownProcess,
  statusLine,
} from "./status_line.ts";
import type { KeyTerminal } from "./terminal_mode.ts";

/** How many lines of a process are shown when it comes into focus. */
const TAIL_LINES = 10;

/** How many lines a search prints. */
const FOUND_LINES = 20;

/** What a console needs. */
export interface ConsoleOptions {
  /** The terminal that lines are printed on. */
  readonly surface: Surface;
  /** The terminal that keys are read from. */
  readonly terminal: KeyTerminal;
  /** Whether to use colors. */
  readonly color: boolean;
  /** Writes lines of stderr elsewhere, if stderr is another file. */
  readonly err?: ((text: string) => Promise<void>) | undefined;
}

/** What is shown and what keys act on. */
export interface Shown {
  readonly pm: Processman;
  readonly app: App;
  readonly log: LogSource;
}

/** Shows the output of a plan above a status line, and obeys keys. */
export class Console {
  readonly #screen: Screen;
  readonly #options: ConsoleOptions;
  readonly #quit = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  readonly #colors = new Map<string, number>();
  #shown: Shown | undefined;
  #state: ConsoleState = NOTHING;
  /** Ends the wait for the next count of seconds. */
  #tick = new AbortController();

  /** Creates a console that shows nothing yet. */
  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#screen = new Screen(options.surface);
  }

  /** Resolves when the user wants to end everything. */
  get quit(): Promise<void> {
    return this.#quit.promise;
  }

  /** A logger that writes above the status line. */
  get logger(): Logger {
    const write = (level: string) => (message: string) =>
      this.#say(level, message);
    return {
      debug: () => {},
      info: write("INFO"),
      warn: write("WARN"),
      error: write("ERROR"),
    };
  }

  /** Prints a line above the status line. */
  async say(text: string): Promise<void> {
    await this.#write(`${text}\n`);
  }

  /**
   * Shows the output of all processes, and obeys keys until the manager is shut
   * down.
   *
   * @param shown What to show.
   * @param input What the terminal sends.
   * @returns A promise that resolves when everything is printed.
   */
  async run(shown: Shown, input: ReadableStream<Uint8Array>): Promise<void> {
    this.#shown = shown;
    const { pm, app } = shown;
    const output = followOutput(
      pm,
      (name) => app.get(name),
      (name, lines) => this.#print(name, lines),
    );
    const release = this.#holdTerminal();
    const reader = input.getReader();
    const end = () => {
      release();
      this.#over.abort();
      reader.cancel().catch(() => {});
    };
    pm.closing.addEventListener("abort", end);
    try {
      await Promise.all([output, this.#redraw(shown), this.#obey(reader)]);
    } finally {
      end();
      pm.closing.removeEventListener("abort", end);
      await this.#screen.close();
    }
  }

  /** Takes the terminal; returns what gives it back, and can be called twice. */
  #holdTerminal(): () => void {
    const { terminal } = this.#options;
    terminal.raw(true);
    const ends = [
      terminal.on("SIGTSTP", async () => {
        await this.#screen.clear();
        terminal.raw(false);
        terminal.suspend();
      }),
      terminal.on("SIGCONT", () => {
        terminal.raw(true);
        this.#draw();
      }),
      terminal.on("SIGWINCH", () => this.#draw()),
    ];
    return () => {
      if (ends.length === 0) return;
      ends.splice(0).forEach((end) => end());
      this.#screen.close().catch(() => {});
      terminal.raw(false);
    };
  }

  /** All processes, in the order of their numbers. */
  #processes(): ShownProcess[] {
    return this.#shown?.app.whys() ?? [];
  }

  /** Draws the status line after each event. */
  async #redraw({ pm, app }: Shown): Promise<void> {
    this.#draw();
    for await (const event of pm.events()) {
      this.#draw();
      if (event.kind !== "start") continue;
      // After its last run, a state follows that no event tells.
      app.get(event.name)?.finished.then(() => this.#draw());
    }
  }

  #draw(): void {
    if (this.#over.signal.aborted) return;
    const processes = this.#processes();
    const columns = this.#options.surface.columns();
    const line = statusLine(processes, this.#state, now(), columns);
    // A terminal that has gone away shows nothing.
    this.#screen.status(line).catch(() => {});
    this.#tick.abort();
    const next = nextRestart(processes);
    if (next === undefined) return;
    this.#tick = new AbortController();
    const { signal } = this.#tick;
    const ms = Math.max(50, (next - now()) % 1_000 || 1_000);
    pause(ms, AbortSignal.any([signal, this.#over.signal]))
      .then(() => signal.aborted || this.#draw());
  }

  async #obey(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    const keys = new KeyReader();
    while (!this.#over.signal.aborted) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      // At the end of the terminal, everything goes on without keys.
      if (value === undefined) return;
      for (const key of keys.read(value)) this.#press(key);
    }
  }

  #press(key: Key): void {
    const names = this.#processes().map(({ name }) => name);
    const { state, action } = press(this.#state, key, names);
    this.#state = state;
    this.#draw();
    if (action) {
      this.#act(action).catch((error) =>
        this.#say("ERROR", `${error.message}`)
      );
    }
  }

  async #act(action: ConsoleAction): Promise<void> {
    const { app } = this.#shown ?? {};
    if (app === undefined) return;
    switch (action.kind) {
      case "restart":
        await app.restart(action.name);
        return;
      case "toggle":
        await this.#toggle(app, action.name);
        return;
      case "show":
        await this.#showTail(app, action.name);
        return;
      case "search":
        await this.#search(action.text);
        return;
      case "help": {
        const lines = keysHelp(this.#processes()).map((line) => `${line}\n`);
        await this.#screen.print(lines.join(""));
        return;
      }
      case "line":
        await this.#screen.print("\n");
        return;
      case "quit":
        this.#quit.resolve();
        await this.#say(
          "INFO",
          "stopping everything; Ctrl-C twice ends it at once",
        );
        return;
      default:
        return action satisfies never;
    }
  }

  async #toggle(app: App, name: string): Promise<void> {
    const { kind } = app.why(name).state;
    const off = ["idle", "done", "ended", "failed", "stopped"].includes(kind);
    if (kind === "done") await app.restart(name);
    else if (off) await app.start(name, { dependencies: "start" });
    else await app.stop(name);
    this.#draw();
  }

  async #showTail(app: App, name: string): Promise<void> {
    const lines = app.get(name)?.tail(TAIL_LINES) ?? [];
    const shown = lines.map((line) => this.#format(name, line.text)).join("");
    await this.#screen.print(`--- ${name} ---\n${shown}`);
  }

  async #search(text: string): Promise<void> {
    const { focus } = this.#state;
    const found: string[] = [];
    const query = {
      names: focus === undefined ? undefined : [focus],
      grep: text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"),
      lines: FOUND_LINES,
    };
    const { signal } = this.#over;
    for await (const item of this.#shown?.log.read(query, signal) ?? []) {
      if (item.kind === "line") {
        found.push(this.#format(item.process, item.text));
      }
    }
    const count = found.length === FOUND_LINES
      ? `the last ${FOUND_LINES} lines`
      : `${found.length} ${found.length === 1 ? "line" : "lines"}`;
    await this.#screen.print(
      `--- ${count} with "${text}" ---\n${found.join("")}---\n`,
    );
  }

  /** Prints lines of a process, if they are to be shown. */
  async #print(name: string, lines: readonly Line[]): Promise<void> {
    const { err } = this.#options;
    const { focus, filter } = this.#state;
    const elsewhere = err ? lines.filter(isError) : [];
    if (err && elsewhere.length > 0) {
      await err(elsewhere.map(({ text }) => `${name} | ${text}\n`).join(""));
    }
    if (focus !== undefined && focus !== name) return;
    const shown = lines.filter((line) =>
      !(err && isError(line)) && line.text.includes(filter)
    );
    await this.#screen.print(
      shown.map(({ text }) => this.#format(name, text)).join(""),
    );
  }

  #format(name: string, text: string): string {
    const { color } = this.#options;
    const all = this.#processes().map(({ name }) => name);
    const width = Math.max(name.length, ...all.map(({ length }) => length));
    const index = this.#colors.get(name) ?? this.#colors.size;
    this.#colors.set(name, index);
    const prefix = prefixOf(name, width, color ? colorOf(index) : undefined);
    return `${prefix}${harmless(text, color)}\n`;
  }

  /** Says something about processman itself. */
  #say(level: string, message: string): Promise<void> {
    return this.#write(`${level} ${message}\n`);
  }

  #write(text: string): Promise<void> {
    return this.#options.err?.(text) ?? this.#screen.print(text);
  }
}

function isError({ source }: Line): boolean {
  return source === "stderr";
}
