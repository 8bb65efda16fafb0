/**
 * The tools of the Model Context Protocol that look at processes.
 *
 * @module
 */

import * as z from "zod";
import type { ProcessView } from "../control/client.ts";
import { listSupervisors } from "./ls.ts";
import { ANSWER_BYTES, asData, fitting, moreText } from "./mcp_data.ts";
import { type Around, CURSOR, NAMES, type Tool, tool } from "./mcp_tool.ts";
import { select } from "./names.ts";
import type { Redactor } from "./redact.ts";
import { detailsOf as safeDetails, processOf } from "./report_redact.ts";
import { detailsOf } from "./status.ts";
import { withSupervisor } from "./target.ts";

const supervisors = tool(
  {
    name: "supervisors",
    title: "List supervisors",
    description: "Lists the supervisors of this user: those that run, and " +
      "those that have died without stopping their processes.",
    everywhere: true,
  },
  {},
  async () => ({ supervisors: asData(await listSupervisors()) }),
);

const list = tool(
  {
    name: "list",
    title: "List processes",
    description: "Lists the processes of a supervisor: the state of each, " +
      "why it is in this state, how often it was restarted, and what it " +
      'uses ("cpu" is a share of one processor, "memory" is in bytes).',
  },
  { names: NAMES.optional(), cursor: CURSOR },
  (input, around) => read(input, around, (view) => brief(view)),
);

const status = tool(
  {
    name: "status",
    title: "Show processes",
    description: "Shows everything about processes: the state, how the last " +
      "run ended with its last lines of stderr, dependencies, probes, " +
      "options, and the names of environment variables (their values are " +
      'never told). Use "list" for an overview first.',
  },
  { names: NAMES.min(1), cursor: CURSOR },
  (input, around) =>
    read(input, around, async (view, redactor, client) => {
      const details = await detailsOf(client, view);
      return { ...view, details: details && safeDetails(details, redactor) };
    }),
);

const why = tool(
  {
    name: "why",
    title: "Say why",
    description: "Says why processes are in their states: what each waits " +
      "for, until when, or how it ended.",
  },
  { names: NAMES.min(1), cursor: CURSOR },
  (input, around) =>
    read(input, around, async ({ name }, redactor, client) => {
      const { name: _, ...record } = await client.why(name);
      return { name, ...redactor.value(record) as object };
    }),
);

type Client = Parameters<Parameters<typeof withSupervisor>[1]>[0];

/** Answers with something about each of some processes. */
async function read(
  { names = [], cursor }: {
    names?: readonly string[] | undefined;
    cursor?: string | undefined;
  },
  { call, redactor: redactorOf }: Around,
  item: (view: ProcessView, redactor: Redactor, client: Client) => unknown,
): Promise<object> {
  return await withSupervisor(call, async (client) => {
    const [supervisor, processes] = await Promise.all([
      client.supervisor(),
      client.processes({ usage: true }),
    ]);
    const redactor = await redactorOf(call, { supervisor, processes });
    const chosen = select(names, processes);
    // If the process is gone meanwhile, this begins anew.
    const first = cursor === undefined
      ? 0
      : Math.max(0, chosen.findIndex(({ name }) => name === cursor));
    const items: unknown[] = [];
    let bytes = 0;
    for (const view of chosen.slice(first)) {
      if (bytes > ANSWER_BYTES) break;
      const safe = processOf(view, redactor);
      const data = asData(await item(safe, redactor, client));
      bytes += JSON.stringify(data).length;
      items.push(data);
    }
    const shown = fitting(items);
    const next = chosen[first + shown.length];
    const left = chosen.length - first - shown.length;
    return {
      supervisor: supervisor.name,
      processes: shown,
      ...next === undefined
        ? {}
        : moreText(left === 1 ? "1 more process" : `${left} more`, next.name),
    };
  });
}

/** Returns what an overview says about a process. */
function brief(view: ProcessView): object {
  const { name, type, labels, state, ready, pid, since, restarts } = view;
  return {
    name,
    ...type === "task" ? { type } : {},
    state,
    ready,
    pid,
    since,
    restarts,
    ...view.usage ? { cpu: view.usage.cpu, memory: view.usage.memory } : {},
    ...labels.length > 0 ? { profiles: labels } : {},
    why: view.why,
  };
}

/** Returns what a client learns about processes after an action. */
export function overview(
  views: readonly ProcessView[],
  redactor: Redactor,
): { processes: unknown[]; left?: string } {
  const all = views.map((view) => asData(brief(processOf(view, redactor))));
  const processes = fitting(all);
  const left = all.length - processes.length;
  return left === 0 ? { processes } : {
    processes,
    left: `${left} more: the tool "list" shows all of them`,
  };
}

/** The tools, in their order. */
export const READING: readonly Tool[] = [supervisors, list, status, why];

/** The parameter by which all other tools choose a supervisor. */
export const SUPERVISOR = z.string().min(1).optional().describe(
  'The name of a supervisor, as the tool "supervisors" shows it. Without ' +
    "it, that of the configuration of this folder.",
);
