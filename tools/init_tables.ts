/**
 * Writes the tables of the pages about other tools, which say what becomes of
 * each key: `deno run -A tools/offline.ts run -A tools/init_tables.ts`.
 *
 * @module
 */

import * as compose from "../cli/init_compose_keys.ts";
import type { Fate, Keys } from "../cli/init_keys.ts";
import { APP_KEYS } from "../cli/init_pm2_keys.ts";
import * as processCompose from "../cli/init_process_compose_keys.ts";
import {
  FOREMAN_KEYS,
  OVERMIND_KEYS,
  PROCFILE_KEYS,
} from "../cli/init_procfile.ts";
import { CONCURRENTLY_KEYS, RUN_ALL_KEYS } from "../cli/init_runners.ts";
import {
  PROGRAM_KEYS,
  SECTIONS,
  SUPERVISORD_KEYS,
} from "../cli/init_supervisord_keys.ts";
import { formatted, table } from "./command_page.ts";
import { root } from "./package.ts";

/** The heads of the tables of each page, with their keys. */
export const INIT_TABLES: Readonly<
  Record<string, Readonly<Record<string, Keys>>>
> = {
  "docs/from_compose.md": {
    "Key of a Compose file": compose.FILE,
    "In a service": compose.SERVICE,
    "In `build`": compose.BUILD,
    "In `healthcheck`": compose.HEALTH,
    "In `deploy`": compose.DEPLOY,
    "In `restart_policy`": compose.RESTART_POLICY,
    "In `update_config`": compose.UPDATE,
    "In `depends_on`": compose.DEPENDENCY,
    "In `env_file`": compose.ENV_FILE,
    "In `include`": compose.INCLUDE,
    "In `extends`": compose.EXTENDS,
    "In `develop`": compose.DEVELOP,
    "In a rule of `watch`": compose.WATCH,
    "In a hook": compose.HOOK,
  },
  "docs/from_concurrently.md": {
    "In a line of concurrently": CONCURRENTLY_KEYS,
    "In a line of npm-run-all": RUN_ALL_KEYS,
  },
  "docs/from_foreman.md": {
    "In a Procfile": PROCFILE_KEYS,
    "In `.foreman`": FOREMAN_KEYS,
    "In `.overmind.env`": OVERMIND_KEYS,
  },
  "docs/from_pm2.md": {
    "Key of an app": APP_KEYS,
  },
  "docs/from_process_compose.md": {
    "Key of a file": processCompose.PROJECT,
    "In a process": processCompose.PROCESS,
    "In `availability`": processCompose.AVAILABILITY,
    "In `shutdown`": processCompose.SHUTDOWN,
    "In `schedule`": processCompose.SCHEDULE,
    "In `watch`": processCompose.WATCH,
    "In `paths`": processCompose.WATCH_PATH,
    "In a probe": processCompose.PROBE,
    "In `exec`": processCompose.EXEC,
    "In `http_get`": processCompose.HTTP,
    "In `shell`": processCompose.SHELL,
    "In `log_configuration`": processCompose.LOG,
    "In `rotation`": processCompose.ROTATION,
  },
  "docs/from_supervisord.md": {
    "Section of a file": SECTIONS,
    "In `[program:x]`": PROGRAM_KEYS,
    "In `[supervisord]`": SUPERVISORD_KEYS,
  },
};

const WRITTEN =
  /(<!-- Written by tools\/init_tables.ts -->\n).*(<!-- End -->)/s;

/**
 * Returns a page with its tables as they are to be.
 *
 * @param page The path of the page.
 * @param text Its text.
 */
export async function initPage(page: string, text: string): Promise<string> {
  const tables = Object.entries(INIT_TABLES[page] ?? {}).map(([head, keys]) =>
    table([[head, "Here", "Notes"], ...rowsOf(keys)])
  );
  const whole = text.replace(
    WRITTEN,
    (_, begin, end) => `${begin}\n${tables.join("\n\n")}\n\n${end}`,
  );
  return await formatted(whole.trimEnd());
}

/** Keys with the same fate share a row. */
function rowsOf(keys: Keys): string[][] {
  const rows = Map.groupBy(
    Object.entries(keys),
    ([, fate]) => JSON.stringify(fate),
  );
  return Array.from(rows.values(), (alike) => {
    const [[, fate] = ["", { moot: "" }]] = alike;
    const names = alike.map(([name]) => `\`${name}\``).join(", ");
    return [names, ...cellsOf(fate)];
  });
}

function cellsOf(fate: Fate): [here: string, notes: string] {
  if ("to" in fate) return [`\`${fate.to}\``, sentence(fate.note ?? "")];
  return ["none", sentence("moot" in fate ? fate.moot : fate.why)];
}

/** Writes the reason of a gap as a sentence. */
function sentence(text: string): string {
  if (text === "") return "";
  // The names of tools have no capitals.
  const first = /^(processman|foreman|pm2)\b/.test(text)
    ? text
    : `${text[0]?.toUpperCase()}${text.slice(1)}`;
  return text.endsWith(".") ? first : `${first}.`;
}

if (import.meta.main) {
  for (const page of Object.keys(INIT_TABLES)) {
    const file = new URL(page, root);
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, await initPage(page, text));
  }
}
