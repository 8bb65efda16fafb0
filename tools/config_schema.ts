/**
 * Writes `cli/schema.json`, the JSON Schema of a configuration:
 * `deno run -A tools/offline.ts run -A tools/config_schema.ts`.
 *
 * @module
 */

import { z } from "zod";
import { config } from "../cli/schema.ts";
import { root } from "./package.ts";

/** Where the schema is. */
export const SCHEMA_FILE: URL = new URL("cli/schema.json", root);

/** What can stand for a number or for true and false: a variable. */
const VARIABLE = { type: "string", pattern: "\\$[\\[{A-Za-z_]" };

/** Returns the text of the schema. */
export function schemaText(): string {
  const schema = z.toJSONSchema(config, {
    io: "input",
    target: "draft-7",
    reused: "inline",
    override: ({ jsonSchema }) => {
      const { type, description, ...rest } = jsonSchema;
      // YAML writes infinity as .inf.
      if (jsonSchema.const === "Infinity") return;
      if (!["boolean", "integer", "number"].includes(String(type))) return;
      for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
      if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum;
      Object.assign(jsonSchema, {
        ...description !== undefined && { description },
        anyOf: [{ type, ...rest }, { $ref: "#/definitions/variable" }],
      });
    },
  });
  const titled = {
    $schema: schema.$schema,
    title: "A configuration of processman",
    ...schema,
    // Keys such as x-common hold what other parts of the file repeat.
    patternProperties: { "^x-": {} },
    definitions: { ...Object(schema.definitions), variable: VARIABLE },
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}

if (import.meta.main) await Deno.writeTextFile(SCHEMA_FILE, schemaText());
