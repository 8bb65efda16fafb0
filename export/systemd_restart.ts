/**
 * Restarts and their limits.
 *
 * @module
 */

import type { RestartOptions } from "../mod.ts";
import type { Notes } from "./notes.ts";
import type { Subject, SubjectReplica } from "./subject.ts";
import type { Say } from "./systemd_ready.ts";
import { setting, timeSpan } from "./systemd_text.ts";

/**
 * Returns the lines that restart a process.
 *
 * @param subject The entry.
 * @param replica The process.
 * @param say Adds a note.
 */
export function restartLines(
  { task, set }: Subject,
  { command: { restart, stop } }: SubjectReplica,
  say: Say,
): string[] {
  const { successCodes = [], stopCodes = [] } = restart;
  const policy = policyOf(restart);
  const success = statusesOf("restart.successCodes", successCodes, say);
  const final = statusesOf("restart.stopCodes", stopCodes, say);
  const stopped = task ? [] : stopStatuses(stop);
  const crashes = [...new Set([...stopped, ...CLEAN])]
    .filter((status) => ![...success, ...final].includes(status));
  const clean = [...new Set([...success, ...stopped])]
    .filter((status) => task || !CLEAN.includes(status));
  const delay = delayOf(restart.backoff);
  if (policy !== "never" && set.has("restart.backoff") && delay.note) {
    say("restart.backoff", delay.note);
  }
  return [
    `Restart=${policy === "never" ? "no" : policy}`,
    ...policy === "never" ? [] : [`RestartSec=${timeSpan(delay.ms)}`],
    ...setting("SuccessExitStatus", clean),
    ...policy === "on-failure" && !task
      ? setting("RestartForceExitStatus", crashes)
      : [],
    ...setting("RestartPreventExitStatus", final),
  ];
}

/** Returns the policy; without restarts, no limit has to count them. */
function policyOf({ policy = "on-failure", limit }: RestartOptions) {
  return limit?.restarts === 0 ? "never" : policy;
}

/** The signals that end a service with success for systemd, and not for us. */
const CLEAN = ["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"];

/** The signals of Linux, as systemd calls them, by their numbers from 1. */
const SIGNALS: readonly string[] =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM " +
    "STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO " +
    "PWR SYS").split(" ").map((name) => `SIG${name}`);

/** Returns the signal that systemd stops a process with. */
export function stopSignal(
  { signal = "SIGTERM", gracePeriodMs }: SubjectReplica["command"]["stop"],
): string {
  if (gracePeriodMs === 0) return "SIGKILL";
  if (signal === "SIGPOLL") return "SIGIO";
  if (signal === "SIGUNUSED") return "SIGSYS";
  return signal;
}

/** A stop that was asked for is no failure, however the process takes it. */
function stopStatuses(stop: SubjectReplica["command"]["stop"]): string[] {
  const signal = stopSignal(stop);
  return [String(129 + SIGNALS.indexOf(signal)), signal];
}

/** Returns exit codes as systemd writes them, and the signals they stand for. */
function statusesOf(
  option: string,
  codes: readonly number[],
  say: Say,
): string[] {
  return codes.flatMap((code) => {
    if (code > 255) {
      say(option, `${code} is no exit code on Linux`);
      return [];
    }
    const signal = SIGNALS[code - 129];
    return signal === undefined ? [String(code)] : [String(code), signal];
  });
}

interface Delay {
  /** The delay before each restart. */
  readonly ms: number;
  /** In what it differs. */
  readonly note?: string;
}

function delayOf(backoff: unknown): Delay {
  const form = Object(JSON.parse(JSON.stringify(backoff) ?? "null"));
  if ("constant" in form) return { ms: form.constant };
  if ("uniform" in form) {
    const ms = form.uniform / 2;
    const note = `each delay is ${timeSpan(ms)}, half of the longest one`;
    return { ms, note };
  }
  if ("exponential" in form) return exponentialDelay(form.exponential);
  const note = `systemd cannot call a function; each delay is ${
    timeSpan(USUAL_MS)
  }`;
  return { ms: USUAL_MS, note };
}

/** Half of the longest delay that a process has by default. */
const USUAL_MS = 2_500;

function exponentialDelay(
  { initialMs, maxMs, factor }: Record<string, number>,
): Delay {
  const first = Math.max(Number(initialMs), 1);
  const most = Math.max(Number(maxMs), first);
  const ms = Math.max(first, Math.min(most, 1_000));
  const steps = Math.ceil(Math.log(most / first) / Math.log(Number(factor)));
  const grows = Number.isFinite(steps) && steps > 0;
  const growing = `RestartSec=${timeSpan(first)}, RestartSteps=${steps} and ` +
    `RestartMaxDelaySec=${timeSpan(most)}`;
  return {
    ms,
    note: `each delay is ${timeSpan(ms)}` +
      (grows ? `; with systemd 254 or later, write ${growing}` : ""),
  };
}

/**
 * Returns the lines of the section `[Unit]` that limit restarts.
 *
 * @param subject The entry.
 * @param replica The process.
 * @param notes Where notes go.
 */
export function startLimitLines(
  { name }: Subject,
  { command: { restart } }: SubjectReplica,
  notes: Notes,
): string[] {
  const { limit, resetAfterMs = 60_000, backoff } = restart;
  if (limit === undefined || policyOf(restart) === "never") {
    return ["StartLimitIntervalSec=0"];
  }
  const starts = limit.restarts + 1;
  // The longest time that so many crashes in a row can take.
  const longestMs = starts * (resetAfterMs + delayOf(backoff).ms);
  const withinMs = limit.withinMs ?? longestMs;
  if (limit.withinMs === undefined) {
    const span = timeSpan(withinMs);
    notes.add(
      name,
      "restart.limit.restarts",
      `systemd counts all starts within ${span}, not the crashes in a row`,
    );
  }
  return [
    `StartLimitIntervalSec=${timeSpan(Math.max(withinMs, 1))}`,
    `StartLimitBurst=${starts}`,
  ];
}
