/**
 * The command `ps`.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  type ProcessView,
} from "../control/client.ts";
import { CliError, type Command, type Io, STATUS } from "./call.ts";
import { load } from "./load.ts";
import { select } from "./names.ts";
import { plainText } from "./plain_text.ts";
import { type Row, rowsOf } from "./ps_rows.ts";
import { psText } from "./ps_text.ts";
import { isInOrder } from "./state_text.ts";
import { knownSupervisors, withSupervisor } from "./target.ts";

/** Lists processes. */
export const ps: Command = async (call) => {
  if (call.options.flag("watch")) {
    for (const other of ["all", "check"]) {
      if (call.options.flag(other)) throw notBoth(other);
    }
    const { watch } = await load<typeof import("./watch.ts")>("./watch.ts");
    return await watch(call);
  }
  const { options, io, names } = call;
  const rows = options.flag("all")
    ? await everywhere(names)
    : await withSupervisor(call, (client) => rowsOf(client, names));
  await io.out(psText(rows, call));
  return options.flag("check") ? await check(rows, io) : STATUS.ok;
};

function notBoth(other: string): CliError {
  const message = `ps: --watch and --${other} cannot be combined`;
  return new CliError(message, STATUS.usage);
}

async function everywhere(names: readonly string[]): Promise<Row[]> {
  const all: Row[] = [];
  for await (const { kind, place, record } of knownSupervisors()) {
    if (kind !== "running") continue;
    const client = new ControlClient(place.socket);
    // One that ends meanwhile is as one that has ended before.
    const views = await client.processes({ usage: true }).catch(absent);
    all.push(...views.map((view) => ({ ...view, supervisor: record.name })));
  }
  return select(names, all);
}

function absent(error: unknown): ProcessView[] {
  if (error instanceof ConnectionError) return [];
  throw error;
}

/** Says which processes are not as they should be, and returns the status. */
async function check(rows: readonly Row[], io: Io): Promise<number> {
  const wrong = rows.filter((row) => !isInOrder(row));
  for (const { why } of wrong) {
    await io.err(`processman: ${plainText(why)}\n`);
  }
  return wrong.length > 0 ? STATUS.failed : STATUS.ok;
}
