/**
 * What is told about a process: its events, and its lines in the log.
 *
 * @module
 */

import { RestartLimitError } from "./errors.ts";
import type { ProcessEvent } from "./events.ts";
import type { Decision, Ended, RestartDecision } from "./restart.ts";
import type { EscapedProcess, StopOutcome, StopReport } from "./stop.ts";

/** The levels of messages in the log. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Who listens to what is told. */
export interface Audience {
  /** Takes an event. */
  emit(event: ProcessEvent): void;
  /** Takes a line for the log. */
  log(level: LogLevel, message: string): void;
}

/** How a run ended, or that it could not be started. */
export interface RunEnd extends Ended {
  /** The process ID that it had, if it was started. */
  readonly pid?: number;
  /** Whether it had been asked to end. */
  readonly requested: boolean;
  /** Why it could not be started. */
  readonly error?: Error;
}

/** Tells about one process. */
export class Reporter {
  readonly #name: string;
  readonly #audience: Audience;

  /** Creates the story of the process of a name. */
  constructor(name: string, audience: Audience) {
    this.#name = name;
    this.#audience = audience;
  }

  /** A run began. */
  started(pid: number, run: number): void {
    const name = this.#name;
    this.#audience.emit({ kind: "start", name, time: Date.now(), pid, run });
    this.#audience.log("debug", `Started process "${name}" as pid ${pid}`);
  }

  /** A run ended, or could not be started, and this is what comes next. */
  ended(
    end: RunEnd,
    run: number,
    decision: Decision | undefined,
    lastWords: () => string[],
  ): void {
    const name = this.#name;
    const { status, durationMs, requested, pid, error } = end;
    const time = Date.now();
    const crashed = !requested && (decision?.crashed ?? !status.success);
    const stderr = crashed ? lastWords() : [];
    if (pid !== undefined) {
      this.#audience.emit({
        kind: "exit",
        name,
        time,
        pid,
        run,
        status,
        durationMs,
        requested,
        crashed,
        decision,
        stderr,
      });
    }
    const how = status.signal === null
      ? `with code ${status.code}`
      : `by ${status.signal}`;
    const what = error?.message ??
      `Process "${name}" ${crashed ? "crashed" : "ended"} ${how} after ${
        Math.round(durationMs)
      } ms`;
    this.#audience.log(
      crashed ? "warn" : "debug",
      what + whatNext(decision) + quoted(stderr),
    );
  }

  /** What a run left behind when it ended by itself has been ended. */
  left(pid: number, run: number, outcome: StopOutcome): void {
    const name = this.#name;
    const time = Date.now();
    const { steps, survivors } = outcome;
    this.#audience.emit({
      kind: "leftovers",
      name,
      time,
      pid,
      run,
      ...outcome,
    });
    if (survivors.length > 0) this.#leftBehind(survivors);
    const signal = steps.at(-1)?.signal;
    if (signal === undefined) return;
    this.#audience.log(
      "debug",
      `Ended by ${signal} what process "${name}" had left behind`,
    );
  }

  /** Processes have left the session of a run and live on. */
  escaped(processes: readonly EscapedProcess[]): void {
    if (processes.length === 0) return;
    const list = processes.map(({ pid, name }) => `pid ${pid} (${name})`);
    this.#audience.log(
      "warn",
      `Process "${this.#name}" has ended, but ${list.join(", ")} ` +
        "has left its session and lives on: a stop does not reach it",
    );
  }

  /** A program seems to have put itself into the background. */
  daemonized(program: string, processes: readonly EscapedProcess[]): void {
    const list = processes.map(({ pid, name }) => `pid ${pid} (${name})`);
    this.#audience.log(
      "warn",
      `Process "${this.#name}" ended with success and seems to have left ${
        list.join(", ")
      } running in a session of its own, which processman does not supervise: ` +
        `to supervise it, keep it in the foreground${foreground(program)}`,
    );
  }

  /** The process waits to be restarted. */
  restarting(decision: RestartDecision, error: Error | undefined): void {
    const name = this.#name;
    const time = Date.now();
    this.#audience.emit({ kind: "restart", name, time, decision, error });
  }

  /** The process was stopped. */
  stopped(report: StopReport): void {
    const name = this.#name;
    const { survivors, forced } = report;
    this.#audience.emit({ kind: "stop", name, time: Date.now(), report });
    const escaped = new Set(report.escaped.map(({ pid }) => pid));
    const stuck = survivors.filter((pid) => !escaped.has(pid));
    if (stuck.length > 0) this.#leftBehind(stuck);
    else {
      const how = forced ? " by SIGKILL" : "";
      this.#audience.log("debug", `Stopped process "${name}"${how}`);
    }
  }

  /** The process was given up. */
  failed(error: Error): void {
    const name = this.#name;
    this.#audience.emit({ kind: "failed", name, time: Date.now(), error });
    this.#audience.log("error", error.message);
  }

  #leftBehind(pids: readonly number[]): void {
    const left = pids.join(", ");
    this.#audience.log(
      "warn",
      `Process "${this.#name}" left behind pid ${left}`,
    );
  }
}

/** How programs that are known to daemonize are kept in the foreground. */
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

/** Says how a program is kept in the foreground, if that is known. */
function foreground(program: string): string {
  const how = FOREGROUND[program.slice(program.lastIndexOf("/") + 1)];
  return how === undefined ? "" : ` (${program}: ${how})`;
}

/** Makes the error of a process that is given up. */
export function failure(
  name: string,
  decision: Extract<Decision, { kind: "fail" }>,
  end: RunEnd,
  stderr: string[],
): Error {
  if (decision.reason === "limit") {
    const { restarts, withinMs } = decision.limit;
    return new RestartLimitError(
      `Cannot restart process "${name}": ${restarts} restarts within ${withinMs} ms` +
        quoted(stderr),
      { process: name, decision, stderr },
    );
  }
  if (end.error) return end.error;
  const { error } = decision;
  return error instanceof Error ? error : new Error(String(error));
}

function whatNext(decision: Decision | undefined): string {
  if (decision?.kind !== "restart") return "";
  const { delayMs, attempt, restartsLeft } = decision;
  const left = restartsLeft === undefined ? "" : `, ${restartsLeft} left`;
  return `, restarting in ${
    Math.round(delayMs)
  } ms (attempt ${attempt}${left})`;
}

function quoted(lines: readonly string[]): string {
  const last = lines.findLast((line) => line.trim() !== "");
  return last === undefined ? "" : `: ${last}`;
}
