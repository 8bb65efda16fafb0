/**
 * Reports about a process: its events, and its lines in the log.
 *
 * @module
 */

import type { EventBase, HookEvent, ProcessEvent } from "./events.ts";
import type { HookEnd } from "./hook_options.ts";
import type { Clock } from "./kernel.ts";
import { FLUSH_MS } from "./output.ts";
import type { Decision, LeaveDecision, RestartDecision } from "./restart.ts";
import { hookText, quoteOf, type RunEnd, verdictText } from "./run_end.ts";
import type {
  EscapedProcess,
  StopOutcome,
  StopReport,
  StopStep,
} from "./stop.ts";

/** The levels of messages in the log. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The receiver of reports. */
export interface Audience {
  /** Publishes an event. */
  emit(event: ProcessEvent): void;
  /** Writes a line to the log. */
  log(level: LogLevel, message: string): void;
}

/** Reports what happens to one process, as events and as lines of the log. */
export class Reporter {
  readonly #name: string;
  readonly #audience: Audience;
  readonly #clock: Clock;

  /** Creates a reporter for the process with a name. */
  constructor(name: string, audience: Audience, clock: Clock) {
    this.#name = name;
    this.#audience = audience;
    this.#clock = clock;
  }

  /** Reports that the gate holds back a run. */
  waiting(run: number, reason: string): void {
    this.#audience.emit({ kind: "waiting", ...this.#base, run, reason });
    this.#log("debug", `Process "${this.#name}" waits: ${reason}`);
  }

  /** Reports that a run has started. */
  started(pid: number, run: number): void {
    this.#audience.emit({ kind: "start", ...this.#base, pid, run });
    this.#log("debug", `Started process "${this.#name}" as pid ${pid}`);
  }

  /** Reports that a hook has begun, or has ended. */
  hook(
    hook: HookEvent["hook"],
    run: number,
    pid?: number,
    end?: HookEnd,
  ): void {
    this.#audience.emit({ kind: "hook", ...this.#base, hook, run, pid, end });
    // The failure of a hook is reported with what follows from it.
    if (end?.failure !== undefined) return;
    const how = end === undefined
      ? `runs as pid ${pid}`
      : `succeeded after ${Math.round(end.durationMs)} ms`;
    if (pid !== undefined) {
      this.#log("debug", `${hookText(hook, this.#name)} ${how}`);
    }
  }

  /** Reports that a run is ready. */
  ready(pid: number, run: number, afterMs: number): void {
    this.#audience.emit({ kind: "ready", ...this.#base, pid, run, afterMs });
    const ms = Math.round(afterMs);
    this.#log("debug", `Process "${this.#name}" is ready after ${ms} ms`);
  }

  /** Reports that a run is not ready any more. */
  unready(pid: number, run: number, reason: string): void {
    this.#audience.emit({ kind: "unready", ...this.#base, pid, run, reason });
    this.#log("warn", `Process "${this.#name}" is not ready: ${reason}`);
  }

  /** Reports that a run hangs. The report of its end comes later. */
  unhealthy(pid: number, run: number, failures: number, reason: string): void {
    const event = { kind: "unhealthy", ...this.#base, pid, run } as const;
    this.#audience.emit({ ...event, failures, reason });
  }

  /** Returns a function that reports the end of a run at its first call. */
  teller(end: RunEnd): (decision: Decision | undefined) => void {
    let told = false;
    return (decision) => {
      if (told) return;
      told = true;
      this.#ended(end, decision);
    };
  }

  /** Reports that a run ended, or could not be started, and what follows. */
  #ended(end: RunEnd, decision: Decision | undefined): void {
    const { run, pid, status, durationMs, requested, crashed, error } = end;
    const stderr = end.stderr();
    if (pid !== undefined) {
      this.#audience.emit({
        kind: "exit",
        ...this.#base,
        pid,
        run,
        status,
        durationMs,
        requested,
        crashed,
        decision,
        verdict: end.verdict,
        stderr,
        outputError: end.outputError,
      });
    }
    const what = error?.message ?? this.#endOf(end);
    this.#log(
      levelOf(end, decision),
      what + whatFollows(decision) + quoteOf(stderr),
    );
  }

  /** Reports how the processes that a run left behind were ended. */
  left(pid: number, run: number, outcome: StopOutcome): void {
    const event = { kind: "leftovers", ...this.#base, pid, run } as const;
    this.#audience.emit({ ...event, ...outcome });
    const { steps, survivors } = outcome;
    if (survivors.length > 0) this.#leftBehind(survivors);
    const name = this.#name;
    const why = whyKilled(steps);
    if (why !== undefined && survivors.length === 0) {
      return this.#killedLeftovers(why);
    }
    const signal = steps.at(-1)?.signal;
    if (signal === undefined) return;
    this.#log("debug", `Ended the leftovers of process "${name}" by ${signal}`);
  }

  /** Reports living processes that have left the session of a run. */
  escaped(processes: readonly EscapedProcess[]): void {
    if (processes.length === 0) return;
    const [have, live, them] = processes.length > 1
      ? ["have", "live", "them"]
      : ["has", "lives", "it"];
    this.#log(
      "warn",
      `Process "${this.#name}" has ended, but ${
        list(processes)
      } ${have} left ` +
        `its session and ${live} on: a stop does not reach ${them}`,
    );
  }

  /** Reports a program that seems to have gone into the background. */
  daemonized(program: string, processes: readonly EscapedProcess[]): void {
    this.#log(
      "warn",
      `Process "${this.#name}" ended with success and seems to have left ${
        list(processes)
      } running in a session of its own, which processman does not supervise: ` +
        `to supervise it, keep it in the foreground${foreground(program)}`,
    );
  }

  /** Reports that processman no longer waits for the output file. */
  unflushed(): void {
    this.#log(
      "warn",
      `Stopped waiting for the file of process "${this.#name}": writing it takes longer than ${FLUSH_MS} ms`,
    );
  }

  /** Reports that the process waits to be restarted. */
  restarting(decision: RestartDecision, error: Error | undefined): void {
    this.#audience.emit({ kind: "restart", ...this.#base, decision, error });
  }

  /** Reports that the process was stopped, and how its last run ended. */
  stopped(report: StopReport, { requested, status }: RunEnd): void {
    const { survivors, forced, steps } = report;
    this.#audience.emit({ kind: "stop", ...this.#base, report });
    const escaped = new Set(report.escaped.map(({ pid }) => pid));
    const stuck = survivors.filter((pid) => !escaped.has(pid));
    if (stuck.length > 0) return this.#leftBehind(stuck);
    const name = this.#name;
    // If the run ended by itself, only leftovers were killed: see `left()`.
    const why = requested ? whyKilled(steps) : undefined;
    if (why === undefined) {
      const how = forced ? " by SIGKILL" : "";
      this.#log("debug", `Stopped process "${name}"${how}`);
    } else if (status.signal === "SIGKILL") {
      this.#log("warn", `Killed process "${name}": it ${why}`);
    } else this.#killedLeftovers(why);
  }

  /** Reports that processman has given up the process after its last end. */
  failed(error: Error, last: RunEnd): void {
    this.#audience.emit({ kind: "failed", ...this.#base, error });
    // The report of the end has already logged why there was no child.
    if (error !== last.error) this.#log("error", error.message);
  }

  /** The properties that all events have. */
  get #base(): EventBase {
    return { name: this.#name, time: this.#clock.time() };
  }

  #log(level: LogLevel, message: string): void {
    this.#audience.log(level, message);
  }

  #leftBehind(pids: readonly number[]): void {
    this.#log(
      "warn",
      `Processes of "${this.#name}" are still alive after SIGKILL: pid ${
        pids.join(", ")
      }`,
    );
  }

  #killedLeftovers(why: string): void {
    this.#log(
      "warn",
      `Killed the leftovers of process "${this.#name}": they ${why}`,
    );
  }

  #endOf({ status: { code, signal }, durationMs, crashed, verdict }: RunEnd) {
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const verb = crashed ? "crashed" : "ended";
    const ms = Math.round(durationMs);
    if (verdict) {
      const why = verdictText(verdict);
      return `Ended process "${this.#name}" ${how} after ${ms} ms, because ${why}`;
    }
    return `Process "${this.#name}" ${verb} ${how} after ${ms} ms`;
  }
}

/** How to keep programs in the foreground that are known to daemonize. */
const FOREGROUND: Partial<Record<string, string>> = {
  "apache2": "-DFOREGROUND",
  "apachectl": "-DFOREGROUND",
  "dnsmasq": "--keep-in-foreground",
  "gunicorn": "no --daemon",
  "haproxy": "-db",
  "httpd": "-DFOREGROUND",
  "memcached": "no -d",
  "mongod": "no --fork",
  "nginx": "-g 'daemon off;'",
  "pg_ctl": "run `postgres -D DIR` instead",
  "pg_ctlcluster": "--foreground",
  "php-fpm": "--nodaemonize",
  "redis-server": "--daemonize no",
  "rsyslogd": "-n",
  "sshd": "-D",
  "supervisord": "--nodaemon",
};

/** Returns how to keep a program in the foreground, for a message. */
function foreground(program: string): string {
  const how = FOREGROUND[program.slice(program.lastIndexOf("/") + 1)];
  return how === undefined ? "" : ` (${program}: ${how})`;
}

/** Why no restart follows a run, for a message. */
const WHY_NOT: Readonly<Record<LeaveDecision["reason"], string>> = {
  "success": "",
  "never": ', not restarted (policy "never")',
  "stop-code": ", not restarted (stopCodes)",
};

/** Returns the level at which the end of a run is logged. */
function levelOf(
  { crashed }: RunEnd,
  decision: Decision | undefined,
): LogLevel {
  if (!crashed) return "debug";
  const last = decision?.kind === "fail" && decision.reason === "spawn";
  return last ? "error" : "warn";
}

/** Returns why `SIGKILL` followed another signal; `undefined` if it did not. */
function whyKilled(steps: readonly StopStep[]): string | undefined {
  const [first] = steps;
  if (steps.at(-1)?.signal !== "SIGKILL") return undefined;
  if (first === undefined || first.signal === "SIGKILL") return undefined;
  const ms = steps.slice(0, -1).reduce((sum, step) => sum + step.durationMs, 0);
  const what = first.signal ?? "the stop command";
  return `did not end within ${Math.round(ms)} ms of ${what}`;
}

/** Returns the part of a message that says whether a restart follows. */
function whatFollows(decision: Decision | undefined): string {
  if (decision?.kind === "leave") return WHY_NOT[decision.reason];
  if (decision?.kind !== "restart") return "";
  const { delayMs, attempt, restartsLeft } = decision;
  const left = restartsLeft === undefined ? "" : `, ${restartsLeft} left`;
  return `, restarting in ${
    Math.round(delayMs)
  } ms (attempt ${attempt}${left})`;
}

function list(processes: readonly EscapedProcess[]): string {
  return processes.map(({ pid, name }) => `pid ${pid} (${name})`).join(", ");
}
