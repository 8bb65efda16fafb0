/**
 * The command `why`.
 *
 * @module
 */

import { type Command, STATUS } from "./call.ts";
import { select } from "./names.ts";
import { withSupervisor } from "./target.ts";
import { plainText } from "./plain_text.ts";

/** Says why processes are in their states. */
export const why: Command = async (call) => {
  const { options, io, names } = call;
  const records = await withSupervisor(call, async (client) => {
    const views = select(names, await client.processes());
    return await Promise.all(views.map(({ name }) => client.why(name)));
  });
  const text = options.flag("json")
    ? JSON.stringify(records, null, 2)
    : records.map(({ sentence }) => plainText(sentence)).join("\n");
  await io.out(`${text}\n`);
  return STATUS.ok;
};
