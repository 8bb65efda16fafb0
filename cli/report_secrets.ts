/**
 * Finds the values that must not be in a report.
 *
 * @module
 */

import { dirname } from "node:path";
import type { ProcessView, SupervisorView } from "../control/client.ts";
import { type Call, CliError } from "./call.ts";
import { ConfigFaults } from "./config_fault.ts";
import { parseDotenv } from "./dotenv.ts";
import { LEAST_CHARACTERS, type Secret } from "./redact.ts";
import { isSecretName } from "./redact_patterns.ts";
import { buildPlan, loadConfig } from "./resolved.ts";
import type { Target } from "./target.ts";

/** What secrets are found by. */
export interface SecretSources {
  /** The supervisor; the last one, if none runs. */
  readonly supervisor: Pick<SupervisorView, "pid" | "source">;
  /** Its processes. */
  readonly processes: readonly Pick<ProcessView, "pid">[];
}

/** The password in a URL. */
const PASSWORD = /:\/\/[^\s/:@[]*:(?!\d{1,5}[/?#])([^\s]+)@/g;

/**
 * Returns the values of variables that may be secret: of this program, of the
 * supervisor and its processes, as far as the system tells them, of the
 * configuration, and of its `.env` files.
 *
 * @param call The call.
 * @param target The supervisor.
 * @param sources What the secrets are found by.
 * @returns The values, and why those of the configuration are missing, if so.
 */
export async function secretsOf(
  call: Call,
  target: Target,
  { supervisor, processes }: SecretSources,
): Promise<{ secrets: Secret[]; fault: string | undefined }> {
  const pids = [supervisor, ...processes].flatMap(({ pid }) => pid || []);
  const files = configFiles(target, supervisor.source?.files ?? []);
  const { variables, fault } = await configured(call, files);
  const all = [
    ...Object.entries(Deno.env.toObject()),
    ...(await Promise.all(pids.map(environmentOf))).flat(),
    ...variables,
    ...(await Promise.all(folders(files).map(dotenvIn))).flat(),
  ];
  return { secrets: all.flatMap(secretsIn), fault };
}

type Variable = readonly [name: string, value: string];

/** Returns what is secret of a variable. */
function secretsIn([name, value]: Variable): Secret[] {
  const inUrls = Array
    .from(value.matchAll(PASSWORD), ([, password = ""]) => password)
    .flatMap((password) => [password, decoded(password)]);
  const found = isSecretName(name) ? [value, ...inUrls] : inUrls;
  return found.filter((each) => each.length >= LEAST_CHARACTERS)
    .map((each) => ({ name, value: each }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function configFiles(
  { config }: Target,
  files: readonly string[],
): readonly string[] {
  if (files.length > 0) return files;
  return config === undefined ? [] : [config];
}

/** Reads the variables of a process, where the system tells them. */
async function environmentOf(pid: number): Promise<Variable[]> {
  try {
    return variablesIn(await Deno.readTextFile(`/proc/${pid}/environ`));
  } catch {
    // It has ended, is of another user, or this is another system.
    return [];
  }
}

function variablesIn(text: string): Variable[] {
  return text.split("\0").flatMap((entry): Variable[] => {
    const at = entry.indexOf("=");
    return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : [];
  });
}

/** Returns the variables that a configuration sets, with all profiles. */
async function configured(
  { io }: Call,
  files: readonly string[],
): Promise<{ variables: Variable[]; fault: string | undefined }> {
  if (files.length === 0) return { variables: [], fault: undefined };
  try {
    const config = await loadConfig({
      files,
      profiles: ["*"],
      cwd: io.cwd,
      env: (name) => io.env(name),
    });
    const units = [...buildPlan(config).plan.entries.values()]
      .flatMap((entry) => entry.units);
    const variables = units.flatMap(({ options: { env = {} } }) =>
      Object.entries(env).flatMap(([name, value]): Variable[] =>
        value === undefined ? [] : [[name, value]]
      )
    );
    return { variables, fault: undefined };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { variables: [], fault: error.message };
  }
}

function folders(files: readonly string[]): string[] {
  return [...new Set(files.map((file) => dirname(file)))];
}

/** Reads the variables of the `.env` files of a folder. */
async function dotenvIn(folder: string): Promise<Variable[]> {
  const found: Variable[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!/^\.env(\.|$)/.test(name)) continue;
      const path = `${folder}/${name}`;
      // What is no line of such a file is left out.
      const text = await Deno.readTextFile(path).catch(() => "");
      found.push(...parseDotenv(path, text, new ConfigFaults()));
    }
  } catch {
    // The folder is gone, or cannot be read.
  }
  return found;
}
