/** Programs that processman runs. @module */

import { type CommandOptions, Processman } from "../../mod.ts";
import { host } from "./host.ts";

const pm = new Processman();
await host(({ name, script, env }, { logFile, once }) => {
  const options: CommandOptions = {
    name,
    env,
    ...logFile && { output: { file: { path: logFile } } },
    ...once && { critical: true, restart: { policy: "never" } },
  };
  const process = pm.command("sh", ["-c", script], options);
  return { end: process.finished, stop: () => process.stop() };
});
