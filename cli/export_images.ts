/**
 * The images of an export.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";
import { didYouMean } from "./nearest.ts";
import type { ResolvedConfig } from "./resolved.ts";

/**
 * Returns the image of each entry: that of an option `--image NAME=IMAGE`, of
 * `export.image` in the configuration, or of an option `--image IMAGE`.
 *
 * @param config The part that is exported.
 * @param everything The configuration with all profiles.
 * @param given The values of `--image`.
 * @throws {CliError} If there is no such entry, or entries have no image. The
 * message names all of them.
 */
export function imagesOf(
  { processes }: ResolvedConfig,
  everything: ResolvedConfig,
  given: readonly string[],
): Record<string, string> {
  const names = Object.keys(everything.processes);
  const own = new Map<string, string>();
  let usual: string | undefined;
  for (const value of given) {
    const [name, image] = halves(value);
    if (name === undefined) usual = image;
    else if (names.includes(name)) own.set(name, image);
    else {
      throw new CliError(
        `--image ${value}: there is no process "${name}"${
          didYouMean(name, names)
        }`,
        STATUS.usage,
      );
    }
  }
  const images = Object.entries(processes).map((
    [name, entry],
  ): [string, string | undefined] => {
    const written = Object(entry.export).image;
    return [name, own.get(name) ?? written ?? usual];
  });
  const missing = images.filter(([, image]) => !image).map(([name]) => name);
  if (missing.length > 0) throw missingImages(missing);
  return Object.fromEntries(
    images.map(([name, image]) => [name, String(image)]),
  );
}

/** The name of an image contains no `=`. */
function halves(value: string): [name: string | undefined, image: string] {
  const at = value.indexOf("=");
  return at === -1
    ? [undefined, value]
    : [value.slice(0, at), value.slice(at + 1)];
}

function missingImages(names: readonly string[]): CliError {
  const options = names.map((name) => ` --image ${name}=IMAGE`).join("");
  return new CliError(
    `${names.join(", ")}: no image is known. Set export.image of each ` +
      `process, or add${options}; --image IMAGE stands for all of them`,
    STATUS.usage,
  );
}
