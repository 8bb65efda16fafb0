/**
 * The tools of the Model Context Protocol that act on processes. They exist
 * only with the option `--allow-actions`.
 *
 * @module
 */

import * as z from "zod";
import type { ControlClient, NamesRequest } from "../control/client.ts";
import { signalName } from "./signal_name.ts";
import { readChanges } from "./changes.ts";
import { loadOptions } from "./config_options.ts";
import { asData } from "./mcp_data.ts";
import { overview } from "./mcp_read.ts";
import { type Around, NAMES, type Tool, tool } from "./mcp_tool.ts";
import { expand, needsExpansion, select } from "./names.ts";
import { loadConfig } from "./resolved.ts";
import { withSupervisor } from "./target.ts";

/** How long a client waits for an answer by default is 60 s. */
const WITHIN = z.number().positive().max(3_600).default(50).describe(
  "How many seconds to wait for the result.",
);

const WANTED = { names: NAMES.min(1), seconds: WITHIN };

const start = tool(
  {
    name: "start",
    title: "Start processes",
    description: "Starts processes, together with what they depend on, and " +
      "waits until they are ready or completed.",
    acts: { destructive: false, idempotent: true },
  },
  WANTED,
  (input, around) =>
    act(
      input,
      around,
      (client, request) => client.start(request, around.signal),
    ),
);

const stop = tool(
  {
    name: "stop",
    title: "Stop processes",
    description: "Stops processes gracefully, together with what depends on " +
      "them, and ends them by SIGKILL after their grace periods. They stay " +
      "stopped until they are started.",
    acts: { destructive: true, idempotent: true },
  },
  WANTED,
  (input, around) =>
    act(
      input,
      around,
      (client, request) => client.stop(request, around.signal),
    ),
);

const restart = tool(
  {
    name: "restart",
    title: "Restart processes",
    description: "Stops processes and starts them again, and waits until " +
      'they are ready or completed. With "roll", it replaces the replicas of ' +
      "an entry one after another, without an outage.",
    acts: { destructive: true, idempotent: false },
  },
  { ...WANTED, roll: z.boolean().default(false) },
  (input, around) =>
    act(input, around, (client, request) => {
      const { roll } = input;
      return client.restart(
        { ...request, ...roll ? { roll } : {} },
        around.signal,
      );
    }),
);

const kill = tool(
  {
    name: "kill",
    title: "Kill processes",
    description: "Ends processes and everything that they have started by " +
      'SIGKILL, without a grace period. They stay stopped. Prefer "stop".',
    acts: { destructive: true, idempotent: true },
  },
  { names: NAMES.min(1) },
  (input, around) =>
    act(
      input,
      around,
      (client, { names }) => client.kill({ names }, around.signal),
    ),
);

const signal = tool(
  {
    name: "signal",
    title: "Send a signal",
    description: "Sends a signal to running processes. If it ends one, that " +
      'counts as a crash: use "stop" to stop it.',
    acts: { destructive: true, idempotent: false },
  },
  {
    signal: z.string().min(1).describe("Such as HUP or SIGUSR1."),
    names: NAMES.min(1),
    to: z.enum(["leader", "group"]).default("leader").describe(
      "The process alone, or everything that it has started, too.",
    ),
  },
  ({ signal, to, ...input }, around) =>
    act(
      input,
      around,
      (client, { names }) =>
        client.signal({ names, signal: signalName(signal), to }, around.signal),
    ),
);

const scale = tool(
  {
    name: "scale",
    title: "Scale an entry",
    description: "Starts or stops replicas of an entry until there are as " +
      "many as given. The configuration is not changed.",
    acts: { destructive: true, idempotent: true },
  },
  {
    name: z.string().min(1).describe("The name of the entry."),
    replicas: z.int().min(1).max(10_000),
    seconds: WITHIN,
  },
  ({ name, replicas, seconds }, around) =>
    act(
      { names: [name], seconds },
      around,
      (client, { withinMs }) =>
        client.scale({
          name,
          replicas,
          ...withinMs === undefined ? {} : { withinMs },
        }, around.signal),
    ),
);

const reload = tool(
  {
    name: "reload",
    title: "Apply the configuration",
    description: "Reads the configuration again, and applies what differs " +
      "from what runs. A configuration with a mistake changes nothing. With " +
      '"dryRun", it only says what would change.',
    acts: { destructive: true, idempotent: true },
  },
  { dryRun: z.boolean().default(false) },
  async ({ dryRun }, { call, signal, redactor }) =>
    await withSupervisor(call, async (client) => {
      const [supervisor, processes] = await Promise.all([
        client.supervisor(),
        client.processes(),
      ]);
      const safe = await redactor(call, { supervisor, processes });
      const config = await loadConfig(
        loadOptions(call, supervisor.source ?? undefined),
      );
      const changes = readChanges(
        await client.apply(config, { dryRun }, signal),
      );
      return {
        supervisor: supervisor.name,
        applied: !dryRun,
        ...asData(safe.value(changes)) as object,
      };
    }),
);

/** Does something with processes, and answers how they are then. */
async function act(
  { names, seconds }: {
    readonly names: readonly string[];
    readonly seconds?: number;
  },
  { call, redactor }: Around,
  action: (client: ControlClient, request: NamesRequest) => Promise<void>,
): Promise<object> {
  return await withSupervisor(call, async (client) => {
    const all = names.some(needsExpansion)
      ? expand(names, await client.processes())
      : [...new Set(names)];
    const limit = seconds === undefined ? {} : { withinMs: seconds * 1_000 };
    await action(client, { names: all, ...limit });
    const [supervisor, processes] = await Promise.all([
      client.supervisor(),
      client.processes(),
    ]);
    const safe = await redactor(call, { supervisor, processes });
    return {
      supervisor: supervisor.name,
      done: true,
      ...overview(select(all, processes), safe),
    };
  });
}

/** The tools, in their order. */
export const ACTING: readonly Tool[] = [
  start,
  stop,
  restart,
  kill,
  signal,
  scale,
  reload,
];
