/**
 * Probes as commands, for engines that ask by running a program.
 *
 * @module
 */

import type { ProbeForm } from "./probe_form.ts";
import { shellLine, shellWord } from "./shell.ts";

/** A command that asks what a probe asks. */
export interface ProbeCommand {
  /** The program and its arguments; the program ends with 0 for yes. */
  readonly words: readonly string[];
  /** The programs that must be there, such as `curl`. */
  readonly needs: readonly string[];
  /** What of the probe the command does not do, such as `exec.user`. */
  readonly lost: readonly string[];
}

/** How to turn a probe into a command. */
export interface ProbeCommandOptions {
  /** How long a call can take, in milliseconds. */
  readonly timeoutMs: number;
  /** Returns the path of a folder for the engine, if it has the folder. */
  readonly folder: (path: string) => string | undefined;
  /** Returns the path of a file for the engine. */
  readonly file: (path: string) => string;
}

/**
 * Returns a command that asks what a probe asks.
 *
 * @param form What the probe looks for.
 * @param options The timeout, and where folders are.
 * @returns The command; `undefined` if no command can ask that.
 */
export function probeCommand(
  form: ProbeForm,
  options: ProbeCommandOptions,
): ProbeCommand | undefined {
  switch (form.kind) {
    case "http":
      return httpCommand(form, options);
    case "tcp":
      return tcpCommand(form);
    case "exec":
      return execCommand(form, options);
    case "file":
      return {
        words: ["test", "-e", options.file(form.path)],
        needs: [],
        lost: form.fresh ? ["file.fresh"] : [],
      };
    case "all":
      return allCommand(form.all, options);
    case "other":
      return undefined;
    default:
      return form satisfies never;
  }
}

type Of<Kind> = Extract<ProbeForm, { kind: Kind }>;

function httpCommand(
  { url, status, headers, caCerts }: Of<"http">,
  { timeoutMs }: ProbeCommandOptions,
): ProbeCommand {
  const common = [
    "curl",
    "--silent",
    "--output",
    "/dev/null",
    "--max-time",
    String(timeoutMs / 1_000),
    ...url.protocol === "http:" ? ["--noproxy", "*"] : [],
    ...Object.entries(headers).flatMap(([name, value]) => [
      "--header",
      // curl takes a colon without a value as an order to remove the header.
      value === "" ? `${name};` : `${name}: ${value}`,
    ]),
    // To curl, brackets and braces stand for several addresses.
    .../[[\]{}]/.test(url.href) ? ["--globoff"] : [],
  ];
  const lost = caCerts ? ["http.caCerts"] : [];
  if (status.length === 0) {
    return { words: [...common, "--fail", url.href], needs: ["curl"], lost };
  }
  const asked = shellLine([...common, "--write-out", "%{http_code}", url.href]);
  const script = `case $(${asked}) in ${status.join("|")}) ;; *) exit 1;; esac`;
  return { words: ["sh", "-c", script], needs: ["curl", "sh"], lost };
}

function tcpCommand({ hostname, port }: Of<"tcp">): ProbeCommand {
  const host = shellWord(hostname);
  const viaBash = shellWord(`</dev/tcp/${hostname}/${port}`);
  return {
    words: ["sh", "-c", `nc -z ${host} ${port} || bash -c ${viaBash}`],
    needs: ["sh", "nc or bash"],
    lost: [],
  };
}

function execCommand(
  { words, cwd, env, clearEnv, user }: Of<"exec">,
  { folder }: ProbeCommandOptions,
): ProbeCommand {
  const variables = Object.entries(env).map(([name, value]) =>
    `${name}=${value}`
  );
  const set = clearEnv || variables.length > 0
    ? ["env", ...clearEnv ? ["-i"] : [], ...variables, ...words]
    : words;
  const place = cwd === undefined ? undefined : folder(cwd);
  const lost = [
    ...user === undefined ? [] : ["exec.user"],
    ...cwd !== undefined && place === undefined ? ["exec.cwd"] : [],
  ];
  if (place === undefined) return { words: set, needs: [], lost };
  const script = `cd ${shellWord(place)} && exec ${shellLine(set)}`;
  return { words: ["sh", "-c", script], needs: ["sh"], lost };
}

function allCommand(
  all: readonly ProbeForm[],
  options: ProbeCommandOptions,
): ProbeCommand | undefined {
  const commands: ProbeCommand[] = [];
  for (const form of all) {
    const command = probeCommand(form, options);
    if (command === undefined) return undefined;
    commands.push(command);
  }
  const script = commands.map(({ words }) => shellLine(words)).join(" && ");
  return {
    words: ["sh", "-c", script],
    needs: [...new Set(["sh", ...commands.flatMap(({ needs }) => needs)])],
    lost: [...new Set(commands.flatMap(({ lost }) => lost))],
  };
}
