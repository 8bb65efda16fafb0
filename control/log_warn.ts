/**
 * Where a log says that it cannot be written.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Writes a message to stderr, in the background. Never throws. */
export function warnOnStderr(message: string): void {
  Deno.stderr.write(encoder.encode(`WARN ${message}\n`)).catch(() => {});
}
