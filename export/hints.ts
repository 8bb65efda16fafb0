/**
 * What of this machine stands in arguments and variables, and is not in a
 * container.
 *
 * @module
 */

import type { ContainerOptions } from "./exported.ts";
import type { Subject } from "./subject.ts";

/**
 * Returns hints about folders of this machine, and about addresses that a
 * container alone can reach, each with the option that it is about.
 *
 * @param subject The entry.
 * @param options The options of the export.
 */
export function machineHints(
  subject: Subject,
  { root = Deno.cwd(), workdir }: ContainerOptions,
): (readonly [option: string, message: string])[] {
  const image = workdir === undefined
    ? "which the image may not have"
    : `which is ${workdir} in the image`;
  const hints: (readonly [string, string])[] = [];
  for (const [option, text] of textsOf(subject)) {
    if (LOOPBACK.test(text)) {
      hints.push([
        option,
        `${text} is the container itself: a server that listens there cannot be reached, and other services have their names as addresses`,
      ]);
    }
    if (root !== "/" && `${text}/`.includes(`${root}/`)) {
      hints.push([option, `${root} is a folder of this machine, ${image}`]);
    }
  }
  return hints;
}

/** An address of this machine as the whole text, or as that of an option. */
const LOOPBACK =
  /^(?:-[\w-]+=)?(?:localhost|127\.0\.0\.1|::1|\[::1\])(?::\d+)?$/;

/** Returns the arguments and variables of an entry, and where they stand. */
export function textsOf(
  { replicas }: Subject,
): (readonly [option: string, text: string])[] {
  return replicas.flatMap(({ unit, env }) => [
    ...unit.args.map((text) => ["command", text] as const),
    ...Object.entries(env).map(([name, text]) =>
      [`env.${name}`, text] as const
    ),
  ]);
}
