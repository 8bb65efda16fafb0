/**
 * The exit status of a program that a signal has ended.
 *
 * @module
 */

/** The numbers of the signals that end the tool; they are the same everywhere. */
const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Returns the exit status after a signal: 128 plus its number. */
export function signalStatus(signal: unknown): number {
  return 128 + (NUMBERS[String(signal)] ?? 15);
}
