/**
 * The command `doctor`: tells what is missing on this machine.
 *
 * @module
 */

import { type Command, STATUS } from "./call.ts";
import { examine, type Finding } from "./doctor_checks.ts";
import { collectFacts, type Facts } from "./doctor_facts.ts";
import { plainText } from "./plain_text.ts";

/** Looks at this machine, and at the configuration. */
export const doctor: Command = async (call) => {
  const { options, io } = call;
  const facts = await collectFacts(call);
  const findings = examine(facts);
  const ok = findings.every(({ weight }) => weight === "note");
  await io.out(
    options.flag("json")
      ? `${JSON.stringify({ ok, findings }, null, 2)}\n`
      : doctorText(facts, findings),
  );
  return ok ? STATUS.ok : STATUS.failed;
};

/** Returns the findings in words. */
export function doctorText(
  { deno, os, config: { file, processes } }: Pick<
    Facts,
    "deno" | "os" | "config"
  >,
  findings: readonly Finding[],
): string {
  if (findings.length > 0) return findings.map(findingText).join("\n");
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
