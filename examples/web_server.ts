// deno-lint-ignore-file no-console
/**
 * Keeps a web server alive, and prints its address when it is ready. Visit
 * `/crash` to make it crash, and `/hang` to make it hang: it is then restarted.
 * Ctrl-C ends both programs.
 *
 * Run it with `deno run --allow-run --allow-net=127.0.0.1 examples/web_server.ts`.
 *
 * @module
 */

import { exponential, Processman } from "@isbm/processman";
import { http, line } from "@isbm/processman/probe";

const program = new URL("programs/server.ts", import.meta.url).href;

/** The address that the present run has printed. */
let address = "";

await using pm = new Processman();
const web = pm.command(
  Deno.execPath(),
  ["run", "--quiet", "--allow-net=127.0.0.1", program],
  {
    name: "web",
    ready: { probe: line(/^listening on /), intervalMs: 50 },
    live: {
      probe: (context) => http(`${address}health`)(context),
      intervalMs: 500,
      timeoutMs: 1_000,
      failures: 2,
    },
    restart: {
      backoff: exponential({ initialMs: 100, maxMs: 5_000 }),
      limit: { restarts: 10, withinMs: 60_000 },
    },
    stop: { gracePeriodMs: 3_000 },
    critical: true,
  },
);

for await (const { text, run } of web.lines()) {
  const [, found] = text.match(/^listening on (\S+)/) ?? [];
  if (found === undefined) {
    console.log(`web: ${text}`);
    continue;
  }
  address = found;
  await web.ready;
  console.log(`Run ${run} is ready: ${address} (pid ${web.pid})`);
}
