/**
 * Signals: their names and numbers.
 *
 * @module
 */

import {
  oneOf,
  options as optionsOf,
  type OptionsCheck,
  wrong,
} from "./validate.ts";

/** Options for {@linkcode Process.prototype.signal | Process.signal}. */
export interface SignalOptions {
  /**
   * What receives the signal: the child, or everything in its session
   * (`"group"`). With `"group"`, the group of the child receives it at once,
   * and other groups of the session receive it milliseconds later, when
   * processman has found them.
   *
   * @default {"leader"}
   */
  to?: "group" | "leader" | undefined;
}

/** Checks the options of a signal. */
export const checkSignal: OptionsCheck<SignalOptions> = optionsOf<
  SignalOptions
>({
  to: oneOf("group", "leader"),
});

/** All signals that Deno has a name for. */
const NAMES: ReadonlySet<Deno.Signal> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBREAK",
  "SIGBUS",
  "SIGCHLD",
  "SIGCONT",
  "SIGEMT",
  "SIGFPE",
  "SIGHUP",
  "SIGILL",
  "SIGINFO",
  "SIGINT",
  "SIGIO",
  "SIGKILL",
  "SIGPIPE",
  "SIGPOLL",
  "SIGPROF",
  "SIGPWR",
  "SIGQUIT",
  "SIGSEGV",
  "SIGSTKFLT",
  "SIGSTOP",
  "SIGSYS",
  "SIGTERM",
  "SIGTRAP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGUNUSED",
  "SIGURG",
  "SIGUSR1",
  "SIGUSR2",
  "SIGVTALRM",
  "SIGWINCH",
  "SIGXCPU",
  "SIGXFSZ",
]);

/** The signals that each system lacks. */
const MISSING: Partial<Record<string, readonly string[]>> = {
  linux: ["SIGBREAK", "SIGEMT", "SIGINFO"],
  darwin: ["SIGBREAK", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGUNUSED"],
};

/** Signals that programs cannot handle, at least not in JavaScript. */
const DEADLY: ReadonlySet<unknown> = new Set([
  "SIGFPE",
  "SIGILL",
  "SIGKILL",
  "SIGSEGV",
  "SIGSTOP",
]);

/** Checks that a value is the name of a signal of this system. */
export function signalName(
  value: unknown,
  path: string,
): asserts value is Deno.Signal {
  if (!NAMES.has(value as Deno.Signal)) {
    wrong(path, 'the name of a signal, such as "SIGTERM"', value);
  }
  if (MISSING[Deno.build.os]?.includes(value as Deno.Signal)) {
    wrong(path, "a signal that exists on this system", value);
  }
}

/** Checks that a value is the name of a signal that a program can handle. */
export function handledSignalName(value: unknown, path: string): void {
  signalName(value, path);
  if (DEADLY.has(value)) wrong(path, "a signal that can be handled", value);
}

/**
 * The numbers of signals on Linux. Every shell accepts a number, but `dash`
 * does not know all names.
 */
const LINUX: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
  SIGUNUSED: 31,
};

/** The numbers of signals on macOS that differ from Linux. */
const DARWIN: Partial<Record<Deno.Signal, number>> = {
  SIGEMT: 7,
  SIGBUS: 10,
  SIGSYS: 12,
  SIGURG: 16,
  SIGSTOP: 17,
  SIGTSTP: 18,
  SIGCONT: 19,
  SIGCHLD: 20,
  SIGIO: 23,
  SIGINFO: 29,
  SIGUSR1: 30,
  SIGUSR2: 31,
};

/** Returns the number of a signal on a system; 0 if it does not exist there. */
export function signalNumber(
  signal: Deno.Signal,
  os: typeof Deno.build.os = Deno.build.os,
): number {
  if (MISSING[os]?.includes(signal)) return 0;
  return (os === "linux" ? undefined : DARWIN[signal]) ?? LINUX[signal] ?? 0;
}
