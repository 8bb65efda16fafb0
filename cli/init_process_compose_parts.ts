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
import { given, listOf, mapOf, type Part } from "./init_keys.ts";
import {
  AVAILABILITY,
  EXEC,
  HTTP,
  LOG,
  PROBE,
  ROTATION,
  SCHEDULE,
  SHUTDOWN,
  WATCH,
  WATCH_PATH,
} from "./init_process_compose_keys.ts";
import {
  durationOf,
  execProbe,
  type ProbePlace,
  shellWords,
} from "./init_values.ts";
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
  readonly options: WrittenRestart | undefined;
  readonly critical: true | undefined;
} {
  const part = process.part("availability", AVAILABILITY);
  const written = part.text("restart") ?? "no";
  const seconds = part.number("backoff_seconds") ?? 1;
  const restarts = part.number("max_restarts") ?? 0;
  const ends = part.flag("exit_on_end");
  const codes = listOf(process.take("success_exit_codes"))
    .map(Number).filter((code) => code !== 0);
  part.end();
  const policy: NonNullable<WrittenRestart["policy"]> = written === "always"
    ? "always"
    : written === "on_failure" || written === "on-failure"
    ? "on-failure"
    : "never";
  if (!["always", "on_failure", "exit_on_failure", "no"].includes(written)) {
    part.gap("restart", `the policy ${written} is not known`);
  }
  const options: WrittenRestart = given({
    ...policy !== "never" && {
      policy,
      backoff: { constant: Math.max(1, seconds) * 1_000 },
      limit: restarts > 0 ? { restarts } : undefined,
    },
    successCodes: codes.length > 0 ? codes : undefined,
  });
  return {
    // It is not restarted by default.
    options: Object.keys(options).length > 0 ? options : undefined,
    critical: ends || written === "exit_on_failure" ? true : undefined,
  };
}

/** How a process is stopped. */
export function stopOf(
  process: Part,
  template: Template,
): WrittenProcess["stop"] {
  if (!process.has("shutdown")) return undefined;
  const part = process.part("shutdown", SHUTDOWN);
  const number = part.number("signal");
  const seconds = part.number("timeout_seconds");
  const leader = part.flag("parent_only");
  const line = part.text("command");
  part.end();
  const signal = number === undefined ? undefined : SIGNALS[number];
  if (number !== undefined && number !== 0 && signal === undefined) {
    part.gap("signal", `the signal ${number} has no name here`);
  }
  const stop = given({
    signal: signal === "SIGTERM" ? undefined : signal,
    gracePeriodMs: seconds === undefined ? undefined : seconds * 1_000,
    to: leader ? "leader" as const : undefined,
    command: line === undefined || line === ""
      ? undefined
      : shellWords(template.line(line)),
  });
  return Object.keys(stop).length > 0 ? stop : undefined;
}

/** When a run is ready. */
export function readyOf(
  process: Part,
  template: Template,
  place: ProbePlace,
): WrittenReady | undefined {
  const line = process.text("ready_log_line");
  const part = process.part("readiness_probe", PROBE);
  const probe = probeOf(part, template, place);
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
  place: ProbePlace,
): WrittenLive | undefined {
  const part = process.part("liveness_probe", PROBE);
  const probe = probeOf(part, template, place);
  const { delayMs, intervalMs, timeoutMs, failures } = timesOf(part);
  part.end();
  if (delayMs > 0) {
    part.gap(
      "initial_delay_seconds",
      "`live` asks for the first time `intervalMs` after the run is ready",
    );
  }
  return probe === undefined
    ? undefined
    : { ...probe, intervalMs, timeoutMs, failures };
}

function timesOf(part: Part) {
  const seconds = (name: string, least: number, usual: number) => {
    const number = part.number(name) ?? 0;
    return number < least ? usual : number;
  };
  const positive = part.number("success_threshold") ?? 1;
  if (positive > 1) {
    part.gap("success_threshold", "one positive answer is enough");
  }
  return {
    delayMs: seconds("initial_delay_seconds", 0, 0) * 1_000,
    intervalMs: seconds("period_seconds", 1, 10) * 1_000,
    timeoutMs: seconds("timeout_seconds", 1, 1) * 1_000,
    failures: seconds("failure_threshold", 1, 3),
  };
}

function probeOf(
  part: Part,
  template: Template,
  place: ProbePlace,
): WrittenProbe | undefined {
  if (part.has("exec")) {
    const exec = part.part("exec", EXEC);
    const line = template.line(exec.text("command") ?? "");
    const own = exec.text("working_dir");
    exec.end();
    const cwd = own === undefined ? place.cwd : template.filled(own);
    return execProbe(shellWords(line), { ...place, cwd });
  }
  if (!part.has("http_get")) return undefined;
  const http = part.part("http_get", HTTP);
  const text = (name: string, usual: string) =>
    template.filled(http.text(name) || usual);
  const port = text("port", "") || text("num_port", "");
  const path = text("path", "/");
  const url = `${text("scheme", "http")}://${text("host", "127.0.0.1")}${
    port === "" ? "" : `:${port}`
  }${path.startsWith("/") ? "" : "/"}${path}`;
  const headers = Object.entries(mapOf(http.take("headers")))
    .map(([name, value]) => [name, template.filled(String(value))]);
  const status = http.number("status_code");
  http.end();
  const options = {
    ...status !== undefined && { status },
    ...headers.length > 0 && { headers: Object.fromEntries(headers) },
  };
  return {
    http: Object.keys(options).length === 0 ? url : { url, ...options },
  };
}

/** When a process runs. */
export function scheduleOf(process: Part): WrittenProcess["schedule"] {
  if (!process.has("schedule")) return undefined;
  const part = process.part("schedule", SCHEDULE);
  const interval = durationOf(part.take("interval"));
  const cron = part.text("cron") ?? intervalCron(interval);
  const timeZone = part.text("timezone");
  const most = part.number("max_concurrent") ?? 1;
  part.end();
  if (most > 1) part.gap("max_concurrent", "one run at a time is possible");
  if (cron === undefined) {
    part.gap(
      "interval",
      "no cron expression has this interval: set `schedule`",
    );
    return undefined;
  }
  return timeZone === undefined ? cron : { cron, timeZone };
}

/** Returns the expression for times that are equally far apart. */
function intervalCron(ms: number | undefined): string | undefined {
  const units = [
    [1_000, 60, "* * * * *"],
    [60_000, 60, "* * * *"],
    [3_600_000, 24, "* * *"],
  ] as const;
  const before = ["", "", "0 "];
  for (const [i, [unit, most, rest]] of units.entries()) {
    const count = (ms ?? 0) / unit;
    if (!Number.isInteger(count) || count < 1) continue;
    if (count < most && most % count === 0) {
      return `${before[i]}*/${count} ${rest}`;
    }
  }
  return undefined;
}

/** The files whose changes restart a process. */
export function watchOf(
  process: Part,
  folder: string | undefined,
): WrittenProcess["watch"] {
  const part = process.part("watch", WATCH);
  const cascade = part.flag("cascade");
  const debounceMs = durationOf(part.take("debounce"));
  const items = listOf(part.take("paths")).map((item) => {
    const each = part.nested("paths", item, WATCH_PATH);
    const path = each.text("path") ?? ".";
    const include = listOf(each.take("include")).map(String);
    const exclude = listOf(each.take("exclude")).map(String);
    each.end();
    const root = path.startsWith("/") || folder === undefined
      ? path
      : `${folder.replace(/\/$/, "")}/${path}`;
    // A pattern without a slash is about names.
    const below = (pattern: string) =>
      `${root.replace(/\/$/, "")}/${
        pattern.includes("/") ? "" : "**/"
      }${pattern}`;
    return {
      paths: include.length === 0 ? [root] : include.map(below),
      exclude,
    };
  });
  part.end();
  const paths = items.flatMap(({ paths }) => paths);
  const ignore = [...new Set(items.flatMap(({ exclude }) => exclude))];
  if (paths.length === 0) return undefined;
  const options = given({
    ignore: ignore.length > 0 ? ignore : undefined,
    debounceMs,
    cascade: cascade ? true : undefined,
  });
  return Object.keys(options).length === 0 ? paths : { paths, ...options };
}

/** The log file of a process. */
export function outputOf(
  process: Part,
  template: Template,
): WrittenProcess["output"] {
  const path = process.text("log_location");
  const part = process.part("log_configuration", LOG);
  const rotation = part.part("rotation", ROTATION);
  const folder = rotation.text("directory");
  const name = rotation.text("filename");
  const megabytes = rotation.number("max_size_mb");
  const maxFiles = rotation.number("max_backups");
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
  for (const key of ["directory", "filename"]) {
    if (path === undefined || !rotation.has(key)) continue;
    rotation.gap(key, "`log_location` names the file");
  }
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
