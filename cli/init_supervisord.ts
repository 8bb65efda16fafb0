/**
 * Reads a configuration of supervisord for `processman init`.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "./define_config.ts";
import type { Around, Found, Gap, OriginFile } from "./init_origin.ts";
import { type IniSection, readIni } from "./init_ini.ts";
import {
  commonDefaults,
  type Draft,
  processName,
  whyLost,
} from "./init_parts.ts";
import {
  type IniKey,
  PROGRAM_KEYS,
  SECTIONS,
  SUPERVISORD_KEYS,
} from "./init_supervisord_keys.ts";
import {
  environmentOf,
  type Program,
  programOf,
} from "./init_supervisord_program.ts";
import { configText } from "./init_supervisord_text.ts";

/** The order in which a program starts, and the lower one first. */
interface Rank {
  readonly group: number;
  readonly program: number;
}

/** What the default of `priority` is. */
const LAST = 999;

/**
 * Reads a configuration of supervisord, with the files that it includes.
 *
 * @param file The file.
 * @param around What else there is.
 * @returns A configuration that does the same, and what it cannot do.
 */
export function readSupervisord(file: OriginFile, around: Around): Found {
  const gaps: Gap[] = [];
  const sections = sectionsOf(file, around, gaps);
  const own = sections.get("supervisord") ?? new Map();
  const environment = environmentOf(own.get("environment") ?? "", {
    known: new Map(),
    numbers: [0],
    replicas: false,
  });
  const programs = programsOf(sections, environment, gaps);
  const processes = new Map(
    programs.flatMap(({ entries }) => entries),
  );
  addOrder(programs, sections);
  gaps.push(...sectionGaps(sections));
  const { defaults: common } = commonDefaults(processes);
  const { name, logs, defaults } = topOf(own, environment, gaps);
  const all = { ...defaults, ...common };
  const config: Config = {
    ...name !== undefined && { name },
    ...logs !== undefined && { logs },
    ...Object.keys(all).length > 0 && { defaults: all },
    processes: Object.fromEntries(
      [...processes].filter(([, entry]) => isProgram(entry)),
    ),
  };
  const stubs = Object.fromEntries(
    [...processes].filter(([, entry]) => !isProgram(entry)),
  );
  return { config, gaps: joined(gaps), stubs, variables: true };
}

function isProgram({ command, shell }: Draft): boolean {
  return command !== undefined || shell !== undefined;
}

/** Reads all files into one set of sections, with `%(here)s` replaced. */
function sectionsOf(
  file: OriginFile,
  around: Around,
  gaps: Gap[],
): Map<string, IniSection> {
  const sections = new Map<string, IniSection>();
  const add = ({ path, text }: OriginFile) => {
    const here = path === file.path ? "." : dirname(path);
    const near = text.replaceAll("%(here)s/", here === "." ? "" : `${here}/`)
      .replaceAll("%(here)s", here);
    readIni(near, sections, (line, what) => {
      gaps.push({
        key: `${basename(path)}:${line}`,
        why: `"${what}" is no line that supervisord understands`,
      });
    });
  };
  add(file);
  const patterns = sections.get("include")?.get("files") ?? "";
  for (const pattern of patterns.split(/\s+/).filter((each) => each !== "")) {
    const paths = matching(resolve(dirname(file.path), pattern), around);
    if (paths.length === 0) {
      gaps.push({ key: "[include] files", why: `no file matches ${pattern}` });
    }
    for (const path of paths) {
      const text = around.read(path);
      if (text !== undefined) add({ path, text });
    }
  }
  return sections;
}

/** Lists the files that a pattern such as `/etc/conf.d/*.ini` matches. */
function matching(pattern: string, around: Around): string[] {
  return pattern.split("/").slice(1).reduce((folders: string[], part) => {
    if (!/[*?[]/.test(part)) return folders.map((each) => join(each, part));
    const source = part.replace(/[.+^${}()|\\]/g, "\\$&")
      .replaceAll("*", ".*").replaceAll("?", ".");
    const expression = new RegExp(`^(?!\\.)${source}$`);
    return folders.flatMap((each) =>
      around.list(each).filter((name) => expression.test(name))
        .toSorted().map((name) => join(each, name))
    );
  }, ["/"]);
}

/** A program with its entries, and the section that it is from. */
interface Placed extends Program {
  readonly section: string;
}

function programsOf(
  sections: ReadonlyMap<string, IniSection>,
  environment: ReadonlyMap<string, string>,
  gaps: Gap[],
): Placed[] {
  const taken = new Set<string>();
  const found: Placed[] = [];
  for (const [title, section] of sections) {
    const [, name] = /^program:\s*(.+?)\s*$/.exec(title) ?? [];
    if (name === undefined) continue;
    const given = processName(name, taken);
    const program = programOf(section, {
      name: given,
      written: name,
      group: groupOf(name, sections) ?? name,
      environment,
      taken,
    });
    const [[first] = [given]] = program.entries;
    for (const [key, value] of section) {
      const why = gapOf(PROGRAM_KEYS, key, value);
      if (why !== undefined) gaps.push({ process: first, key, why });
    }
    gaps.push(...program.gaps.map((gap) => ({ ...gap, process: first })));
    found.push({ ...program, section: name });
  }
  return found;
}

/** Returns why a key is not taken over, if it is not. */
function gapOf(
  keys: Readonly<Record<string, IniKey>>,
  key: string,
  value: string,
): string | undefined {
  const { unless } = Object.hasOwn(keys, key) ? keys[key] ?? {} : {};
  if (unless?.includes(value.toLowerCase())) return undefined;
  return whyLost(keys, key, "supervisord does not have this key");
}

/** Returns the group of a program, if it is in one. */
function groupOf(
  program: string,
  sections: ReadonlyMap<string, IniSection>,
): string | undefined {
  for (const [title, section] of sections) {
    if (!title.startsWith("group:")) continue;
    const members = (section.get("programs") ?? "").split(",");
    if (members.some((each) => each.trim() === program)) {
      return title.slice("group:".length).trim();
    }
  }
  return undefined;
}

/** Makes those with a greater priority depend on those before them. */
function addOrder(
  programs: readonly Placed[],
  sections: ReadonlyMap<string, IniSection>,
): void {
  const ranks = new Map<Placed, Rank>(programs.map((program) => {
    const group = sections.get(`group:${groupOf(program.section, sections)}`);
    const own = program.priority ?? LAST;
    const rank = group === undefined
      ? { group: own, program: own }
      : { group: Number(group.get("priority") ?? LAST), program: own };
    return [program, rank];
  }));
  const levels = [...ranks].toSorted(([, a], [, b]) => compare(a, b));
  let before: Placed[] = [];
  let level: Placed[] = [];
  let last: Rank | undefined;
  for (const [program, rank] of levels) {
    if (last !== undefined && compare(last, rank) !== 0) {
      [before, level] = [level, []];
    }
    last = rank;
    const on = before.flatMap(({ entries }) =>
      entries.filter(([, entry]) => isProgram(entry)).map(([name]) => name)
    );
    if (on.length > 0) {
      const dependsOn = Object.fromEntries(
        on.map((name) => [name, { when: "started", required: false }] as const),
      );
      for (const [, entry] of program.entries) entry.dependsOn = dependsOn;
    }
    level.push(program);
  }
}

function compare(a: Rank, b: Rank): number {
  return a.group - b.group || a.program - b.program;
}

/** Lists the sections that are not taken over. */
function sectionGaps(sections: ReadonlyMap<string, IniSection>): Gap[] {
  return [...sections.keys()].flatMap((title) => {
    if (title === "supervisord" || title.startsWith("program:")) return [];
    const kind = title.replace(/:.*$/, ":x");
    const unknown = "supervisord does not have this section";
    const why = whyLost(SECTIONS, kind, unknown);
    return why === undefined ? [] : [{ key: `[${title}]`, why }];
  });
}

/** Returns what `[supervisord]` says about everything. */
function topOf(
  section: IniSection,
  environment: ReadonlyMap<string, string>,
  gaps: Gap[],
): Pick<Config, "name" | "logs" | "defaults"> {
  for (const [key, value] of section) {
    const why = gapOf(SUPERVISORD_KEYS, key, value);
    if (why !== undefined) gaps.push({ key: `[supervisord] ${key}`, why });
  }
  const plain = { known: new Map(), numbers: [0], replicas: false };
  const text = (key: string) => {
    const value = section.get(key);
    return value === undefined ? undefined : configText(value, plain);
  };
  const name = section.get("identifier");
  const written = text("childlogdir");
  const folder = written?.toLowerCase() === "auto" ? undefined : written;
  const cwd = text("directory");
  return {
    name: name === undefined ? undefined : processName(name, new Set()),
    logs: folder === undefined ? undefined : { folder },
    defaults: {
      ...cwd !== undefined && { cwd },
      ...environment.size > 0 && { env: Object.fromEntries(environment) },
    },
  };
}

/** Joins gaps that have the same reason, as the keys of a log have. */
function joined(gaps: readonly Gap[]): Gap[] {
  const found = new Map<string, Gap>();
  for (const gap of gaps) {
    const id = JSON.stringify([gap.process, gap.why]);
    const first = found.get(id);
    found.set(
      id,
      first === undefined ? gap : { ...first, key: `${first.key}, ${gap.key}` },
    );
  }
  return [...found.values()];
}
