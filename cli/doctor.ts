/**
 * The command `doctor`: tells what is missing on this machine.
 *
 * @module
 */

import { type Command, STATUS } from "./call.ts";
import { examine, examinePermissions, type Finding } from "./doctor_checks.ts";
import {
  collectFacts,
  type Facts,
  missingPermissions,
} from "./doctor_facts.ts";
import { plainText } from "./plain_text.ts";

/** Looks at this machine, and at the configuration. */
export const doctor: Command = async (call) => {
  const { options, io } = call;
  const lacking = examinePermissions(missingPermissions());
  // Without them, nothing else can be found out.
  const facts = lacking.length > 0 ? undefined : await collectFacts(call);
  const findings = facts === undefined ? lacking : examine(facts);
  const ok = findings.every(({ weight }) => weight === "note");
  await io.out(
    options.flag("json")
      ? `${JSON.stringify({ ok, findings }, null, 2)}\n`
      : facts === undefined || findings.length > 0
      ? findingsText(findings)
      : soundText(facts),
  );
  return ok ? STATUS.ok : STATUS.failed;
};

/** Returns the findings in words. */
export function findingsText(findings: readonly Finding[]): string {
  return findings.map(findingText).join("\n");
}

/** Says that nothing is missing. */
export function soundText(
  { deno, os, config: { file, processes } }: Pick<
    Facts,
    "deno" | "os" | "config"
  >,
): string {
  const count = processes === 1 ? "1 process" : `${processes} processes`;
  const what = file === null
    ? "there is no configuration here"
    : `${file} with ${count}`;
  return `Nothing is missing: Deno ${deno} on ${os}, ${what}\n`;
}

function findingText({ weight, what, why, fix }: Finding): string {
  return `${weight}: ${plainText(what)}\n` +
    `  Why it matters: ${plainText(why)}\n` +
    `  What to do:     ${plainText(fix)}\n`;
}
