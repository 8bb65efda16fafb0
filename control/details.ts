/**
 * Everything about a process that does not change from moment to moment. The
 * functions are pure.
 *
 * @module
 */

import type {
  CommandDescription,
  Probe,
  ProbeAnswer,
  ProbeAnswers,
} from "../mod.ts";
import type { ProbeView, ProcessDetails, StopView } from "./wire.ts";

/** What details are made from. */
export interface Described {
  /** The name of the process. */
  readonly name: string;
  /** What it is run with. */
  readonly command: CommandDescription;
  /** The last answers of its probes. */
  readonly answers: ProbeAnswers;
  /** How it was stopped the last time. */
  readonly stopped: StopView | null;
}

/** Returns the details of a process. */
export function processDetails(
  { name, command, answers, stopped }: Described,
): ProcessDetails {
  const { environment, cwd, user, ready, live } = command;
  const id = command.uid === undefined ? null : String(command.uid);
  return {
    name,
    cwd: cwd === undefined ? null : String(cwd),
    user: user === undefined ? id : String(user),
    environment: [...environment],
    options: inWords(optionsOf(command)),
    ready: probeView(ready, answers.ready),
    live: probeView(live, answers.live),
    stopped,
  };
}

/** Returns the options that the rest of the details does not tell. */
function optionsOf(command: CommandDescription): Record<string, unknown> {
  const { restart, stop, output, critical, ready, live } = command;
  const { uid, gid, clearEnv, stdin, stdout, stderr, group } = command;
  const { windowsRawArguments, prepare, before, after, tty } = command;
  return {
    restart: { limit: null, ...restart },
    stop,
    output: { file: null, ...output },
    ready: withoutProbe(ready),
    live: withoutProbe(live),
    critical,
    tty,
    stdin,
    stdout,
    stderr,
    clearEnv,
    group,
    windowsRawArguments,
    ...uid !== undefined && { uid },
    ...gid !== undefined && { gid },
    ...prepare !== undefined && { prepare },
    ...before !== undefined && { before },
    ...after !== undefined && { after },
  };
}

/** The options of a probe, with the defaults filled in. */
interface ProbeRules {
  readonly probe: Probe;
  readonly intervalMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly withinMs?: number | undefined;
  readonly failures?: number | undefined;
}

function probeView(
  rules: Probe | ProbeRules | undefined,
  last: ProbeAnswer | undefined,
): ProbeView | null {
  // A description has the options of a probe, not the probe alone.
  if (rules === undefined || typeof rules === "function") return null;
  const { probe, intervalMs = 0, timeoutMs = 0, withinMs, failures } = rules;
  const limited = withinMs !== undefined && Number.isFinite(withinMs);
  return {
    name: nameOf(probe),
    intervalMs,
    timeoutMs,
    withinMs: limited ? withinMs : null,
    failures: failures ?? null,
    last: last === undefined ? null : {
      time: Math.round(last.time),
      ok: last.ok,
      reason: last.reason ?? null,
    },
  };
}

/**
 * Returns what a probe asks. Only a probe of this package says so: the name of
 * any other function is that of a variable.
 */
function nameOf(probe: Probe): string {
  return "toJSON" in probe ? String(probe.name) : "a function";
}

/**
 * Returns the numbers of the options of a probe. The form of the probe itself
 * can contain headers and variables of the environment.
 */
function withoutProbe(rules: Probe | ProbeRules | undefined): unknown {
  if (rules === undefined || typeof rules === "function") return null;
  const { probe: _probe, ...numbers } = rules;
  return numbers;
}

/** Returns options as JSON, with words for what JSON cannot express. */
function inWords(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, worded(value)]),
  );
}

function worded(value: unknown): unknown {
  try {
    const text = JSON.stringify(
      value,
      (_, each) =>
        typeof each === "function"
          ? "(function)"
          : typeof each === "number" && !Number.isFinite(each)
          ? String(each)
          : each,
    );
    return JSON.parse(text);
  } catch {
    // A backoff of a program can fail when it describes itself.
    return "(unknown)";
  }
}
