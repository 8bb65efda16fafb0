/**
 * What `status` says about the options, the probes and the dependencies of a
 * process. The functions are pure.
 *
 * @module
 */

import type {
  DependencyView,
  ProbeView,
  ProcessDetails,
  StopView,
} from "../control/client.ts";
import { shortDuration } from "../control/format.ts";

/** Returns what a process needs: `db ready (awaited), setup completed`. */
export function needsText(
  dependencies: readonly DependencyView[],
): string | null {
  if (dependencies.length === 0) return null;
  return dependencies.map(({ name, when, restart, required, awaited }) => {
    const notes = [
      ...awaited ? ["awaited"] : [],
      ...required ? [] : ["optional"],
      ...restart === "always" ? ["restarts with it"] : [],
      ...restart === "explicit" ? ["is restarted with it"] : [],
    ];
    const more = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
    return `${name} ${when}${more}`;
  }).join(", ");
}

/** Returns when a process is restarted: `on-failure, uniform 5 s, no limit`. */
export function restartsText({ options }: ProcessDetails): string {
  const restart = options["restart"];
  const policy = String(at(restart, "policy"));
  if (policy === "never") return policy;
  const backoff = backoffText(at(restart, "backoff"));
  return `${policy}, ${backoff}, ${limitText(at(restart, "limit"))}`;
}

function backoffText(backoff: unknown): string {
  const constant = at(backoff, "constant");
  if (typeof constant === "number") return `after ${durationText(constant)}`;
  const uniform = at(backoff, "uniform");
  if (typeof uniform === "number") return `within ${durationText(uniform)}`;
  const { initialMs, maxMs } = Object(at(backoff, "exponential"));
  return typeof initialMs === "number" && typeof maxMs === "number"
    ? `after ${durationText(initialMs)} to ${durationText(maxMs)}`
    : "after a time that a function decides";
}

function limitText(limit: unknown): string {
  const restarts = at(limit, "restarts");
  if (typeof restarts !== "number") return "no limit";
  const within = at(limit, "withinMs");
  return typeof within === "number"
    ? `at most ${restarts} in ${durationText(within)}`
    : `at most ${restarts} in a row`;
}

/** Returns what runs before or after each run: `make tables, within 30 s`. */
export function hookText(
  { options }: ProcessDetails,
  option: "before" | "after",
): string | null {
  const command = at(options[option], "command");
  if (!Array.isArray(command)) return null;
  const ms = Number(at(options[option], "timeoutMs"));
  return `${command.join(" ")}, within ${durationText(ms)}`;
}

/** Returns how a process is stopped: `SIGTERM, SIGKILL after 10 s`. */
export function stopText({ options: { stop } }: ProcessDetails): string {
  const graceMs = Number(at(stop, "gracePeriodMs"));
  if (graceMs === 0) return "SIGKILL at once";
  const to = at(stop, "to") === "leader" ? " to the leader" : "";
  const command = at(stop, "command");
  const how = Array.isArray(command)
    ? command.join(" ")
    : `${at(stop, "signal")}${to}`;
  return `${how}, SIGKILL after ${durationText(graceMs)}`;
}

/** Returns what a probe asks and has answered: `tcp 127.0.0.1:80: yes, 3 s ago`. */
export function probeText(
  { name, intervalMs, failures, last }: ProbeView,
  now: number,
): string {
  const end = failures === 1
    ? "1 failure ends the run"
    : `${failures} failures end the run`;
  const rule = failures === null
    ? name
    : `${name}, every ${durationText(intervalMs)}, ${end}`;
  if (last === null) return `${rule}: not asked in this run`;
  const ago = `${shortDuration(now - last.time)} ago`;
  const why = last.reason === null ? "" : `: ${last.reason}`;
  return `${rule}: ${last.ok ? "yes" : "no"}, ${ago}${why}`;
}

/** Returns how a process was stopped, if there was something to stop. */
export function stoppedText(stop: StopView, now: number): string | null {
  const { time, durationMs, signals, survivors } = stop;
  if (signals.length === 0) return null;
  const ago = `${shortDuration(now - time)} ago`;
  const rest = survivors.length === 0
    ? ""
    : `; still alive: ${survivors.join(", ")}`;
  const took = durationText(durationMs);
  return `by ${signals.join(", ")} in ${took}, ${ago}${rest}`;
}

/** Returns a configured duration: `200 ms`, `1.5 s`, `2 min`. */
function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return shortDuration(ms);
}

/** Returns a property of a value that can be anything. */
function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}
