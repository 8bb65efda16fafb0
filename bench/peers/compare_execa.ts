/** Programs that execa runs. @module */

import { host } from "../compare/host.ts";
import { load } from "./peers.ts";

interface Execa {
  execa(program: string, args: string[], options: object): Subprocess;
}

interface Subprocess extends PromiseLike<unknown> {
  kill(): void;
}

const { execa } = await load<Execa>("execa");
await host(({ script, env }, { logFile, wholeTree }) => {
  const child = execa("sh", ["-c", script], {
    env,
    ...logFile && { stdout: { file: logFile } },
    ...wholeTree && { killDescendants: true },
  });
  const stop = () => {
    child.kill();
    return child;
  };
  return { end: child, stop };
});
