// deno-lint-ignore-file no-console
/**
 * Keeps a web server alive, and prints its address when it is ready. Visit
 * `/crash` to make it crash and restart. Ctrl-C ends both programs.
 *
 * Run it with `deno run --allow-run examples/web_server.ts`.
 *
 * @module
 */

import { exponential, Processman } from "@isbm/processman";

const program = new URL("programs/server.ts", import.meta.url).href;

await using pm = new Processman();
const web = pm.command(
  Deno.execPath(),
  ["run", "--quiet", "--allow-net=127.0.0.1", program],
  {
    name: "web",
    restart: {
      backoff: exponential({ initialMs: 100, maxMs: 5_000 }),
      limit: { restarts: 10, withinMs: 60_000 },
    },
    stop: { gracePeriodMs: 3_000 },
    critical: true,
  },
);

for await (const { text, run } of web.lines()) {
  const [, address] = text.match(/^listening on (\S+)/) ?? [];
  if (address) console.log(`Run ${run} is ready: ${address} (pid ${web.pid})`);
  else console.log(`web: ${text}`);
}
