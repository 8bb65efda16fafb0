/**
 * What of this machine stands in arguments and variables, and is not in a
 * container.
 *
 * @module
 */

import { localAddresses } from "./addresses.ts";
import type { ComposeContext } from "./compose_service.ts";
import { machineHints } from "./hints.ts";
import { secretNames } from "./secrets.ts";
import type { Subject } from "./subject.ts";

/**
 * Adds notes about addresses and folders of this machine, and about secrets.
 *
 * @param subject The entry.
 * @param all All entries.
 * @param context What is known about the other services.
 */
export function noteHints(
  subject: Subject,
  all: readonly Subject[],
  context: ComposeContext,
): void {
  const { services, notes } = context;
  for (const { option, address, port, entry } of localAddresses(subject, all)) {
    const [service = entry] = services.get(entry) ?? [];
    notes.add(
      subject.name,
      option,
      `${address} is ${entry}: in Compose, its address is ${service}:${port}`,
    );
  }
  for (const [option, message] of machineHints(subject, context.options)) {
    notes.add(subject.name, option, message);
  }
  const secret = secretNames(subject.replicas.map(({ env }) => env));
  if (secret.length === 0) return;
  notes.add(
    subject.name,
    "env",
    `${
      secret.join(", ")
    } may be secret: \`env_file\` or \`secrets\` keep the values out of this file`,
  );
}
