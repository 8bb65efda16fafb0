/**
 * Terminals for tests, with what they show as lines: each is a window of a
 * `tmux` server of its own.
 *
 * @module
 */

import { works } from "./testing.ts";

/** A terminal. */
export interface Screen extends AsyncDisposable {
  /** Returns the lines it shows, without spaces at their ends. */
  lines(): Promise<string[]>;
  /**
   * Waits until what it shows, with `\n` between the lines, passes a check.
   *
   * @throws {Error} If it does not within `withinMs`, with what it shows.
   */
  until(
    wanted: RegExp | ((text: string) => boolean),
    withinMs?: number,
  ): Promise<string>;
  /** Types a text as it is. */
  type(text: string): Promise<void>;
  /** Presses keys by their names in tmux, such as `Enter`, `C-c`, `Up`. */
  press(...keys: string[]): Promise<void>;
  /** Returns what a variable of tmux says, such as `cursor_flag`. */
  shown(variable: string): Promise<string>;
  /** Changes its size. */
  resize(columns: number, rows: number): Promise<void>;
}

/** Whether this machine has `tmux`. */
export function hasScreens(): Promise<boolean> {
  return works("tmux", "-V");
}

/** Options of a terminal. */
export interface ScreenOptions {
  /** The folder in which the shell runs. */
  cwd: string;
  /** Variables that are added to the environment. */
  env: Readonly<Record<string, string>>;
  /** Its size; 80 by 24 by default. */
  columns?: number;
  rows?: number;
}

/**
 * Opens a terminal with a shell, whose prompt is `$ `.
 *
 * With a `Tool`: `openScreen({ cwd: tool.folder, env: tool.env })`.
 */
export async function openScreen(
  { cwd, env, columns = 80, rows = 24 }: ScreenOptions,
): Promise<Screen> {
  const folder = await Deno.makeTempDir({ prefix: "processman_" });
  const tmux = async (...args: string[]): Promise<string> => {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", `${folder}/tmux`, "-f", `${folder}/config`, ...args],
      cwd,
      env: { ...env, LC_ALL: "C.UTF-8", ENV: `${folder}/shell`, TMUX: "" },
    }).output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(`tmux ${args}: ${new TextDecoder().decode(stderr)}`);
  };
  await Deno.writeTextFile(`${folder}/config`, "set -g status off\n");
  // An interactive shell reads the file that `ENV` names.
  await Deno.writeTextFile(`${folder}/shell`, "PS1='$ '\n");
  const size = ["-x", `${columns}`, "-y", `${rows}`];
  await tmux("-u", "new-session", "-d", ...size, "sh");
  const lines = async () => {
    const text = await tmux("capture-pane", "-p");
    return text.split("\n").slice(0, -1).map((line) => line.trimEnd());
  };
  const screen: Screen = {
    lines,
    async until(wanted, withinMs = 20_000) {
      const deadline = performance.now() + withinMs;
      while (true) {
        const text = (await lines()).join("\n");
        const found = typeof wanted === "function"
          ? wanted(text)
          : wanted.test(text);
        if (found) return text;
        if (performance.now() > deadline) {
          throw new Error(`not shown: ${wanted}\n${text}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    type: async (text) => void await tmux("send-keys", "-l", "--", text),
    press: async (...keys) => void await tmux("send-keys", ...keys),
    shown: async (variable) =>
      (await tmux("display-message", "-p", `#{${variable}}`)).trimEnd(),
    resize: async (x, y) =>
      void await tmux("resize-window", "-x", `${x}`, "-y", `${y}`),
    async [Symbol.asyncDispose]() {
      // Without its shell, the server has ended by itself.
      await tmux("kill-server").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
  await screen.until(/^\$/);
  return screen;
}
