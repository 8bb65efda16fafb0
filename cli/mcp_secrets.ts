/**
 * Replaces secrets in what is given to a client of the Model Context Protocol,
 * as in a report.
 *
 * @module
 */

import type { Call } from "./call.ts";
import { Redactor } from "./redact.ts";
import { secretsOf, type SecretSources } from "./report_secrets.ts";
import { targetOf } from "./target.ts";

/** Returns what replaces the secrets of a supervisor. */
export type RedactorOf = (
  call: Call,
  sources: SecretSources,
) => Promise<Redactor>;

/**
 * Returns a function that finds secrets, and remembers them until other
 * processes run: a tool is often called several times in a row.
 */
export function rememberedRedactor(): RedactorOf {
  let last: { key: string; redactor: Promise<Redactor> } | undefined;
  return (call, { supervisor, processes }) => {
    const key = JSON.stringify([
      call.options.value("supervisor"),
      supervisor.pid,
      processes.map(({ pid }) => pid),
    ]);
    if (last?.key !== key) {
      const redactor = find(call, { supervisor, processes });
      last = { key, redactor };
      // What has failed is tried again.
      redactor.catch(() => last = undefined);
    }
    return last.redactor;
  };
}

async function find(call: Call, sources: SecretSources): Promise<Redactor> {
  const { secrets } = await secretsOf(call, await targetOf(call), sources);
  return new Redactor(secrets);
}
