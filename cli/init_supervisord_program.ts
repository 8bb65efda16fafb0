/**
 * Makes processes of a section `[program:x]` of supervisord. They behave as
 * before: what its defaults are is written where processman has others.
 *
 * @module
 */

import type { Gap } from "./init_origin.ts";
import type { IniSection } from "./init_ini.ts";
import { type Draft, processName, RENAMED } from "./init_parts.ts";
import { SIGNALS } from "./config_signals.ts";
import {
  commandOf,
  configText,
  type Expansions,
  NoExpression,
} from "./init_supervisord_text.ts";

/** What a section means. */
export interface Program {
  /** The processes, with their names. */
  readonly entries: readonly (readonly [string, Draft])[];
  /** Its priority, if it has one. */
  readonly priority: number | undefined;
  /** What could not be taken over. */
  readonly gaps: readonly Gap[];
}

/** What surrounds a section. */
export interface ProgramContext {
  /** The name of the process. */
  readonly name: string;
  /** The name of the section. */
  readonly written: string;
  /** The name of its group. */
  readonly group: string;
  /** The variables of all programs. */
  readonly environment: ReadonlyMap<string, string>;
  /** The names of processes. */
  readonly taken: Set<string>;
}

/** The default size of a log file, and how many old ones there are. */
const MAX_BYTES = 50 * 1_024 ** 2;
const BACKUPS = 10;

/** The longest delay before a restart; supervisord has no limit. */
const LONGEST_MS = 30_000;

/** Makes processes of a section. */
export function programOf(
  section: IniSection,
  context: ProgramContext,
): Program {
  const { name } = context;
  const reader = new Values(section, name);
  const count = Math.max(1, reader.whole("numprocs") ?? 1);
  const first = reader.whole("numprocs_start") ?? 0;
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  const entry = (numbers: readonly number[]) =>
    entryOf(reader, expansionsOf(context, section, numbers, count));
  const entries: (readonly [string, Draft])[] = [];
  try {
    entries.push([name, entry(numbers)]);
  } catch (error) {
    if (!(error instanceof NoExpression)) throw error;
    context.taken.delete(name);
    for (const number of numbers) {
      const own = processName(`${context.written}-${number}`, context.taken);
      entries.push([own, entry([number])]);
    }
  }
  for (const [key, value] of section) {
    const [unknown] = /%\((?!ENV_|program_|process_|group_|num|here)\w+\)s/
      .exec(value) ?? [];
    if (unknown === undefined) continue;
    const why = `${unknown} becomes the variable HOSTNAME, which must be set`;
    reader.gap(key, why);
  }
  if (name !== context.written) reader.gap("[program:x]", RENAMED);
  return { entries, priority: reader.whole("priority"), gaps: reader.gaps };
}

function expansionsOf(
  context: ProgramContext,
  section: IniSection,
  numbers: readonly number[],
  count: number,
): Expansions {
  const known = new Map([
    ["program_name", context.written],
    ["group_name", context.group],
    ["numprocs", String(count)],
  ]);
  for (const [name, value] of context.environment) {
    if (!/[$]/.test(value)) known.set(`ENV_${name}`, value);
  }
  const expansions = { known, numbers, replicas: numbers.length > 1 };
  for (
    const [name, value] of environmentOf(
      section.get("environment") ?? "",
      expansions,
    )
  ) {
    if (!/[$]/.test(value)) known.set(`ENV_${name}`, value);
  }
  return expansions;
}

/** Reads `A="1",B="2"`. */
export function environmentOf(
  text: string,
  expansions: Expansions,
): Map<string, string> {
  const pairs = text.matchAll(
    /([^\s=,"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\n]*))/g,
  );
  return new Map(
    Array.from(pairs, ([, name = "", double, single, plain = ""]) => {
      const value = double ?? single ?? plain.trim();
      return [name, configText(value, expansions)] as const;
    }),
  );
}

/** Makes one process. */
function entryOf(reader: Values, expansions: Expansions): Draft {
  const text = (key: string) => {
    const value = reader.text(key);
    return value === undefined ? undefined : configText(value, expansions);
  };
  const cwd = text("directory");
  const user = text("user");
  const env = environmentOf(reader.text("environment") ?? "", expansions);
  const output = outputOf(reader, text);
  return {
    ...programRun(reader, expansions),
    ...expansions.replicas && { replicas: expansions.numbers.length },
    ...cwd !== undefined && cwd !== "." && { cwd },
    ...env.size > 0 && { env: Object.fromEntries(env) },
    ...user !== undefined &&
      { user: /^\d+$/.test(user) ? Number(user) : user },
    ...reader.flag("autostart") === false && { autoStart: false },
    restart: restartOf(reader),
    ...stopOf(reader),
    ...output !== undefined && { output },
  };
}

/** Returns what a process runs. */
function programRun(
  reader: Values,
  expansions: Expansions,
): Pick<Draft, "command" | "shell"> {
  const umask = reader.text("umask");
  const line = reader.text("command") ?? "";
  const before = umask === undefined ? undefined : `umask ${umask}`;
  const run = commandOf(line, expansions, before);
  if (run !== undefined) return run;
  reader.gap(
    "command",
    "it is missing, or a quote is not closed: ` ;` and ` #` begin a comment",
  );
  return {};
}

/** Writes the restarts of supervisord out. */
function restartOf(reader: Values): Draft["restart"] {
  const written = reader.text("autorestart")?.toLowerCase() ?? "unexpected";
  const startMs = (reader.whole("startsecs") ?? 1) * 1_000;
  const retries = reader.whole("startretries") ?? 3;
  const policy = written === "unexpected"
    ? "on-failure"
    : reader.flag("autorestart") === false
    ? "never"
    : "always";
  if (policy === "never") {
    if (reader.text("startretries") !== undefined) {
      reader.gap(
        "startretries",
        "with `autorestart=false`, supervisord only tries a program again " +
          "that ends within `startsecs`: write `policy: on-failure` for that",
      );
    }
    return { policy };
  }
  const codes = (reader.text("exitcodes") ?? "0").split(",").map(Number);
  if (!codes.includes(0) && policy === "on-failure") {
    reader.gap(
      "exitcodes",
      "code 0 is always a success: write `policy: always` to restart after it",
    );
  }
  const others = codes.filter((code) => code > 0 && code < 256);
  return {
    ...policy === "always" && { policy },
    ...others.length > 0 && { successCodes: others },
    resetAfterMs: startMs,
    backoff: delayOf(retries),
    // A run that counts as healthy at once never reaches the limit.
    ...startMs > 0 && { limit: { restarts: retries } },
  };
}

/** Delays of 1, 2, 3 seconds and so on, as near as a backoff comes. */
function delayOf(retries: number): NonNullable<Draft["restart"]>["backoff"] {
  if (retries < 2) return { constant: 1_000 };
  const maxMs = Math.min(retries * 1_000, LONGEST_MS);
  return { exponential: { initialMs: 1_000, maxMs, jitter: "none" } };
}

function stopOf(reader: Values): Pick<Draft, "stop"> {
  const written = reader.text("stopsignal");
  const name = `SIG${written?.toUpperCase().replace(/^SIG/, "")}`;
  const signal = SIGNALS.find((each) => each === name);
  if (written !== undefined && signal === undefined) {
    reader.gap("stopsignal", `"${written}" is no name of a signal`);
  }
  const seconds = reader.whole("stopwaitsecs") ?? 10;
  const stop = {
    ...signal !== undefined && signal !== "SIGTERM" && { signal },
    ...seconds !== 10 && { gracePeriodMs: seconds * 1_000 },
    ...reader.flag("stopasgroup") !== true && { to: "leader" as const },
  };
  return Object.keys(stop).length === 0 ? {} : { stop };
}

/** What is no file: processman keeps logs of its own. */
const NO_FILE = /^(auto|none|off|syslog|\/dev\/null)$/i;

/** The streams of supervisord itself. */
const STREAM = /^\/dev\/(stdout|stderr|fd\/[12])$/;

function outputOf(
  reader: Values,
  text: (key: string) => string | undefined,
): Draft["output"] {
  const joined = reader.flag("redirect_stderr") === true;
  const stdout = pathOf(reader, "stdout_logfile", text);
  const own = joined ? undefined : pathOf(reader, "stderr_logfile", text);
  if (joined && reader.text("stderr_logfile") !== undefined) {
    reader.gap("stderr_logfile", "`redirect_stderr` wins: there is one file");
  }
  tellLimits(reader, { stdout, stderr: own });
  const syslog = syslogOf(reader, joined);
  if (stdout === undefined && own === undefined) return syslog;
  const from = stdout === undefined ? "stderr" : "stdout";
  const maxBytes = reader.bytes(`${from}_logfile_maxbytes`) ?? MAX_BYTES;
  const maxFiles = reader.whole(`${from}_logfile_backups`) ?? BACKUPS;
  // Without a file of its own, stderr would go to that of stdout.
  const stderr = own ?? (joined ? undefined : "/dev/null");
  return {
    ...syslog,
    file: {
      path: stdout ?? "/dev/null",
      ...stderr !== undefined && { stderr },
      maxBytes: maxBytes === 0 ? Infinity : maxBytes,
      maxFiles: Math.min(maxFiles, 1_000),
    },
  };
}

/** Sends lines to syslog, too; always those of both streams. */
function syslogOf(reader: Values, joined: boolean): Draft["output"] {
  const [out, err] = (["stdout", "stderr"] as const).map((name) =>
    reader.text(`${name}_logfile`)?.toLowerCase() === "syslog" ||
    reader.text(`${name}_syslog`) !== undefined &&
      reader.flag(`${name}_syslog`) === true
  );
  if (!out && !err) return undefined;
  if (out !== err && !joined) {
    reader.gap(
      `${out ? "stdout" : "stderr"}_syslog`,
      "`output.syslog` sends the lines of stdout and of stderr",
    );
  }
  return { syslog: true };
}

/** Returns the path of a file; nothing if processman prints or keeps it. */
function pathOf(
  reader: Values,
  key: string,
  text: (key: string) => string | undefined,
): string | undefined {
  const path = text(key);
  if (path === undefined || NO_FILE.test(path)) return undefined;
  if (!STREAM.test(path)) return path;
  reader.gap(
    key,
    "`processman up` prints the output of all processes, with their names",
  );
  return undefined;
}

/** Tells which limits of files have no effect. */
function tellLimits(
  reader: Values,
  files: Readonly<Record<"stdout" | "stderr", string | undefined>>,
): void {
  for (const name of ["stdout", "stderr"] as const) {
    for (const limit of ["maxbytes", "backups"]) {
      const key = `${name}_logfile_${limit}`;
      const value = reader.text(key);
      if (value === undefined || /^0/.test(value)) continue;
      if (files[name] === undefined) {
        reader.gap(
          key,
          "processman keeps its own logs, as much of them as `logs.maxBytes` says",
        );
      } else if (
        name === "stderr" && files.stdout !== undefined &&
        value !== reader.text(`stdout_logfile_${limit}`)
      ) {
        reader.gap(key, "one limit holds for both files, that of stdout");
      }
    }
  }
}

/** The values of a section. */
class Values {
  readonly gaps: Gap[] = [];
  readonly #section: IniSection;
  readonly #process: string;

  constructor(section: IniSection, process: string) {
    this.#section = section;
    this.#process = process;
  }

  gap(key: string, why: string): void {
    const known = this.gaps.some((gap) => gap.key === key && gap.why === why);
    if (!known) this.gaps.push({ process: this.#process, key, why });
  }

  text(key: string): string | undefined {
    return this.#section.get(key);
  }

  whole(key: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (/^-?\d+$/.test(value)) return Number(value);
    this.gap(key, `"${value}" is no whole number, so the default is used`);
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.text(key)?.toLowerCase();
    if (value === undefined) return undefined;
    if (["yes", "true", "on", "1"].includes(value)) return true;
    if (["no", "false", "off", "0"].includes(value)) return false;
    this.gap(
      key,
      `"${value}" is neither true nor false, so the default is used`,
    );
    return undefined;
  }

  bytes(key: string): number | undefined {
    const value = this.text(key);
    const [, number, unit = ""] = /^(\d+)(kb|mb|gb)?$/i.exec(value ?? "") ?? [];
    if (value === undefined) return undefined;
    if (number === undefined) {
      this.gap(key, `"${value}" is no size, so the default is used`);
      return undefined;
    }
    const power = ["", "kb", "mb", "gb"].indexOf(unit.toLowerCase());
    return Number(number) * 1_024 ** power;
  }
}
