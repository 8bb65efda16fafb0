/**
 * What a command of the tool gets: its options and names, and its surroundings.
 *
 * @module
 */

/**
 * The options of a call, by their long names without `--`. All values have been
 * checked as the table of the command says; a method throws a `TypeError` if
 * the table has no such option of this kind.
 */
export interface Options {
  /** Whether an option without a value was given. */
  flag(name: string): boolean;
  /** The value of an option; the last one if it was given several times. */
  value(name: string): string | undefined;
  /** All values of an option that can be given several times. */
  values(name: string): readonly string[];
  /** A whole number >= 0. */
  count(name: string): number | undefined;
  /** A whole number, which can be negative. */
  integer(name: string): number | undefined;
  /** A duration such as `500ms`, `10s`, `5m`, `2h` or `7d`, in milliseconds. */
  duration(name: string): number | undefined;
  /** A point in time, or a duration before now; milliseconds since the epoch. */
  time(name: string): number | undefined;
}

/** No options, which can be those of any command. */
export const NO_OPTIONS: Options = {
  flag: () => false,
  value: () => undefined,
  values: () => [],
  count: () => undefined,
  integer: () => undefined,
  duration: () => undefined,
  time: () => undefined,
};

/** What surrounds a call: the terminal, the folder, the environment. */
export interface Io {
  readonly cwd: string;
  env(name: string): string | undefined;
  /** Returns the time in milliseconds since the epoch. */
  now(): number;
  /** Writes to stdout; resolves when it is written. */
  out(text: string): Promise<void>;
  /** Writes to stderr. */
  err(text: string): Promise<void>;
  /** Whether stdout is a terminal. */
  readonly terminal: boolean;
  /** Whether to use colors on stdout. */
  readonly color: boolean;
  /** The size of the terminal that stdout is; `undefined` if it is none. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /**
   * Aborted by SIGINT or SIGTERM, with the name of the signal as reason. The
   * first use of this property takes over what these signals do; a command
   * that does not use it is ended by them.
   */
  readonly signal: AbortSignal;
}

/** A call of a command. */
export interface Call {
  readonly options: Options;
  /** The arguments that are no options, before `--`. */
  readonly names: readonly string[];
  /** The arguments after `--`. */
  readonly rest: readonly string[];
  readonly io: Io;
}

/** A command; it resolves to its exit status. */
export type Command = (call: Call) => Promise<number>;

/** The exit statuses of the tool, besides 128 + n for a signal. */
export const STATUS = {
  ok: 0,
  /** A process failed, or a request. */
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** There is no supervisor. */
  noSupervisor: 3,
  /** Not ready in time. */
  notReady: 4,
} as const;

/** Ends the command with a message on stderr and a status. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(message: string, readonly status: number) {
    super(message);
  }
}
