/**
 * Reads the files of Docker Compose.
 *
 * @module
 */

import { basename, dirname, join, normalize } from "node:path";
import type { WrittenProcess } from "./define_config.ts";
import { FILE, INCLUDE } from "./init_compose_keys.ts";
import { Addresses } from "./init_compose_addresses.ts";
import { extendedServices } from "./init_compose_extends.ts";
import { restartDefaults } from "./init_compose_restart.ts";
import { type Project, serviceOf } from "./init_compose_service.ts";
import { type Gaps, given, isMap, listOf, mapOf, Part } from "./init_keys.ts";
import { mergedMaps, TAGS } from "./init_merge.ts";
import { movedEntry } from "./init_moved.ts";
import type { Around, Found, Gap, OriginFile } from "./init_origin.ts";
import { readYaml } from "./init_yaml.ts";

/** Reads a file of Docker Compose, and those that belong to it. */
export function readCompose(file: OriginFile, around: Around): Found {
  return readFile(file, around, []);
}

function readFile(
  file: OriginFile,
  around: Around,
  above: readonly string[],
): Found {
  const gaps: Gap[] = [];
  const part = new Part(withOverride(file, around), FILE, gaps);
  const project = projectOf(part, around, gaps);
  const processes: Record<string, WrittenProcess> = {};
  const stubs: Record<string, WrittenProcess> = {};
  for (const [name, service] of Object.entries(project.services)) {
    const { entry, complete } = serviceOf(project, name, service);
    (complete ? processes : stubs)[name] = entry;
  }
  const chain = [...above, file.path];
  for (const item of listOf(part.take("include"))) {
    addIncluded({ item, gaps, around, chain }, processes, stubs, file);
  }
  const name = part.text("name");
  part.end();
  return {
    config: given({
      name,
      defaults: above.length === 0
        ? { restart: restartDefaults(processes) }
        : undefined,
      processes: withStubs(processes, stubs),
    }),
    stubs: withStubs(stubs, stubs),
    gaps,
    variables: true,
  };
}

function projectOf(part: Part, around: Around, gaps: Gaps): Project {
  const written = mapOf(part.take("services"));
  const services = extendedServices(written, around, gaps);
  return {
    gaps,
    around,
    services,
    addresses: new Addresses(services),
    tasks: tasksOf(services),
  };
}

/** The file that Compose reads after one with a usual name. */
function withOverride(file: OriginFile, around: Around): unknown {
  const own = readYaml(file, TAGS);
  const [, stem] = basename(file.path)
    .match(/^((?:docker-)?compose)\.ya?ml$/) ?? [];
  if (stem === undefined) return own;
  for (const path of [`${stem}.override.yaml`, `${stem}.override.yml`]) {
    const text = around.read(path);
    if (text === undefined) continue;
    const at = join(dirname(file.path), path);
    const over = readYaml({ path: at, text }, TAGS);
    return mergedMaps(mapOf(own), mapOf(over));
  }
  return own;
}

/** Names the services of which another one waits for the end. */
function tasksOf(services: Readonly<Record<string, unknown>>): Set<string> {
  const found = Object.values(services).flatMap((service) =>
    Object.entries(mapOf(mapOf(service).depends_on))
      .filter(([, how]) =>
        mapOf(how).condition === "service_completed_successfully"
      )
      .map(([name]) => name)
  );
  return new Set(found);
}

interface Include {
  readonly item: unknown;
  readonly gaps: Gaps;
  readonly around: Around;
  readonly chain: readonly string[];
}

/** Adds the services of a file that is included. */
function addIncluded(
  { item, gaps, around, chain }: Include,
  processes: Record<string, WrittenProcess>,
  stubs: Record<string, WrittenProcess>,
  file: OriginFile,
): void {
  const part = new Part(
    isMap(item) ? item : { path: item },
    INCLUDE,
    gaps,
    undefined,
    "include.",
  );
  for (const path of listOf(part.take("path")).map(String)) {
    const full = join(dirname(file.path), path);
    const text = around.read(path);
    if (text === undefined || chain.includes(full)) {
      gaps.push({ key: "include", why: `there is no file ${path} to read` });
      continue;
    }
    const folder = dirname(normalize(path));
    const found = readFile({ path: full, text }, {
      ...around,
      read: (path) =>
        around.read(path.startsWith("/") ? path : join(folder, path)),
    }, chain);
    const move = (entries: Readonly<Record<string, WrittenProcess>> = {}) =>
      Object.fromEntries(
        Object.entries(entries).map(([name, entry]) => [
          name,
          folder === "." ? entry : movedEntry(entry, folder),
        ]),
      );
    Object.assign(processes, move(found.config.processes));
    Object.assign(stubs, move(found.stubs));
    gaps.push(...found.gaps);
  }
  part.end();
}

/** What is only a comment is not required: it can run elsewhere. */
function withStubs(
  entries: Record<string, WrittenProcess>,
  stubs: Record<string, WrittenProcess>,
): Record<string, WrittenProcess> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const { dependsOn } = entry;
      if (dependsOn === undefined) return [name, entry];
      const all = Object.entries(dependsOn).map(([on, how]) => {
        if (!Object.hasOwn(stubs, on)) return [on, how];
        const options = typeof how === "string" ? { when: how } : how;
        return [on, { ...options, required: false }];
      });
      return [name, { ...entry, dependsOn: Object.fromEntries(all) }];
    }),
  );
}
