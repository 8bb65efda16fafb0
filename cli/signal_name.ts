/**
 * The names of signals, as people write them.
 *
 * @module
 */

/** The signals whose numbers are the same everywhere. */
const NUMBERS: Readonly<Record<string, string>> = {
  1: "HUP",
  2: "INT",
  3: "QUIT",
  6: "ABRT",
  9: "KILL",
  14: "ALRM",
  15: "TERM",
};

/** Returns the full name of a signal: `SIGHUP` for `hup`, `HUP` and `1`. */
export function signalName(text: string): string {
  const name = (NUMBERS[text] ?? text).toUpperCase();
  return name.startsWith("SIG") ? name : `SIG${name}`;
}
