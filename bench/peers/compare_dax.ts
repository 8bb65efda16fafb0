/** Programs that dax runs. @module */

import { host } from "../compare/host.ts";
import { load } from "./peers.ts";

interface Dax {
  readonly $: {
    (texts: TemplateStringsArray, ...values: unknown[]): Command;
    path(path: string): unknown;
  };
}

interface Command {
  env(env: object): Command;
  stdout(kind: unknown): Command;
  spawn(): Child;
}

interface Child extends PromiseLike<unknown> {
  kill(): void;
}

const { $ } = await load<Dax>("dax");
await host(({ script, env }, { logFile, piped }) => {
  let command = $`sh -c ${script}`.env(env);
  if (piped) command = command.stdout("piped");
  if (logFile) command = command.stdout($.path(logFile));
  const child = command.spawn();
  const stop = () => {
    child.kill();
    return child;
  };
  return { end: child, stop };
});
