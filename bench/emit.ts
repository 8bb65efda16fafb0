/**
 * Writes numbered lines at a steady rate: `emit.ts LINES PER_SECOND`.
 *
 * @module
 */

/** How long to wait between two blocks, in milliseconds. */
const PAUSE_MS = 5;

/** What makes a line 100 bytes long. */
const REST = "-".repeat(91);

const [count = 0, perSecond = 0] = Deno.args.map(Number);
const encoder = new TextEncoder();
const start = performance.now();
for (let written = 0; written < count;) {
  const elapsed = performance.now() - start;
  const due = Math.min(count, Math.floor(elapsed / 1_000 * perSecond));
  let text = "";
  while (written < due) text += `${String(++written).padStart(8)}${REST}\n`;
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
