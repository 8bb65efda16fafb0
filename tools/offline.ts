// deno-lint-ignore-file no-console
/**
 * Runs `deno` with the arguments given, and where JSR cannot be reached, with
 * the stand-ins: `deno run -A tools/offline.ts test --allow-run`.
 *
 * @module
 */

import { denoCommand } from "./deno.ts";
import { openJsr } from "./jsr.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  await using jsr = await openJsr();
  console.error(jsr.description);
  const child = denoCommand(args, { env: jsr.env }).spawn();
  const end = forwardSignals(child);
  const status = await child.status;
  end();
  return status.code;
}

/** Lets the child decide how to end: this program ends after it. */
function forwardSignals(child: Deno.ChildProcess): () => void {
  // What a terminal sends reaches the child by itself. Twice would be once too
  // often: a second signal is commonly taken for "at once".
  const fromTerminal = Deno.stdin.isTerminal();
  const listeners = (["SIGINT", "SIGHUP", "SIGTERM"] as const)
    .map((signal) => {
      const forward = signal === "SIGTERM" || !fromTerminal;
      const listener = () => forward && child.kill(signal);
      Deno.addSignalListener(signal, listener);
      return () => Deno.removeSignalListener(signal, listener);
    });
  return () => listeners.forEach((remove) => remove());
}
