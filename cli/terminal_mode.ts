/**
 * The mode of the terminal that this program reads keys from.
 *
 * @module
 */

/** A terminal that can give keys at once instead of lines. */
export interface KeyTerminal {
  /**
   * Whether keys are given at once, without an echo. Ctrl-C and Ctrl-Z still
   * send their signals, unless they are to be keys, too.
   */
  raw(on: boolean, all?: boolean): void;
  /** Stops this program, as Ctrl-Z does. */
  suspend(): void;
  /** Calls a function at a signal; returns what ends that. */
  on(
    signal: "SIGTSTP" | "SIGCONT" | "SIGWINCH" | "SIGHUP" | "SIGQUIT",
    listener: () => void,
  ): () => void;
}

/** The terminal of this program. */
export const ownTerminal: KeyTerminal = {
  raw: (on, all = false) => {
    try {
      Deno.stdin.setRaw(on, { cbreak: on && !all });
    } catch {
      // The terminal has gone away.
    }
  },
  suspend: () => Deno.kill(Deno.pid, "SIGSTOP"),
  on: (signal, listener) => {
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  },
};

/**
 * Whether this program may read from its terminal: in the background of a shell
 * it would be stopped for that.
 */
export function isInForeground(): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    return groupsAgree(stat);
  } catch {
    return true;
  }
}

/**
 * Returns whether the group of a process is the one that its terminal serves.
 *
 * @param stat The content of `/proc/PID/stat`.
 */
export function groupsAgree(stat: string): boolean {
  // The name of the program, in parentheses, can contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === fields[5];
}
