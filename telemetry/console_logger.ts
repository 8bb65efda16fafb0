// deno-lint-ignore-file no-console
/**
 * Writes log records to the console, of which the exporter of Deno makes log
 * records with the active span.
 *
 * @module
 */

import { context } from "@opentelemetry/api";
import { ATTRIBUTE } from "./attributes.ts";
import type { LineLogger } from "./options.ts";

/** Writes each line with the name of its process and the number of its run. */
export const consoleLogger: LineLogger = {
  emit({ body, attributes, severityText, context: run }) {
    const { [ATTRIBUTE.process]: name, [ATTRIBUTE.run]: number } = attributes;
    const write = severityText === "INFO" ? console.info : console.warn;
    context.with(run, () => write(`${name} ${number} | ${body}`));
  },
};
