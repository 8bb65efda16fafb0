/**
 * Reads an ecosystem file of pm2 for `processman init`.
 *
 * @module
 */

import { dirname } from "node:path";
import { CliError, STATUS } from "./call.ts";
import type { Config } from "./define_config.ts";
import { evaluated, readJson } from "./init_json.ts";
import type { Around, Found, Gap, OriginFile } from "./init_origin.ts";
import {
  commonDefaults,
  type Draft,
  processName,
  RENAMED,
  whyLost,
} from "./init_parts.ts";
import { APP_ALIASES, APP_KEYS } from "./init_pm2_keys.ts";
import { readYaml } from "./init_yaml.ts";
import { type App, appOf, isMap } from "./init_pm2_app.ts";

/**
 * Reads an ecosystem file: a module of either kind, YAML, or JSON with
 * comments. A `deno` that can only read evaluates JavaScript.
 *
 * @param file The file.
 * @param around What else there is.
 * @returns A configuration that does the same, and what it cannot do.
 */
export async function readPm2(
  file: OriginFile,
  around: Around,
): Promise<Found> {
  const value = await valueOf(file);
  const gaps: Gap[] = [];
  const processes = new Map<string, Draft>();
  const taken = new Set<string>();
  for (const written of appsOf(value, file)) {
    const app = withoutAliases(written);
    const name = processName(nameOf(app), taken);
    const gap = (key: string, why: string) => {
      gaps.push({ process: name, key, why });
    };
    if (name !== nameOf(app)) gap("name", RENAMED);
    tellGaps(written, gap);
    processes.set(
      name,
      appOf(app, { folder: dirname(file.path), around, gap }),
    );
  }
  if (isMap(value) && value.deploy !== undefined) {
    gaps.push({
      key: "deploy",
      why: "processman deploys nothing: after your deployment, run " +
        "`processman reload`",
    });
  }
  const { defaults } = commonDefaults(processes);
  const config: Config = {
    ...defaults !== undefined && { defaults },
    processes: Object.fromEntries(processes),
  };
  return { config, gaps, variables: true };
}

function valueOf(file: OriginFile): unknown {
  if (/\.ya?ml$/.test(file.path)) return readYaml(file);
  return /\.json5?$/.test(file.path) ? readJson(file) : evaluated(file, "node");
}

/** Returns the apps of a file. */
function appsOf(value: unknown, { path }: OriginFile): App[] {
  const apps = isMap(value) ? value.apps ?? value.pm2 ?? value : value;
  const list = [apps].flat().filter(isMap)
    .filter((app) => Object.keys(app).length > 0);
  if (list.length > 0) return list;
  throw new CliError(
    `${path}: there is no app: the file must export { apps: [{ script: … }] }`,
    STATUS.usage,
  );
}

/** Returns an app with the main name of each key. */
function withoutAliases(app: App): App {
  const own: Record<string, unknown> = { ...app };
  for (const [alias, name] of Object.entries(APP_ALIASES)) {
    if (!Object.hasOwn(app, alias)) continue;
    own[name] ??= app[alias];
    delete own[alias];
  }
  return own;
}

/** Returns the name of an app: as pm2, that of its script without its end. */
function nameOf(app: App): string {
  const script = String(app.script ?? "app");
  const [base = script] = script.split("/").slice(-1);
  const name = String(app.name ?? base.replace(/(?<=.)\.[^.]*$/, ""));
  return `${app.name_prefix ?? ""}${name}`;
}

/** Tells which keys of an app are not taken over. */
function tellGaps(app: App, gap: (key: string, why: string) => void): void {
  const told = new Map<string, string[]>();
  for (const [key, value] of Object.entries(app)) {
    const name = APP_ALIASES[key] ??
      (/^env_/.test(key) && isMap(value) ? "env_*" : key);
    const why = whyLost(APP_KEYS, name, "pm2 does not have this key");
    if (!isOn(value)) continue;
    if (why === undefined) continue;
    const shown = name === "env_*"
      ? `${key} (${Object.keys(Object(value)).join(", ")})`
      : key;
    told.set(why, [...told.get(why) ?? [], shown]);
  }
  for (const [why, keys] of told) gap(keys.join(", "), why);
}

/** Returns whether a value asks for something. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false &&
    value !== "" && !(Array.isArray(value) && value.length === 0);
}
