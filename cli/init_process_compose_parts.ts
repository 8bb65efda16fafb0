/**
 * The parts of a process of process-compose: probes, restarts, the stop, and
 * log files.
 *
 * @module
 */

import type {
  WrittenLive,
  WrittenProbe,
  WrittenProcess,
  WrittenReady,
  WrittenRestart,
} from "./define_config.ts";
import {
  given,
  isTrue,
  listOf,
  mapOf,
  numberOf,
  type Part,
  textOf,
} from "./init_keys.ts";
import {
  AVAILABILITY,
  EXEC,
  HTTP,
  LOG,
  PROBE,
  ROTATION,
  SHUTDOWN,
} from "./init_process_compose_keys.ts";
import { needsBash } from "./init_shell.ts";
import type { Template } from "./init_template.ts";

/** The signals by their numbers. */
const SIGNALS: Readonly<Record<number, Deno.Signal>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  6: "SIGABRT",
  9: "SIGKILL",
  10: "SIGUSR1",
  12: "SIGUSR2",
  14: "SIGALRM",
  15: "SIGTERM",
  28: "SIGWINCH",
};

/** When a process is restarted, and whether its end ends everything. */
export function restartOf(process: Part): {
  readonly options: WrittenRestart;
  readonly critical: true | undefined;
} {
  const part = process.part("availability", AVAILABILITY);
  const written = textOf(part.take("restart")) ?? "no";
  const seconds = numberOf(part.take("backoff_seconds")) ?? 1;
  const restarts = numberOf(part.take("max_restarts")) ?? 0;
  const ends = isTrue(part.take("exit_on_end"));
  const codes = listOf(process.take("success_exit_codes"))
    .map(Number).filter((code) => code !== 0);
  part.end();
  const policy = written === "always"
    ? "always"
    : written === "on_failure" || written === "on-failure"
    ? "on-failure"
    : "never";
  if (!["always", "on_failure", "exit_on_failure", "no"].includes(written)) {
    part.gap("restart", `the policy ${written} is not known`);
  }
  return {
    options: given({
      policy,
      ...policy !== "never" && {
        backoff: { constant: Math.max(1, seconds) * 1_000 },
        limit: restarts > 0 ? { restarts } : undefined,
      },
      successCodes: codes.length > 0 ? codes : undefined,
    }),
    critical: ends || written === "exit_on_failure" ? true : undefined,
  };
}

/** How a process is stopped. */
export function stopOf(process: Part): WrittenProcess["stop"] {
  if (!process.has("shutdown")) return undefined;
  const part = process.part("shutdown", SHUTDOWN);
  const number = numberOf(part.take("signal"));
  const seconds = numberOf(part.take("timeout_seconds"));
  const leader = isTrue(part.take("parent_only"));
  part.end();
  const signal = number === undefined ? undefined : SIGNALS[number];
  if (number !== undefined && number !== 0 && signal === undefined) {
    part.gap("signal", `the signal ${number} has no name here`);
  }
  const stop = given({
    signal: signal === "SIGTERM" ? undefined : signal,
    gracePeriodMs: seconds === undefined ? undefined : seconds * 1_000,
    to: leader ? "leader" as const : undefined,
  });
  return Object.keys(stop).length > 0 ? stop : undefined;
}

/** When a run is ready. */
export function readyOf(
  process: Part,
  template: Template,
): WrittenReady | undefined {
  const line = textOf(process.take("ready_log_line"));
  const part = process.part("readiness_probe", PROBE);
  const probe = probeOf(part, template);
  const { delayMs, intervalMs, timeoutMs, failures } = timesOf(part);
  part.end();
  if (probe === undefined) {
    return line === undefined || line === "" ? undefined : { line };
  }
  if (line !== undefined && line !== "") {
    process.gap("ready_log_line", "`readiness_probe` says when it is ready");
  }
  return {
    ...probe,
    intervalMs,
    timeoutMs,
    withinMs: delayMs + intervalMs * failures,
  };
}

/** How to find out that a run hangs. */
export function liveOf(
  process: Part,
  template: Template,
): WrittenLive | undefined {
  const part = process.part("liveness_probe", PROBE);
  const probe = probeOf(part, template);
  const { intervalMs, timeoutMs, failures } = timesOf(part);
  part.end();
  return probe === undefined
    ? undefined
    : { ...probe, intervalMs, timeoutMs, failures };
}

function timesOf(part: Part) {
  const seconds = (name: string, least: number, usual: number) => {
    const number = numberOf(part.take(name)) ?? 0;
    return number < least ? usual : number;
  };
  return {
    delayMs: seconds("initial_delay_seconds", 0, 0) * 1_000,
    intervalMs: seconds("period_seconds", 1, 10) * 1_000,
    timeoutMs: seconds("timeout_seconds", 1, 1) * 1_000,
    failures: seconds("failure_threshold", 1, 3),
  };
}

function probeOf(part: Part, template: Template): WrittenProbe | undefined {
  if (part.has("exec")) {
    const exec = part.part("exec", EXEC);
    const line = template.filled(textOf(exec.take("command")) ?? "");
    const cwd = textOf(exec.take("working_dir"));
    exec.end();
    const command = [needsBash(line) ? "bash" : "sh", "-c", line];
    return {
      exec: cwd === undefined
        ? command
        : { command, cwd: template.filled(cwd) },
    };
  }
  if (!part.has("http_get")) return undefined;
  const http = part.part("http_get", HTTP);
  const text = (name: string, usual: string) =>
    template.filled(textOf(http.take(name)) || usual);
  const port = text("port", "") || text("num_port", "");
  const path = text("path", "/");
  const url = `${text("scheme", "http")}://${text("host", "127.0.0.1")}${
    port === "" ? "" : `:${port}`
  }${path.startsWith("/") ? "" : "/"}${path}`;
  const headers = Object.entries(mapOf(http.take("headers")))
    .map(([name, value]) => [name, template.filled(String(value))]);
  const status = numberOf(http.take("status_code"));
  http.end();
  const options = {
    ...status !== undefined && { status },
    ...headers.length > 0 && { headers: Object.fromEntries(headers) },
  };
  return {
    http: Object.keys(options).length === 0 ? url : { url, ...options },
  };
}

/** The log file of a process. */
export function outputOf(
  process: Part,
  template: Template,
): WrittenProcess["output"] {
  const path = textOf(process.take("log_location"));
  const part = process.part("log_configuration", LOG);
  const rotation = part.part("rotation", ROTATION);
  const folder = textOf(rotation.take("directory"));
  const name = textOf(rotation.take("filename"));
  const megabytes = numberOf(rotation.take("max_size_mb"));
  const maxFiles = numberOf(rotation.take("max_backups"));
  const plain = part.has("disable_json")
    ? part.take("disable_json")
    : undefined;
  rotation.end();
  part.end();
  const own = name === undefined
    ? undefined
    : folder === undefined
    ? name
    : `${folder.replace(/\/$/, "")}/${name}`;
  const file = path ?? own;
  if (file === undefined || file === "") return undefined;
  return {
    file: given({
      path: template.filled(file),
      maxBytes: megabytes === undefined ? undefined : megabytes * 1_048_576,
      maxFiles,
      json: plain === false ? true : undefined,
    }),
  };
}
