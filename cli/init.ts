/**
 * The command `init`: writes a configuration, made from the files of another
 * tool if there are any.
 *
 * @module
 */

import { basename, dirname, relative, resolve } from "node:path";
import { type Call, CliError, type Command, type Io, STATUS } from "./call.ts";
import { ConfigError, ConfigFaults, faultText } from "./config_fault.ts";
import { load, type Loaded } from "./config_load.ts";
import { checkMachine } from "./config_machine.ts";
import { CONFIG_NAMES } from "./find_config.ts";
import { gapText } from "./init_comments.ts";
import { readSource, type Source, sourceAt, sourcesIn } from "./init_find.ts";
import type { Found, Gap } from "./init_origin.ts";
import { STARTER } from "./init_starter.ts";
import { configText, namesWithout } from "./init_write.ts";
import { plainText } from "./plain_text.ts";
import { createFile, replaceFiles } from "./write_files.ts";

/** The file that is written unless `--output` names another one. */
const USUAL = "processman.yaml";

/** A configuration to be written. */
interface Draft {
  /** Its text. */
  readonly text: string;
  /** What it was made from. */
  readonly source?: Source;
  /** What was found there. */
  readonly found?: Found;
}

/** Runs the command. */
export const init: Command = async (call) => {
  const { io, options } = call;
  const target = targetOf(call);
  const sources = sourcesOf(call);
  const [source] = sources;
  const draft = source === undefined
    ? { text: STARTER }
    : await draftOf(source, dirname(target), call);
  const loaded = await checked(draft.text, target, io);
  if (options.flag("print")) await io.out(draft.text);
  else await write(call, target, draft);
  await io.err(await report(call, draft, { target, loaded, sources }));
  return STATUS.ok;
};

/** Returns the absolute path of the file to be written. */
function targetOf({ io, options }: Call): string {
  const output = options.value("output");
  const target = resolve(io.cwd, output ?? USUAL);
  if (!/\.ya?ml$/.test(target)) {
    throw new CliError(
      `--output must name a file that ends in .yaml, not ${output}`,
      STATUS.usage,
    );
  }
  if (options.flag("force") || options.flag("print")) return target;
  const names = output === undefined
    ? CONFIG_NAMES.filter((name) => name.startsWith("processman."))
    : [basename(target)];
  const taken = names.find((name) => exists(resolve(dirname(target), name)));
  if (taken !== undefined) {
    inTheWay(relative(io.cwd, resolve(dirname(target), taken)));
  }
  return target;
}

function inTheWay(name: string): never {
  throw new CliError(
    `${name} is already there: --force overwrites ${
      name === USUAL ? "it" : USUAL
    }, --output writes another file, and --print writes none`,
    STATUS.failed,
  );
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns the files of other tools; the first one is read. */
function sourcesOf({ io, names, options }: Call): Source[] {
  const files = [...names, ...options.values("file")];
  if (files.length > 1) {
    throw new CliError("only one file can be read", STATUS.usage);
  }
  const [file] = files;
  const named = options.values("script").length > 0;
  const found = file === undefined
    ? sourcesIn(io.cwd, named)
    : [sourceAt(resolve(io.cwd, file))];
  if (!named) return found;
  const [first, ...others] = found.filter(({ origin }) =>
    origin.scripts !== undefined
  );
  if (first !== undefined) return [first, ...others];
  throw new CliError(
    "--script names scripts of package.json or deno.json, and there is " +
      (file === undefined ? "none here" : `none in ${file}`),
    STATUS.usage,
  );
}

async function draftOf(
  source: Source,
  folder: string,
  { io, options }: Call,
): Promise<Draft> {
  const env = (name: string) => io.env(name);
  const scripts = options.values("script");
  const found = await readSource(source, folder, env, scripts);
  const from = relative(folder, source.file.path);
  const text = configText(found, `Made from ${from} by \`processman init\`.`);
  return { text, source, found };
}

/** What follows. */
const NEXT = 'Next: "processman up"';

/** Variables that must be set, which are not a matter of `init`. */
const REQUIRED = /\$\{(\w+):?\?/g;

/**
 * Checks a configuration before it is written.
 *
 * @throws {CliError} If it is wrong: then what it was made from is, too.
 */
async function checked(text: string, target: string, io: Io): Promise<Loaded> {
  const needed = new Set(
    Array.from(text.matchAll(REQUIRED), ([, name = ""]) => name),
  );
  try {
    return await load({
      files: [target],
      profiles: ["*"],
      cwd: io.cwd,
      env: (name) => io.env(name) ?? (needed.has(name) ? "1" : undefined),
      texts: new Map([[target, text]]),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const about = text.split("\n");
    const faults = error.faults.map((fault) =>
      `  ${fault.message}\n    in: ${about[fault.line - 1]?.trim() ?? ""}`
    );
    throw new CliError(
      `nothing is written, because the configuration would not be right:\n${
        faults.join("\n")
      }`,
      STATUS.usage,
    );
  }
}

async function write(
  { io, options }: Call,
  target: string,
  { text, source }: Draft,
): Promise<void> {
  const name = relative(io.cwd, target);
  try {
    if (options.flag("force") && exists(target)) {
      await replaceFiles([target], [text]);
    } else await createFile(target, text, source?.file.path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) inTheWay(name);
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      `${name} cannot be written: ${error.message}`,
      STATUS.failed,
    );
  }
}

/** What is said on stderr in the end. */
async function report(
  { io, options }: Call,
  { source, found }: Draft,
  { target, loaded, sources }: {
    readonly target: string;
    readonly loaded: Loaded;
    readonly sources: readonly Source[];
  },
): Promise<string> {
  const name = relative(io.cwd, target);
  const written = options.flag("print") ? "" : `Wrote ${name}`;
  if (source === undefined || found === undefined) {
    return written === ""
      ? ""
      : `${written}, to begin with: there are no files of other tools here\n` +
        `${NEXT}\n`;
  }
  const from = `${relative(io.cwd, source.file.path)} (${source.origin.name})`;
  const lines = [
    ...written === "" ? [] : [`${written}: ${count(loaded)} from ${from}`],
    ...gapLines(found),
    ...await machineLines(loaded, io),
    ...otherLines(sources, io),
    ...written === "" ? [] : [NEXT],
  ];
  return lines.map((line) => `${plainText(line)}\n`).join("");
}

function count({ config: { processes } }: Loaded): string {
  const { length } = Object.keys(processes);
  return length === 1 ? "1 process" : `${length} processes`;
}

function gapLines(found: Found): string[] {
  const { gaps } = found;
  const missing = namesWithout(found);
  return [
    ...gaps.length === 0 ? [] : ["Not taken over, as the comments say:"],
    ...together(gaps).map((gap) => `  ${gapText(gap)}`),
    ...missing.length === 0
      ? []
      : [`Complete by hand, in the comments: ${missing.join(", ")}`],
  ];
}

/** Puts gaps together that differ only by the process. */
function together(gaps: readonly Gap[]): Gap[] {
  const found = Map.groupBy(gaps, ({ key, why }) => `${key} ${why}`);
  return [...found.values()].flatMap((alike) => {
    const [first] = alike;
    const names = alike.flatMap(({ process }) => process ?? []);
    if (first === undefined || names.length === 0) return first ?? [];
    return { ...first, process: names.join(", ") };
  });
}

/** Says what is missing on this machine. */
async function machineLines(
  { config, built, node }: Loaded,
  io: Io,
): Promise<string[]> {
  const faults = new ConfigFaults();
  await checkMachine(config, built, node, (name) => io.env(name), faults);
  try {
    faults.throwAny();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      "Missing on this machine:",
      ...error.faults.map((fault) =>
        `  ${faultText({ ...fault, file: basename(fault.file) })}`
      ),
    ];
  }
}

function otherLines([first, ...others]: readonly Source[], io: Io): string[] {
  const [other] = others;
  if (first === undefined || other === undefined) return [];
  const names = others.map(({ file }) => relative(io.cwd, file.path));
  return [
    `Not read: ${names.join(", ")}. "processman init --force ${
      names[0]
    }" reads it instead`,
  ];
}
