/**
 * The syntax of Compose files.
 *
 * @module
 */

import { headComment } from "./comment_lines.ts";
import { Commented, type YamlObject, yamlText } from "./yaml_text.ts";

/** A service, and what is said about it. */
export interface ComposeService {
  /** The name. */
  readonly name: string;
  /** The keys of the service, in order. */
  readonly keys: YamlObject;
  /**
   * Paragraphs of comments, by the key that they stand above; those of `""`
   * stand above the service.
   */
  readonly comments: ReadonlyMap<string, readonly string[]>;
}

/**
 * Returns the text of a Compose file.
 *
 * @param name The name of the project.
 * @param services The services, in order.
 * @param comments Paragraphs that stand above everything.
 */
export function composeText(
  name: string,
  services: readonly ComposeService[],
  comments: readonly string[],
): string {
  const all = services.map(({ name, keys, comments }, index) => {
    const told = Object.entries(keys).map(([key, value]) => {
      const above = comments.get(key);
      return above === undefined || value === undefined
        ? [key, value]
        : [key, new Commented(value, above)];
    });
    const service: YamlObject = Object.fromEntries(told);
    return [name, new Commented(service, comments.get("") ?? [], index > 0)];
  });
  const file = {
    name,
    services: new Commented(Object.fromEntries(all), [], true),
  };
  const text = yamlText(file, {
    flowWidth: 120,
    lists: ["expose", "ports"],
    // Compose replaces variables in values, not in keys.
    escape: (text) => text.replaceAll("$", "$$$$"),
  });
  return `${headComment(comments)}\n${text}`;
}

/**
 * Returns a duration as Compose reads it, such as `30s`. For `Infinity`, it is
 * a year.
 */
export function duration(ms: number): string {
  if (ms === Infinity) return "8760h";
  const whole = Math.ceil(ms);
  if (whole % 1_000 > 0) return `${whole}ms`;
  if (whole % 60_000 > 0 || whole === 0) return `${whole / 1_000}s`;
  return `${whole / 60_000}m`;
}
