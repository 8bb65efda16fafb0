/** Programs that `Deno.Command` runs. @module */

import { host } from "./host.ts";

await host(({ script, env }, { piped }) => {
  const child = new Deno.Command("sh", {
    args: ["-c", script],
    env,
    ...piped && { stdout: "piped" },
  }).spawn();
  const stop = () => {
    child.kill();
    return child.status;
  };
  return { end: child.status, stop };
});
