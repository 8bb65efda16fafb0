/**
 * The commands that change what processes do: each is one request.
 *
 * @module
 */

import type { ControlClient } from "../control/client.ts";
import { type Call, CliError, type Command, STATUS } from "./call.ts";
import { now, pause } from "./clock.ts";
import { expand, needsExpansion } from "./names.ts";
import { PATIENCE_MS, progressOf, waitingText } from "./progress.ts";
import { signalName } from "./signal_name.ts";
import { withSupervisor } from "./target.ts";
import { countOf } from "./values.ts";

/** Starts processes. */
export const start: Command = (call) =>
  act(
    call,
    call.names,
    "started",
    (client, names) => client.start({ names, ...limit(call) }),
  );

/** Stops processes. */
export const stop: Command = (call) =>
  act(
    call,
    call.names,
    "stopped",
    (client, names) => client.stop({ names, ...limit(call) }),
  );

/** Restarts processes. */
export const restart: Command = (call) => {
  const roll = call.options.flag("roll");
  return act(
    call,
    call.names,
    "restarted",
    (client, names) =>
      client.restart({ names, ...limit(call), ...(roll ? { roll } : {}) }),
  );
};

/** Ends processes by SIGKILL. */
export const kill: Command = (call) =>
  act(call, call.names, "killed", (client, names) => client.kill({ names }));

/** Sends a signal to processes. */
export const signal: Command = (call) => {
  const [first = "", ...names] = call.names;
  const name = signalName(first);
  const to = call.options.value("to") === "group" ? "group" : "leader";
  return act(
    call,
    names,
    `got ${name}`,
    (client, names) => client.signal({ names, signal: name, to }),
  );
};

/** Changes how many replicas run. */
export const scale: Command = async (call) => {
  const targets = call.names.map(readTarget);
  return await withSupervisor(call, async (client) => {
    for (const { name, replicas } of targets) {
      await client.scale({ name, replicas, ...limit(call) });
      await say(call, name, `scaled to ${replicas}`);
    }
    return STATUS.ok;
  });
};

/** Does something with processes, and says so for each of them. */
async function act(
  call: Call,
  names: readonly string[],
  done: string,
  action: (client: ControlClient, names: readonly string[]) => Promise<void>,
): Promise<number> {
  return await withSupervisor(call, async (client) => {
    const all = names.some(needsExpansion)
      ? expand(names, await client.processes())
      : [...new Set(names)];
    await patiently(call, client, all, action(client, all));
    for (const name of all) await say(call, name, done);
    return STATUS.ok;
  });
}

/** Waits for a request; says what it waits for if that takes long. */
async function patiently(
  { io }: Call,
  client: ControlClient,
  names: readonly string[],
  request: Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  request.then(end, end);
  await pause(PATIENCE_MS, over.signal);
  if (!over.signal.aborted) {
    const views = await client.processes().catch(() => []);
    const { missing } = progressOf(
      views.filter((one) =>
        names.includes(one.name) || names.includes(one.entry)
      ),
      "ready",
      now(),
    );
    if (missing.length > 0) await io.err(waitingText(missing));
  }
  await request;
}

/** Says on stderr what was done: nothing on stdout could be an answer. */
function say({ io }: Call, name: string, done: string): Promise<void> {
  return io.err(`${name}: ${done}\n`);
}

function limit({ options }: Call): { withinMs?: number } {
  const withinMs = options.duration("timeout");
  return withinMs === undefined ? {} : { withinMs };
}

function readTarget(text: string): { name: string; replicas: number } {
  const at = text.lastIndexOf("=");
  const replicas = countOf(text.slice(at + 1));
  if (at > 0 && replicas !== undefined) {
    return { name: text.slice(0, at), replicas };
  }
  throw new CliError(
    `scale: expected an entry with a number, such as api=3, not "${text}"`,
    STATUS.usage,
  );
}
