/** Stand-in for the parts of `@std/fmt/colors` that `@std/log` uses. @module */

/** Makes text bold. */
export function bold(text: string): string {
  return colored(1, 22, text);
}

/** Makes text red. */
export function red(text: string): string {
  return colored(31, 39, text);
}

/** Makes text yellow. */
export function yellow(text: string): string {
  return colored(33, 39, text);
}

/** Makes text blue. */
export function blue(text: string): string {
  return colored(34, 39, text);
}

function colored(on: number, off: number, text: string): string {
  return Deno.noColor ? text : `\x1b[${on}m${text}\x1b[${off}m`;
}
