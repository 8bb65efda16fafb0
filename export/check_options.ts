/**
 * Checks the options of an export.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import type { ContainerOptions, ExportOptions } from "./exported.ts";

/**
 * Checks the options that all exports have.
 *
 * @param plan The plan.
 * @param options The options.
 * @throws {TypeError} If an option has a wrong value.
 */
export function checkOptions(plan: Plan, options: ExportOptions): void {
  const { name, root, manual = [] } = options;
  must(typeof name === "string" && name !== "", "name", "a name", name);
  if (root !== undefined) absolute(root, "root");
  known(plan, manual, "manual");
}

/**
 * Checks the options of an export for an engine that runs containers.
 *
 * @param plan The plan.
 * @param options The options.
 * @throws {TypeError} If an option has a wrong value. If images are missing, the
 * error names all entries that have none.
 */
export function checkContainerOptions(
  plan: Plan,
  options: ContainerOptions,
): void {
  checkOptions(plan, options);
  const { images, workdir } = options;
  if (workdir !== undefined) absolute(workdir, "workdir");
  known(plan, Object.keys(images), "images");
  const missing = [...plan.entries.keys()].filter((name) => !images[name]);
  if (missing.length === 0) return;
  const names = missing.map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(
    `Option "images" must have an image for each entry: ${names} ${
      missing.length === 1 ? "has" : "have"
    } none`,
  );
}

/**
 * Checks that names are those of entries.
 *
 * @param plan The plan.
 * @param names The names.
 * @param option The option that has them.
 * @throws {TypeError} If there is no entry with a name.
 */
export function known(
  plan: Plan,
  names: readonly string[],
  option: string,
): void {
  for (const name of names) {
    const all = [...plan.entries.keys()].join(", ");
    must(plan.entries.has(name), option, `names of entries (${all})`, name);
  }
}

function absolute(path: string, option: string): void {
  must(/^\/[^\0]*$/.test(path), option, "an absolute path", path);
}

/**
 * Throws if an option has a wrong value.
 *
 * @param holds Whether the value is right.
 * @param option The option.
 * @param expected What would be right.
 * @param value The value.
 * @throws {TypeError} If it is wrong.
 */
export function must(
  holds: boolean,
  option: string,
  expected: string,
  value: unknown,
): void {
  if (holds) return;
  throw new TypeError(
    `Option "${option}" must be ${expected}: current value is ${
      JSON.stringify(value)
    }`,
  );
}
