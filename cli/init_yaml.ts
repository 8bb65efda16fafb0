/**
 * Reads YAML files of other tools.
 *
 * @module
 */

import { ConfigFaults } from "./config_fault.ts";
import { plainOf } from "./config_node.ts";
import { parseYaml } from "./config_yaml.ts";
import type { OriginFile } from "./init_origin.ts";

/**
 * Reads a YAML file. A number that is written in another way than JavaScript
 * writes it is a text, as in `VERSION: 1.10`.
 *
 * @param file The file.
 * @param tags Tags that have a meaning there.
 * @throws {CliError} If it is not YAML.
 */
export function readYaml(
  { path, text }: OriginFile,
  tags: readonly string[] = [],
): unknown {
  const faults = new ConfigFaults();
  const node = parseYaml(path, text.replaceAll("\r\n", "\n"), faults, tags);
  faults.throwAny();
  return node && plainOf(
    node,
    ({ value, text }) =>
      typeof value === "number" && String(value) !== text ? text : value,
  );
}
