/**
 * Services of a Compose file that extend others.
 *
 * @module
 */

import { dirname } from "node:path";
import { EXTENDS } from "./init_compose_keys.ts";
import { type Gaps, isMap, mapOf, Part } from "./init_keys.ts";
import { mergedMaps, namedMap, TAGS, withoutTags } from "./init_merge.ts";
import type { Around } from "./init_origin.ts";
import { readYaml } from "./init_yaml.ts";

type Services = Readonly<Record<string, unknown>>;

/**
 * Fills in the keys of the services that services extend, and writes the lists
 * of `depends_on` as maps.
 *
 * @param services The services.
 * @param around What is beside the file.
 * @param gaps Where gaps go.
 */
export function extendedServices(
  services: Services,
  around: Around,
  gaps: Gaps,
): Services {
  return Object.fromEntries(
    Object.keys(services).map((name) => {
      const service = extended({ services, name, around, gaps, above: [] });
      const { depends_on, ...rest } = mapOf(withoutTags(service));
      return [
        name,
        depends_on === undefined || depends_on === null
          ? rest
          : { ...rest, depends_on: namedMap(depends_on) },
      ];
    }),
  );
}

interface Extension {
  readonly services: Services;
  readonly name: string;
  readonly around: Around;
  readonly gaps: Gaps;
  readonly above: readonly string[];
}

function extended(extension: Extension): Services {
  const { services, name, around, gaps, above } = extension;
  const { extends: base, ...own } = mapOf(services[name]);
  if (base === undefined || base === null) return own;
  const part = new Part(
    isMap(base) ? base : { service: base },
    EXTENDS,
    gaps,
    name,
    "extends.",
  );
  const other = part.text("service") ?? name;
  const path = part.text("file");
  part.end();
  const key = `${path ?? ""} ${other}`;
  const text = path === undefined ? undefined : around.read(path);
  const found = path === undefined
    ? services
    : text === undefined
    ? {}
    : mapOf(mapOf(readYaml({ path, text }, TAGS)).services);
  if (!Object.hasOwn(found, other) || above.includes(key)) {
    part.gap("service", `there is no service "${other}" to extend`);
    return own;
  }
  if (path !== undefined && dirname(path) !== ".") {
    part.gap(
      "file",
      `relative paths of "${other}" are now relative to this folder, not to that of ${path}`,
    );
  }
  const from = extended({
    ...extension,
    services: found,
    name: other,
    above: [...above, key],
  });
  return mergedMaps(from, own);
}
